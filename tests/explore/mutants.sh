#!/bin/sh
# SPDX-License-Identifier: MIT
# Breaks the library in each of the ways that mutants.tab has: the scenario named there has to
# fail, as it passes with the library as it is.
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$top_srcdir/tests/support/tap.sh"
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
build=$(cd "${top_builddir:-.}" && pwd)
CC=${CC:-cc}
EXPLORE_MAX=${EXPLORE_MAX-1000000}
export EXPLORE_MAX

mkdir "$work/obj" "$work/tests" || exit 1
cp -r "$top_srcdir/lib" "$top_srcdir/include" "$work/" || exit 1
cp -r "$top_srcdir/tests/explore" "$work/tests/" || exit 1
cd "$work" || exit 1
model='clock|cpu|futex|membarrier|minilock'
find lib tests/explore -name '*.c' | grep -vE "^lib/base/($model)\.c$" >sources

object_of() { echo "obj/$(echo "$1" | tr / _).o"; }

compile() { # FILE...
	for file; do
		# shellcheck disable=SC2086 # CC may have flags
		$CC -std=gnu11 -O1 -w -D_GNU_SOURCE -DKLOCK_ATOMIC_HEADER='"explore/atomic.h"' \
			-Itests/explore/model -Itests -Iinclude -Ilib -I"$build" \
			-c "$file" -o "$(object_of "$file")" || return 1
	done
}
# shellcheck disable=SC2086
link_to() { $CC obj/*.o -o "$1" -pthread -ldl -Wl,-z,now; }

# mutate NAME FILE EXPRESSION SCENARIO
mutate() {
	cp "$2" saved
	sed -E -i "$3" "$2"
	if cmp -s saved "$2"; then
		fail "$1" "the expression changes nothing in $2"
		return
	fi
	changed=$2
	case $2 in
	lib/base/minilock.c) changed=tests/explore/real_minilock.c ;; # which includes it
	*.h) changed=$(grep -E '^(lib|tests/explore)/' sources) ;;
	esac
	# shellcheck disable=SC2086
	if compile $changed && link_to mutant; then
		timeout 300 ./mutant "$4" >log 2>&1
		status=$?
		if [ $status = 1 ] && grep -q "^FAIL $4" log; then
			pass "$1 is caught: $(sed -n 's/^FAIL //p' log | head -n 1)"
		else
			fail "$1 is caught by $4" "exit status $status
$(tail -n 3 log)"
		fi
	else
		fail "$1" "it does not compile"
	fi
	cp saved "$2"
	# shellcheck disable=SC2086
	compile $changed
}

# shellcheck disable=SC2046
if ! compile $(cat sources) || ! link_to whole; then
	fail "the explorer compiles"
	finish
fi
for scenario in $(sed '/^#/d; s/.*|//' "$top_srcdir/tests/explore/mutants.tab" | sort -u); do
	if EXPLORE_MAX=30000 ./whole "$scenario" >log 2>&1; then pass "$scenario, nothing broken"
	else fail "$scenario, nothing broken" "$(tail -n 3 log)"; fi
done
grep -v '^#' "$top_srcdir/tests/explore/mutants.tab" >mutants
# The expressions have bars of their own: the first two fields and the last are cut off.
while IFS= read -r line; do
	name=${line%%|*}
	rest=${line#*|}
	file=${rest%%|*}
	rest=${rest#*|}
	mutate "$name" "$file" "${rest%|*}" "${rest##*|}"
done <mutants
finish
