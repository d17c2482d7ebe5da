/* SPDX-License-Identifier: MIT */
/* The checker in odd places: before main, at the end of threads, in signal handlers. */
#include "lockdep/arena.h"
#include "lockdep/verdict.h"
#include "support/actor.h"
#include "support/bugs.h"
#include "support/ck_main.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static DEFINE_MUTEX(a);
static DEFINE_MUTEX(b);
static DEFINE_MUTEX(c);

static void setup(void)
{
	verdict_setup();
	catch_bugs();
}

static void in_thread(void *(*fn)(void *))
{
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, fn, NULL), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
}

/* ---- On and off --------------------------------------------------------------------- */

/* In a process of its own, with this in its environment; the exit status. */
static int apart(const char *environment, int (*fn)(void))
{
	int status;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (!pid) {
		if (environment)
			setenv("KLOCK_LOCKDEP", environment, 1);
		else
			unsetenv("KLOCK_LOCKDEP");
		unsetenv("KLOCK_CHECK");
		alarm(60);
		_exit(fn());
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status), "it ended with status %#x", (unsigned int)status);
	return WEXITSTATUS(status);
}

static int both_orders(void)
{
	klock_debug_locks_silent = 1;
	nest(&a, &b);
	nest(&b, &a);
	return (klock_lockdep_enabled() ? 1 : 0) + (klock_debug_locks ? 0 : 2);
}

static int enable_first(void)
{
	return klock_lockdep_enable() ? both_orders() : 10;
}

static int enable_twice(void)
{
	return klock_lockdep_enable() && klock_lockdep_enable() ? both_orders() : 10;
}

static int enable_late(void)
{
	nest(&a, &b);
	return klock_lockdep_enable() ? 10 : both_orders();
}

START_TEST(checker_is_on_by_environment_or_by_an_early_call)
{
	ck_assert_int_eq(apart(NULL, both_orders), 0);
	ck_assert_int_eq(apart("0", both_orders), 0);
	ck_assert_int_eq(apart("1", both_orders), 3);
	ck_assert_int_eq(apart(NULL, enable_first), 3);
	ck_assert_int_eq(apart(NULL, enable_twice), 3);
	ck_assert_int_eq(apart("1", enable_first), 3);
}
END_TEST

START_TEST(enable_after_the_first_lock_is_refused)
{
	ck_assert_int_eq(apart(NULL, enable_late), 0);
}
END_TEST

static int assertions_when_off(void)
{
	lockdep_assert_held(&a);
	lockdep_assert_not_held(&a);
	lockdep_assert_none_held_once();
	klock_lock_acquire(&a.dep_map, 0, 0, 0, 1, NULL, 0);
	klock_lock_release(&b.dep_map, 0);
	lockdep_set_subclass(&a, 1);
	lock_set_cmp_fn(&a, NULL, NULL);
	lockdep_off();
	lockdep_on();
	lockdep_on();
	mutex_lock(&a);
	mutex_unlock(&a);
	return both_orders();
}

START_TEST(functions_do_nothing_while_it_is_off)
{
	ck_assert_int_eq(apart(NULL, assertions_when_off), 0);
}
END_TEST

/* ---- After a report ------------------------------------------------------------------- */

/* An order that was reported is left out of searches: those below it need one of their own. */
START_TEST(order_of_what_lies_below_a_reported_one_is_seen)
{
	nest(&c, &b);
	mutex_lock(&a);
	mutex_lock(&b);
	mutex_lock(&c);
	expect_report();
	mutex_unlock(&c);
	mutex_unlock(&b);
	mutex_unlock(&a);
	nest(&c, &a);
	expect_report();
}
END_TEST

/* ---- The end of threads --------------------------------------------------------------- */

static struct lock_class_key kept_key;
static struct mutex kept, like_kept;

static void *keep_one(void *arg)
{
	mutex_lock(&a);
	mutex_lock(&kept);
	mutex_unlock(&a);
	return arg;
}

static void *hold_nothing(void *arg)
{
	ck_assert_int_eq(lockdep_depth(NULL), 0);
	mutex_lock(&c); /* if it still held the other's, that would come before c */
	mutex_unlock(&c);
	return arg;
}

START_TEST(thread_that_ends_with_a_lock_is_reported_and_leaves_no_hold)
{
	klock_mutex_init(&kept, "kept", &kept_key);
	klock_mutex_init(&like_kept, "kept", &kept_key);
	in_thread(keep_one);
	ck_assert_uint_lt((size_t)((const char *)bugs.lock - (const char *)&kept), sizeof(kept));
	expect_bug("a thread ends and still holds a lock for writing", bugs.lock, "kept");
	for (int i = 0; i < 4; i++)
		in_thread(hold_nothing);
	klock_debug_locks = 1;
	nest(&c, &like_kept);
	expect_silence();
}
END_TEST

static void *balanced(void *arg)
{
	nest(&a, &b);
	nest(&b, &c);
	return arg;
}

/*
 * The kernel may still be ending a thread when the next one begins, which then gets a task, and a
 * part of the checker, of its own: some such parts, and not a thousand.
 */
#define SOME_PARTS 200000

START_TEST(threads_by_the_thousand_use_no_more_memory_than_a_few)
{
	size_t used = 0;

	for (int i = 0; i < 1000; i++) {
		in_thread(balanced);
		if (i == 10)
			used = klock_arena_used();
	}
	ck_assert_uint_lt(klock_arena_used() - used, SOME_PARTS);
	expect_silence();
}
END_TEST

static pthread_key_t early_key, late_key;
static int destroyed;

static void lock_at_the_end(void *arg)
{
	nest(&a, &b);
	destroyed++;
	if (arg == &early_key) /* once more, after all others had their turn */
		pthread_setspecific(early_key, &late_key);
}

static void *with_destructors(void *arg)
{
	pthread_setspecific(early_key, &early_key);
	nest(&b, &c);
	pthread_setspecific(late_key, &late_key);
	return arg;
}

START_TEST(destructors_of_a_threads_data_may_lock)
{
	ck_assert_int_eq(pthread_key_create(&early_key, lock_at_the_end), 0);
	ck_assert_int_eq(pthread_key_create(&late_key, lock_at_the_end), 0);
	for (int i = 0; i < 20; i++)
		in_thread(with_destructors);
	ck_assert_int_eq(destroyed, 60);
	expect_silence();
	expect_no_bug();
	in_thread(hold_nothing);
	nest(&c, &a);
	expect_report();
}
END_TEST

/* ---- Signals -------------------------------------------------------------------------- */

static DEFINE_MUTEX(in_handler);
static int tried;

/* Not what the manual allows, but what programs do. */
static void try_lock(int signo)
{
	(void)signo;
	if (mutex_trylock(&in_handler)) {
		tried++;
		mutex_unlock(&in_handler);
	}
}

static int done;

static void *storm(void *arg)
{
	pthread_t *target = arg;

	while (!__atomic_load_n(&done, __ATOMIC_RELAXED)) {
		pthread_kill(*target, SIGUSR1);
		nap_us(20);
	}
	return NULL;
}

/* New chains and known ones, in one order, while the handler comes in between. */
START_TEST(signal_handler_that_tries_a_lock_disturbs_nothing)
{
	enum { N = 16 };
	struct sigaction action = { .sa_handler = try_lock, .sa_flags = SA_RESTART };
	static struct lock_class_key keys[N];
	static struct mutex locks[N];
	pthread_t self = pthread_self(), thread;

	ck_assert_int_eq(sigaction(SIGUSR1, &action, NULL), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, storm, &self), 0);
	for (int round = 0; round < 300 || tried < 100; round++) {
		if (round % 16 == 0) {
			lockdep_free_key_range(keys, sizeof(keys));
			for (int i = 0; i < N; i++) {
				keys[i] = (struct lock_class_key){ 0 };
				klock_mutex_init(&locks[i], "locks", &keys[i]);
			}
		}
		for (int i = 0; i < N; i++)
			mutex_lock(&locks[i]);
		ck_assert_int_eq(lockdep_depth(NULL), N);
		for (int i = 0; i < N; i++)
			ck_assert(lockdep_is_held(&locks[i]));
		for (int i = N; i-- > 0;)
			mutex_unlock(&locks[i]);
		ck_assert_int_eq(lockdep_depth(NULL), 0);
	}
	__atomic_store_n(&done, 1, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	expect_silence();
	expect_no_bug();
}
END_TEST

/* ---- A deadlock that does happen -------------------------------------------------------- */

static pthread_barrier_t both_hold;

static void *b_then_a(void *arg)
{
	mutex_lock(&b);
	pthread_barrier_wait(&both_hold);
	mutex_lock(&a);
	return arg;
}

static void run_into_it(void)
{
	pthread_t thread;

	pthread_barrier_init(&both_hold, NULL, 2);
	klock_debug_locks_silent = 0;
	alarm(60);
	mutex_lock(&a);
	pthread_create(&thread, NULL, b_then_a, NULL);
	pthread_barrier_wait(&both_hold);
	mutex_lock(&b);
	pthread_join(thread, NULL);
}

/* The report comes through a pipe; nobody waits for the deadlock to end. */
START_TEST(deadlock_is_reported_before_it_happens)
{
	static char text[65536];
	size_t used = 0;
	ssize_t n = 1;
	int ends[2], status;
	pid_t pid;

	ck_assert_int_eq(pipe(ends), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (!pid) {
		dup2(ends[1], STDERR_FILENO);
		run_into_it();
		_exit(0);
	}
	close(ends[1]);
	while (n > 0 && !strstr(text, "*** DEADLOCK ***")) {
		n = read(ends[0], text + used, sizeof(text) - 1 - used);
		used += n > 0 ? (size_t)n : 0;
	}
	ck_assert_ptr_nonnull(strstr(text, "possible circular locking dependency detected"));
	ck_assert_ptr_nonnull(strstr(text, "(a)"));
	ck_assert_ptr_nonnull(strstr(text, "(b)"));
	/* And it is still in there. */
	nap_us(200000);
	ck_assert_int_eq(waitpid(pid, &status, WNOHANG), 0);
	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
}
END_TEST

static Suite *lockdep_suite(void)
{
	Suite *suite = suite_create("lockdep");
	TCase *off = tcase_create("on and off");
	TCase *on = tcase_create("on");

	tcase_add_test(off, checker_is_on_by_environment_or_by_an_early_call);
	tcase_add_test(off, enable_after_the_first_lock_is_refused);
	tcase_add_test(off, functions_do_nothing_while_it_is_off);
	suite_add_tcase(suite, off);
	tcase_add_checked_fixture(on, setup, NULL);
	tcase_set_timeout(on, 60);
	tcase_add_test(on, order_of_what_lies_below_a_reported_one_is_seen);
	tcase_add_test(on, thread_that_ends_with_a_lock_is_reported_and_leaves_no_hold);
	tcase_add_test(on, threads_by_the_thousand_use_no_more_memory_than_a_few);
	tcase_add_test(on, destructors_of_a_threads_data_may_lock);
	tcase_add_test(on, signal_handler_that_tries_a_lock_disturbs_nothing);
	tcase_add_test(on, deadlock_is_reported_before_it_happens);
	suite_add_tcase(suite, on);
	return suite;
}

CK_MAIN(lockdep_suite())
