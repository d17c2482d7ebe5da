#!/bin/sh
# SPDX-License-Identifier: MIT
# The torture against broken variants of the library: mutants.tab says which of them it has to
# find, and what shrink makes of some.
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$top_srcdir/tests/support/tap.sh"
. "$top_srcdir/tests/support/mutants.sh"
options='-t 60 -w 3'

# caught NAME: by the torture's own judgement, or by a crash
caught() {
	# shellcheck disable=SC2086 # split on purpose
	./mutant $options >log 2>&1
	status=$?
	how=$(sed -n 's/^FAILED: \([a-z]*\).*/\1/p' log)
	case $status in
	0 | 2) fail "$1 is caught" "$(tail -n 30 log)" ;;
	*) pass "$1 is caught: ${how:-status $status}" ;;
	esac
}

shrinks() { # NAME WHAT
	# shellcheck disable=SC2086
	"$top_srcdir/tests/torture/shrink" ./mutant $options >log 2>&1
	if grep -q "^smallest: .* $2\$" log; then
		pass "$1 shrinks to$(sed -n 's/^smallest: .* -w [0-9]*//p' log)"
	else
		fail "$1 shrinks to $2" "$(cat log)"
	fi
}

mutants_begin torture tests/torture/deadlocks
if ./whole -t 10 -w 10 >log 2>&1; then pass "nothing broken"
else fail "nothing broken" "$(cat log)"; fi
sed '/^#/d' "$top_srcdir/tests/torture/mutants.tab" >caught
while IFS='|' read -r name smallest; do
	if mutate "$name"; then
		if [ -z "$smallest" ]; then caught "$name"; else shrinks "$name" "$smallest"; fi
	fi
	mend
done <caught
finish
