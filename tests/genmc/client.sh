# SPDX-License-Identifier: MIT
# For scripts that compile or run clients of clients.tab: source this.

genmc_names() { sed '/^#/d; s/|.*//' "$top_srcdir/tests/genmc/clients.tab"; }

# The row of a client.
genmc_row() { grep "^$1|" "$top_srcdir/tests/genmc/clients.tab"; }

# genmc_arguments ROOT ROW: the compiler's, for the client of the row and the sources below ROOT
genmc_arguments()
{
	for word in ${2##*|}; do
		case $word in
		minilock=model) echo "-I$1/tests/genmc/model_minilock" ;;
		*) echo "-D$word" ;;
		esac
	done
	genmc_file=${2#*|}
	echo "-std=gnu11 -w -I$1/tests/genmc/model -I$1/tests -I$1/lib -I$1/include"
	echo "$1/tests/genmc/${genmc_file%%|*}.c"
}

# genmc_client ROOT NAME LOG: checks it against the sources below ROOT. 0: nothing was found.
# 1: an execution that must not be, which LOG has. Other: the tool did not get so far.
genmc_client()
{
	genmc_row=$(genmc_row "$2") || return 2
	# Switched off are an estimate; what takes a compare-exchange that has to be tried again
	# for a wait, and a wait in a loop for none; and what loses track of automatic variables.
	# shellcheck disable=SC2046 # the arguments are split on purpose
	timeout "${GENMC_SECONDS:-1800}" genmc --disable-estimation --check-liveness \
		--disable-spin-assume --disable-confirmation-annotation \
		--disable-instruction-caching -- $(genmc_arguments "$1" "$genmc_row") >"$3" 2>&1
	if grep -q '^No errors were detected' "$3"; then return 0; fi
	grep -qE '^Error: (Safety|Liveness|Non-atomic race|Attempt to)' "$3" && return 1
	return 2
}

# How many executions there were.
genmc_executions() { sed -n 's/^Number of complete executions explored: //p' "$1"; }
