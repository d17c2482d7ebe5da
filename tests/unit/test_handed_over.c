/* SPDX-License-Identifier: MIT */
/*
 * Holds of a percpu_rw_semaphore that go from one thread to another, under each watcher: for
 * reading as asynchronous writes keep a file system from being frozen, for writing as one thread
 * freezes it and another one thaws it.
 */
#include "annotate/watch.h"
#include "support/actor.h"
#include "support/bugs.h"
#include "support/ck_main.h"
#include "config.h"
#include <errno.h>
#include <klock.h>

#ifdef HAVE_VALGRIND_HEADERS
#include <valgrind/valgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#endif

DEFINE_STATIC_PERCPU_RWSEM(sem);
static struct actor a, b, c;

/* Each case is a process of its own, in which no lock was used before. */
static const char *const watchers[] = { NULL, "KLOCK_CHECK", "KLOCK_LOCKDEP", "KLOCK_LOCKSTAT" };
#define WATCHERS 4

static void set_up_with(int i)
{
	if (watchers[i])
		setenv(watchers[i], "1", 1);
	catch_bugs();
	actor_init(&a);
	actor_init(&b);
	actor_init(&c);
}

static void finish(void)
{
	actor_fini(&a); /* ends, with nothing that is its own */
	actor_fini(&b);
	actor_fini(&c);
	expect_no_bug();
}

static long take(void *write)
{
	if (write)
		percpu_down_write(&sem);
	else
		percpu_down_read(&sem);
	klock_percpu_hand_over(&sem, !write, 0);
	return 0;
}

static long give(void *write)
{
	klock_percpu_take_over(&sem, !write, 0);
	if (write)
		percpu_up_write(&sem);
	else
		percpu_up_read(&sem);
	return 0;
}

static long give_untold(void *write)
{
	if (write)
		percpu_up_write(&sem);
	else
		percpu_up_read(&sem);
	return 0;
}

static long try_read(void *unused)
{
	(void)unused;
	if (!percpu_down_read_trylock(&sem))
		return false;
	percpu_up_read(&sem);
	return true;
}

static long try_write(void *unused)
{
	int err = percpu_down_write_timeout(&sem, 0);

	(void)unused;
	if (!err)
		percpu_up_write(&sem);
	return err;
}

static void *const modes[] = { NULL, &sem };
#define MODES 2

START_TEST(hold_goes_from_one_thread_to_another)
{
	void *write = modes[_i % MODES];

	set_up_with(_i / MODES);
	for (int i = 0; i < 3; i++) {
		actor_do(&a, take, write);
		ck_assert_int_eq(actor_do(&c, try_read, NULL), !write);
		ck_assert_int_eq(actor_do(&c, try_write, NULL), -ETIME);
		actor_do(&b, give, write);
		ck_assert_int_eq(actor_do(&c, try_read, NULL), true);
		ck_assert_int_eq(actor_do(&c, try_write, NULL), 0);
	}
	finish();
}
END_TEST

START_TEST(hold_outlives_the_thread_that_took_it)
{
	void *write = modes[_i % MODES];

	set_up_with(_i / MODES);
	actor_do(&a, take, write);
	actor_fini(&a);
	actor_init(&a); /* may have its number, and does not have its lock */
	ck_assert_int_eq(actor_do(&a, try_read, NULL), !write);
	expect_no_bug();
	actor_do(&b, give, write);
	ck_assert_int_eq(actor_do(&a, try_write, NULL), 0);
	finish();
}
END_TEST

/* The thread that froze waits like any other: for the thread that thaws, and not for itself. */
static long read_once(void *unused)
{
	(void)unused;
	percpu_down_read(&sem);
	percpu_up_read(&sem);
	return 0;
}

START_TEST(thread_that_handed_over_may_wait_for_the_lock)
{
	set_up_with(_i);
	actor_do(&a, take, &sem);
	actor_begin(&a, read_once, NULL);
	await_waiters(&sem.rw.word, 1);
	expect_no_bug();
	actor_do(&b, give, &sem);
	actor_end(&a);
	finish();
}
END_TEST

/* The control: a hold of which the checker was not told is reported, and stays. */
START_TEST(hold_that_was_not_taken_over_is_reported_where_checked)
{
	void *write = modes[_i];

	set_up_with(1);
	actor_do(&a, take, write);
	actor_do(&b, give_untold, write);
	expect_bug("release of a lock that this thread does not hold", &sem, "sem");
	ck_assert_int_eq(actor_do(&c, try_write, NULL), -ETIME);
	actor_do(&b, give, write);
	ck_assert_int_eq(actor_do(&c, try_write, NULL), 0);
	finish();
}
END_TEST

static DEFINE_RWSEM(other);

static long down_other(void *unused)
{
	(void)unused;
	down_read(&other);
	rwsem_release(&other.dep_map, 0);
	return klock_lockdep_depth();
}

static long up_other(void *unused)
{
	(void)unused;
	rwsem_acquire_read(&other.dep_map, 0, 1, 0);
	up_read(&other);
	return klock_lockdep_depth();
}

/* What is told of by map, in the checked mode as under lockdep. Helgrind and DRD are not told. */
START_TEST(hold_may_be_moved_by_its_map)
{
	if (RUNNING_ON_VALGRIND)
		return;
	set_up_with(_i);
	ck_assert_int_eq(actor_do(&a, down_other, NULL), 0);
	actor_fini(&a);
	actor_init(&a);
	ck_assert_int_eq(actor_do(&b, up_other, NULL), 0);
	ck_assert(!rwsem_is_locked(&other));
	finish();
}
END_TEST

static Suite *handed_over_suite(void)
{
	Suite *suite = suite_create("handed over");
	TCase *tc = tcase_create("handed over");

	tcase_set_timeout(tc, PATIENCE + 10);
	tcase_add_loop_test(tc, hold_goes_from_one_thread_to_another, 0, WATCHERS * MODES);
	tcase_add_loop_test(tc, hold_outlives_the_thread_that_took_it, 0, WATCHERS * MODES);
	tcase_add_loop_test(tc, thread_that_handed_over_may_wait_for_the_lock, 0, WATCHERS);
	tcase_add_loop_test(tc, hold_that_was_not_taken_over_is_reported_where_checked, 0, MODES);
	tcase_add_loop_test(tc, hold_may_be_moved_by_its_map, 0, WATCHERS);
	suite_add_tcase(suite, tc);
	return suite;
}

CK_MAIN(handed_over_suite())
