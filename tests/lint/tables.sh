#!/bin/sh
# SPDX-License-Identifier: MIT
# Tables about the code name functions, places, tests and programs that exist: a row that fits
# nothing would be passed over by the tool that reads the table, or that tool is not run for months.
# Each filter reads rows and prints what is wrong with them.
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$top_srcdir/tests/support/tap.sh"
cd "$top_srcdir" || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

rows() { grep -v -e '^#' -e '^$' "$1"; }

# fits FILTER TABLE WRONG: each row of the table fits, and the row WRONG does not
fits()
{
	check_empty "$2 fits the code" "$(rows "$2" | "$1")"
	check_nonempty "a row of $2 that does not fit is found" "$(printf '%s\n' "$3" | "$1")"
}
check_nonempty() { if [ -n "$2" ]; then pass "$1"; else fail "$1"; fi; }

function_in() { awk -v fn="$2" -v part='*' -f tests/lint/place.awk "$1"; }

# ---- What checks orderings --------------------------------------------------------------

finder() # CLIENT, or litmus:FILE:MARK
{
	case $1 in
	litmus:*)
		mark=${1##*:} file=${1#*:}
		file=tests/litmus/${file%:*}.litmus
		grep -qs "// \[$mark\]" "$file" || echo "no mark [$mark] in $file" ;;
	*) grep -q "^$1|" tests/genmc/clients.tab || echo "no client $1" ;;
	esac
}
orderings() # LABEL|FILE|FUNCTION|ACCESS|ORDER|FINDER
{
	while IFS='|' read -r label file function access order by; do
		if [ ! -e "$file" ]; then
			echo "[$label]: there is no $file"
			continue
		fi
		awk -v fn="$function" -v from="$access" -v order="$order" -v label="$label" \
			-f tests/orderings/weaken.awk "$file" 2>&1 >"$work/weaker" |
			sed "s/^/[$label] /"
		! cmp -s "$file" "$work/weaker" || echo "[$label] $function(): nothing is weakened"
		finder "$by"
	done
}
row='X2|lib/locks/reader_bias.c|klock_bias_begin_drain|klock_barrier_everywhere(ev)|gone|bias_w_r'
fits orderings tests/orderings/orderings.tab "$row"

clients() # NAME|CLIENT|WORD=VALUE...
{
	while IFS='|' read -r name client words; do
		file=tests/genmc/$client.c
		if [ ! -e "$file" ]; then echo "$name: there is no $file"; continue; fi
		for word in $words; do
			case $word in
			minilock=model) ;;
			[ABC]=*) function_in "$file" "${word#*=}" ;;
			*)
				cat "$file" tests/genmc/world.h tests/genmc/threads.h |
					grep -qw "${word%%=*}" ||
					echo "$name: nothing asks for ${word%%=*}"
				;;
			esac
		done
	done
}
fits clients tests/genmc/clients.tab "bit_gone|bit|A=locker B=gone SET=0"

# A label, with a letter behind it where a test has it several times.
marks() # FILE:// [MARK]
{
	while IFS=: read -r file mark; do
		label=$(echo "$mark" | grep -oE '[A-Z]+[0-9]+') || continue # publish: put, find
		grep -rqF "[$label]" include lib || echo "$file: no label [$label] in the library"
	done
}
check_empty "the marks of the litmus tests are labels" \
	"$(grep -oE '// \[[A-Za-z0-9]+\]' tests/litmus/*.litmus | marks)"
check_nonempty "a mark that is no label is found" "$(echo 'a.litmus:// [X999]' | marks)"

# ---- Broken variants --------------------------------------------------------------------

# "name" of a SCENARIO, or "lock:word+word" of an EACH
scenario_is_there()
{
	grep -q "^SCENARIO($1," tests/explore/scenarios.def && return
	sed -n 's/^EACH(\(.*\), \([0-9]\), "\(.*\)")$/\1 \2 \3/p' tests/explore/scenarios.def |
		awk -v wanted="$1" '
			BEGIN { n = split(wanted, part, "[:+]") }
			part[1] == $1 && n - 1 == $2 {
				found = 0
				for (i = 2; i <= n; i++)
					for (j = 3; j <= NF; j++)
						if (part[i] == $j) { found++; break }
				if (found == n - 1) exit done = 1
			}
			END { exit !done }'
}
mutants() # NAME|FILE|EXPRESSION|SCENARIO; the expression has bars of its own
{
	while IFS= read -r row; do
		name=${row%%|*} scenario=${row##*|}
		rest=${row#*|} file=${rest%%|*}
		rest=${rest#*|} expression=${rest%|*}
		if [ ! -e "$file" ]; then echo "$name: there is no $file"; continue; fi
		sed -E "$expression" "$file" >"$work/mutant"
		lines=$(diff "$file" "$work/mutant" | grep -c '^<')
		# One place, unless the expression says that it is for several.
		case $lines:$expression in
		0:* | [!1]:*[!g}] | [!1]:*[!/]g) echo "$name changes $lines lines of $file" ;;
		esac
		scenario_is_there "$scenario" || echo "$name: there is no scenario $scenario"
	done
}
fits mutants tests/explore/mutants.tab \
	"anywhere|lib/locks/wait_bit.c|s/if \\(w->shared\\)/if (0)/|bit:w+r"

engine_mutants() # NAME|FILE|EXPRESSION|TEST, perhaps under lockdep
{
	while IFS= read -r row; do
		name=${row%%|*} test=${row##*|}
		rest=${row#*|} file=${rest%%|*}
		rest=${rest#*|}
		if [ ! -e "$file" ]; then echo "$name: there is no $file"; continue; fi
		sed -E "${rest%|*}" "$file" | cmp -s - "$file" && echo "$name changes nothing"
		[ -e "tests/filecache/${test#lockdep }.c" ] || echo "$name: there is no $test"
	done
}
fits engine_mutants tests/filecache/mutants.tab \
	"nothing|examples/filecache/disk.c|s/no such words//|test_races"

torture_mutants() # NAME|WHAT SHRINK LEAVES
{
	while IFS='|' read -r name rest; do
		grep -q "^$name|" tests/explore/mutants.tab || echo "$name is not in mutants.tab"
	done
}
fits torture_mutants tests/torture/mutants.tab "gone|"

# ---- What is expected of faults, tools and coverage -----------------------------------------

reasons() # FILE:FUNCTION | PART | WHY
{
	sed 's/ | /|/; s/ | /|/' | while IFS='|' read -r place part why; do
		file=${place%%:*}
		[ -n "$why" ] || echo "$place has no reason"
		if [ ! -e "$file" ]; then echo "there is no $file"; continue; fi
		awk -v fn="${place#*:}" -v part="$part" -f tests/lint/place.awk "$file"
	done
}
fits reasons tests/coverage/reasons.tab "lib/wait/task.c:register_self | no_memory | no memory"

faults() # FAULT OPERATION LIMIT EXPECTED...
{
	while read -r fault operation limit expected; do
		grep -q "{ \"$fault\"," tests/faults/inject.c || echo "inject.c has no fault $fault"
		[ -n "$expected" ] || echo "$fault $operation: nothing is expected"
	done
}
fits faults tests/faults/faults.tab "gone * 3 right"

controls() # SCENARIO helgrind drd tsan LOCK...
{
	sed 's/^limit *//' | while read -r scenario _ _ _ locks; do
		grep -q "{ \"$scenario\"," tests/annotate/*.c || echo "no scenario $scenario"
		for lock in $locks; do
			grep -qw "${lock%/static}" tests/annotate/locks.c tests/lock_types.def ||
				echo "$scenario: no lock $lock"
		done
	done
}
fits controls tests/annotate/controls.tab "gone - - - mutex"

left_out() # TOOL | PROGRAM | WHY
{
	sed 's/ | /|/g' | while IFS='|' read -r tool program why; do
		grep -q "LEFT_OUT=$tool\\b" tests/targets.mk || echo "$tool leaves nothing out"
		grep -qw "$program" tests/*/local.mk || echo "no program $program"
		[ -n "$why" ] || echo "$program: no reason"
	done
}
fits left_out tests/support/left-out "tsan | tests/torture/gone | it reports what is meant"

known() # TOOLS | PLACE | WHAT | WHY
{
	while IFS='|' read -r _ place _; do
		place=${place# } place=${place% }
		ls -d "$place"* >/dev/null 2>&1 || echo "there is no $place"
	done
}
fits known tests/static/known.tab "sparse | lib/gone.c | context imbalance | moved"

# ---- The design --------------------------------------------------------------------------

# Clients, up to what their name begins with, and litmus tests, in the last column of the tables.
shown()
{
	sed -n 's/^| .*\[[A-Z]*[0-9]*\].*| \([^|]*\) |$/\1/p' | tr -c 'a-z0-9_*\n' '\n' | grep . |
		grep -vx litmus | sort -u | while read -r name; do
		name=${name%\*}
		grep -q "^$name" tests/genmc/clients.tab ||
			ls "tests/litmus/$name"*.litmus >/dev/null 2>&1 ||
			echo "there is no $name"
	done
}
check_empty "ordering.md names clients and litmus tests that exist" \
	"$(sed '/^## The checker/,$d' doc/design/ordering.md | shown)"

# The bits of the lock word: the table in the header, and the constants.
bits_told() { sed -n 's/^ \* \([0-9]\{1,2\}\) *\([A-Z]\{4,\}\) .*/\2 \1/p' "$1" | sort; }
bits_there()
{
	sed -n 's/^#define KLOCK_W_\([A-Z]*\) 0x\([0-9a-f]*\)u$/\1 \2/p' "$1" |
		grep -v '^FLAGS' | while read -r name hex; do
		value=$((0x$hex)) bit=0
		while [ $((1 << bit)) -lt $value ]; do bit=$((bit + 1)); done
		[ $((1 << bit)) -eq $value ] && echo "$name $bit"
	done | sort
}
bits_told include/klock/lockword.h >"$work/told"
bits_there include/klock/lockword.h >"$work/there"
check_empty "lockword.h has the bits that its table tells of" \
	"$(diff "$work/told" "$work/there"; [ -s "$work/told" ] || echo "no table")"
check_empty "the transitions of overview.md name bits that exist" \
	"$(sed -n '/^| from /,/^$/s/|[^|]*|[^|]*|$//p' doc/design/overview.md |
		grep -oE '[A-Z]{4,}' | sort -u |
		while read -r bit; do
			grep -q "^$bit " "$work/there" || echo "$bit"
		done)"
finish
