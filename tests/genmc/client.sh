# SPDX-License-Identifier: MIT
# For scripts that run clients of clients.tab: source this.

# genmc_client ROOT NAME LOG: checks it against the sources below ROOT. 0: nothing was found.
# 1: an execution that must not be, which LOG has. Other: the tool did not get so far.
genmc_client()
{
	genmc_line=$(grep "^$2|" "$top_srcdir/tests/genmc/clients.tab") || return 2
	genmc_flags=
	for word in ${genmc_line##*|}; do
		case $word in
		minilock=model) genmc_flags="$genmc_flags -I$1/tests/genmc/model_minilock" ;;
		*) genmc_flags="$genmc_flags -D$word" ;;
		esac
	done
	genmc_file=${genmc_line#*|}
	# Switched off are an estimate; what takes a compare-exchange that has to be tried again
	# for a wait, and a wait in a loop for none; and what loses track of automatic variables.
	# shellcheck disable=SC2086 # the flags are split on purpose
	timeout "${GENMC_SECONDS:-1800}" genmc --disable-estimation --check-liveness \
		--disable-spin-assume --disable-confirmation-annotation \
		--disable-instruction-caching -- \
		-std=gnu11 -w $genmc_flags -I"$1/tests/genmc/model" -I"$1/tests" -I"$1/lib" \
		-I"$1/include" "$1/tests/genmc/${genmc_file%%|*}.c" >"$3" 2>&1
	if grep -q '^No errors were detected' "$3"; then return 0; fi
	grep -qE '^Error: (Safety|Liveness|Non-atomic race|Attempt to)' "$3" && return 1
	return 2
}

# How many executions there were.
genmc_executions() { sed -n 's/^Number of complete executions explored: //p' "$1"; }
