#!/bin/sh
# SPDX-License-Identifier: MIT
# What the library and the file cache do when the calls under them fail: faults.c says how,
# faults.tab what is expected. KLOCK_FAULTS_LIMIT says up to which call each fails by itself, before
# all fail together: 0 unless set, which takes seconds; "make check-faults" sets it to "all".
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$top_srcdir/tests/support/tap.sh"

core=$top_builddir/lib/.libs/libklock-core.a
filecache=$top_builddir/examples/filecache/filecache
name="faults and what becomes of them"
if [ -n "${SANITIZER_FLAGS-}" ] || [ ! -e "$top_builddir/lib/.libs/libklock.so" ]; then
	skip "$name" "needs a shared library without sanitizers"
	finish
fi

work=$(mktemp -d "$top_builddir/faults.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

# CC may be several words.
# shellcheck disable=SC2086
build() {
	$CC -D_GNU_SOURCE -std=gnu11 -g -O2 -I"$top_builddir" -I"$top_srcdir/include" \
		-I"$top_srcdir/lib" -I"$top_srcdir/tests" "$@" -pthread -ldl
}
here=$top_srcdir/tests/faults
build -fPIC -shared -o inject.so "$here/inject.c" &&
	build -fPIC -shared -Wl,--wrap=klock_arena_alloc,--wrap=klock_arena_strdup \
		-o libklock-faults.so "$here/reach.c" \
		-Wl,--whole-archive "$core" -Wl,--no-whole-archive &&
	build -o operations "$here/operations.c" ./libklock-faults.so -Wl,-rpath,"$work" &&
	build -o faults "$here/faults.c" "$here/contents.c" ||
	{ fail "$name" "it does not build"; finish; }

head -c 30000 "$filecache" >more
tail -c 9000 "$filecache" >less
"$filecache" mkfs --size 256K --files 8 base && "$filecache" put base file more ||
	{ fail "$name" "no image"; finish; }
printf 'one < two\n"a b" < one\n' >order
printf 'misuse: nothing\nrecursion: x\n' >suppress

limit=${KLOCK_FAULTS_LIMIT-0}
[ "$limit" != all ] || limit=1000000
./faults "$work/operations" "$filecache" "$work/inject.so" "$here/faults.tab" "$limit" 2>log
status=$?
cat log
if [ $status -eq 0 ]; then pass "$name"; else fail "$name" "$(tail -n 1 log)"; fi
finish
