#!/bin/sh
# SPDX-License-Identifier: MIT
# The file cache runs at least half as fast under the checker: the median of runs that take
# turns, so that what slows the machine slows both. More of them when it is close.
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$top_srcdir/tests/support/tap.sh"
filecache=${top_builddir:-.}/examples/filecache/filecache

ratio() # ROUNDS
{
	sh "$top_srcdir/bench/race.sh" "$filecache" "$1" off lockdep >table 2>&1 &&
		awk '$1 == "lockdep" { print $3 }' table
}
at_least() { awk -v a="${1:-0}" -v b="$2" 'BEGIN { exit !(a >= b) }'; }

work=$(mktemp -d) || exit 1
filecache=$(cd "$(dirname "$filecache")" && pwd)/filecache
cd "$work" || exit 1
trap 'rm -rf "$work"' EXIT
got=$(ratio 3)
at_least "$got" 0.6 || got=$(ratio 9)
if at_least "$got" 0.5; then
	pass "filecache_under_lockdep_reaches_half_its_rate"
else
	fail "filecache_under_lockdep_reaches_half_its_rate" "$(cat table)"
fi
cat table
finish
