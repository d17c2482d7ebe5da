#!/bin/sh
# SPDX-License-Identifier: MIT
# The scenarios, each for as many states as take half a minute in all; "make check-explore"
# goes on. Then a check on the explorer: where it goes through all orders, whether or not they come
# to a state that it knows, it has to find as many different ends as where it recognises states.
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$top_srcdir/tests/support/tap.sh"
explore=${top_builddir:-.}/tests/explore/explore
small='mutex_w_w_again mutex_kill_all_ends_wait rwsem_d_r rwsem_kill_reader percpu_w_r_again
	semaphore_timeout bit_kill_ends_wait rwsem_w_tryread'

EXPLORE_MAX=${EXPLORE_MAX-3000} "$explore"
status=$?
[ $status -ne 77 ] || exit 77

ends() { # how many each has
	# shellcheck disable=SC2086
	KLOCK_TAP='' EXPLORE_MAX='' "$explore" $small |
		sed -n 's/^ok \([^ ]*\) .* \([0-9]* ends\),.*/\1 \2/p'
}
ends >apart.$$.recognised
EXPLORE_APART=1 ends >apart.$$.all
check_empty "recognising states leaves out no end" "$(diff apart.$$.recognised apart.$$.all 2>&1)"
[ "$(grep -c ends apart.$$.all)" -eq 8 ] || fail "the small scenarios ran"
rm -f apart.$$.*
[ $status -eq 0 ] || exit $status
finish
