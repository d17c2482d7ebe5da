# SPDX-License-Identifier: MIT
# Weakens one access of a source: within the function FN, the first that begins with FROM gets
# the memory order ORDER. "gone" leaves nothing of a FROM that is a whole call.
# usage: awk -v fn=FN -v from=FROM -v order=ORDER -f weaken.awk FILE
# A function begins with a line that names it and is not indented, and ends with a lone "}".
/^[A-Za-z_].*\(/ && index($0, fn "(") { inside = 1 }
/^}/ { inside = 0 }
inside && !done && (at = index($0, from)) {
	name = substr(from, 1, index(from, "(") - 1)
	sub(/_(acquire|release|acq_rel|seq)$/, "", name)
	weaker = order == "gone" ? "(1)" : name "_" order substr(from, index(from, "("))
	$0 = substr($0, 1, at - 1) weaker substr($0, at + length(from))
	done = 1
}
{ print }
