# SPDX-License-Identifier: MIT
# Takes README apart. Its examples are indented by four blanks: lines that begin with "$ "
# are commands, written to DIR/commands one a line; lines below one are what it prints,
# written to DIR/output.N for the N-th command; a block that begins with a comment naming a
# file, /* NAME.c ... */ or # NAME.sh, is that file, written to DIR/NAME. Code elsewhere is
# what nobody compiles: DIR/unknown gets its lines.

/^    / {
	line = substr($0, 5)
	if (!inside && match(line, /^(\/\*|#) [a-z][a-z0-9_.-]*\.(c|cc|sh)/)) {
		split(substr(line, RSTART, RLENGTH), word, " ")
		file = DIR "/" word[2]
	}
	inside = 1
	if (line ~ /^\$ / || continued) {
		file = ""
		output = DIR "/output." (continued ? count : ++count)
		sub(/^\$ /, "", line)
		continued = sub(/ *\\$/, " ", line)
		printf "%s%s", line, continued ? "" : "\n" >(DIR "/commands")
	} else if (file) {
		print line >file
	} else if (output) {
		print line >output
	} else if (line ~ /[;{]$/) {
		print line >(DIR "/unknown")
	}
	next
}
/^$/ {
	if (file)
		print "" >file
	next
}
{ inside = 0; file = ""; output = ""; continued = 0 }
