# SPDX-License-Identifier: MIT
# The example of a manual page: the first .EX block of its section EXAMPLE goes to
# DIR/example, the second, what the program prints, to DIR/expected. An .EX block in any
# other section goes nowhere and is named in DIR/elsewhere: code there would not be run.

/^\.SH / { section = $2; next }
/^\.EX/ {
	blocks++
	inside = 1
	if (section != "EXAMPLE" || blocks > 2)
		print FILENAME ":" FNR >(DIR "/elsewhere")
	next
}
/^\.EE/ { inside = 0; next }
inside {
	gsub(/\\&/, "")
	gsub(/\\-/, "-")
	gsub(/\\\(aq/, "'")
	gsub(/\\e/, "\\")
	print >(DIR (blocks == 1 ? "/example" : "/expected"))
}
