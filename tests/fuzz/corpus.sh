#!/bin/sh
# SPDX-License-Identifier: MIT
# Each fuzzing target reads its corpus, among which is each input that has found a bug, once.
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
top_builddir=${top_builddir:-.}
. "$top_srcdir/tests/support/tap.sh"

for corpus in "$top_srcdir"/tests/fuzz/corpus/*/; do
	target=$(basename "$corpus")
	program=$top_builddir/tests/fuzz/$target
	if [ ! -x "$program" ]; then
		fail "$target reads its corpus" "there is no $program"
	elif said=$("$program" "$corpus" 2>&1); then
		pass "$target reads its corpus"
	else
		fail "$target reads its corpus" "$(printf '%s\n' "$said" | tail -n 20)"
	fi
done

# An oracle that cannot speak would pass: files that are not there, and a target that aborts.
if "$top_builddir/tests/fuzz/order_text" "$top_srcdir/tests/fuzz/none" >/dev/null 2>&1; then
	fail "a corpus that is not there fails"
else
	pass "a corpus that is not there fails"
fi
finish
