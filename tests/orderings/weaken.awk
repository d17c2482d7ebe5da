# SPDX-License-Identifier: MIT
# Weakens one access of a source: within the function FN, the one that begins with FROM gets
# the memory order ORDER. "gone" leaves nothing of a FROM that is a whole call. "FROM #N" is the
# Nth of several. Fails, with a message, unless that names one place.
# usage: awk -v fn=FN -v from=FROM -v order=ORDER -f weaken.awk FILE
# With -v label=LABEL the function, or the comment above it, has to mention [LABEL].
# A function begins with a line that names it and is not indented, and ends with a lone "}".
BEGIN {
	definition = "(^|[^A-Za-z0-9_])" fn "\\("
	if (match(from, / #[0-9]+$/)) {
		nth = substr(from, RSTART + 2)
		from = substr(from, 1, RSTART - 1)
	}
	name = substr(from, 1, index(from, "(") - 1)
	sub(/_(acquire|release|acq_rel|seq)$/, "", name)
	weaker = order == "gone" ? "(1)" : name "_" order substr(from, index(from, "("))
}
# The comment that ends on the line before a function belongs to it.
/^\/\*/ { above = "" }
/^(\/| )\*/ { above = above $0; in_comment = 1 }
!/^(\/| )\*/ && !in_comment && !inside { above = "" }
/^[A-Za-z_]/ && $0 ~ definition && !/;/ {
	inside = 1
	functions++
	text = text above
}
/^}/ { inside = 0 }
!/^(\/| )\*/ { in_comment = 0 }
inside {
	text = text $0
	for (rest = $0; (at = index(rest, from)); rest = substr(rest, at + length(from)))
		if (++places == (nth ? nth : 1))
			change = length($0) - length(rest) + at
	if (change && !changed) {
		$0 = substr($0, 1, change - 1) weaker substr($0, change + length(from))
		changed = 1
	}
}
{ print }
function wrong(what) {
	print FILENAME ": " fn "(): " from ": " what >"/dev/stderr"
	failed = 1
}
END {
	if (functions != 1)
		wrong((functions + 0) " functions of that name")
	else if (nth ? places < 2 || places < nth : places != 1)
		wrong((places + 0) " such accesses" (nth ? ", #" nth " is asked for" : ""))
	else if (label != "" && !index(text, "[" label "]"))
		wrong("the function does not mention [" label "]")
	exit failed
}
