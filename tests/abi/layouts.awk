# SPDX-License-Identifier: MIT
# A C program that prints the structs and the constants of the headers that it is made from. It
# relies on how they are written: a member, and a constant, on a line of its own.
function strip_comments(line,   rest) {
	while (1) {
		if (in_comment) {
			if (!match(line, /\*\//))
				return ""
			line = substr(line, RSTART + 2)
			in_comment = 0
		}
		if (!match(line, /\/\*/))
			return line
		rest = substr(line, RSTART + 2)
		line = substr(line, 1, RSTART - 1)
		if (match(rest, /\*\//)) {
			line = line substr(rest, RSTART + 2)
		} else {
			in_comment = 1
			return line
		}
	}
}
function member(name) {
	printf "\tprintf(\"struct %%s  %%zu + %%zu %s\\n\", \"%s\", offsetof(struct %s, %s), " \
		"sizeof(((struct %s *)0)->%s));\n", name, plain, tag, name, tag, name
}
function constant(name) {
	printf "\tprintf(\"constant %s %%#llx\\n\", (unsigned long long)(%s));\n", name, name
}
BEGIN {
	print "#include <klock.h>\n#include <stddef.h>\n#include <stdio.h>\nint main(void)\n{"
}
FNR == 1 { inside = ""; in_comment = 0 }
{ $0 = strip_comments($0) }
/^struct [^;]*\{/ {
	tag = $2
	plain = tag
	gsub(/KLOCK_TAG\(|\)/, "", plain)
	inside = "struct"
	printf "\tprintf(\"struct %%s: %%zu bytes, aligned to %%zu\\n\", \"%s\", " \
		"sizeof(struct %s), _Alignof(struct %s));\n", plain, tag, tag
	next
}
/^enum .*\{/ { inside = "enum"; next }
/^\}/ { inside = "" }
inside == "struct" && /;/ {
	sub(/;.*/, "")
	gsub(/\[[^]]*\]/, "")
	n = split($0, names, ",")
	for (i = 1; i <= n; i++)
		if (match(names[i], /[a-zA-Z_0-9]+ *$/)) {
			sub(/ *$/, "", names[i])
			match(names[i], /[a-zA-Z_0-9]+$/)
			member(substr(names[i], RSTART))
		}
}
inside == "enum" && /^[ \t]+[A-Z]/ {
	match($1, /^[A-Za-z_0-9]+/)
	constant(substr($1, 1, RLENGTH))
}
/^#define KLOCK_[A-Z0-9_]+ +([0-9(~]|INT64_MAX)/ && $2 !~ /\(|_VERSION_/ { constant($2) }
END { print "\treturn 0;\n}" }
