# SPDX-License-Identifier: MIT
# Memory-ordering labels: a comment says "[X1] ... pairs with [Y2]", and a comment that
# begins with [Y2] names [X1] in turn (or "pairs with itself"). Prints what is wrong.

function scan(comment,    first, label, rest, text) {
	rest = comment
	first = ""
	while (match(rest, /\[[A-Z]+[0-9]+\]/)) {
		label = substr(rest, RSTART + 1, RLENGTH - 2)
		text = substr(rest, 1, RSTART - 1)
		rest = substr(rest, RSTART + RLENGTH)
		if (!(label in seen))
			seen[label] = where
		if (first == "")
			first = label
		else
			names[first, label] = 1
		if (subject != "" && text ~ /pairs with *$/) {
			partner[subject, label] = where
			defined[subject] = 1
		} else if (subject != "" && text ~ /^ *(and|or|,) *$/ && chained) {
			partner[subject, label] = where
		} else {
			subject = label
		}
		chained = text ~ /pairs with *$/ || (chained && text ~ /^ *(and|or|,) *$/)
		if (rest ~ /^[^\[]*pairs with itself/)
			defined[label] = 1
	}
	subject = ""
	chained = 0
}

FNR == 1 { inside = 0 }
{
	line = $0
	if (inside && line !~ /^[ \t]*\*\//)
		sub(/^[ \t]*\*?[ \t]*/, "", line)
	gsub(/[ \t]+/, " ", line)
	while (line != "") {
		if (!inside) {
			at = index(line, "/*")
			if (!at)
				break
			line = substr(line, at + 2)
			inside = 1
			comment = ""
			where = FILENAME ":" FNR
		}
		at = index(line, "*/")
		if (!at) {
			comment = comment " " line
			break
		}
		scan(comment " " substr(line, 1, at - 1))
		line = substr(line, at + 2)
		inside = 0
	}
}

END {
	for (label in seen)
		if (!(label in defined))
			print seen[label] ": [" label "] pairs with nothing"
	for (pair in partner) {
		split(pair, p, SUBSEP)
		if (!((p[2], p[1]) in names))
			print partner[pair] ": [" p[1] "] pairs with [" p[2] \
				"], which does not name [" p[1] "]"
	}
}
