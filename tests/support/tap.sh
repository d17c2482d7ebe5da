# SPDX-License-Identifier: MIT
# For test scripts of several cases: source this, call pass, fail or skip once for
# each case, and end with finish. Cases go to KLOCK_TAP for the log driver, and to stdout.

cases=0
failures=0

pass() # NAME
{
	cases=$((cases + 1))
	echo "ok $cases - $1" | tee -a "${KLOCK_TAP:-/dev/null}"
}

fail() # NAME [WHY]
{
	cases=$((cases + 1))
	failures=$((failures + 1))
	echo "not ok $cases - $1" | tee -a "${KLOCK_TAP:-/dev/null}"
	[ -z "${2-}" ] || printf '%s\n' "$2" | sed 's/^/    /'
}

skip() # NAME WHY
{
	cases=$((cases + 1))
	echo "ok $cases - $1 # SKIP $2" | tee -a "${KLOCK_TAP:-/dev/null}"
}

# The case NAME fails if there is anything in WHY.
check_empty() # NAME WHY
{
	if [ -z "$2" ]; then pass "$1"; else fail "$1" "$2"; fi
}

finish()
{
	if [ "$cases" -eq 0 ]; then
		echo "no case ran" >&2
		exit 1
	fi
	[ "$failures" -eq 0 ]
	exit
}
