#!/bin/sh
# SPDX-License-Identifier: MIT
# Every memory-ordering label has its partner; see labels.awk.
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$top_srcdir/tests/support/tap.sh"
cd "$top_srcdir" || exit 1

orphans() { find "$@" -name '*.[ch]' -exec awk -f tests/lint/labels.awk {} + | sort; }

check_empty "every ordering label has its partner" "$(orphans include lib)"

# What shows that each is needed: "make check-orderings".
check_empty "every ordering label has a line in orderings.tab" \
	"$(find include lib -name '*.[ch]' -exec grep -ohE '\[[A-Z][0-9]+\]' {} + | sort -u |
		while read -r label; do
			label=${label#?}
			grep -q "^${label%?}|" tests/orderings/orderings.tab || echo "${label%?}"
		done)"

# Controls: the search finds a label alone, and a partner that does not answer.
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
echo '/* [R1] pairs with [W1] in b(). */ /* [W1] release: pairs
 * with [R1]. */ /* [S1] pairs with itself */' >"$dir/a.c"
check_empty "a pair over two lines is accepted" "$(orphans "$dir")"
echo '/* [R1] pairs with [W1] */' >"$dir/a.c"
case $(orphans "$dir") in
*"[W1] is named as a partner but is nowhere"*) pass "a missing partner is found" ;;
*) fail "a missing partner is found" ;;
esac
echo '/* [R1] release, for the reader. */' >"$dir/a.c"
case $(orphans "$dir") in
*"[R1] pairs with nothing"*) pass "a label without a partner is found" ;;
*) fail "a label without a partner is found" ;;
esac
finish
