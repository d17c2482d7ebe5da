#!/bin/sh
# SPDX-License-Identifier: MIT
# A skip is counted as one, with its reason; with KLOCK_SKIPS=fail it has failed.
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$top_srcdir/tests/support/tap.sh"
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

# result SKIPS TEXT: what run-test says of a script
result()
{
	echo "$2" >t.sh
	(
		unset KLOCK_TAP
		KLOCK_SKIPS=$1 sh "$top_srcdir/tests/support/run-test" --test-name t \
			--log-file t.log --trs-file t.trs -- sh t.sh >/dev/null
	)
	sed -n 's/^:test-result: //p' t.trs
}
same() # NAME WANTED SEEN
{
	if [ "$2" = "$3" ]; then pass "$1"; else fail "$1" "$3, wanted $2"; fi
}

whole='echo "skipped: no tool"; exit 77'
case='echo "ok 1 - a" >$KLOCK_TAP; echo "ok 2 - b # SKIP no tool" >>$KLOCK_TAP'
same "a_test_that_skips_says_why" "SKIP t: skipped: no tool" "$(result '' "$whole")"
same "a_test_that_skips_fails_when_told_so" "FAIL skipped: t: skipped: no tool" \
	"$(result fail "$whole")"
same "a_case_that_skips_says_why" "PASS a SKIP b # SKIP no tool" \
	"$(result '' "$case" | paste -sd' ' -)"
same "a_case_that_skips_fails_when_told_so" "PASS a FAIL skipped: b # SKIP no tool" \
	"$(result fail "$case" | paste -sd' ' -)"
same "a_test_that_skips_nothing_passes_when_told_so" "PASS t" "$(result fail true)"
same "what_a_tool_does_not_run_is_left_out" "tests/torture/torture" \
	"$(sh "$top_srcdir/tests/support/left-out.sh" tsan tests/torture/torture \
		tests/torture/deadlocks)"
finish
