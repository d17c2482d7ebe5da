# SPDX-License-Identifier: MIT
# Memory-ordering labels: a comment says "[X1] ... pairs with [Y2]", and [Y2] marks its own
# place in another comment. Prints the labels that lack that place, or any partner.

function scan(comment,    rest, text, label, subject, partner) {
	rest = comment
	while (match(rest, /\[[A-Z]+[0-9]+\]/)) {
		text = substr(rest, 1, RSTART - 1)
		label = substr(rest, RSTART + 1, RLENGTH - 2)
		rest = substr(rest, RSTART + RLENGTH)
		if (!(label in seen))
			seen[label] = where
		# "pairs with [A]", "pairs with [A], and with [B]"
		partner = text ~ /pairs with $/ || (partner && text ~ /^,? ?(and |or )?(with )?$/)
		if (partner) {
			wanted[label] = where
			paired[label] = paired[subject] = 1
		} else {
			marked[label] = 1
			subject = label
		}
		if (rest ~ /^[^\[]*pairs with itself/)
			paired[label] = 1
	}
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
	for (label in wanted)
		if (!(label in marked))
			print wanted[label] ": [" label "] is named as a partner but is nowhere"
	for (label in seen)
		if (!(label in paired))
			print seen[label] ": [" label "] pairs with nothing"
}
