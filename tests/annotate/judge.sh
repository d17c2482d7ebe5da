# SPDX-License-Identifier: MIT
# What the scripts of the tools share. They set race_text and order_text, the words of a tool's
# reports, and define run_control SCENARIO LOCK..., which runs a program under the tool and
# returns $found when the tool reported something.

dir=${top_srcdir:?}/tests/annotate
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

# All lines of the table, or, briefly, the first lock of each: whether it is the shared or the
# static library makes a difference for none or for all. Silent programs share a process.
judge_table() # NAME COLUMN [briefly]
{
	sed -e '/^#/d; /^$/d; s/^limit *//' "$dir/controls.tab" >"$work/table"
	while read -r scenario helgrind drd tsan locks; do
		case $2 in
		helgrind) expected=$helgrind ;;
		drd) expected=$drd ;;
		tsan) expected=$tsan ;;
		esac
		[ "$expected" = x ] && continue
		[ -z "${3-}" ] || locks=${locks%% *}
		# shellcheck disable=SC2086 # the list is split on purpose
		if [ "$expected" = - ]; then
			judge_one "$1" - "$scenario" $locks
		else
			for lock in $locks; do judge_one "$1" "$expected" "$scenario" "$lock"; done
		fi
	done <"$work/table"
}
