# SPDX-License-Identifier: MIT
# Takes README apart. Its examples are indented by four blanks: lines that begin with "$ "
# are commands, written to DIR/commands one a line; a block that begins with a comment
# naming a file, /* NAME.c ... */ or # NAME.sh, is that file, written to DIR/NAME.

/^    / {
	line = substr($0, 5)
	if (!inside && match(line, /^(\/\*|#) [a-z][a-z0-9_.-]*\.(c|cc|sh)/)) {
		split(substr(line, RSTART, RLENGTH), word, " ")
		file = DIR "/" word[2]
	}
	inside = 1
	if (file)
		print line >file
	else if (line ~ /^\$ / || continued) {
		sub(/^\$ /, "", line)
		continued = sub(/ *\\$/, " ", line)
		printf "%s%s", line, continued ? "" : "\n" >(DIR "/commands")
	}
	next
}
/^$/ {
	if (file)
		print "" >file
	next
}
{ inside = 0; file = ""; continued = 0 }
