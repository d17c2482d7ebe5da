# SPDX-License-Identifier: MIT
# Whether a source has PART in a line of the function FN; * for either: anywhere, anything.
# Prints what is missing. usage: awk -v fn=FN -v part=PART -f place.awk FILE
# A function begins with a line that names it and is not indented, and ends with a lone "}".
BEGIN { definition = "(^|[^A-Za-z0-9_])" fn "\\(" }
fn != "*" && /^[A-Za-z_]/ && $0 ~ definition && !/;/ { functions += inside = 1 }
/^}/ { inside = 0 }
(fn == "*" || inside) && (part == "*" || index($0, part)) { found = 1 }
END {
	if (fn != "*" && !functions)
		print FILENAME " has no function " fn "()"
	else if (!found)
		print FILENAME ": " fn "() has no " part
}
