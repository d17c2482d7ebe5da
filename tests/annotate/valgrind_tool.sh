# SPDX-License-Identifier: MIT
# What helgrind.sh and drd.sh share: $tool on right and wrong programs, linked with the shared
# and the static library.
. "${top_srcdir:?}/tests/support/tap.sh"
if [ -n "$SANITIZER_FLAGS" ]; then
	echo "Valgrind cannot run a program built with $SANITIZER_FLAGS"
	exit 77
fi
if ! command -v valgrind >/dev/null; then
	echo "valgrind is not installed"
	exit 77
fi
. "$top_srcdir/tests/annotate/judge.sh"
race_text='Possible data race|Conflicting (load|store)'
order_text='lock order .* violated'
lib=${top_builddir:-.}/lib/.libs

# No suppressions but Valgrind's own for libc.
run_control()
{
	LD_LIBRARY_PATH=$lib valgrind -q --tool="$tool" --error-exitcode=$found \
		--fair-sched=try --vgdb=no --read-inline-info=no "$work/control"
}

for library in "$lib/libklock.so" "$lib/libklock.a"; do
	if [ ! -e "$library" ]; then
		skip "$(basename "$library")" "it was not built"
		continue
	fi
	# shellcheck disable=SC2086 # the lists are split on purpose
	if ! ${CC:-cc} -std=gnu11 -D_GNU_SOURCE -g -O1 -pthread -I"$top_srcdir/include" $sources \
		"$library" -o "$work/control" 2>"$work/log"; then
		fail "a program with $(basename "$library")" "$(cat "$work/log")"
		continue
	fi
	case $library in *.a) extent=briefly ;; *) extent= ;; esac
	judge_table "${tool:?} with $(basename "$library")" "$tool" $extent
done
finish
