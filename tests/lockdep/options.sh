#!/bin/sh
# SPDX-License-Identifier: MIT
# KLOCK_LOCKDEP=...: what each option does, alone and with others; and that a wrong one is
# named, once, and leaves the checker off.
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$top_srcdir/tests/support/tap.sh"
program=$(cd "${top_builddir:-.}" && pwd)/tests/lockdep/options
config_h=$(cd "${top_builddir:-.}" && pwd)/config.h
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
ulimit -c 0
TSAN_OPTIONS="$TSAN_OPTIONS detect_deadlocks=0" # it would find the same ones
export TSAN_OPTIONS

# run OPTIONS COMMAND...: sets status; what was written is in out and err
run()
{
	options=$1
	shift
	# shellcheck disable=SC2086 # a command or nothing
	env -u KLOCK_CHECK -u KLOCK_BUG KLOCK_LOCKDEP="$options" \
		${unprivileged-} "$program" "$@" >out 2>err
	status=$?
}
reports() { cat "$@" 2>/dev/null | grep -c '^WARNING: '; }

# expect NAME STATUS REPORTS-ON-STDERR [CONDITION...]: of the last run; the rest is a command
expect()
{
	name=$1 wanted=$2 count=$3
	shift 3
	why=
	[ "$status" = "$wanted" ] || why="exit status $status, wanted $wanted"
	[ "$(reports err)" = "$count" ] || why="$why; $(reports err) reports, wanted $count"
	[ $# = 0 ] || "$@" || why="$why; false: $*"
	check_empty "$name" "${why:+KLOCK_LOCKDEP=$options: $why
$(cat out err)}"
}

# ---- On and off ---------------------------------------------------------------------------

for value in 1 on; do
	run $value circular
	expect "option_${value}_is_on" 0 1
done
for value in 0 ''; do
	run "$value" circular
	expect "option_${value:-empty}_is_off" 0 0 test ! -s err
done
run on,1,on circular recursion circular2
expect "options_without_effect_report_all" 0 3
run 1 exit3
expect "option_on_without_a_problem_is_silent" 3 0 test ! -s err

# ---- abort, once, exitcode ----------------------------------------------------------------

run abort circular circular2
expect "option_abort_stops_at_the_first_report" 134 1 grep -q 'DEADLOCK' err
run abort,log=abort.log circular circular2
expect "option_abort_writes_the_log_first" 134 0 \
	sh -c 'grep -q DEADLOCK abort.log && [ "$(grep -c ^WARNING abort.log)" = 1 ]'
run once circular circular2 recursion
expect "option_once_writes_the_first_only" 0 1 grep -q circular err
run exitcode=9 circular
expect "option_exitcode_is_the_status_after_main" 9 1 grep -qx end out
run exitcode=125 circular exit0
expect "option_exitcode_is_the_status_after_exit" 125 1
run exitcode=9 exit0
expect "option_exitcode_without_a_report_is_silent" 0 0
run exitcode=9 exit3
expect "option_exitcode_without_a_report_keeps_the_status" 3 0
run exitcode=9 atexit circular2 exit0
expect "option_exitcode_comes_after_handlers_set_before_the_first_lock" 9 2 grep -qx bye out
run exitcode=9 atexit exit0
expect "option_exitcode_counts_reports_of_handlers_at_exit" 9 1 grep -qx bye out
run exitcode=9,once circular circular2
expect "option_exitcode_goes_with_once" 9 1
run exitcode=9 circular2 fork exit0
expect "option_exitcode_of_a_child_is_its_own" 9 2 grep -q ' status 9$' out
printf 'circular: alpha -> beta\ncircular: beta -> alpha\n' >known
run exitcode=9,suppress=known circular2 fork exit0
expect "option_exitcode_of_a_child_without_a_report_is_not_the_parents" 9 1 \
	grep -q ' status 0$' out
run exitcode=9 fork exit0
expect "option_exitcode_of_a_parent_without_a_report_is_not_the_childs" 0 1 \
	grep -q ' status 9$' out
if grep -q '^#define HAVE_ON_EXIT 1' "$config_h"; then
	run exitcode=9 circular exit3
	expect "option_exitcode_leaves_a_failing_status" 3 1
else
	skip "option_exitcode_leaves_a_failing_status" "no on_exit() in this C library"
fi

# ---- log ----------------------------------------------------------------------------------

run log=a.log circular recursion
expect "option_log_takes_all_reports" 0 0 test "$(reports a.log):$(wc -c <err)" = 2:0
run log=a.log circular
expect "option_log_appends" 0 0 test "$(reports a.log)" = 3
run log=empty.log exit0
expect "option_log_without_a_report_makes_no_file" 0 0 test ! -e empty.log
run log=%p.log fork circular exit0
read -r _ parent _ child _ <out
expect "option_log_of_a_child_is_its_own" 0 0 \
	test "$(reports "$parent.log"):$(reports "$child.log")" = 1:1
run log=x%p%p-%q%.log,exitcode=9 fork exit0
read -r _ parent _ child _ <out
expect "option_log_of_a_child_alone_is_alone" 0 0 \
	test "$(reports "x$child$child-%q%.log"):$(ls x*)" = "1:x$child$child-%q%.log"
run log=one.log fork circular exit0
expect "option_log_without_a_number_is_shared" 0 0 test "$(reports one.log)" = 2
run log=here.log elsewhere circular
expect "option_log_stays_where_the_program_started" 0 0 test "$(reports here.log)" = 1
run log=closed.log close circular
expect "option_log_survives_that_all_files_are_closed" 0 0 test "$(reports closed.log)" = 1
run log=/dev/stderr circular
expect "option_log_may_be_a_device" 0 1
run 1 cancel
expect "report_is_no_place_to_be_cancelled_at" 0 1 grep -qx 'went on' out

# ---- stacks -------------------------------------------------------------------------------

# The frames behind "-> #0 ..., acquired now".
frames()
{
	awk '/^-> #0/ { n = 1; next }
		n && /^       / { c++; next }
		n { exit }
		END { print c + 0 }' err
}
run stacks=0 circular
expect "option_stacks_0_keeps_the_site" 0 1 test "$(frames)" = 1
run stacks=1 circular
expect "option_stacks_1_keeps_the_site" 0 1 test "$(frames)" = 1
run stacks=2 circular
two=$(frames)
expect "option_stacks_2_keeps_two_at_the_most" 0 1 test "$two" -ge 1 -a "$two" -le 2
run stacks=64 circular
many=$(frames)
expect "option_stacks_64_keeps_no_fewer" 0 1 test "$many" -ge "$two"
run 1 circular
expect "option_stacks_not_given_keeps_up_to_16" 0 1 \
	test "$(frames)" -le 16 -a "$(frames)" -ge "$two"

# ---- suppress -----------------------------------------------------------------------------

# suppressed NAME LINE COMMAND...: with that line there is no report, and no trace of one
suppressed()
{
	name=$1
	printf '%s\n' "$2" >known
	shift 2
	run exitcode=9 "$@"
	if [ "$(reports err)" = 0 ]; then
		fail "$name" "no report without it: $*"
		return
	fi
	run exitcode=9,suppress=known "$@"
	expect "$name" 0 0 test ! -s err
}
suppressed "circular_is_suppressed_by_its_name" 'circular: beta -> alpha' circular
suppressed "circular_is_suppressed_by_a_pattern" '  circular:b*[a] -> ?lpha	# why' circular
suppressed "recursion_is_suppressed_by_its_name" 'recursion: &locks[i]' recursion
suppressed "recursion_is_suppressed_by_a_pattern" 'recursion: *locks*' recursion
suppressed "assert_is_suppressed" 'assert: *options*' assert
suppressed "nonblocking_is_suppressed" 'nonblocking: *options*' nonblocking
suppressed "misuse_is_suppressed" 'misuse: *' misuse
echo 'alpha < gamma_lock' >order
printf 'order: gamma_lock -> alpha' >known # no end of line
run order=order order
expect "order_is_reported" 0 1
run suppress=known,order=order,exitcode=9 order
expect "order_is_suppressed" 0 0 test ! -s err

for command in circular recursion assert nonblocking misuse; do
	run exitcode=9 $command
	sed -n 's/^To suppress this report: //p' err >known
	run exitcode=9,suppress=known $command
	expect "report_of_${command}_says_how_it_is_suppressed" 0 0 test -s known -a ! -s err
done

for kind in circular recursion order assert nonblocking misuse; do
	for command in circular recursion assert nonblocking misuse; do
		[ $kind != $command ] || continue
		echo "$kind: *" >known
		run exitcode=9,suppress=known $command
		[ "$(reports err)" -gt 0 ] && [ $status = 9 ] || echo "$kind suppresses $command"
	done
done >wrong
check_empty "suppression_of_one_kind_leaves_the_others" "$(cat wrong)"

printf '\n# all that is known\n\t \ncircular: alpha -> beta\r\ncircular: beta -> alpha\n' >known
printf 'misuse: *\n' >>known
run suppress=known,exitcode=9 circular recursion
expect "suppressions_that_match_nothing_are_listed" 9 1 test "$(grep '^klock: ' err)" = \
	"klock: known:4: nothing was suppressed by circular: alpha -> beta
klock: known:6: nothing was suppressed by misuse: *"
run suppress=known,exitcode=9,log=list.log circular
expect "suppressions_that_match_nothing_are_listed_in_the_log" 0 0 \
	test "$(grep -c 'nothing was suppressed' list.log):$(wc -c <err)" = 2:0
run suppress=known exit0
expect "suppressions_of_a_program_without_problems_are_not_listed" 0 0 test ! -s err
echo 'misuse: x' >more
run suppress=known,suppress=more,exitcode=9 circular
expect "suppressions_of_two_files_add_up" 0 0 grep -q '^klock: more:1: nothing' err

# ---- What is wrong ------------------------------------------------------------------------

# wrong NAME OPTIONS MESSAGE: the message is all that there is
wrong()
{
	run "$2" circular
	sed -i 's/Filename too long/File name too long/' err # as musl has it
	if [ "$status" = 0 ] && [ "$(cat err)" = "$3; the checker is off" ]; then
		pass "$1"
	else
		fail "$1" "KLOCK_LOCKDEP=$2: exit status $status
$(cat err)
instead of
$3; the checker is off"
	fi
}
names='0, 1, on, abort, once, log=FILE, exitcode=N, stacks=N, order=FILE, suppress=FILE, '
names="not one of ${names}text=FILE, json=FILE, dot=FILE"
# each OPTION: wrong alone, behind others that are right, and once only if it stands twice
for option in yes ' 1' ABORT abor aborted logs=x =1 =; do
	for options in "$option" "exitcode=9,log=l,stacks=1,$option" "$option,$option,abort"; do
		wrong "option_unknown_is_wrong: $options" "$options" \
			"klock: KLOCK_LOCKDEP: '$option': $names"
	done
done
wrong "option_empty_is_wrong" "abort,,on" "klock: KLOCK_LOCKDEP: '': $names"
wrong "option_0_among_others_is_wrong" "abort,0" \
	"klock: KLOCK_LOCKDEP: '0': not together with other options"
for option in on=1 abort=1 once= 1=2; do
	wrong "option_with_a_value_is_wrong: $option" "$option" \
		"klock: KLOCK_LOCKDEP: '$option': ${option%%=*} takes no value"
done
for option in log=FILE exitcode=N stacks=N order=FILE suppress=FILE text=FILE json=FILE dot=FILE
do
	wrong "option_without_its_value_is_wrong: ${option%=*}" "on,${option%=*}" \
		"klock: KLOCK_LOCKDEP: '${option%=*}': it is $option"
done
for n in '' 0 126 9x x9 -1 +9 ' 9' 9.0 18446744073709551625 99999999999999999999999; do
	wrong "exitcode_is_wrong: '$n'" "exitcode=$n" \
		"klock: KLOCK_LOCKDEP: 'exitcode=$n': not a number from 1 to 125"
done
for n in '' 65 -1 1k 4294967296 18446744073709551617; do
	wrong "stacks_is_wrong: '$n'" "stacks=$n" \
		"klock: KLOCK_LOCKDEP: 'stacks=$n': not a number from 0 to 64"
done
mkdir folder
long=$(printf '%0300d' 0)
for option in log text json dot; do
	for file in '' gone/x gone/%p; do
		wrong "file_is_missing: $option=$file" "$option=$file" \
			"klock: KLOCK_LOCKDEP: '$option=$file': No such file or directory"
	done
	for file in folder . / folder/ ./new/; do
		wrong "file_is_a_folder: $option=$file" "$option=$file" \
			"klock: KLOCK_LOCKDEP: '$option=$file': Is a directory"
	done
	wrong "file_is_below_a_file: $option" "$option=order/x" \
		"klock: KLOCK_LOCKDEP: '$option=order/x': Not a directory"
	wrong "file_has_a_long_name: $option" "$option=$long" "klock: KLOCK_LOCKDEP: \
'$(echo "$option=$long" | cut -c 1-200)...': File name too long"
done
wrong "options_are_too_long" "$(printf '%05000d' 0)" \
	"klock: KLOCK_LOCKDEP: '$(printf '%0200d' 0)...': too long"
# root may write all, but for its capabilities.
[ "$(id -u)" != 0 ] || unprivileged='setpriv --bounding-set=-all'
if ${unprivileged-} true; then
	: >shut
	chmod 0 shut
	wrong "file_is_not_to_be_written" log=shut \
		"klock: KLOCK_LOCKDEP: 'log=shut': Permission denied"
else
	skip "file_is_not_to_be_written" "root keeps its capabilities here"
fi
unprivileged=
for option in order suppress; do
	wrong "file_to_read_is_missing: $option" $option=gone \
		"klock: KLOCK_LOCKDEP: '$option=gone': No such file or directory"
	wrong "file_to_read_is_a_folder: $option" $option=folder \
		"klock: KLOCK_LOCKDEP: '$option=folder': Is a directory"
done

# line NAME TEXT NUMBER MESSAGE: of a file of suppressions
line()
{
	# shellcheck disable=SC2059 # the text has its \n
	printf "$2" >bad
	wrong "$1" suppress=bad "klock: bad:$3: $4
klock: KLOCK_LOCKDEP: 'suppress=bad': it has wrong lines"
}
kinds='the kind is not one of circular, recursion, order, assert, nonblocking, misuse'
line "suppression_of_an_unknown_kind_is_wrong" '# x\n\ncircle: a -> b\n' 3 "$kinds"
line "suppression_of_no_kind_is_wrong" ': a -> b\n' 1 "$kinds"
line "suppression_with_a_blank_before_the_colon_is_wrong" 'misuse : a\n' 1 "$kinds"
line "suppression_without_a_colon_is_wrong" 'misuse\n' 1 'not KIND: PATTERN'
line "suppression_without_a_pattern_is_wrong" 'misuse: # all\n' 1 \
	'the pattern is missing; * matches all'
line "suppression_that_is_too_long_is_wrong" "misuse: $(printf '%05000d' 0)\n" 1 \
	'the line is too long'
line "suppressions_that_are_wrong_are_all_named" 'a\nmisuse: *\nmisuse:\n' 1 "not KIND: PATTERN
klock: bad:3: the pattern is missing; * matches all"
env KLOCK_CHECK=1 KLOCK_LOCKDEP=suppress=known,wrong "$program" misuse >out 2>err
check_empty "options_that_are_wrong_leave_nothing_behind" "$(
	[ "$(grep -c '^klock: KLOCK_LOCKDEP' err)" = 1 ] || cat err)"

# ---- Garbage ------------------------------------------------------------------------------

# Half of it bytes, half of it pieces of what is right: runs, or says why not, and ends.
mkdir garbage
cd garbage || exit 1
LC_ALL=C awk -v seed="${KLOCK_SEED:-1}" 'BEGIN {
	srand(seed)
	n = split("1 on abort once exitcode=9 exitcode=64 stacks=0 stacks=64 log=x log=%p " \
		"order=../order suppress=../known text=t json=j%p dot=d", right, " ")
	m = split("0 log= exitcode= stacks= order= suppress= text= json= dot= FILE % %p 9 65 " \
		"-1 . .. * known , = a", odd, " ")
	for (i = 0; i < 200; i++) {
		value = ""
		for (k = int(rand() * (i % 2 ? 4 : 40)) + 1; k > 0; k--) {
			c = int(rand() * 255) + 1
			if (i % 2 && rand() < .85)
				value = value right[int(rand() * n) + 1] ","
			else if (i % 2)
				value = value odd[int(rand() * m) + 1]
			else if (c != 10)
				value = value sprintf("%c", c)
		}
		if (rand() < .9)
			sub(/,+$/, "", value)
		print value
	}
}' >../values
[ "$(wc -l <../values)" = 200 ] || fail "garbage_is_there" "$(cat ../values)"
while IFS= read -r value; do
	KLOCK_LOCKDEP=$value timeout 20 "$program" circular exit0 >../out 2>../err </dev/null
	status=$?
	wrong=$(grep -ac 'the checker is off$' ../err)
	told=$(cat ../err ./* ../known ../order 2>/dev/null | grep -ac '^WARNING: ')
	case $status:$wrong:$value in
	0:0:0 | 0:0:) ;; # off
	0:1:*) [ "$told" = 0 ] || echo "$value: off, and there is a report" ;;
	0:0:* | 9:0:*exitcode=9* | 64:0:*exitcode=64*)
		[ "$told" -gt 0 ] || echo "$value: no report" ;;
	134:0:*abort*) [ "$told" = 1 ] || echo "$value: stopped without a report" ;;
	*) echo "$value: exit status $status, and $wrong messages" ;;
	esac
	rm -rf ./* ./.[!.]*
	echo 'misuse: x' >../known
	echo 'gamma_lock < none' >../order
done <../values >../wrong
cd ..
check_empty "garbage_runs_or_is_named" "$(cat wrong)"
for value in 'on,' 'log=%' 'log=%p%'; do
	run "$value" circular
	[ "$status" = 0 ] || echo "$value: $status"
done >wrong
check_empty "percent_signs_at_the_end_are_harmless" "$(cat wrong)"
finish
