#!/bin/sh
# SPDX-License-Identifier: MIT
# A short race with the lock on under Helgrind, DRD and memcheck. Valgrind has no userfaultfd,
# so without mapped readers.
. "$top_srcdir/tests/support/tap.sh"

if ! command -v valgrind >/dev/null; then
	echo "valgrind is not installed"
	exit 77
fi
filecache=$top_builddir/examples/filecache/filecache
dir=$(mktemp -d "$top_builddir/filecache-valgrind.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT

for tool in helgrind drd memcheck; do
	options=
	[ $tool = memcheck ] && options="--leak-check=full --errors-for-leak-kinds=definite"
	# shellcheck disable=SC2086
	valgrind -q --tool=$tool $options --error-exitcode=99 --fair-sched=try --vgdb=no \
		"$filecache" race --dir "$dir" --lock on --threads 1 --seconds 2 --no-mapped \
		--quiet >"$dir/out" 2>&1
	got=$?
	check_empty "race_under_$tool" "$([ $got -eq 0 ] || {
		echo "exit status $got"
		cat "$dir/out"
	})"
done

finish
