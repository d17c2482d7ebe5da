#!/bin/sh
# SPDX-License-Identifier: MIT
# The torture catches what it is there for: locks that are broken on purpose, each by
# its own symptom; and passes their right twin. What fails is shrunk.
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$top_srcdir/tests/support/tap.sh"
torture=${top_builddir:-.}/tests/torture/torture

expect() { # LOCK SECONDS EXIT-STATUS TEXT
	out=$("$torture" -l "$1" -t "$2" -w 2 2>&1)
	got=$?
	if [ $got = "$3" ] && echo "$out" | grep -q "$4"; then pass "$1: $4"
	else fail "$1: $4" "exit status $got
$out"; fi
}

expect lost-wakeup 60 1 'FAILED: stuck'
expect no-exclusion 60 1 'FAILED: exclusion'
expect unbroken 1 0 'all held'

# What shrink leaves of it: the one lock that is broken, one operation, and some threads.
out=$("$top_srcdir/tests/torture/shrink" "$torture" -t 60 -w 2 -n 4 -l unbroken,no-exclusion \
	-o lock,trylock -f churn,memory 2>&1)
if echo "$out" | grep -q '^smallest: .* -n [234] -l no-exclusion -o lock -f none$'; then
	pass "shrink leaves what is needed"
else
	fail "shrink leaves what is needed" "$out"
fi
out=$("$top_srcdir/tests/torture/shrink" "$torture" -t 1 -l unbroken 2>&1)
case $?:$out in
"1:shrink: it does not fail") pass "shrink tells what does not fail" ;;
*) fail "shrink tells what does not fail" "$out" ;;
esac
finish
