#!/bin/sh
# SPDX-License-Identifier: MIT
# Each pair of orderings by itself, with herd7: as it is, the wrong outcome must not be there;
# and with the order of any line weakened to what its mark says (// [LABEL] not ORDER), it
# must be. A file whose first lines say "Broken." is to have it as it is.
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$top_srcdir/tests/support/tap.sh"
. "$top_srcdir/tests/litmus/verdict.sh"
if ! command -v herd7 >/dev/null; then
	echo "skipped: herd7 (of herdtools7) is not on the PATH"
	exit 77
fi
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

expect() # STATUS FILE NAME
{
	litmus_wrong "$2" "$work/log"
	if [ $? -eq "$1" ]; then pass "$3"; else fail "$3" "$(cat "$work/log")"; fi
}

for file in "$top_srcdir"/tests/litmus/*.litmus; do
	name=$(basename "$file" .litmus)
	if grep -q 'Broken\.' "$file"; then
		expect 0 "$file" "$name is wrong"
	else
		expect 1 "$file" "$name is never wrong"
	fi
	sed -n 's,.*// \[\([A-Za-z0-9]*\)\] not \([a-z_]*\)$,\1 \2,p;' "$file" >"$work/marks"
	grep -n '// \[' "$file" | cut -d: -f1 | paste -d' ' "$work/marks" - >"$work/lines"
	while read -r label order line; do
		litmus_weaken "$file" "$line" "$order" >"$work/weaker.litmus"
		expect 0 "$work/weaker.litmus" "$name is wrong when [$label] is $order"
	done <"$work/lines"
done
finish
