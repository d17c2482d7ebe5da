#!/bin/sh
# SPDX-License-Identifier: MIT
# The headers with the kernel's paths, as installed: each alone, all together, beside the
# system's own, and code that includes nothing else.
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$top_srcdir/tests/support/tap.sh"
root=$(mktemp -d) || exit 1
trap 'rm -rf "$root"' EXIT

# With its own MAKEFLAGS: the outer make's job slots are not ours.
if ! (cd "${top_builddir:-.}" && env -u MAKEFLAGS -u MAKELEVEL "${MAKE:-make}" install \
	DESTDIR="$root/dest") >"$root/log" 2>&1; then
	fail "make install DESTDIR" "$(tail -n 20 "$root/log")"
	finish
fi
pc=$(find "$root/dest" -name klock.pc)
libdir=$(dirname "$(dirname "$pc")")
PKG_CONFIG_LIBDIR=$libdir/pkgconfig
PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1
PKG_CONFIG_ALLOW_SYSTEM_LIBS=1
export PKG_CONFIG_LIBDIR PKG_CONFIG_ALLOW_SYSTEM_CFLAGS PKG_CONFIG_ALLOW_SYSTEM_LIBS
unset PKG_CONFIG_PATH
prefix=$root/dest$(pkg-config --variable=prefix klock)
klock() { pkg-config --define-variable=prefix="$prefix" "$@" klock; }

compat=$(klock --variable=compatdir)
if [ ! -e "$compat/linux/rwsem.h" ]; then
	fail "pkg-config --variable=compatdir has the headers" "$compat"
	finish
fi
headers=$(cd "$compat" && find linux -name '*.h' | sort)
check_empty "all headers of the source are installed" "$(cd "$top_srcdir/include/klock/compat" &&
	find linux -name '*.h' | sort >"$root/have" &&
	echo "$headers" | comm -23 "$root/have" -)"

compilers=
for compiler in gcc clang; do
	command -v $compiler >/dev/null && compilers="$compilers $compiler"
done
compilers=${compilers:-$CC}
cflags="-Wall -Wextra -Wshadow -Wundef -Werror -I$compat $(klock --cflags)"

# What stands on standard input, with each compiler and standard.
compile()
{
	cat >"$root/try.c"
	for compiler in $compilers; do
		for standard in gnu11 gnu17; do
			# shellcheck disable=SC2086 # a list of options
			"$compiler" -std=$standard $cflags -fsyntax-only "$root/try.c" 2>&1 ||
				echo "$compiler -std=$standard failed"
		done
	done
}
include() { for header in "$@"; do echo "#include <$header>"; done; }

absent=
present=
for header in $headers; do
	if grep -q '^#error' "$compat/$header"; then
		absent="$absent $header"
	else
		present="$present $header"
	fi
done
for header in $present; do
	check_empty "<$header> alone" "$(include "$header" "$header" | compile)"
done
for header in $absent; do
	why=$(sed -n 's/^#error "\(.*\)"/\1/p' "$compat/$header")
	case $(include "$header" | compile) in
	*"$why"*failed*) pass "<$header> says that klock has no such thing" ;;
	*) fail "<$header> says that klock has no such thing" ;;
	esac
done
# shellcheck disable=SC2086 # lists
{
	check_empty "all of them together" "$(include $present | compile)"
	check_empty "all of them, the other way round" \
		"$(include $(echo "$present" | tr ' ' '\n' | sort -r) | compile)"
	system='errno.h fcntl.h poll.h pthread.h sched.h signal.h stdio.h stdlib.h string.h
		sys/mman.h sys/prctl.h sys/socket.h sys/stat.h sys/types.h sys/uio.h time.h
		unistd.h linux/futex.h linux/membarrier.h'
	check_empty "all of them, then the system's" "$(include $present $system | compile)"
	check_empty "the system's, then all of them" "$(include $system $present | compile)"
	check_empty "the system's headers alone, on that path" "$(include $system | compile)"
}

source=$top_srcdir/tests/compat/kernel.c
check_empty "kernel.c includes the kernel's paths only" \
	"$(grep '^#include' "$source" | grep -v '^#include <linux/[a-z_/-]*\.h>$')"

run() # NAME EXPECTED-LINE [VARIABLE=VALUE] [ARGUMENT]
{
	name=$1 expected=$2
	shift 2
	out=$(env LD_LIBRARY_PATH="$libdir" "$@" 2>&1)
	status=$?
	if [ $status -eq 0 ] && [ "$(echo "$out" | tail -n 1)" = "$expected" ]; then
		pass "$name"
	else
		fail "$name" "exit status $status
$out"
	fi
}

[ -z "$SANITIZER_FLAGS" ] || compilers=${CC%% *} # the library's own, whose run time it needs
program=$root/kernel
for compiler in $compilers; do
	# shellcheck disable=SC2086 # lists of options
	if ! out=$($compiler -std=gnu11 $cflags $SANITIZER_FLAGS "$source" -o "$program" \
		$(klock --libs) -pthread 2>&1); then
		fail "kernel.c compiles with $compiler" "$out"
		continue
	fi
	pass "kernel.c compiles with $compiler"
	run "kernel.c runs, $compiler" "0 open, no reports" "$program"
	run "kernel.c runs under lockdep, $compiler" "0 open, no reports" KLOCK_LOCKDEP=1 "$program"
	run "kernel.c has its wrong order found, $compiler" "0 open, reports" KLOCK_LOCKDEP=1 \
		"$program" wrong
done
finish
