#!/bin/sh
# SPDX-License-Identifier: MIT
# What README shows is true: its programs are written out, its commands run in order in one
# folder, against klock as make install leaves it and with the examples on PATH, and print
# what README says. Commands that build klock itself are looked up instead: the subcommand,
# option or target exists.
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$top_srcdir/tests/support/tap.sh"
cd "${top_builddir:-.}" || exit 1
build=$PWD
root=$(mktemp -d) || exit 1
trap 'rm -rf "$root"' EXIT
unset MAKEFLAGS MAKELEVEL

awk -v DIR="$root" -f "$top_srcdir/tests/install/readme.awk" "$top_srcdir/README"
if [ ! -s "$root/commands" ]; then
	fail "README shows commands" "no line of README begins with four blanks and \"\$ \""
	finish
fi
check_empty "all code in README is in a named file" \
	"$(cat "$root/unknown" 2>/dev/null)"
if ! make install DESTDIR="$root/klock" >"$root/log" 2>&1; then
	fail "make install" "$(tail -n 20 "$root/log")"
	finish
fi
libdir=$(dirname "$(dirname "$(find "$root/klock" -name klock.pc)")")
PKG_CONFIG_PATH=$libdir/pkgconfig
PKG_CONFIG_SYSROOT_DIR=$root/klock
LD_LIBRARY_PATH=$libdir
PATH=$build/examples/filecache:$PATH
export PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR LD_LIBRARY_PATH PATH

has_option() # OPTION: with the opposite spelling that configure --help shows
{
	"$top_srcdir/configure" --help | grep -q -e "$1\>" -e "$(echo "$1" |
		sed 's/^--with-/--without-/; s/^--enable-/--disable-/')\>"
}

# Prints what a command that builds klock names and there is not.
unknown() # WORD...
{
	program=$1
	shift
	for word; do
		case $program:$word in
		./bootstrap:*) grep -q "^  $word \|  *$word [|)]" "$top_srcdir/bootstrap" ;;
		*configure:--*) has_option "${word%%=*}" ;;
		make:-* | make:*=*) ;;
		make:*) (cd "$build" && make -n "$word" >/dev/null 2>&1) ;;
		esac || echo "$program: no $word"
	done
}

# Addresses differ; names and lines are there when klock could be built with libdw.
anywhere() {
	sed -E -e 's/\([A-Za-z0-9_]*\+0x[0-9a-f]+\)( [a-z_]+\.c:[0-9]+)?/(...)/g' \
		-e 's/0x[0-9a-f]+/0x.../g' "$@"
}

# The program that a command runs, past VARIABLE=VALUE.
program_of()
{
	for word; do
		case $word in *=*) ;; *) echo "$word"; return ;; esac
	done
}

n=0
while IFS= read -r command <&3; do
	n=$((n + 1))
	case $command in
	git\ * | cd\ * | mkdir\ * | autoreconf* | ./bootstrap* | *configure* | make*)
		check_empty "README: $command" "$(echo "$command" | sed 's/#.*//; s/&&/\n/g' |
			while read -r one; do
				# shellcheck disable=SC2086 # words on purpose
				unknown $one
			done)" ;;
	*)
		# shellcheck disable=SC2046,SC2086 # words on purpose
		if ! (cd "$root" && command -v $(program_of $command) >/dev/null); then
			skip "README: $command" "not installed: $(program_of $command)"
		elif ! (cd "$root" && sh -c "$command" >"$root/log" 2>&1); then
			fail "README: $command" "$(cat "$root/log")"
		elif [ "$(anywhere "$root/output.$n" 2>/dev/null)" != \
			"$(anywhere "$root/log")" ]; then
			fail "README: $command" "it prints
$(cat "$root/log")
and should print
$(cat "$root/output.$n" 2>/dev/null)"
		else
			pass "README: $command"
		fi ;;
	esac
done 3<"$root/commands"
finish
