#!/bin/sh
# SPDX-License-Identifier: MIT
# What reports say: as the kernel's do, once for each problem, with names for addresses.
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$top_srcdir/tests/support/tap.sh"
program=${top_builddir:-.}/tests/lockdep/reports
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# report NAME: what the program writes, with 0x for each address
report() {
	KLOCK_LOCKDEP=1 "$program" "$1" 2>&1 |
		sed -e 's/0x[0-9a-f][0-9a-f]*/0x/g' -e 's,/[0-9][0-9]*,/N,g' >"$work/$1"
}

# says NAME WHAT LINE...: the report has these lines, in this order
says() {
	name=$1
	what=$2
	shift 2
	missing=$(printf '%s\n' "$@" | awk -v file="$work/$name" '
		{ wanted[++n] = $0 }
		END {
			i = 1
			while ((getline line <file) > 0)
				if (i <= n && index(line, wanted[i]))
					i++
			if (i <= n)
				print "not found, or not in this order: " wanted[i]
		}')
	check_empty "$what" "${missing:+$missing
$(cat "$work/$name")}"
}

reported() { # NAME COUNT: so many reports
	count=$(grep -c '^WARNING: ' "$work/$1")
	if [ "$count" = "$2" ]; then pass "$1 is reported $2 times"
	else fail "$1 is reported $2 times" "it is $count"; fi
}

report circular
says circular "a circle of two reads as the kernel's does" \
	'======================================================' \
	'WARNING: possible circular locking dependency detected' \
	'------------------------------------------------------' \
	' is trying to acquire lock:' \
	'0x (alpha){write}, at: ' \
	'but the thread is already holding lock:' \
	'0x (beta){write}, at: ' \
	'which lock already depends on the new lock.' \
	'the existing dependency chain (in reverse order) is:' \
	'-> #1 (beta), acquired while (alpha) was held, first seen in ' \
	'-> #0 (alpha), acquired now while (beta) is held:' \
	'other info that might help us debug this:' \
	' Possible unsafe locking scenario:' \
	'       thread 0                thread 1' \
	'  lock(beta);' \
	'                               lock(alpha);' \
	'                               lock(beta);' \
	'  lock(alpha);' \
	' *** DEADLOCK ***' \
	'2 locks held by ' \
	' #1: 0x (alpha){write}' \
	' #0: 0x (beta){write}' \
	'To suppress this report: circular: beta -> alpha'
reported circular 1

report longer
says longer "each link of a longer chain is told" \
	'-> #2 (gamma_lock), acquired while (beta) was held' \
	'-> #1 (beta), acquired while (alpha) was held' \
	'-> #0 (alpha), acquired now while (gamma_lock) is held' \
	'Chain exists of:' \
	'  (alpha) --> (beta) --> (gamma_lock)' \
	'  lock(gamma_lock);' \
	'                               lock(beta);' \
	'                               lock(gamma_lock);' \
	'  lock(alpha);'

report readers
says readers "readers are told from writers" \
	'0x (sem){read}, at: ' \
	'0x (alpha){write}, at: ' \
	'  lock(alpha);' \
	'                               lock(sem);' \
	'                               lock(alpha);' \
	'  rlock(sem);'

report recursion
says recursion "a class taken twice reads as the kernel's does" \
	'WARNING: possible recursive locking detected' \
	' is trying to acquire lock:' \
	'0x (lock){write}, at: ' \
	'but the thread is already holding lock:' \
	'       thread 0' \
	'  lock(lock);' \
	'  lock(lock);' \
	' May be due to missing lock nesting notation' \
	'stack backtrace:' \
	'To suppress this report: recursion: lock'
reported recursion 1

report assertion
says assertion "a failed assertion names the lock, the place and what is held" \
	'WARNING: lock assertion failed' \
	'lock: 0x (alpha)' \
	'stack backtrace:' \
	'1 lock held by ' \
	' #0: 0x (beta){write}' \
	'To suppress this report: assert: '
reported assertion 1

report nonblocking
says nonblocking "a lock that could block where nothing may is told" \
	'WARNING: blocking in a section that must not block' \
	'lock: 0x (alpha)' \
	'stack backtrace:' \
	'To suppress this report: nonblocking: '
reported nonblocking 1

report misuse
says misuse "a pinned lock that is released is told" \
	'WARNING: releasing a pinned lock' \
	'0x (alpha){write}, at: '

report to_function
says to_function "a function that is set is told, and nothing is written" \
	'told: circular: beta -> alpha: possible circular locking dependency detected' \
	'WARNING: possible recursive locking detected'
reported to_function 1

report small_stack
says small_stack "a thread with a small stack can report" \
	'WARNING: possible circular locking dependency detected' \
	'To suppress this report: circular: beta -> alpha'

# Lines need libdw here and when klock was built, and a malloc() that is the system's.
if grep -q 'define HAVE_ELFUTILS_LIBDWFL_H' "${top_builddir:-.}/config.h" 2>/dev/null &&
	[ -z "$SANITIZER_FLAGS" ]; then
	says circular "static functions have names, and calls their lines" \
		'(take_in_order+0x) reports.c:' \
		'-> #1 (beta)' \
		'(take_in_order+0x) reports.c:' \
		'(in_thread+0x) reports.c:' \
		'-> #0 (alpha)' \
		'(take_in_order+0x) reports.c:' \
		'(circular+0x) reports.c:' \
		'(main+0x) reports.c:'
	line=$(grep -n 'take_in_order(&alpha, &beta);' "$top_srcdir/tests/lockdep/reports.c" |
		sed -n '1s/:.*//p')
	says circular "the line is the call's" "(in_thread+0x) reports.c:$line"
	if grep -q 'libklock\.so' "$work/circular"; then
		fail "the library's own frames are left out" "$(cat "$work/circular")"
	else
		pass "the library's own frames are left out"
	fi
else
	skip "names of static functions, and lines" "no libdw, or a malloc() of a sanitizer"
fi
finish
