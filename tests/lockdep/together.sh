#!/bin/sh
# SPDX-License-Identifier: MIT
# The checker beside Helgrind, DRD, Memcheck, TSan and ASan: each finds what it finds alone,
# and none takes the other for a mistake of the program's.
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$top_srcdir/tests/support/tap.sh"
build=$(cd "${top_builddir:-.}" && pwd)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

# Four threads, all kinds of locks, new classes all the time; "wrong": two locks in both orders.
cat >p.c <<'END'
#include <klock.h>
#include <pthread.h>
#include <stdio.h>

static DEFINE_MUTEX(first);
static DEFINE_RWSEM(second);
static DEFINE_SEMAPHORE(units, 2);
DEFINE_STATIC_PERCPU_RWSEM(third);
static struct lock_class_key keys[4][20];
static int shared; /* under first */

static void *work(void *arg)
{
	struct lock_class_key *mine = arg;

	for (int i = 0; i < 20; i++) {
		struct mutex inner;

		klock_mutex_init(&inner, "inner", &mine[i]);
		mutex_lock(&first);
		shared++;
		down_write(&second);
		percpu_down_read(&third);
		mutex_lock(&inner);
		mutex_unlock(&inner);
		percpu_up_read(&third);
		downgrade_write(&second);
		up_read(&second);
		down(&units);
		up(&units);
		mutex_unlock(&first);
		if (mutex_trylock(&first))
			mutex_unlock(&first);
		mutex_destroy(&inner);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[4];

	(void)argv;
	for (int i = 0; i < 4; i++)
		if (pthread_create(&threads[i], NULL, work, keys[i]))
			return 1;
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	if (argc > 1) {
		down_write(&second);
		mutex_lock(&first);
		mutex_unlock(&first);
		up_write(&second);
	}
	printf("%s %d\n", klock_lockdep_enabled() ? "on" : "off", shared);
	return 0;
}
END

lockdep='possible circular locking dependency'
# both NAME PATTERN PROGRAM...: right is silent; wrong is reported by lockdep, and by the tool
# if there is a PATTERN of it.
both()
{
	name=$1 pattern=$2
	shift 2
	KLOCK_LOCKDEP=1 timeout 100 "$@" >out 2>&1
	status=$?
	if [ $status = 0 ] && [ "$(cat out)" = "on 80" ]; then
		pass "lockdep_with_${name}_is_silent_about_a_correct_program"
	else
		fail "lockdep_with_${name}_is_silent_about_a_correct_program" "$status: $(cat out)"
	fi
	KLOCK_LOCKDEP=1 timeout 100 "$@" wrong >out 2>&1
	wrong=
	grep -q "$lockdep" out || wrong="lockdep says nothing"
	[ -z "$pattern" ] || grep -q "$pattern" out || wrong="$wrong $name says nothing"
	[ "$(grep -c "$lockdep" out)" -le 1 ] || wrong="$wrong lockdep repeats itself"
	check_empty "lockdep_with_${name}_reports_a_wrong_order" "${wrong:+$wrong
$(cat out)}"
}

compile() # PROGRAM COMPILER OPTION...: with the library's sources, all instrumented alike
{
	out=$1
	shift
	# shellcheck disable=SC2046 # a list of files
	"$@" -g -std=gnu11 -D_GNU_SOURCE= -I"$top_srcdir/include" -I"$top_srcdir/lib" -I"$build" \
		-o "$out" p.c $(find "$top_srcdir/lib" -name '*.c') -pthread 2>err
}

valgrind="valgrind -q --error-exitcode=99 --fair-sched=try"
if ! command -v valgrind >/dev/null; then
	skip "lockdep_with_valgrind" "no valgrind"
elif ! "${CC:-cc}" -g -O -I"$top_srcdir/include" p.c -o plain -pthread -L"$build/lib/.libs" \
	-lklock -Wl,-rpath,"$build/lib/.libs" 2>err; then
	fail "a program for it compiles" "$(cat err)"
else
	# shellcheck disable=SC2086 # words
	both helgrind 'lock order .* violated' $valgrind --tool=helgrind ./plain
	# shellcheck disable=SC2086 # words
	both drd '' $valgrind --tool=drd ./plain
	# shellcheck disable=SC2086 # words
	both memcheck '' $valgrind --leak-check=full ./plain
fi
for compiler in gcc clang; do
	if ! command -v $compiler >/dev/null; then
		skip "lockdep_with_sanitizers_of_$compiler" "no $compiler"
		continue
	fi
	if compile tsan $compiler -O1 -fsanitize=thread; then
		both "tsan_of_$compiler" 'lock-order-inversion' ./tsan
	else
		fail "tsan_of_${compiler}_compiles" "$(cat err)"
	fi
	if compile asan $compiler -O1 -fsanitize=address,undefined; then
		both "asan_of_$compiler" '' ./asan
	else
		fail "asan_of_${compiler}_compiles" "$(cat err)"
	fi
done
finish
