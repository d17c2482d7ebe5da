#!/bin/sh
# SPDX-License-Identifier: MIT
# What "make check-lockdep" rests on: "silent" turns the checker on, also in programs that the
# program starts, and any report there fails it, however the program ends.
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$top_srcdir/tests/support/tap.sh"
build=$(cd "${top_builddir:-.}" && pwd)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

cat >"$work/p.c" <<'END'
#include <klock/lockdep.h>
#include <klock/mutex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static DEFINE_MUTEX(a);
static DEFINE_MUTEX(b);

static void nest(struct mutex *outer, struct mutex *inner)
{
	mutex_lock(outer);
	mutex_lock(inner);
	mutex_unlock(inner);
	mutex_unlock(outer);
}

int main(int argc, char **argv)
{
	nest(&a, &b);
	if (strstr(argv[1], "wrong"))
		nest(&b, &a);
	puts(klock_lockdep_enabled() ? "on" : "off"); /* still in the buffer at the end of main() */
	if (!strcmp(argv[1], "wrong") || !strcmp(argv[1], "right"))
		return argc - 2;
	fflush(stdout);
	if (strstr(argv[1], "_exit"))
		_exit(0);
	if (strstr(argv[1], "abort"))
		abort();
	return 1;
}
END
# shellcheck disable=SC2086 # a list of options
if ! "${CC:-cc}" -Wall -Wextra -Werror $SANITIZER_FLAGS -I"$top_srcdir/include" "$work/p.c" \
	-o "$work/p" -pthread -L"$build/lib/.libs" -lklock -Wl,-rpath,"$build/lib/.libs" \
	2>"$work/err"; then
	fail "a program for it compiles" "$(cat "$work/err")"
	finish
fi

try() # NAME STATUS REPORT(yes|no) COMMAND...
{
	name=$1 status=$2 report=no
	[ "$3" = no ] || report=yes
	shift 3
	sh "$top_srcdir/tests/lockdep/silent" "$@" >"$work/out" 2>&1
	got=$? said=no
	! grep -q 'possible circular locking' "$work/out" || said=yes
	if [ "$got $said" = "$status $report" ] && grep -qx on "$work/out"; then
		pass "$name"
	else
		fail "$name" "exit status $got instead of $status, report $said instead of $report:
$(cat "$work/out")"
	fi
}

try "correct_program_ends_as_it_does" 0 no "$work/p" right
try "correct_program_that_fails_fails" 1 no "$work/p" right more
try "report_fails_a_program" 97 yes "$work/p" wrong
try "report_of_a_program_that_fails_is_shown" 97 yes "$work/p" wrong more
try "report_before_exit_without_handlers_fails" 97 yes "$work/p" wrong_exit
try "report_before_abort_fails" 97 yes "$work/p" wrong_abort
try "report_of_a_child_fails" 97 yes sh -c "'$work/p' wrong_exit; exit 0"
finish
