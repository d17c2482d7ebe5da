#!/bin/sh
# SPDX-License-Identifier: MIT
# Weakens each memory ordering of the library as orderings.tab says, in a copy of the sources:
# what is named there has to find it. With arguments, the rows of those labels only.
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$top_srcdir/tests/support/tap.sh"
. "$top_srcdir/tests/genmc/client.sh"
. "$top_srcdir/tests/litmus/verdict.sh"
if ! command -v genmc >/dev/null || ! command -v herd7 >/dev/null; then
	echo "skipped: genmc or herd7 is not on the PATH"
	exit 77
fi
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
mkdir "$work/tests"
cp -r "$top_srcdir/lib" "$top_srcdir/include" "$work/" || exit 1
cp -r "$top_srcdir/tests/genmc" "$work/tests/" || exit 1
tests=$top_srcdir/tests

order_of() { # ACCESS: its memory order, as C has it
	order=$(echo "$1" | sed 's/(.*//; s/.*_\(acquire\|release\|acq_rel\|relaxed\|seq\)$/\1/')
	case $order in seq) echo seq_cst ;; *) echo "$order" ;; esac
}

by_client() # NAME CLIENT
{
	genmc_client "$work" "$2" "$work/log"
	case $? in
	1) pass "$1: $2 finds $(sed -n 's/^Error: //p' "$work/log" | head -n 1)" ;;
	0) fail "$1" "$2 finds nothing" ;;
	*) fail "$1" "$(tail -n 5 "$work/log")" ;;
	esac
}

# The litmus test gets the order that the access has, and the weaker one.
by_litmus() # NAME FILE MARK ACCESS ORDER
{
	mark="/\/\/ \[$3\]/"
	grep -q "// \[$3\]" "$tests/litmus/$2.litmus" || fail "$1" "$2 has no mark $3"
	litmus_weaken "$tests/litmus/$2.litmus" "$mark" "$(order_of "$4")" >"$work/as-it-is.litmus"
	litmus_weaken "$tests/litmus/$2.litmus" "$mark" "$5" >"$work/weaker.litmus"
	litmus_wrong "$work/as-it-is.litmus" "$work/log"
	as_it_is=$?
	litmus_wrong "$work/weaker.litmus" "$work/log"
	if [ "$as_it_is:$?" = 1:0 ]; then pass "$1: $2 is wrong"
	else fail "$1" "$2 is not wrong, or as it is too
$(cat "$work/log")"; fi
}

# weaken LABEL FILE FUNCTION ACCESS ORDER: in the copy; fails unless that names one place.
weaken()
{
	cp "$work/$2" "$work/saved"
	awk -v label="$1" -v fn="$3" -v from="$4" -v order="$5" -f "$tests/orderings/weaken.awk" \
		"$work/saved" >"$work/$2" 2>"$work/log"
}

grep -v '^#' "$tests/orderings/orderings.tab" >"$work/table"
while IFS='|' read -r label file function access order by; do
	case " ${*:-$label} " in *" $label "*) ;; *) continue ;; esac
	name="[$label] $function(): $access is $order"
	if ! weaken "$label" "$file" "$function" "$access" "$order"; then
		fail "$name" "$(cat "$work/log")"
		by=nothing
	fi
	case $by in
	nothing) ;;
	litmus:*)
		rest=${by#*:}
		by_litmus "$name" "${rest%:*}" "${rest#*:}" "$access" "$order" ;;
	*) by_client "$name" "$by" ;;
	esac
	cp "$work/saved" "$work/$file"
done <"$work/table"
finish
