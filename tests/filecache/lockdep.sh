#!/bin/sh
# SPDX-License-Identifier: MIT
# The engine's tests under lockdep, which holds them to the order that image.c declares: they are
# silent. And two locks in the order of each declared pair, which is silent, and swapped,
# which is reported.
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$top_srcdir/tests/support/tap.sh"
build=$(cd "${top_builddir:-.}" && pwd)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

silent() { # NAME PROGRAM [ARGUMENT...]
	name=$1
	shift
	if sh "$top_srcdir/tests/lockdep/silent" "$@" >out 2>&1; then pass "$name: silent"
	else fail "$name: silent" "$(tail -n 60 out)"; fi
}

for suite in "$build"/tests/filecache/test_*; do
	case $suite in
	*.log | *.trs | *.o | *'*') ;;
	*) silent "${suite##*/}" "$suite" ;;
	esac
done
silent power_cuts "$build/tests/filecache/power_cuts" --rounds 2 --ops 60
silent host_errors "$build/tests/filecache/host_errors" --step 20

sed -n 's/^LOCKDEP_ORDER(\(.*\));$/\1/p' "$top_srcdir/examples/filecache/image.c" |
	tr -d '" ' | awk -F, '{ for (i = 2; i <= NF; i++) print $(i - 1), $i }' >pairs
[ -s pairs ] || fail "image.c declares an order"
order=$build/tests/filecache/lock_order
while read -r outer inner; do
	silent "$outer, then $inner" "$order" "$outer" "$inner"
	KLOCK_LOCKDEP=exitcode=97,log=report "$order" "$inner" "$outer" >out 2>&1
	status=$?
	if [ $status = 97 ] && grep -q 'declared' report; then pass "$inner, then $outer: reported"
	else fail "$inner, then $outer: reported" "exit status $status
$(cat out report)"; fi
done <pairs
finish
