#!/bin/sh
# SPDX-License-Identifier: MIT
# Breaks the library in each of the ways that mutants.tab has: the scenario named there has to
# fail, as it passes with the library as it is. With arguments, those variants only.
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$top_srcdir/tests/support/tap.sh"
. "$top_srcdir/tests/support/mutants.sh"
EXPLORE_MAX=${EXPLORE_MAX-1000000}
export EXPLORE_MAX

mutants_begin explore 'lib/base/(clock|cpu|futex|membarrier|minilock|process|thread_id)' \
	-Itests/explore/model '-DKLOCK_ATOMIC_HEADER="explore/atomic.h"' \
	-DKLOCK_SPIN_NS=0 -DKLOCK_HAND_OVER_NS=xp_hand_over_ns
# shellcheck disable=SC2046 # a list of names
[ $# -gt 0 ] || set -- $(mutant_names)
for scenario in $(for name; do mutant_scenario "$name"; done | sort -u); do
	if EXPLORE_MAX=30000 ./whole "$scenario" >log 2>&1; then pass "$scenario, nothing broken"
	else fail "$scenario, nothing broken" "$(tail -n 3 log)"; fi
done
for name; do
	scenario=$(mutant_scenario "$name")
	if mutate "$name"; then
		timeout 300 ./mutant "$scenario" >log 2>&1
		status=$?
		if [ $status = 1 ] && grep -q "^FAIL $scenario" log; then
			pass "$name is caught: $(sed -n 's/^FAIL //p' log | head -n 1)"
		elif [ $status = 139 ]; then # a queue with records of threads that went on
			pass "$name is caught: $scenario crashes"
		else
			fail "$name is caught by $scenario" "exit status $status
$(tail -n 3 log)"
		fi
	fi
	mend
done
finish
