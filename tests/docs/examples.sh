#!/bin/sh
# SPDX-License-Identifier: MIT
# Each program examples/NAME.c or NAME.cc prints what its comment says under "Output:",
# also in checked mode, where a misuse would end it.
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$top_srcdir/tests/support/tap.sh"
build=$(cd "${top_builddir:-.}" && pwd)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
case $CC in *clang*) CXX=clang++ ;; *) CXX=g++ ;; esac
tab=$(printf '\t')

try() # NAME PROGRAM [VARIABLE=VALUE...]
{
	name=$1 program=$2
	shift 2
	env "$@" timeout 60 "$program" >"$work/out" 2>"$work/err"
	status=$?
	if [ $status = 0 ] && [ ! -s "$work/err" ] && cmp -s "$work/expected" "$work/out"; then
		pass "$name"
	else
		fail "$name" "exit status $status
$(diff -u "$work/expected" "$work/out")
$(cat "$work/err")"
	fi
}

for source in "$top_srcdir"/examples/*.c "$top_srcdir"/examples/*.cc; do
	file=${source##*/}
	sed -n "/^ \* Output:\$/,/^ \*\//s/^ \*$tab//p" "$source" >"$work/expected"
	if [ ! -s "$work/expected" ]; then
		fail "examples/$file" "its first comment has no \"Output:\""
		continue
	fi
	case $file in
	*.cc)
		if ! command -v "$CXX" >/dev/null; then
			skip "examples/$file" "no $CXX"
			continue
		fi
		program=$work/${file%.cc}
		# shellcheck disable=SC2086 # a list of options
		if ! "$CXX" -std=c++14 -Wall -Wextra -Werror $SANITIZER_FLAGS \
			-I"$top_srcdir/include" "$source" -o "$program" -pthread \
			-L"$build/lib/.libs" -lklock -Wl,-rpath,"$build/lib/.libs" \
			2>"$work/err"; then
			fail "examples/$file" "$(cat "$work/err")"
			continue
		fi ;;
	*) program=$build/examples/${file%.c} ;;
	esac
	try "examples/$file" "$program" KLOCK_CHECK=0
	try "examples/$file, checked" "$program" KLOCK_CHECK=1 KLOCK_BUG=abort
done
finish
