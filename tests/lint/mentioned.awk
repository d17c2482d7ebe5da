# SPDX-License-Identifier: MIT
# Prints each function that a comment of the C files (or any line of the *.md files) names, as
# "FILE:LINE name", and each name that code is made of, as "= name".
FNR == 1 { comment = FILENAME ~ /\.md$/ }
{
	rest = $0
	line = ""
	while (rest != "") {
		if (comment) {
			end = FILENAME ~ /\.md$/ ? 0 : index(rest, "*/")
			text = end ? substr(rest, 1, end - 1) : rest
			while (match(text, /[a-z_][a-z0-9_]*\(\)/)) {
				if (substr(text, RSTART, 1) != "_") # the end of a name
					print FILENAME ":" FNR, substr(text, RSTART, RLENGTH - 2)
				text = substr(text, RSTART + RLENGTH)
			}
			rest = end ? substr(rest, end + 2) : ""
			comment = !end
		} else {
			begin = index(rest, "/*")
			line = line " " (begin ? substr(rest, 1, begin - 1) : rest)
			rest = begin ? substr(rest, begin + 2) : ""
			comment = begin > 0
		}
		if (FILENAME ~ /\.md$/)
			break
	}
	if (FILENAME ~ /\.md$/) {
		comment = 1
		next
	}
	while (match(line, /[a-z_][a-z0-9_]*/)) {
		name = substr(line, RSTART, RLENGTH)
		if (!(name in seen)) {
			seen[name] = 1
			print "= " name
		}
		line = substr(line, RSTART + RLENGTH)
	}
}
