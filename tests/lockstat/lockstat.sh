#!/bin/sh
# SPDX-License-Identifier: MIT
# KLOCK_LOCKSTAT: its options, the columns of the text, and that the JSON is some.
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$top_srcdir/tests/support/tap.sh"
build=$(cd "${top_builddir:-.}" && pwd)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
unset KLOCK_LOCKDEP KLOCK_CHECK KLOCK_LOCKSTAT

# shellcheck disable=SC2086 # a list of options
if ! "${CC:-cc}" -std=gnu11 -Wall -Wextra -Werror $SANITIZER_FLAGS -I"$top_srcdir/include" \
	"$top_srcdir/tests/lockstat/counted.c" -o program -pthread -L"$build/lib/.libs" -lklock \
	-Wl,-rpath,"$build/lib/.libs" 2>err; then
	fail "the program compiles" "$(cat err)"
	finish
fi

run() # OPTIONS [ARGUMENT]
{
	KLOCK_LOCKSTAT=$1 timeout 60 ./program ${2+"$2"} >out 2>err
}

same() # NAME EXPECTED GOT
{
	if [ "$2" = "$3" ]; then pass "$1"; else fail "$1" "expected: $2
got:      $3"; fi
}

# Of each row of a file: its name, contentions and acquisitions.
counts() { awk -F: 'NF > 1 { n = split($NF, c, " "); if (n == 12)
	{ gsub(/^ +/, "", $1); printf "%s %d %d|", $1, c[2], c[8] } }' "$1"; }
expected='lock 1 5|sem-W 0 1|sem-R 0 2|a "b\\011ä'

run ''
same "an empty value is off" "" "$(cat out err)"
run 0
same "0 is off" "" "$(cat out err)"

for value in 1 on text; do
	run $value
	case $(counts err) in
	"$expected"*) pass "$value: the text goes to standard error" ;;
	*) fail "$value: the text goes to standard error" "$(cat err)" ;;
	esac
done
same "nothing goes to standard output" "" "$(cat out)"

run 1
check_empty "each time is in microseconds with two digits, min <= avg <= max <= total" "$(
	awk -F: 'NF > 1 && split($NF, c, " ") == 12 {
		rows++
		for (i = 3; i <= 12; i++)
			if (i != 7 && i != 8 && c[i] !~ /^[0-9]+\.[0-9][0-9]$/)
				print $1, "column", i, "is", c[i]
		for (i = 3; i <= 9; i += 6)
			if (c[i] > c[i + 3] || c[i + 3] > c[i + 1] || c[i + 1] > c[i + 2])
				print $1, "is in disorder:", $NF
		if ((c[2] > 0) != (c[5] > 0)) print $1, "waits without a contention, or not"
	}
	END { if (rows != 4) print rows, "rows" }' err)"
same "the columns have the names of the kernel's" \
	"con-bounces contentions waittime-min waittime-max waittime-total waittime-avg \
acq-bounces acquisitions holdtime-min holdtime-max holdtime-total holdtime-avg" \
	"$(sed -n 's/^ *class name *//p' err | tr -s ' ')"
same "a contention has a place where it was waited for, and one where it was held" "2" \
	"$(grep -c '^ *lock  *1  *\[<0x[0-9a-f]*>\] program' err)"

run sites=0
same "sites=0 leaves the places out" "0" "$(grep -c '\[<' err)"
run hist
same "hist tells how the holds of a lock are distributed" "5" \
	"$(awk '$1 == "lock" && $3 == "holds" { n += $2 } END { print n }' err)"

run text=a,json=b
same "text= and json=: nothing on standard error" "" "$(cat err)"
case $(counts a) in
"$expected"*) pass "text= has the text" ;;
*) fail "text= has the text" "$(cat a)" ;;
esac
run json=b
same "json= alone writes no text" "" "$(cat err)"
mkdir sub
run text=sub/here chdir
same "a file stays where it was named when the program goes elsewhere" "4" \
	"$(counts sub/here | tr -cd '|' | wc -c | tr -d ' ')"
run text=x.%p.%%,json=y.%p
number() { find . -name "$1" | wc -l | tr -d ' '; }
same "%p is the number of the process" "1 1" "$(number 'x.[0-9]*.%%') $(number 'y.[0-9]*')"
run text=f.%p fork
same "a child writes what it counted itself, one without locks nothing" "2" \
	"$(number 'f.*')"
same "a child counts from zero" "1" "$(cat f.* | grep -c '^ *lock: *0 *0 .* 7 ')"

check_empty "the JSON is UTF-8" "$(iconv -f UTF-8 -t UTF-8 b 2>&1 >/dev/null)"
if command -v jq >/dev/null; then
	check_empty "the JSON is some, and says the same" "$(jq -r '
		def must(what; right): if right then empty else what, . end;
		def times: .wait, .hold;
		must("head"; .version == 1 and .unit == "ns" and .lost == 0),
		must("classes"; [.classes[].name] | length == 3 and .[0] == "lock" and
			index("a \"b\\\t\u00e4 \ufffd") != null),
		(.classes | INDEX(.name) |
			must("sem"; .sem.read.acquisitions == 2 and .sem.write.acquisitions == 1) ,
			(.lock.write |
				must("lock"; .contentions == 1 and .acquisitions == 5)),
			(.lock |
				must("contention_points"; .contention_points | length == 1),
				must("contention_points"; .contention_points[0].contentions == 1),
				must("the time that was waited"; .contention_points[0].wait_total ==
					.write.wait.total),
				must("contended_by"; .contended_by | length == 1),
				must("contended_by"; .contended_by[0].site | startswith("program")),
				must("the address"; .contended_by[0].address !=
					.contention_points[0].address))),
		(.classes[] | (.write, .read) | times |
			must("the histogram"; ([.histogram[][1]] | add // 0) == .samples),
			must("least and most"; .min * .samples <= .total and
				.total <= .max * .samples),
			must("bounds"; [.histogram[][0]] | . == sort))' b 2>&1)"
else
	skip "the JSON is some, and says the same" "no jq"
fi

wrong() # OPTIONS MESSAGE
{
	run "$1"
	status=$?
	same "KLOCK_LOCKSTAT=$1 is refused with a reason" \
		"0 klock: KLOCK_LOCKSTAT: $2; lockstat is off" "$status $(cat err)"
}
known='not one of 0, 1, text, text=FILE, json=FILE, sites=N, hist'
wrong 2 "'2': $known"
wrong hist,jsn=x "'jsn=x': $known"
wrong sites=many "'sites=many': not a number from 0 to 64"
wrong sites=65 "'sites=65': not a number from 0 to 64"
wrong sites= "'sites=': not a number from 0 to 64"
wrong json= "'json=': a file is to follow"
wrong text=no/such/folder "'text=no/such/folder': No such file or directory"

# With the checker, whose exit status does not keep the statistics from being written.
KLOCK_LOCKDEP=exitcode=7 KLOCK_LOCKSTAT=text=both ./program >out 2>err
same "lockdep and lockstat go together" "0 4" "$? $(counts both | tr -cd '|' | wc -c | tr -d ' ')"
finish
