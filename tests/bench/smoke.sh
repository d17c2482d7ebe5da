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

# Of the portfolio some cells, and the check that a sum of it is right, on one that is known.
"$bench" --portfolio --seconds 0.001 --tsv "$work/portfolio" \
	--rows cell-t1-w0,cell-t2-w100-h0,cell-t4-w1000-h50,busy-t2-w100-h50,wait-one-read-n2 \
	>"$work/out" 2>&1 || cat "$work/out" >>"$work/errors"
check_empty "portfolio_runs" "$(cat "$work/errors")"
check_empty "portfolio_has_conditions_and_waits" "$(printf '%s\n' 'busy neighbours' wait-one-read |
	while read -r line; do
		awk -f "$top_srcdir/bench/portfolio.awk" "$work/portfolio" |
			grep -q "^  $line" || echo "no $line"
	done)"
families=$(awk -f "$top_srcdir/bench/portfolio.awk" "$work/portfolio" 2>&1 |
	sed -n '/^klock rwsem$/,/^klock/s/^  \([^,]*, [a-z]*\)  .* \([0-9]*\) cells.*/\1: \2/p')
check_empty "portfolio_has_a_line_for_each_family" "$(printf '%s\n' \
	'1 thread, reads: 12' '2 threads, both: 3' '4 to 128 threads, writes: 3' |
	while read -r line; do echo "$families" | grep -qx "$line" || echo "no $line"; done)"
{
	printf 'lock\tours\tours\tklock\tsleeps\nlock\tpeer\tpeer\tlibc\tsleeps\n'
	printf 'lock\tspin\tspin\tck\tspins\n'
	for cell in 'w0-h0-g0 8 2 9' 'w0-h0-g100 1 4 9'; do
		# shellcheck disable=SC2086 # three values
		set -- $cell
		printf 'row\tcell-t1-%s\tours\tM/s\t%s\t1\t1\t1\t1\t1\t1\t-\n' "$1" "$2"
		printf 'row\tcell-t1-%s\tpeer\tM/s\t%s\t1\t1\t1\t1\t1\t1\t-\n' "$1" "$3"
		printf 'row\tcell-t1-%s\tspin\tM/s\t%s\t1\t1\t1\t1\t1\t1\t-\n' "$1" "$4"
	done
} >"$work/known"
check_empty "portfolio_means_are_geometric_and_of_the_best_sleeping_peer" \
	"$(awk -f "$top_srcdir/bench/portfolio.awk" "$work/known" 2>&1 | grep '1 thread, reads' |
		grep -v ' 2 cells: mean  1.00 (goal 1.2), worst  0.25 (cell-t1-w0-h0-g100 beside'
	awk -f "$top_srcdir/bench/portfolio.awk" "$work/known" 2>&1 | grep -c '1 thread, reads' |
		grep -v '^1$')"

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
