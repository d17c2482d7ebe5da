#!/bin/sh
# SPDX-License-Identifier: MIT
# Each client of clients.tab compiles with an ordinary compiler and stand-ins for the tool's
# headers (tool/), and runs once, with real threads. So a client that no longer fits the library
# shows where GenMC is missing, too.
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$top_srcdir/tests/support/tap.sh"
. "$top_srcdir/tests/genmc/client.sh"
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

runs() # ROW
{
	# shellcheck disable=SC2046,SC2086 # CC and the arguments are split on purpose
	${CC:-cc} -I"$top_srcdir/tests/genmc/tool" -Werror=implicit-function-declaration \
		$(genmc_arguments "$top_srcdir" "$1") -o "$work/client" -pthread \
		>"$work/log" 2>&1 &&
		timeout 30 "$work/client" >>"$work/log" 2>&1
}

for name in $(genmc_names); do
	if runs "$(genmc_row "$name")"; then pass "$name compiles and runs"
	else fail "$name compiles and runs" "$(head -n 20 "$work/log")"; fi
done

# Controls: a row that names a function that is gone, and a thread that trips over an assertion.
if runs "control|mutex|A=gone B=locker"; then fail "a missing function is found"
else pass "a missing function is found"; fi
if runs "control|semaphore|A=receiver B=receiver UNITS=2"; then fail "a failed assertion is found"
else pass "a failed assertion is found"; fi
finish
