#!/bin/sh
# SPDX-License-Identifier: MIT
# Each row of the benchmark for some milliseconds, and what is made of its output.
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$top_srcdir/tests/support/tap.sh"
bench=${top_builddir:-.}/bench/bench
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

"$bench" --list >"$work/list"
keys=$(awk '$1 != "lockdep" { print $1 }' "$work/list" | paste -sd' ')
if "$bench" --rounds 1 --seconds 0.002 --tsv "$work/tsv" >"$work/table" 2>"$work/errors"; then
	pass "bench_all_rows_end"
else
	fail "bench_all_rows_end" "status $?: $(cat "$work/errors")"
fi
check_empty "bench_all_rows_complain_of_nothing" "$(cat "$work/errors")"
shape() { awk -v wanted="$keys" -f "$top_srcdir/tests/bench/shape.awk" "$1" 2>&1; }
check_empty "bench_tsv_has_every_row_in_shape" "$(shape "$work/tsv")"
check_empty "bench_table_has_every_row" \
	"$(for key in $keys; do
		grep -q "($key: [14] rounds" "$work/table" || echo "$key"
	done)"

# Controls: what the check of the shape is to find.
broken() # NAME SED-COMMAND: the shape is not accepted any more
{
	sed "$2" "$work/tsv" >"$work/broken"
	if cmp -s "$work/tsv" "$work/broken"; then
		fail "$1" "sed '$2' changes nothing"
	elif [ -n "$(shape "$work/broken")" ]; then
		pass "$1"
	else
		fail "$1" "not found"
	fi
}
broken "bench_missing_row_is_found" '/^row	mix-10	/d'
broken "bench_missing_bin_is_found" '/^bin	wait-read	/d'
broken "bench_value_that_is_none_is_found" \
	's/^\(row	pair-read	rwsem	ns	\)[^	]*/\1nan/'

goals=$(awk -v parts=1 -f "$top_srcdir/bench/goals.awk" "$work/tsv" 2>&1)
if [ "$(echo "$goals" | grep -c '^ *[0-9][0-9]*  \(met\|missed by\)')" = 10 ]; then
	pass "goals_each_has_a_verdict"
else
	fail "goals_each_has_a_verdict" "$goals"
fi
check_empty "goals_nothing_is_unmeasured" "$(echo "$goals" | grep 'not measured\|in part')"

plot() # NAME SCRIPT ROWS
{
	if awk -v title="$1" -v rows="$3" -f "$top_srcdir/bench/$2" "$work/tsv" >"$work/svg" &&
		[ "$(head -c 5 "$work/svg"):$(tail -n 1 "$work/svg")" = "<svg :</svg>" ] &&
		! grep -i '[="]-\{0,1\}nan\|[="]-\{0,1\}inf' "$work/svg"; then
		pass "$1"
	else
		fail "$1" "$(tail -n 3 "$work/svg")"
	fi
}
plot "plot_of_bars_is_drawn" bars.awk "pair-read mix-10 over-8"
plot "plot_of_waits_is_drawn" waits.awk "wait-write wait-read"
if awk -v rows=none -f "$top_srcdir/bench/bars.awk" "$work/tsv" >"$work/svg" 2>&1; then
	fail "plot_of_a_row_that_is_not_there_fails"
else
	pass "plot_of_a_row_that_is_not_there_fails"
fi

refused() # NAME ARGUMENT...
{
	name=$1
	shift
	"$bench" "$@" >"$work/out" 2>&1
	status=$?
	check_empty "$name" "$([ $status = 2 ] || echo "$*: status $status")"
}
refused "bench_unknown_row_is_refused" --rows none
refused "bench_rounds_that_are_no_number_are_refused" --rounds many
refused "bench_option_that_there_is_not_is_refused" --none
finish
