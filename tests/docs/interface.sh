#!/bin/sh
# SPDX-License-Identifier: MIT
# The manual names all that programs may use, and nothing else: functions and macros,
# guards, the commands and options of filecache. And the design names each ordering label.
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$top_srcdir/tests/support/tap.sh"
filecache=$(cd "${top_builddir:-.}" && pwd)/examples/filecache/filecache
cd "$top_srcdir" || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

both_ways() # WHAT DOCUMENTED EXISTING: files of names, sorted
{
	if [ -s "$2" ] && [ -s "$3" ]; then
		check_empty "the manual has no $1 that is not there" "$(comm -23 "$2" "$3")"
		check_empty "the manual has each $1" "$(comm -13 "$2" "$3")"
	else
		fail "the $1 list of the manual can be compared" "one of the lists is empty"
	fi
}

# What stands before "(" in a SYNOPSIS. Type names of pointers to functions do not.
cat doc/man/*.3 doc/man/*.7 | awk '
	/^\.SH / { inside = $2 == "SYNOPSIS"; next }
	inside && !/typedef/ {
		while (match($0, /[A-Za-z_][A-Za-z0-9_]*\(/)) {
			print substr($0, RSTART, RLENGTH - 1)
			$0 = substr($0, RSTART + RLENGTH)
		}
	}' | sort -u >"$work/documented"

if command -v gcc >/dev/null; then
	echo '#include <klock.h>' >"$work/all.c"
	gcc -std=gnu11 -Iinclude -aux-info "$work/protos" -fsyntax-only "$work/all.c"
	{
		sed -n 's,^/\* include/klock[^ ]* \*/ [^(]*[ *]\([A-Za-z0-9_]*\) (.*,\1,p' \
			"$work/protos"
		grep -v '^#' tests/header/kernel-names
	} | sort -u >"$work/there"
	grep -v '^#' tests/docs/undocumented >"$work/undocumented"
	# klock_down_read is told with down_read.
	sed 's/^/klock_/' "$work/documented" >"$work/prefixed"
	grep -vxE -f "$work/undocumented" "$work/there" | grep -vxF -f "$work/prefixed" |
		sort -u >"$work/public"
	grep -xF -f "$work/documented" "$work/there" | sort -u - "$work/public" >"$work/names"
	both_ways "function" "$work/documented" "$work/names"
	check_empty "each pattern of tests/docs/undocumented matches something" \
		"$(while read -r pattern; do
			grep -qxE "$pattern" "$work/there" || echo "$pattern"
		done <"$work/undocumented")"
else
	skip "functions of the manual" "gcc is needed to list those of the headers"
fi

labels() { grep -rhoE '\[[A-Z]+[0-9]+\]' "$@" | sort -u; }
labels doc/design/ordering.md >"$work/told"
labels include lib --include='*.[ch]' >"$work/has"
both_ways "ordering label" "$work/told" "$work/has"

sed -n '/^\.TS/,/^\.TE/s/^\([a-z_]*\)\t.*/\1/p' doc/man/klock_guard.3 |
	grep -vx -e name -e _ | sort -u >"$work/guards"
sed -n 's/^KLOCK_DEFINE_GUARD_[A-Z]*(\([a-z_]*\),.*/\1/p' include/klock/guard.h |
	sort -u >"$work/defined"
both_ways "guard" "$work/guards" "$work/defined"

sed -n '/^\.SH SYNOPSIS/,/^\.fi/s/^.*"\{0,1\}filecache \([a-z]*\).*/\1/p' \
	doc/man/filecache.1 | sort -u >"$work/told"
"$filecache" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' | sort -u >"$work/has"
both_ways "command of filecache" "$work/told" "$work/has"

sed 's/\\-/-/g' doc/man/filecache.1 | sed '/^\.SH EXAMPLE/,$d' |
	grep -o -e '--[a-z][a-z-]*' | sort -u >"$work/told"
while read -r command; do
	"$filecache" "$command" --help
done <"$work/has" | sed -n 's/^  \(--[a-z-]*\).*/\1/p' | sort -u >"$work/has-options"
both_ways "option of filecache" "$work/told" "$work/has-options"
finish
