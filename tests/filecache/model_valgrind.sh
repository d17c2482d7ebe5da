#!/bin/sh
# SPDX-License-Identifier: MIT
# The model checker under Helgrind and DRD: several threads on one cache, and not a word of them.
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$top_srcdir/tests/support/tap.sh"
if [ -n "$SANITIZER_FLAGS" ]; then
	echo "Valgrind cannot run a program built with $SANITIZER_FLAGS"
	exit 77
fi
if ! command -v valgrind >/dev/null; then
	echo "valgrind is not installed"
	exit 77
fi
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT

# Valgrind does not know userfaultfd: without mappings.
for tool in helgrind drd; do
	for threads in 1 3; do
		name="$threads threads under $tool"
		if valgrind -q --tool=$tool --error-exitcode=99 --fair-sched=try --vgdb=no \
			"${top_builddir:-.}/tests/filecache/fsx_model" \
			--threads $threads --ops 300 --no-mmap >"$log" 2>&1; then
			pass "$name"
		else
			fail "$name" "$(head -n 60 "$log")"
		fi
	done
done
finish
