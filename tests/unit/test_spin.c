/* SPDX-License-Identifier: MIT */
/* Who spins for a lock before it sleeps: seen by the estimate that a spin leaves in the lock. */
#include "annotate/watch.h"
#include "base/cpu.h"
#include "locks/awake.h"
#include "support/actor.h"
#include "support/ck_main.h"
#include <klock.h>
#include <sched.h>

#define ESTIMATE 160u

static struct mutex mutex;
static struct actor waiter;

/* Without what lockstat keeps above it. */
static uint32_t estimate(void)
{
	return mutex.spin & KLOCK_SPIN_LIMIT;
}

static void set_up(void)
{
	mutex_init(&mutex);
	actor_init(&waiter);
}

static void tear_down(void)
{
	actor_fini(&waiter);
}

static long lock_and_unlock(void *arg)
{
	mutex_lock(arg);
	mutex_unlock(arg);
	return 0;
}

static cpu_set_t all; /* the CPUs of the process */

/* All of them, or one. */
static long use_cpus(void *one)
{
	cpu_set_t first;

	if (!CPU_COUNT(&all))
		sched_getaffinity(0, sizeof(all), &all);
	CPU_ZERO(&first);
	for (int cpu = 0; cpu < CPU_SETSIZE && !CPU_COUNT(&first); cpu++)
		if (CPU_ISSET(cpu, &all))
			CPU_SET(cpu, &first);
	return sched_setaffinity(0, sizeof(all), one ? &first : &all);
}

/* The waiter waits once for a lock that is held until it sleeps. */
static void wait_once(void)
{
	mutex_lock(&mutex);
	actor_begin(&waiter, lock_and_unlock, &mutex);
	await_waiters(&mutex.word, 1);
	mutex_unlock(&mutex);
	actor_end(&waiter);
}

START_TEST(spin_that_fails_makes_the_next_shorter)
{
	if (!klock_cpu_many())
		return; /* then nobody spins: see below */
	mutex.spin = ESTIMATE;
	wait_once();
	ck_assert_uint_lt(estimate(), ESTIMATE);
	for (int i = 0; i < 100; i++)
		wait_once();
	ck_assert_uint_eq(estimate(), 0);
}
END_TEST

/* First of all, while no thread has been anywhere else. */
START_TEST(spin_never_on_one_cpu)
{
	ck_assert_int_eq(use_cpus(&mutex), 0);
	set_up();
	mutex.spin = ESTIMATE;
	for (int i = 0; i < 10; i++)
		wait_once();
	ck_assert_uint_eq(estimate(), ESTIMATE);
	use_cpus(NULL);
	actor_do(&waiter, use_cpus, NULL);
	if (klock_cpu_many()) {
		wait_once(); /* the thread learns of it as it sleeps */
		mutex.spin = ESTIMATE;
		wait_once();
		ck_assert_uint_lt(estimate(), ESTIMATE);
	}
	tear_down();
}
END_TEST

START_TEST(spin_of_a_thread_with_a_cpu_of_its_own)
{
	if (!klock_cpu_many())
		return;
	ck_assert_int_eq(actor_do(&waiter, use_cpus, &mutex), 0);
	wait_once();
	mutex.spin = ESTIMATE;
	wait_once();
	ck_assert_uint_lt(estimate(), ESTIMATE);
}
END_TEST

/* The waiter waits once for a lock that is given up while it yields, or about then. */
static void wait_awake_once(void)
{
	mutex_lock(&mutex);
	actor_begin(&waiter, lock_and_unlock, &mutex);
	while (!(klock_load_relaxed(&mutex.word) & (KLOCK_W_PENDING | KLOCK_W_WAITERS)))
		sched_yield();
	mutex_unlock(&mutex);
	actor_end(&waiter);
}

START_TEST(yields_in_vain_are_remembered)
{
	for (unsigned int i = 1; i <= 4; i++) {
		wait_once();
		ck_assert_uint_eq((mutex.spin & KLOCK_VAIN) >> KLOCK_VAIN_SHIFT, i < 3 ? i : 3);
	}
	for (int i = 0; i < 10000 && (mutex.spin & KLOCK_VAIN); i++)
		wait_awake_once();
	ck_assert_uint_eq(mutex.spin & KLOCK_VAIN, 0); /* one was not in vain */
}
END_TEST

/* Its thread is not in the child that has the lock now. */
START_TEST(pending_left_by_a_fork_bars_nobody)
{
	static DEFINE_RWSEM(sem);

	sem.word = KLOCK_W_PENDING;
	ck_assert(down_read_trylock(&sem));
	ck_assert_uint_eq(sem.word, KLOCK_W_READER);
	up_read(&sem);
	ck_assert(down_write_trylock(&sem));
	up_write(&sem);
	ck_assert_uint_eq(sem.word, 0);
}
END_TEST

static Suite *spin_suite(void)
{
	Suite *suite = suite_create("spin");
	TCase *one = tcase_create("one CPU"), *tc = tcase_create("spin");

	tcase_set_timeout(one, PATIENCE + 10);
	tcase_add_test(one, spin_never_on_one_cpu);
	suite_add_tcase(suite, one);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, PATIENCE + 10);
	tcase_add_test(tc, spin_that_fails_makes_the_next_shorter);
	tcase_add_test(tc, spin_of_a_thread_with_a_cpu_of_its_own);
	tcase_add_test(tc, yields_in_vain_are_remembered);
	tcase_add_test(tc, pending_left_by_a_fork_bars_nobody);
	suite_add_tcase(suite, tc);
	return suite;
}

CK_MAIN(spin_suite())
