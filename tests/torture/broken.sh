#!/bin/sh
# SPDX-License-Identifier: MIT
# The torture catches what it is there for: locks that are broken on purpose, each by
# its own symptom; and passes their right twin.

torture=$top_builddir/tests/torture/torture
KLOCK_TORTURE_HANG=3
export KLOCK_TORTURE_HANG
status=0

expect() { # LOCK SECONDS EXIT-STATUS TEXT
	out=$(KLOCK_TORTURE_SECONDS=$2 "$torture" "$1" 2>&1)
	got=$?
	if [ $got != "$3" ] || ! echo "$out" | grep -q "$4"; then
		echo "torture of '$1': exit status $got, not $3 with '$4':"
		echo "$out"
		status=1
	fi
}

expect lost-wakeup 60 1 'made no progress'
expect no-exclusion 60 1 'exclusive section'
expect none 2 0 'all held'
exit $status
