#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: race.sh FILECACHE ROUNDS WAY...
# How fast a real program runs while something watches its locks: the pages that "filecache
# race" reads and checks in a second. The ways take turns, ROUNDS times; a ratio is to the way
# "off" of the same round. Ways: off, lockdep, lockstat, helgrind, drd, tsan (the program is
# then FILECACHE_TSAN).
filecache=$1 rounds=$2
shift 2
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
export TMPDIR="$dir"
race="race --lock on --seconds 1 --pause 0 --no-mapped --quiet --dir $dir"

run() # WAY: the rate
{
	# shellcheck disable=SC2086 # $race is words
	case $1 in
	off) KLOCK_LOCKDEP=0 "$filecache" $race ;;
	lockdep) KLOCK_LOCKDEP=log="$dir/reports" "$filecache" $race ;;
	lockstat) KLOCK_LOCKSTAT=1 "$filecache" $race ;;
	helgrind | drd) valgrind -q --tool="$1" --fair-sched=try "$filecache" $race ;;
	tsan) "$FILECACHE_TSAN" $race ;;
	*) echo "race.sh: no way '$1'" >&2 ;;
	esac >"$dir/out" 2>"$dir/err"
	awk '/^  time /{ t = $2 } /^  pages checked /{ n = $3 }
	     END { if (!t || !n) exit 1; printf "%.0f\n", n / t }' "$dir/out" && return
	echo "race.sh: $1 failed:" >&2
	cat "$dir/out" "$dir/err" >&2
	return 1
}

for round in $(seq "$rounds"); do
	for way; do
		rate=$(run "$way") || exit 1
		echo "$round $way $rate"
	done
done >"$dir/rates"
if [ -s "$dir/reports" ]; then
	cat "$dir/reports" >&2
	exit 1
fi

printf '%-10s %14s %10s %s\n' "" "pages/s" "of off" "  lowest .. highest"
for way; do
	awk -v way="$way" '$2 == "off" { off[$1] = $3 }
		$2 == way { rate[$1] = $3 }
		END { for (i in rate) print rate[i], (off[i] ? rate[i] / off[i] : 0) }' \
		"$dir/rates" >"$dir/way"
	nth() { sort -n -k"$1" "$dir/way" | awk -v n="$1" -v at="$2" '{ v[NR] = $n }
		END { print v[at == "mid" ? int((NR + 1) / 2) : at == "low" ? 1 : NR] }'; }
	printf '%-10s %14.0f %10.3f   %.3f .. %.3f\n' "$way" "$(nth 1 mid)" "$(nth 2 mid)" \
		"$(nth 2 low)" "$(nth 2 high)"
done
