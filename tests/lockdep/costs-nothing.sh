#!/bin/sh
# SPDX-License-Identifier: MIT
# The checker off costs nothing on the fast paths: callgrind counts the instructions of an
# uncontended lock and unlock of each kind, and of the same fast paths as they were before there
# was a checker (pairs.c has them). How many there are hangs on the compiler, so both are
# compiled by the same one, and have to agree to the instruction. Two runs of different length
# leave the difference: what the pairs alone cost.
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$top_srcdir/tests/support/tap.sh"
build=$(cd "${top_builddir:-.}" && pwd)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

if ! command -v valgrind >/dev/null || ! command -v callgrind_annotate >/dev/null; then
	skip "instructions of the fast paths" "no valgrind"
	finish
fi
if ! "${CC:-cc}" -O2 -g -std=gnu11 -Wall -Wextra -Werror -I"$top_srcdir/include" \
	"$top_srcdir/tests/lockdep/pairs.c" -o pairs -pthread -L"$build/lib/.libs" -lklock \
	-Wl,-rpath,"$build/lib/.libs" 2>err; then
	fail "pairs.c compiles" "$(cat err)"
	finish
fi

count() # PAIRS FILE: the instructions of each function, inclusive
{
	env -u KLOCK_LOCKDEP -u KLOCK_CHECK -u KLOCK_LOCKSTAT valgrind -q --tool=callgrind \
		--callgrind-out-file="$2.cg" ./pairs "$1" >"$2.out" 2>&1 || return
	callgrind_annotate --inclusive=yes --threshold=100 "$2.cg" 2>/dev/null |
		sed -n 's/^ *\([0-9,]*\) .*:\(\(run\|before\)_[a-z_]*\)[. ].*/\2 \1/p' |
		tr -d , >"$2"
}
if ! count 1000 short || ! count 11000 long; then
	fail "the pairs run under callgrind" "$(cat short.out long.out 2>/dev/null)"
	finish
fi
pair() # FUNCTION: instructions for one pair
{
	awk -v f="$1" '$1 == f { n[FILENAME] = $2 } END {
		if (n["short"] && n["long"]) printf "%.2f", (n["long"] - n["short"]) / 10000
	}' short long
}

for name in $(sed -n 's/^PAIR(\([a-z_]*\),.*/\1/p' "$top_srcdir/tests/lockdep/pairs.def"); do
	now=$(pair "run_$name")
	before=$(pair "before_$name")
	text="$name: $now instructions, $before before there was a checker"
	if [ -n "$now" ] && [ "$now" = "$before" ]; then
		pass "$text"
	else
		fail "$text" "$(cat short long)"
	fi
done
finish
