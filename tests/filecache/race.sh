#!/bin/sh
# SPDX-License-Identifier: MIT
# filecache race: a short one finds stale pages without the lock and none with it, leaves
# nothing behind, and ends early and in order on SIGTERM.
. "$top_srcdir/tests/support/tap.sh"

filecache=$top_builddir/examples/filecache/filecache
dir=$(mktemp -d "$top_builddir/filecache-race.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
TMPDIR=$dir
export TMPDIR

# run STATUS ARGUMENTS...: output in ./out; sets $wrong to what differs.
run() {
	want=$1
	shift
	"$filecache" race "$@" >out 2>&1
	got=$?
	wrong=
	[ $got -eq "$want" ] || wrong="exit status $got, not $want: $(cat out)"
}

# The numbers of a row of the table.
row() {
	sed -n "s/^  $1  *\([0-9].*\)/\1/p" out
}

run 0 --seconds 1 --pause 500
check_empty race_shows_what_the_lock_is_for "$wrong"
check_empty race_leaves_nothing_behind "$(ls -A | grep -v '^out$')"
# shellcheck disable=SC2046
set -- $(row "wrong pages seen")
check_empty race_wrong_pages_only_without_lock "$(
	[ $# -eq 4 ] && [ "$1" -gt 0 ] && [ "$3" -eq 0 ] && [ "$4" -eq 0 ] || echo "$@")"
# shellcheck disable=SC2046
set -- $(row "blocking reads")
check_empty race_reads_in_all_parts "$(
	[ $# -eq 4 ] && [ "$1" -gt 0 ] && [ "$2" -gt 0 ] && [ "$3" -gt 0 ] && [ "$4" -gt 0 ] ||
		echo "$@")"

run 0 --lock on --seconds 1 --threads 3 --no-mapped --quiet
check_empty race_with_lock_and_without_mappings "$wrong"

# With the lock off and only the lock's own parts asked for, nothing may be claimed.
run 0 --lock off --seconds 1 --pause 500 --quiet
check_empty race_without_lock_finds_stale_pages "$wrong"
check_empty race_without_lock_claims_nothing_with_it "$(grep 'none with it' out)"

run 2 --lock maybe
check_empty race_bad_lock_option "$wrong"
run 2 --seconds 0
check_empty race_no_time "$wrong"
run 2 --threads 17
check_empty race_too_many_threads "$wrong"
run 1 --dir nodir
check_empty race_directory_missing "$wrong$(grep -q nodir out || cat out)"

# A signal ends it long before its time, and cleans up.
for signal in TERM INT; do
	: >out # the job may begin later than the look for its first line
	# A background job of a shell without job control ignores SIGINT; the program
	# catches it again.
	"$filecache" race --lock on --seconds 100 >out 2>&1 &
	pid=$!
	tries=0
	until grep -q '  1 s:' out || [ $tries -gt 300 ]; do
		sleep 0.1
		tries=$((tries + 1))
	done
	kill -$signal $pid
	wait $pid
	got=$?
	check_empty "race_ended_by_SIG$signal" "$([ $got -eq 7 ] || {
		echo "exit status $got"
		cat out
	})"
	check_empty "race_ended_by_SIG${signal}_leaves_nothing" "$(ls -A | grep -v '^out$')"
done

finish
