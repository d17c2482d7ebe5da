#!/bin/sh
# SPDX-License-Identifier: MIT
# A report needs no lock of others: neither the loader's, nor malloc()'s, nor that of stdio.
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$top_srcdir/tests/support/tap.sh"
build=$(cd "${top_builddir:-.}" && pwd)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

if [ -n "$SANITIZER_FLAGS" ]; then
	skip "reports_need_no_foreign_lock" "a sanitizer has a malloc() and a dlopen() of its own"
	finish
fi
compile() # OUTPUT OPTION...
{
	output=$1
	shift
	if ! "${CC:-cc}" -g -Wall -Wextra -Werror -D_GNU_SOURCE -I"$top_srcdir/include" \
		"$top_srcdir/tests/lockdep/foreign.c" -o "$output" "$@" 2>err; then
		fail "foreign.c compiles" "$(cat err)"
		finish
	fi
}
compile plugin.so -DPLUGIN -shared -fPIC
compile foreign -pthread -rdynamic -L"$build/lib/.libs" -lklock -ldl -Wl,-rpath,"$build/lib/.libs"

# report LOCK REPORT WANTED: what is written while another thread has LOCK has the line WANTED.
report()
{
	KLOCK_LOCKDEP=exitcode=9,json=$3 KLOCK_LOCKSTAT=json=own KLOCK_HUNG=100ms \
		./foreign "$1" "$2" ./plugin.so >out 2>&1
	status=$?
	if [ $status != 0 ] && [ $status != 9 ]; then
		fail "$2_while_another_thread_has_$1" "exit status $status
$(tail -n 20 out)"
	elif [ -n "$4" ] && ! grep -q "$4" out; then
		fail "$2_while_another_thread_has_$1" "it does not say '$4'
$(tail -n 20 out)"
	else
		pass "$2_while_another_thread_has_$1"
	fi
}
for lock in loader objects stdio malloc; do
	report $lock circular own.json "possible circular locking dependency"
	report $lock misuse own.json "BUG: release of a lock"
	report $lock assertion own.json "lock assertion failed"
	report $lock recursion own.json "already holds so"
	report $lock key own.json "neither static nor registered"
	report $lock zeroed own.json "nobody initialised"
	report $lock lists own.json "^klock: locks of"
	report $lock hung own.json "hung: a thread waits"
	report $lock dumps own.json ""
	[ $lock != loader ] || continue # exit() itself needs it
	report $lock end /dev/full "cannot write /dev/full: No space left on device"
done
finish
