#!/bin/sh
# SPDX-License-Identifier: MIT
# The library that was built against klock.abi.xml, by libabigail: also what types are made of
# that the headers only name. For "make check-abi".
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
abi=$top_srcdir/tests/abi
lib=${top_builddir:-.}/lib/.libs/libklock.so

command -v abidiff >/dev/null || {
	echo "abidiff is not installed: apt-get install abigail-tools"; exit 77; }
[ -e "$lib" ] || { echo "no shared library was built"; exit 77; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

sh "$abi/xml" "$top_srcdir" "$lib" >"$work/now.xml" || exit 1
machine() { sed -n "s/.*architecture='\([^']*\)'.*/\1/p" "$1"; }
if [ "$(machine "$work/now.xml")" != "$(machine "$abi/klock.abi.xml")" ]; then
	echo "recorded on another machine: $(machine "$abi/klock.abi.xml")"
	exit 77
fi
grep -q "<class-decl name='mutex'" "$work/now.xml" || {
	echo "the library was built without -g"; exit 77; }
abidiff --no-show-locs "$abi/klock.abi.xml" "$work/now.xml"
