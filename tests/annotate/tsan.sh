#!/bin/sh
# SPDX-License-Identifier: MIT
# ThreadSanitizer, of gcc and of clang, on right and wrong programs: with the shared and the
# static library as they were built, and with a library that is itself built with TSan.
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$top_srcdir/tests/support/tap.sh"
if [ -n "$SANITIZER_FLAGS" ]; then
	echo "the library here is built with $SANITIZER_FLAGS: run this in a build without"
	exit 77
fi
. "$top_srcdir/tests/annotate/judge.sh"
race_text='WARNING: ThreadSanitizer: data race'
order_text='WARNING: ThreadSanitizer: lock-order-inversion'
lib=${top_builddir:-.}/lib/.libs

# TSan of these compilers does not know every layout that randomised addresses lead to.
fixed=
setarch -R true 2>/dev/null && fixed='setarch -R'

# The verdict needs no names of functions, which take four times as long as the rest.
run_control()
{
	TSAN_OPTIONS=exitcode=$found:symbolize=0 LD_LIBRARY_PATH=$lib $fixed "$work/control"
}

# The library's own sources count as a library here: built with TSan, as the program is.
for compiler in gcc clang; do
	if ! command -v $compiler >/dev/null; then
		skip "TSan of $compiler" "$compiler is not installed"
		continue
	fi
	echo 'int main(void) { return 0; }' >"$work/empty.c"
	if ! $compiler -fsanitize=thread "$work/empty.c" -o "$work/empty" 2>/dev/null; then
		skip "TSan of $compiler" "its runtime is not installed"
		continue
	fi
	: >"$work/config.h"
	for library in "$lib/libklock.so" "$lib/libklock.a" sources; do
		name="TSan of $compiler with $(basename "$library")"
		if [ "$library" = sources ]; then
			library="-I$work -I$top_srcdir/lib $(echo "$top_srcdir"/lib/*/*.c)"
		elif [ ! -e "$library" ]; then
			skip "$name" "it was not built"
			continue
		fi
		# shellcheck disable=SC2086 # the lists are split on purpose
		if $compiler -std=gnu11 -D_GNU_SOURCE -g -O1 -pthread -fsanitize=thread \
			-I"$top_srcdir/include" $sources $library -o "$work/control" \
			2>"$work/log"; then
			case $library in *.a) extent=briefly ;; *) extent= ;; esac
			judge_table "$name" tsan $extent
		else
			fail "$name" "$(cat "$work/log")"
		fi
	done
done
finish
