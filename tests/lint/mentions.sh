#!/bin/sh
# SPDX-License-Identifier: MIT
# What comments and documents name exists: functions, files, targets of make.
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$top_srcdir/tests/support/tap.sh"
cd "$top_srcdir" || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# Those of other programs and libraries are in tests/lint/others.
sources=$(find include lib examples bench tests tools -name '*.[ch]' -o -name '*.def')
unknown() # FILE...: with the sources, what they name
{
	# shellcheck disable=SC2086 # a list of files
	awk -f tests/lint/mentioned.awk "$@" $sources >"$work/all"
	sed -n 's/^= //p' "$work/all" | cat - tests/lint/others | sort -u >"$work/names"
	awk 'NR == FNR { there[$1]; next }
		$1 != "=" && !($2 in there) { print $1 ": " $2 "()" }' "$work/names" "$work/all"
}
check_empty "comments and doc/design name functions that exist" "$(unknown doc/design/*.md)"
echo '/* as in this_is_gone(), klock_kill_all() and _end_of_a_name() */' >"$work/control.c"
case $(unknown "$work/control.c") in
"$work/control.c:1: this_is_gone()"*) pass "a function that is gone is found" ;;
*) fail "a function that is gone is found" ;;
esac
folders='lib|include|tests|examples|bench|tools|doc'
check_empty "comments and documents name files that exist" \
	"$(grep -rnoE "\\b($folders)/[a-z0-9_/-]+\\.(c|h|sh|def|tab|md)\\b" \
		README CONTRIBUTING NEWS doc/design include lib tests examples bench tools |
		grep -v '^tests/lint/' | while IFS= read -r found; do
			[ -e "${found##*:}" ] || echo "$found"
		done)"
check_empty "documents name targets of make that exist" \
	"$(grep -rhoE 'make (check|record)-[a-z-]+' README CONTRIBUTING doc | sort -u |
		while read -r _ target; do
			cat Makefile.am tests/targets.mk tests/*/local.mk |
				grep -qE "(^| )$target( [a-z -]*)?:" || echo "$target"
		done)"
finish
