/* SPDX-License-Identifier: MIT */
/* The checker in the child of a process with threads, which may be in the middle of it. */
#include "lockdep/verdict.h"
#include "support/actor.h"
#include "support/ck_main.h"
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

static DEFINE_MUTEX(a);
static DEFINE_MUTEX(b);

/* Runs it in a child, which ends itself if it hangs; its result. */
static int in_child(int (*fn)(void))
{
	int status;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (!pid) {
		alarm(60);
		_exit(fn());
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status), "the child ended with status %#x", (unsigned int)status);
	return WEXITSTATUS(status);
}

static int both_orders(void)
{
	if (!klock_debug_locks)
		return 1;
	nest(&a, &b);
	if (!klock_debug_locks)
		return 2;
	nest(&b, &a);
	return klock_debug_locks ? 3 : 0;
}

START_TEST(child_checks_orders)
{
	ck_assert_int_eq(in_child(both_orders), 0);
	/* What the child has seen its parent has not. */
	nest(&b, &a);
	expect_silence();
}
END_TEST

static int other_order(void)
{
	nest(&b, &a);
	return klock_debug_locks ? 1 : 0;
}

START_TEST(child_knows_its_parents_orders)
{
	nest(&a, &b);
	ck_assert_int_eq(in_child(other_order), 0);
	expect_silence();
}
END_TEST

/* New classes and new chains, for ever: a thread that is always in the tables. */
static int stop;

static void *make_chains(void *arg)
{
	static struct lock_class_key keys[64];
	struct mutex locks[64];

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		lockdep_free_key_range(keys, sizeof(keys));
		for (int i = 0; i < 64; i++) {
			keys[i] = (struct lock_class_key){ 0 };
			klock_mutex_init(&locks[i], "new", &keys[i]);
		}
		for (int i = 1; i < 64; i++)
			nest(&locks[i - 1], &locks[i]);
	}
	return arg;
}

START_TEST(child_of_a_process_that_makes_chains_finds_whole_tables)
{
	int64_t end = now_ns() + 3 * (int64_t)1000000000; /* Valgrind is slow */
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, make_chains, NULL), 0);
	for (int i = 0; i < 300 && (i < 10 || now_ns() < end); i++)
		ck_assert_int_eq(in_child(both_orders), 0);
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	expect_silence();
}
END_TEST

static long lock_a(void *arg)
{
	mutex_lock(&a);
	return arg != NULL;
}

static long unlock_a(void *arg)
{
	mutex_unlock(&a);
	return arg != NULL;
}

static void *use_b(void *arg)
{
	int *held = arg;

	*held = lockdep_depth(NULL);
	mutex_lock(&b);
	mutex_unlock(&b);
	return NULL;
}

static int threads_hold_nothing(void)
{
	int held = -1;
	pthread_t thread;

	for (int i = 0; i < 4; i++) {
		if (pthread_create(&thread, NULL, use_b, &held))
			return 1;
		pthread_join(thread, NULL);
		if (held != 0)
			return 2;
	}
	return klock_debug_locks ? 0 : 3;
}

START_TEST(threads_of_the_child_hold_nothing_of_its_parents)
{
	struct actor other;

	actor_init(&other);
	actor_do(&other, lock_a, NULL);
	ck_assert_int_eq(in_child(threads_hold_nothing), 0);
	actor_do(&other, unlock_a, NULL);
	actor_fini(&other);
	expect_silence();
}
END_TEST

/*
 * Handlers of the program's own that take locks, as libraries have them, set
 * before and after the checker's; with new chains in them.
 */
static DEFINE_MUTEX(early_outer);
static DEFINE_MUTEX(early_inner);
static DEFINE_MUTEX(late_outer);
static DEFINE_MUTEX(late_inner);

static void lock_early(void)
{
	mutex_lock(&early_outer);
	mutex_lock(&early_inner);
}

static void unlock_early(void)
{
	mutex_unlock(&early_inner);
	mutex_unlock(&early_outer);
}

static void lock_late(void)
{
	mutex_lock(&late_outer);
	mutex_lock(&late_inner);
}

static void unlock_late(void)
{
	mutex_unlock(&late_inner);
	mutex_unlock(&late_outer);
}

static void init_early(void)
{
	static struct lock_class_key key;

	mutex_unlock(&early_inner);
	mutex_unlock(&early_outer);
	mutex_init(&early_inner);
	lockdep_set_class_and_subclass(&early_inner, &key, 1);
	lockdep_free_key_range(&key, sizeof(key));
}

static int handlers_left_nothing(void)
{
	return lockdep_depth(NULL) ? 10 : both_orders();
}

START_TEST(locks_in_the_programs_fork_handlers_are_followed)
{
	ck_assert_int_eq(pthread_atfork(lock_early, unlock_early, init_early), 0);
	verdict_setup();
	ck_assert_int_eq(pthread_atfork(lock_late, unlock_late, unlock_late), 0);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(in_child(handlers_left_nothing), 0);
	ck_assert_int_eq(lockdep_depth(NULL), 0);
	expect_silence();
	nest(&early_inner, &early_outer);
	expect_report();
	nest(&late_inner, &late_outer);
	expect_report();
}
END_TEST

static Suite *fork_suite(void)
{
	Suite *suite = suite_create("lockdep fork");
	TCase *tc = tcase_create("fork");
	TCase *handlers = tcase_create("handlers");

	tcase_add_checked_fixture(tc, verdict_setup, NULL);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, child_checks_orders);
	tcase_add_test(tc, child_knows_its_parents_orders);
	if (threads_in_child()) {
		tcase_add_test(tc, child_of_a_process_that_makes_chains_finds_whole_tables);
		tcase_add_test(tc, threads_of_the_child_hold_nothing_of_its_parents);
	}
	suite_add_tcase(suite, tc);
	tcase_add_test(handlers, locks_in_the_programs_fork_handlers_are_followed);
	suite_add_tcase(suite, handlers);
	return suite;
}

CK_MAIN(fork_suite())
