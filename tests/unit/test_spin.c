/* SPDX-License-Identifier: MIT */
/* How long a thread spins, and who does. */
#include "base/cpu.h"
#include "base/spin.h"
#include "support/actor.h"
#include "support/ck_main.h"
#include "wait/task.h"
#include <klock.h>
#include <sched.h>
#include <stdlib.h>

static struct mutex mutex;
static struct actor waiter;

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

static long may_spin(void *arg)
{
	(void)arg;
	return klock_self_task->many_cpus;
}

/* First of all, while no thread has been anywhere else. */
START_TEST(nobody_spins_on_one_cpu)
{
	ck_assert_int_eq(use_cpus(&mutex), 0);
	set_up();
	wait_once();
	ck_assert(!actor_do(&waiter, may_spin, NULL));
	use_cpus(NULL);
	actor_do(&waiter, use_cpus, NULL);
	wait_once(); /* the thread learns of it as it sleeps */
	ck_assert_int_eq(actor_do(&waiter, may_spin, NULL), klock_cpu_many());
	tear_down();
}
END_TEST

START_TEST(thread_with_a_cpu_of_its_own_spins)
{
	if (!klock_cpu_many())
		return;
	ck_assert_int_eq(actor_do(&waiter, use_cpus, &mutex), 0);
	wait_once();
	ck_assert(actor_do(&waiter, may_spin, NULL));
}
END_TEST

/* How long a spin lasts at least, or until the deadline: that may be longer, for want of a CPU. */
static int64_t spin(int64_t deadline_ns, bool changes)
{
	struct klock_spin s;
	int64_t began = klock_now_ns();

	klock_spin_begin(&s, deadline_ns);
	while (klock_spin_once(&s))
		if (changes)
			klock_spin_renew(&s);
	return klock_now_ns() - began;
}

#define SPINS 101

static int by_length(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

/* The median of many: in some of them the thread may have lost its CPU. */
static int64_t usual_spin(int64_t ns, bool changes)
{
	int64_t took[SPINS];

	for (int i = 0; i < SPINS; i++)
		took[i] = spin(klock_deadline(ns), changes);
	qsort(took, SPINS, sizeof(took[0]), by_length);
	return took[SPINS / 2];
}

/* Under Valgrind: a pause between two looks may take longer than a spin without a change. */
static bool pauses_are_slow(void)
{
	int64_t began = klock_now_ns();

	for (int i = 0; i < 100 * KLOCK_SPIN_PAUSES; i++)
		klock_cpu_relax();
	return (klock_now_ns() - began) / 100 > KLOCK_SPIN_NS / 2;
}

/* The last pauses, and the watchers of a sanitizer or of Valgrind, come on top. */
#define SLACK_NS (1000 * INT64_C(1000))

START_TEST(spin_ends_when_nothing_changes)
{
	int64_t ns = usual_spin(KLOCK_FOREVER, false);

	ck_assert_int_ge(ns, KLOCK_SPIN_NS);
	if (!pauses_are_slow())
		ck_assert_int_lt(ns, KLOCK_SPIN_NS * KLOCK_SPIN_CHANGES);
}
END_TEST

START_TEST(spin_goes_on_while_something_changes_but_ends)
{
	int64_t ns = usual_spin(KLOCK_FOREVER, true);

	ck_assert_int_ge(ns, KLOCK_SPIN_NS * (pauses_are_slow() ? 1 : KLOCK_SPIN_CHANGES));
	ck_assert_int_lt(ns, KLOCK_SPIN_NS * KLOCK_SPIN_CHANGES + SLACK_NS);
}
END_TEST

START_TEST(spin_ends_at_the_deadline)
{
	int64_t ns = usual_spin(0, true);

	if (!pauses_are_slow())
		ck_assert_int_lt(ns, KLOCK_SPIN_NS);
}
END_TEST

static Suite *spin_suite(void)
{
	Suite *suite = suite_create("spin");
	TCase *one = tcase_create("one CPU"), *tc = tcase_create("spin");

	tcase_set_timeout(one, PATIENCE + 10);
	tcase_add_test(one, nobody_spins_on_one_cpu);
	suite_add_tcase(suite, one);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, PATIENCE + 10);
	tcase_add_test(tc, thread_with_a_cpu_of_its_own_spins);
	tcase_add_test(tc, spin_ends_when_nothing_changes);
	tcase_add_test(tc, spin_goes_on_while_something_changes_but_ends);
	tcase_add_test(tc, spin_ends_at_the_deadline);
	suite_add_tcase(suite, tc);
	return suite;
}

CK_MAIN(spin_suite())
