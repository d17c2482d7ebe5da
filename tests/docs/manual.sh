#!/bin/sh
# SPDX-License-Identifier: MIT
# The manual pages: their sections, their markup, and the example of each, which prints what
# the page says.
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$top_srcdir/tests/support/tap.sh"
build=$(cd "${top_builddir:-.}" && pwd)
root=$(mktemp -d) || exit 1
trap 'rm -rf "$root"' EXIT
PATH=$build/examples/filecache:$build/tools:$PATH

missing_sections() # PAGE
{
	page=$1
	for section in NAME SYNOPSIS DESCRIPTION CONTEXT EXAMPLE "SEE ALSO"; do
		grep -qx "\.SH $section" "$page" || echo "$section"
	done
	case $page in *.1) return ;; esac
	for section in "RETURN VALUE" ERRORS "MEMORY ORDER"; do
		grep -qx "\.SH $section" "$page" || echo "$section"
	done
}

# The example of a page about functions: a program.
run_program()
{
	cp example example.c
	# shellcheck disable=SC2086 # a list of options
	"${CC:-cc}" -std=gnu11 -Wall -Wextra -Werror $SANITIZER_FLAGS -I"$top_srcdir/include" \
		example.c -o program -pthread -L"$build/lib/.libs" -lklock \
		-Wl,-rpath,"$build/lib/.libs" && timeout 60 ./program
}
# The example of a page about a command: its use, each "$ " line followed by what it prints.
run_session()
{
	sed -n 's/^\$ //p' example >commands
	sed '/^\$ /d' example >expected
	sh -e commands
}

for page in "$top_srcdir"/doc/man/*; do
	name=${page##*/}
	check_empty "$name has all sections" "$(missing_sections "$page")"

	work=$root/$name
	mkdir "$work"
	awk -v DIR="$work" -f "$top_srcdir/tests/docs/manual.awk" "$page"
	check_empty "$name shows code in its EXAMPLE only" "$(cat "$work/elsewhere" 2>/dev/null)"
	case $name in
	*.1) run=run_session ;;
	*) run=run_program ;;
	esac
	if ! (cd "$work" && $run) >"$work/out" 2>&1; then
		fail "the example of $name runs" "$(cat "$work/out")"
	elif [ -s "$work/expected" ] && cmp -s "$work/expected" "$work/out"; then
		pass "the example of $name prints what the page says"
	else
		fail "the example of $name prints what the page says" \
			"$(diff -u "$work/expected" "$work/out")"
	fi

	if command -v mandoc >/dev/null; then
		check_empty "mandoc -Tlint $name" "$(mandoc -Tlint "$page")"
	else
		skip "mandoc -Tlint $name" "no mandoc"
	fi
	if command -v groff >/dev/null; then
		check_empty "groff -ww $name" \
			"$(groff -t -man -ww -Tutf8 -rLL=80n "$page" 2>&1 >/dev/null)"
	else
		skip "groff -ww $name" "no groff"
	fi
done
finish
