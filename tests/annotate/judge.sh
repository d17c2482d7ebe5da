# SPDX-License-Identifier: MIT
# What the scripts of the tools share. They set race_text and order_text, the words of a tool's
# reports, and define run_control, which runs the program of control.c under the tool, so that it
# ends with $found when the tool reported something.

dir=${top_srcdir:?}/tests/annotate
sources="$dir/any_lock.c $dir/control.c $dir/locks.c $dir/one_lock.c"
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
found=66

# What the tool's status and words come to: - for silence, else race, order or both.
verdict_of() # LOG
{
	reported=
	status=$(cat "$1.status" 2>/dev/null)
	touch "$1"
	grep -qE "$race_text" "$1" && reported=race
	grep -qE "$order_text" "$1" && reported=$reported${reported:+,}order
	case $status:$reported in
	0:) echo - ;;
	"$found":?*) echo "$reported" ;;
	*) echo "status ${status:-unknown} with report: ${reported:-none}" ;;
	esac
}

# Lines of $work/programs: the verdict that is wanted, and a program.
judge_programs() # NAME
{
	cut -d' ' -f2- "$work/programs" | run_control >"$work/all" 2>&1
	rm -f "$work"/log.*
	awk -v prefix="$work/log." 'BEGIN { n = 1 }
		/^-- status / {
			print $3 >(prefix n ".status")
			close(prefix n ".status")
			close(prefix n++)
			next
		}
		{ print >(prefix n) }' "$work/all"
	n=0
	while read -r expected program; do
		n=$((n + 1))
		got=$(verdict_of "$work/log.$n")
		if [ "$got" = "$expected" ]; then
			pass "$1: $program: $expected"
		else
			fail "$1: $program: $expected" "it came out as: $got
$(head -n 60 "$work/log.$n")"
		fi
	done <"$work/programs"
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
		if [ "$expected" = - ]; then
			echo "- $scenario $locks"
		else
			for lock in $locks; do echo "$expected $scenario $lock"; done
		fi
	done <"$work/table" >"$work/programs"
	judge_programs "$1"
}
