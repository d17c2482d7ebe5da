#!/bin/sh
# SPDX-License-Identifier: MIT
# klock-lockdep: what it makes of a dump, and what it says of a bad one.
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$top_srcdir/tests/support/tap.sh"
tool=$(cd "${top_builddir:-.}" && pwd)/tools/klock-lockdep
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

# A dump of the classes a to d, and orders "from to state" of their numbers.
dump()
{
	printf 'klock-lockdep\t1\n# a comment\nprocess\t1\n\n'
	printf 'class\t%d\tafter: 0\tbefore: 0\t0x0\t%s\n' 1 a 2 "b \\\\ \"b\"" 3 c 4 d
	for order; do
		# shellcheck disable=SC2086 # three words
		set -- $order
		printf 'order\t%d\t%d\tEN\t%s\tmain/1\tp(f+0x1)\n' "$1" "$2" "$3"
	done
	printf 'declared\ta\tno lock\tgood\tf.c:1\nnamed\t1\ta\nchain\t1:W\t2:W\n'
	printf 'stat\tlock-classes\t4\nend\n'
}
dump "1 2 good" "2 3 good" "1 3 good" >old
dump "1 2 good" "2 3 good" "3 1 violation" "4 4 good" >new

# try NAME STATUS EXPECTED-OUTPUT COMMAND...; the messages belong to it
try()
{
	name=$1 wanted=$2 text=$3
	shift 3
	out=$("$tool" "$@" 2>&1)
	status=$?
	if [ $status = "$wanted" ] && [ "$out" = "$text" ]; then
		pass "$name"
	else
		fail "$name" "exit status $status instead of $wanted, and
$out
instead of
$text"
	fi
}

try "tree_shows_what_is_under_what" 0 'a
  b \\ "b"
    c
  c
d' tree old
try "tree_marks_circles_and_violations" 0 'a
  b \\ "b"
    c
      a   <-- CIRCLE   <-- VIOLATION
d
  d   <-- CIRCLE' tree new
dump "1 2 good" "2 3 good" "3 2 good" >round
try "tree_of_a_circle_that_nothing_leads_to_ends" 0 'a
  b \\ "b"
    c
      b \\ "b"   <-- CIRCLE
d' tree round
dump "1 2 good" "1 3 good" "2 4 good" "3 4 good" "4 4 good" >twice
try "tree_shows_a_class_in_full_once" 0 'a
  b \\ "b"
    d
      d   <-- CIRCLE
  c
    d (see above)' tree twice
try "tree_reads_standard_input" 0 "$("$tool" tree old)" tree - <old
try "diff_of_a_run_with_itself_is_empty" 0 '' diff old old
try "diff_shows_orders_that_are_new_and_gone" 1 '- order a -> c   EN, main/1 at p(f+0x1)
+ order c -> a   EN, main/1 at p(f+0x1), VIOLATION
+ order d -> d   EN, main/1 at p(f+0x1)' diff old new
sed '/^order/d; s/\td$/\te/' old >fewer
try "diff_without_new_orders_is_0" 0 '- class d
- order a -> b \\ "b"   EN, main/1 at p(f+0x1)
- order b \\ "b" -> c   EN, main/1 at p(f+0x1)
- order a -> c   EN, main/1 at p(f+0x1)
+ class e' diff old fewer
# The same classes and orders under other numbers.
awk 'BEGIN { FS = OFS = "\t" } $1 == "class" { $2 += 10 } $1 == "named" { $2 += 10 }
	$1 == "order" { $2 += 10; $3 += 10 } { print }' old >renumbered
try "diff_goes_by_names" 0 '' diff old renumbered
case $("$tool" stats new) in
*"lock-classes "*" 4"*"violations "*" 1"*"deepest-chain "*" 2"*"1        1  a"*)
	pass "stats_counts" ;;
*) fail "stats_counts" "$("$tool" stats new)" ;;
esac
case $("$tool" dot new) in
*'label="b \\\\ \"b\""'*"c3 -> c1 ["*"color=red"*"style=dashed"*"style=dotted"*)
	pass "dot_escapes_names_and_marks_edges" ;;
*) fail "dot_escapes_names_and_marks_edges" "$("$tool" dot new)" ;;
esac
mkdir bin
for program in sh awk cat; do ln -s "$(command -v $program)" bin; done
out=$(PATH=$work/bin; export PATH; "$tool" svg old 2>&1)
if [ $? = 2 ] && [ "$out" = \
	"klock-lockdep: svg needs the program dot of Graphviz: apt-get install graphviz" ]; then
	pass "svg_without_graphviz_says_so"
else
	fail "svg_without_graphviz_says_so" "$out"
fi

message() # NAME MESSAGE COMMAND...
{
	name=$1 text=$2
	shift 2
	try "$name" 2 "klock-lockdep: $text" "$@"
}
message "file_that_is_missing_is_named" "none: no such file" tree none
message "folder_is_no_dump" "bin: a directory" tree bin
: >empty
message "empty_file_is_no_dump" "empty: an empty dump" tree empty
echo '{}' >json
message "other_file_is_no_dump" "json:1: no dump of KLOCK_LOCKDEP=text=FILE" tree json
sed '1s/1$/2/' old >later
message "later_version_is_refused" \
	"later:1: version 2 of the format, this program knows version 1" tree later
sed '$d' old >cut
message "dump_that_is_cut_off_is_refused" \
	"cut:15: it is cut off: its last record is missing" tree cut
message "first_of_two_that_is_cut_off_is_refused" \
	"cut:15: it is cut off: its last record is missing" diff cut old
sed 's/^order\t1\t2/order\t1\t9/' old >no=class
message "order_of_an_unknown_class_is_refused" "no=class:9: there is no class 9" tree no=class
sed '9s/$/\tmore/' old >fields
message "record_with_too_many_fields_is_refused" \
	"fields:9: a record of order has 7 fields, this has 8" tree fields
sed '9s/^order/other/' old >kind
message "unknown_record_is_refused" "kind:9: a record of the unknown kind other" tree kind
message "unknown_command_is_refused" \
	"'grow' is no command; klock-lockdep --help lists them" grow old
message "diff_of_one_dump_is_refused" "diff takes 2 dumps, not 1" diff old
message "tree_of_two_dumps_is_refused" "tree takes 1 dump, not 2" tree old new
check_empty "help_names_each_command" \
	"$(for command in tree dot svg diff stats; do
		"$tool" --help | grep -q "^  $command " || echo $command
	done)"
version=$("$tool" --version)
case $version in
"klock-lockdep "[0-9]*.[0-9]*) pass "version_is_a_number" ;;
*) fail "version_is_a_number" "$version" ;;
esac

# A deep graph: no recursion that an awk might not bear.
awk 'BEGIN {
	print "klock-lockdep\t1"
	for (i = 1; i <= 5000; i++) print "class\t" i "\tafter: 0\tbefore: 0\t0x0\tc" i
	for (i = 1; i < 5000; i++) print "order\t" i "\t" i + 1 "\tEN\tgood\tmain/1\tp"
	print "end"
}' >deep
if [ "$("$tool" tree deep | tail -n 1 | tr -d ' ')" = c5000 ]; then
	pass "tree_of_five_thousand_levels_arrives"
else
	fail "tree_of_five_thousand_levels_arrives" "$("$tool" tree deep | tail -n 3 | tail -c 300)"
fi
finish
