#!/bin/sh
# SPDX-License-Identifier: MIT
# make install DESTDIR, then a program outside the tree by way of pkg-config: C and C++,
# shared and static. make uninstall leaves nothing.
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$top_srcdir/tests/support/tap.sh"
case $CC in *clang*) CXX=clang++ ;; *) CXX=g++ ;; esac

root=$(mktemp -d) || exit 1
trap 'rm -rf "$root"' EXIT
dest=$root/dest

# With its own MAKEFLAGS: the outer make's job slots are not ours.
run_make() { (cd "${top_builddir:-.}" && env -u MAKEFLAGS -u MAKELEVEL "${MAKE:-make}" "$@"); }

if run_make install DESTDIR="$dest" >"$root/log" 2>&1; then
	pass "make install DESTDIR"
else
	fail "make install DESTDIR" "$(tail -n 20 "$root/log")"
	finish
fi
(cd "$dest" && find . ! -type d) | sort >"$root/installed"

missing=
for header in klock.h $(cd "$top_srcdir/include" && ls klock/*.h); do
	grep -q "/include/$header\$" "$root/installed" || missing="$missing $header"
done
check_empty "all public headers are installed" "$missing"
check_empty "the installed files do not name the build tree" \
	"$(cd "$dest" && grep -lrI -e "$top_srcdir/[il]" -e "$root" .)"

pc=$(find "$dest" -name klock.pc)
libdir=$(dirname "$(dirname "$pc")")
PKG_CONFIG_LIBDIR=$libdir/pkgconfig
PKG_CONFIG_SYSROOT_DIR=$dest
PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1
PKG_CONFIG_ALLOW_SYSTEM_LIBS=1
export PKG_CONFIG_LIBDIR PKG_CONFIG_SYSROOT_DIR
export PKG_CONFIG_ALLOW_SYSTEM_CFLAGS PKG_CONFIG_ALLOW_SYSTEM_LIBS
unset PKG_CONFIG_PATH

version=$(sed -n 's/^AC_INIT(\[klock\], \[\([0-9.]*\)\].*/\1/p' "$top_srcdir/configure.ac")
if [ "$(pkg-config --modversion klock)" = "$version" ]; then
	pass "pkg-config knows klock $version"
else
	fail "pkg-config knows klock $version" "$(pkg-config --print-errors klock 2>&1)"
	finish
fi

# Builds outside.c in a folder of its own and runs it there.
outside() # NAME COMPILER OPTION...
{
	name=$1
	shift
	mkdir -p "$root/$name"
	cp "$top_srcdir/tests/install/outside.c" "$root/$name"
	# shellcheck disable=SC2086 # these are lists of options
	if out=$(cd "$root/$name" && {
		"$@" -Wall -Wextra -Werror $SANITIZER_FLAGS outside.c -o outside \
			-pthread $(pkg-config $static --cflags --libs klock) &&
		LD_LIBRARY_PATH=$libdir ./outside; } 2>&1); then
		pass "an outside program: $name"
	else
		fail "an outside program: $name" "$out"
	fi
}
static=
c="${CC:-gcc} -std=gnu11"
cxx="$CXX -std=c++14 -x c++"

# shellcheck disable=SC2086
if [ -e "$libdir/libklock.so" ]; then
	outside "C, shared" $c
	if readelf -d "$root/C, shared/outside" | grep -q 'NEEDED.*libklock\.so\.[0-9]'; then
		pass "the shared program needs libklock.so.N"
	else
		fail "the shared program needs libklock.so.N"
	fi
	if command -v "$CXX" >/dev/null; then
		outside "C++, shared" $cxx
	else
		skip "C++, shared" "no $CXX"
	fi
else
	skip "C and C++, shared" "no shared library was built"
fi

# shellcheck disable=SC2086
if [ -n "$SANITIZER_FLAGS" ]; then
	skip "C and C++, static" "sanitizers do not link statically"
elif [ -e "$libdir/libklock.a" ]; then
	static=--static
	outside "C, static" $c -static
	if command -v "$CXX" >/dev/null; then
		outside "C++, static" $cxx -static
	else
		skip "C++, static" "no $CXX"
	fi
else
	skip "C and C++, static" "no static library was built"
fi

if run_make uninstall DESTDIR="$dest" >"$root/log" 2>&1; then
	check_empty "make uninstall leaves nothing" "$(cd "$dest" && find . ! -type d)"
else
	fail "make uninstall" "$(tail -n 20 "$root/log")"
fi
finish
