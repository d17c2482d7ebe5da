# SPDX-License-Identifier: MIT
# What is wrong with the TSV of a run, as bench/report.c describes it.
BEGIN { FS = "\t" }
function wrong(what) { print FILENAME ":" FNR ": " what ": " $0 }
function number(x) { return x ~ /^[0-9.]+(e[-+][0-9]+)?$/ }
function numbers(first, last,    i) {
	for (i = first; i <= last; i++)
		if (!number($i))
			return 0
	return 1
}

$1 == "machine" {
	if (NF != 4 || $3 < 1)
		wrong("no line of a machine")
	next
}
$1 == "operation" {
	if (NF != 3 || !number($3) || $3 <= 0)
		wrong("no line of an operation")
	operations++
	next
}
$1 == "lock" {
	if (NF != 5 || $5 !~ /^(sleeps|spins|bound|again)$/)
		wrong("no line of a lock")
	kind[$2] = $5
	next
}
$1 == "title" { title[$2] = $3; next }
$1 == "rounds" {
	if (NF != 5 || $3 < 1)
		wrong("no rounds")
	next
}
$1 == "row" {
	if (NF != 12 || !numbers(5, 10) || $5 <= 0)
		wrong("no line of a row")
	if ($6 > $5 || $5 > $7 || $9 > $8 || $8 > $10)
		wrong("the median is not between the quartiles")
	if ($11 != "-" && ($11 <= 0 || $11 > 1.001))
		wrong("Jain's index is not between 0 and 1")
	if (!($3 in kind) || !($2 in title))
		wrong("a row or a lock that was not named")
	if (!($2 in rows) && ($8 != 1 || $9 != 1 || $10 != 1))
		wrong("the first lock of a row is not the reference")
	rows[$2]++
	next
}
$1 == "waits" {
	if (NF != 9 || !numbers(4, 9) || $4 < 1)
		wrong("no line of waits")
	if ($5 > $6 || $6 > $7 || $7 > $8 || $8 > $9 * 1.001)
		wrong("the quantiles do not rise")
	waits[$2, $3] = $4
	next
}
$1 == "bin" {
	if (NF != 6 || !numbers(4, 6) || $4 >= $5 || $6 < 1)
		wrong("no bin")
	counted[$2, $3] += $6
	next
}
$1 == "checker" {
	if (NF != 6 || !numbers(3, 6))
		wrong("no line of the checkers")
	checkers++
	next
}
{ wrong("neither a row nor anything else") }

END {
	for (key in waits)
		if (counted[key] != waits[key])
			print "the bins of " key " have " counted[key] " of " waits[key] " waits"
	for (i = split(wanted, keys, " "); i; i--)
		if (!rows[keys[i]])
			print "no lock was measured at row " keys[i]
	if (!checkers)
		print "no line of the checkers"
	if (operations != 4)
		print "not what is known of the machine"
}
