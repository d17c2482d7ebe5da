# SPDX-License-Identifier: MIT
# What valgrind.sh and tsan.sh share. Source this; $tools are columns of controls.tab.
# Each line of the table is run by run_control SCENARIO LOCK..., which leaves all output in
# $work/log and returns the tool's own exit status $found when the tool reported something.

dir=$top_srcdir/tests/annotate
sources="$dir/any_lock.c $dir/control.c $dir/locks.c $dir/one_lock.c"
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
found=66

# What the tool's status and words come to: - for silence, else race, order or both.
verdict_of() # STATUS
{
	reported=
	grep -qE "$race_text" "$work/log" && reported=race
	grep -qE "$order_text" "$work/log" && reported=$reported${reported:+,}order
	case $1:$reported in
	0:) echo - ;;
	"$found":?*) echo "$reported" ;;
	*) echo "status $1 with report: ${reported:-none}" ;;
	esac
}

judge_one() # NAME EXPECTED SCENARIO LOCK...
{
	name=$1 expected=$2
	shift 2
	run_control "$@" >"$work/log" 2>&1
	got=$(verdict_of $?)
	if [ "$got" = "$expected" ]; then
		pass "$name: $*: $expected"
	else
		fail "$name: $*: $expected" "it came out as: $got
$(head -n 60 "$work/log")"
	fi
}

# All lines of the table that have a verdict in this column. Silent programs share a process.
judge_table() # NAME COLUMN
{
	sed -e '/^#/d; /^$/d; s/^limit *//' "$dir/controls.tab" >"$work/table"
	while read -r scenario helgrind drd tsan locks; do
		case $2 in
		helgrind) expected=$helgrind ;;
		drd) expected=$drd ;;
		tsan) expected=$tsan ;;
		esac
		# shellcheck disable=SC2086 # the list is split on purpose
		if [ "$expected" = - ]; then
			judge_one "$1" - "$scenario" $locks
		else
			for lock in $locks; do judge_one "$1" "$expected" "$scenario" "$lock"; done
		fi
	done <"$work/table"
}
