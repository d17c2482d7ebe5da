#!/bin/sh
# SPDX-License-Identifier: MIT
# libklock.so exports exactly what klock.map lists, which is what the headers declare.
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$top_srcdir/tests/support/tap.sh"
cd "$top_srcdir" || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
lib=${top_builddir:-.}/lib/.libs/libklock.so

sed -n 's/^[[:space:]]*\([a-zA-Z_]\{1,\}[a-zA-Z0-9_*]*\);.*/\1/p' lib/klock.map |
	sort >"$work/map"
check_empty "no name is twice in klock.map" "$(uniq -d "$work/map")"
check_empty "klock.map names no pattern and nothing but klock_*" \
	"$(grep -vx 'klock_[a-z0-9_]*' "$work/map")"

if [ -e "$lib" ]; then
	${NM:-nm} -D --defined-only "$lib" |
		sed -n 's/^[0-9a-f]* [A-Z] \([^@]*\).*/\1/p' | grep -v '^KLOCK_[0-9]' |
		sort >"$work/exported"
	check_empty "libklock.so exports nothing that klock.map does not list" \
		"$(comm -13 "$work/map" "$work/exported")"
	check_empty "libklock.so exports all that klock.map lists" \
		"$(comm -23 "$work/map" "$work/exported")"
else
	skip "exports of libklock.so" "no shared library was built"
fi
archive=${top_builddir:-.}/lib/.libs/libklock.a
if [ -e "$archive" ]; then
	check_empty "global names in libklock.a begin with klock_" \
		"$(${NM:-nm} --defined-only -g "$archive" 2>/dev/null |
			sed -n 's/^[0-9a-f]* [A-TV-Z] //p' | grep -v '^klock_' | sort -u)"
else
	skip "global names in libklock.a begin with klock_" "no static library was built"
fi

if command -v gcc >/dev/null; then
	echo '#include <klock.h>' >"$work/all.c"
	gcc -std=gnu11 -Iinclude -aux-info "$work/protos" -fsyntax-only "$work/all.c"
	{
		name='[ *]\(klock_[a-z0-9_]*\)'
		sed -n "/ static /d; s,^/\* include/klock[^(]*$name (.*,\1,p" "$work/protos"
		sed -n "s/^extern [^(]*$name\( __attribute__.*\)\{0,1\};.*/\1/p" \
			include/klock/*.h
	} | sort -u >"$work/declared"
	check_empty "klock.map lists all that the public headers declare" \
		"$(comm -23 "$work/declared" "$work/map")"
	check_empty "the public headers declare all that klock.map lists" \
		"$(comm -13 "$work/declared" "$work/map")"
else
	skip "klock.map against the public headers" "gcc is needed to list their functions"
fi
finish
