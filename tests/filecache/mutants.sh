#!/bin/sh
# SPDX-License-Identifier: MIT
# Breaks the engine of the file cache in each of the ways that mutants.tab has: the test named
# there has to fail, as it passes with the engine as it is. KLOCK_MUTANTS="NAME..." takes those
# alone.
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$top_srcdir/tests/support/tap.sh"
. "$top_srcdir/tests/support/mutants.sh"
mutants_tab=$top_srcdir/tests/filecache/mutants.tab
lists="$top_srcdir/examples/filecache/local.mk $top_srcdir/tests/filecache/local.mk"

# What a list in a local.mk has: WHAT PATTERN
# shellcheck disable=SC2086 # split on purpose
listed() { cat $lists | sed -n "/^$1 = /,/[^\\\\]\$/p" | tr ' \\' '\n\n' | grep -e "$2"; }
check_libs=${CHECK_LIBS-$(pkg-config --libs check 2>/dev/null)}
wrap=$(listed host_wrap -- | tr -d '\t' | tr '\n' ' ')

# link TEST OUT
# shellcheck disable=SC2086
link() {
	case $1 in
	test_*) ${CC:-cc} obj/*.o "tests-obj/$1.o" -o "$2" -pthread -ldl $check_libs ;;
	*) ${CC:-cc} obj/*.o tests-obj/host/*.o "tests-obj/$1.o" -o "$2" $wrap -pthread -ldl ;;
	esac
}
mutant_link() { link "${test#lockdep }" "$1"; }

# run PROGRAM TEST: with the same random numbers each time
run() {
	case $2 in
	power_cuts) timeout 300 "$1" --seed 1 --rounds 6 ;;
	host_errors) timeout 300 "$1" --seed 1 --step 1 && timeout 300 "$1" --seed 2 --step 1 ;;
	lockdep*) timeout 300 sh "$top_srcdir/tests/lockdep/silent" "$1" ;;
	*) CK_DEFAULT_TIMEOUT=20 timeout 300 "$1" ;;
	esac >log 2>&1
}

# The line that says what was found.
told() {
	grep -E ':[EF]:|WARNING|BUG|cut after|errors: |_cuts: ' log | head -n 1 | cut -c 1-100
}

mutants_copy lib include tests examples
mutant_flags="-D_FILE_OFFSET_BITS=64 -Iexamples/filecache ${CHECK_CFLAGS-}"
{
	find lib -name '*.c'
	listed examples_filecache_libengine_la_SOURCES '\.c$' | tr -d '\t'
} >sources
names=${KLOCK_MUTANTS-$(mutant_names)}
tests=$(for name in $names; do mutant_scenario "$name"; done | sort -u)
# shellcheck disable=SC2046
mutant_objects $(cat sources) || { fail "the engine compiles"; finish; }
mv obj engine-obj && mkdir -p obj tests-obj/host || exit 1
# shellcheck disable=SC2046
mutant_objects $(listed host_sources '\.c$' | tr -d '\t') || { fail "host.c compiles"; finish; }
mv obj/* tests-obj/host/
for test in $(echo "$tests" | sed 's/^lockdep //' | sort -u); do
	mutant_objects "tests/filecache/$test.c" && mv obj/*.o "tests-obj/$test.o" || {
		fail "$test compiles"
		finish
	}
done
rmdir obj && mv engine-obj obj

echo "$tests" >list
while read -r test; do
	mutant_link whole && run ./whole "$test" && pass "$test, nothing broken" && continue
	fail "$test, nothing broken" "$(tail -n 5 log)"
done <list
for name in $names; do
	test=$(mutant_scenario "$name")
	if mutate "$name"; then
		run ./mutant "$test"
		status=$?
		case $status in
		0) fail "$name is caught by $test" "$(tail -n 3 log)" ;;
		*) pass "$name is caught by $test: $(told)" ;;
		esac
	fi
	mend
done
finish
