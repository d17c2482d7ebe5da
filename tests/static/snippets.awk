# SPDX-License-Identifier: MIT
# usage: awk -f snippets.awk locks.tab forms.tab: the functions of forms.tab for each lock of
# locks.tab, one a line, each with what clang and sparse are to say of it in a comment.
BEGIN { FS = " *[|] *" }
/^#/ { next }
FILENAME ~ /locks.tab$/ {
	result[++locks] = $1; how[locks] = $2; data[locks] = $3; take[locks] = $4; give[locks] = $5
	next
}
# Not gsub(), to which & means what was found.
function put(text, word, value,    at, done) {
	while (at = index(text, word)) {
		done = done substr(text, 1, at - 1) value
		text = substr(text, at + length(word))
	}
	return done text
}
function emit(name, body) {
	printf "int %s(int n, struct object *o); ", name
	printf "int %s(int n, struct object *o) { (void)n; (void)o; %s } /* %s %s */\n", \
		name, body, $3, $4
}
$1 == "-" { emit($5, $6); next }
{
	for (i = 1; i <= locks; i++)
		if (result[i] == $1 && (how[i] == $2 || $2 == "*")) {
			name = take[i]
			gsub(/[^a-z_].*/, "", name)
			body = put(put($6, "TAKE", take[i]), "GIVE", give[i])
			emit($5 "_" name, put(body, "DATA", data[i]))
		}
}
