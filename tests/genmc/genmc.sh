#!/bin/sh
# SPDX-License-Identifier: MIT
# The algorithms under weak memory: each client of clients.tab, by the model checker GenMC.
# With arguments, those clients only.
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$top_srcdir/tests/support/tap.sh"
. "$top_srcdir/tests/genmc/client.sh"
if ! command -v genmc >/dev/null; then
	echo "skipped: genmc (GenMC 0.10) is not on the PATH"
	exit 77
fi
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT

# shellcheck disable=SC2046 # a list of names
[ $# -gt 0 ] || set -- $(genmc_names)
for client; do
	genmc_client "$top_srcdir" "$client" "$log"
	case $? in
	0) pass "$client: $(genmc_executions "$log") executions" ;;
	1) fail "$client" "$(grep -v '(0, ' "$log" | tail -n 400)" ;;
	*) fail "$client" "the tool broke, or took too long: $(tail -n 3 "$log")" ;;
	esac
done
finish
