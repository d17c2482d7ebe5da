#!/bin/sh
# SPDX-License-Identifier: MIT
# Names of locks and threads are bytes; what is written of them is well formed all the same.
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$top_srcdir/tests/support/tap.sh"
build=$(cd "${top_builddir:-.}" && pwd)
program=$build/tests/lockdep/odd_names
tool=$build/tools/klock-lockdep
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

# What of a file is no UTF-8 text, or a control character other than tab and the line's end.
not_text() # FILE
{
	iconv -f UTF-8 -t UTF-8 "$1" 2>&1 >/dev/null
	LC_ALL=C awk '
		/[\001-\010\013-\037\177]/ { print FNR ": a control character" }
		/\302[\200-\237]/ { print FNR ": a control character of C1" }
		/\357\277[\276\277]/ { print FNR ": no character" }' "$1" | head -n 5
	[ -s "$1" ] || echo "it is empty"
}

write() # NAME OPTION ARGUMENT...
{
	file=$1 option=$2
	shift 2
	env "$option" "$program" "$@" >"$file" 2>&1 || echo "exit status $?" >>"$file"
	check_empty "${file}_is_text" "$(not_text "$file")"
}
write dump_text KLOCK_LOCKDEP=1 dump text
write dump_json KLOCK_LOCKDEP=1 dump json
write dump_dot KLOCK_LOCKDEP=1 dump dot
write lockstat_text KLOCK_LOCKSTAT=1 lockstat text
write lockstat_json KLOCK_LOCKSTAT=json=own lockstat json
write report KLOCK_LOCKDEP=1 report
write bug KLOCK_CHECK=1 bug
write show KLOCK_CHECK=1 show

# A name with a line's end makes no line of its own.
check_empty "dump_text_has_no_forged_record" "$(grep '^class	9	forged' dump_text)"
check_empty "lockstat_text_has_no_forged_line" \
	"$(grep '^class' lockstat_text | grep -v 'class name')"
check_empty "reports_have_no_forged_line" "$(grep -h '^class' report bug show)"

# The tool, of a good dump and of one whose bytes were not escaped.
LC_ALL=C awk '{ print } /^class\t1\t/ {
	for (i = 300; i < 555; i++) if (i != 309 && i != 310)
		printf "class\t%d\tafter: 0\tbefore: 0\t0x0\tx%cy\n", i, i - 300
}' dump_text | tr -d '\000' >raw
for dump in dump_text raw; do
	for command in tree dot stats diff; do
		if [ $command = diff ]; then
			sed 's/^order\t1\t2/order\t1\t3/' $dump >other
			"$tool" diff $dump other >out 2>err
			[ $? -le 1 ] || echo failed >>out
		else
			"$tool" $command $dump >out 2>err || echo failed >>out
		fi
		cp out "$dump.$command"
		check_empty "${command}_of_${dump}_is_text" \
			"$(not_text out; cat err; grep -x failed out)"
	done
done
check_empty "dot_closes_its_strings" "$(awk '{ gsub(/\\./, ""); if (gsub(/"/, "") % 2) print }' \
	dump_dot dump_text.dot raw.dot)"
check_empty "dot_escapes_what_graphviz_takes_for_xml" \
	"$(cat dump_dot dump_text.dot raw.dot | sed 's/&amp;//g' | grep '&')"

is_json() { jq -e . "$1" >/dev/null; }
is_xml() { xmllint --noout "$1"; }
well_formed() # PROGRAM NAME FILE
{
	if ! command -v "$1" >/dev/null; then
		skip "$2" "no $1"
	elif case $1 in jq) is_json "$3" ;; *) is_xml "$3" ;; esac 2>err; then
		pass "$2"
	else
		fail "$2" "$(head -n 5 err)"
	fi
}
well_formed jq "dump_json_is_json" dump_json
well_formed jq "lockstat_json_is_json" lockstat_json
for dump in dump_text raw dump_dot; do
	if ! command -v dot >/dev/null; then
		skip "svg_of_${dump}_is_text" "no Graphviz"
		skip "svg_of_${dump}_is_xml" "no Graphviz"
		continue
	fi
	case $dump in
	dump_dot) dot -Tsvg dump_dot ;;
	*) "$tool" svg $dump ;;
	esac >svg 2>err || echo failed >>svg
	check_empty "svg_of_${dump}_is_text" "$(not_text svg)"
	well_formed xmllint "svg_of_${dump}_is_xml" svg
done
finish
