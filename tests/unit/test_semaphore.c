/* SPDX-License-Identifier: MIT */
#include "support/actor.h"
#include "support/bugs.h"
#include "support/ck_main.h"
#include <errno.h>
#include <klock/semaphore.h>

static DEFINE_SEMAPHORE(sem, 2);
static struct actor a, b, c;

static long take(void *s)
{
	down(s);
	return 0;
}

static long try_take(void *s)
{
	return down_trylock(s);
}

static long take_killable(void *s)
{
	return down_killable(s);
}

static long give(void *s)
{
	up(s);
	return 0;
}

static void setup(void)
{
	catch_bugs();
	actor_init(&a);
	actor_init(&b);
	actor_init(&c);
}

static void teardown(void)
{
	actor_fini(&a);
	actor_fini(&b);
	actor_fini(&c);
}

static unsigned int units(const struct semaphore *s)
{
	return s->word / KLOCK_SEM_UNIT;
}

START_TEST(semaphore_object_has_sixteen_bytes)
{
	ck_assert_uint_le(sizeof(struct semaphore), sizeof(void *) == 8 ? 16 : 12);
}
END_TEST

START_TEST(semaphore_gives_as_many_units_as_it_has)
{
	ck_assert_int_eq(down_trylock(&sem), 0); /* 0: got it, as in the kernel */
	ck_assert_int_eq(down_trylock(&sem), 0);
	ck_assert_int_eq(down_trylock(&sem), 1);
	ck_assert(!down_try_or_lock(&sem, true));
	ck_assert_int_eq(down_timeout(&sem, 1000), -ETIME);
	up(&sem);
	ck_assert(down_try_or_lock(&sem, true));
	up(&sem);
	up(&sem);
	ck_assert_uint_eq(units(&sem), 2);
	expect_no_bug();
}
END_TEST

START_TEST(semaphore_up_by_any_thread_makes_a_unit)
{
	struct semaphore none;

	sema_init(&none, 0);
	actor_begin(&a, take, &none);
	await_waiters(&none.word, 1);
	actor_do(&b, give, &none);
	ck_assert_int_eq(actor_end(&a), 0);
	actor_do(&b, give, &none);
	actor_do(&c, give, &none);
	ck_assert_uint_eq(units(&none), 2); /* more than it began with */
	klock_semaphore_destroy(&none);
	expect_no_bug();
}
END_TEST

/* Several units come before the waiter that was woken has looked. */
START_TEST(semaphore_units_wake_as_many_waiters)
{
	struct actor *const actors[] = { &a, &b, &c };
	struct semaphore s;

	sema_init(&s, 0);
	for (int round = 0; round < 200; round++) {
		for (unsigned int i = 0; i < 3; i++) {
			actor_begin(actors[i], take, &s);
			await_waiters(&s.word, i + 1);
		}
		for (int i = 0; i < 3; i++)
			up(&s);
		for (int i = 0; i < 3; i++)
			actor_end(actors[i]);
		ck_assert_uint_eq(s.word, 0);
	}
	klock_semaphore_destroy(&s);
}
END_TEST

/* A thread that takes its own unit back each time passes a waiter, but not for ever. */
START_TEST(semaphore_newcomers_do_not_starve_a_waiter)
{
	struct semaphore s;

	sema_init(&s, 1);
	down(&s);
	actor_begin(&a, take, &s);
	await_waiters(&s.word, 1);
	while (actor_busy(&a)) {
		up(&s);
		while (actor_busy(&a) && down_trylock(&s))
			;
	}
	actor_end(&a);
	ck_assert_int_eq(down_trylock(&s), 1);
	up(&s);
	ck_assert_uint_eq(s.word, KLOCK_SEM_UNIT);
	klock_semaphore_destroy(&s);
}
END_TEST

START_TEST(semaphore_killed_waiter_leaves_its_unit_to_the_next)
{
	struct semaphore s;

	sema_init(&s, 0);
	actor_begin(&a, take_killable, &s);
	await_waiters(&s.word, 1);
	actor_begin(&b, take, &s);
	await_waiters(&s.word, 2);
	klock_kill(a.task);
	ck_assert_int_eq(actor_end(&a), -EINTR);
	klock_unkill(a.task);
	ck_assert(actor_busy(&b));
	up(&s);
	actor_end(&b);
	/* The last waiter has left: no bit stays behind. */
	ck_assert_uint_eq(s.word, 0);
	up(&s);
	ck_assert_uint_eq(s.word, KLOCK_SEM_UNIT);
	klock_semaphore_destroy(&s);
}
END_TEST

START_TEST(semaphore_count_out_of_range_is_reported)
{
	struct semaphore s;

	sema_init(&s, -1);
	expect_bug("a semaphore's count is negative or too high", &s, "&s");
	ck_assert_uint_eq(units(&s), 0);
	sema_init(&s, KLOCK_SEM_MAX + 1);
	expect_bug("a semaphore's count is negative or too high", &s, "&s");
	sema_init(&s, KLOCK_SEM_MAX);
	expect_no_bug();
	up(&s);
	expect_bug("up() past the highest count of a semaphore", &s, "&s");
	ck_assert_uint_eq(units(&s), KLOCK_SEM_MAX);
	ck_assert_int_eq(down_trylock(&s), 0);
	up(&s);
	expect_no_bug();
}
END_TEST

START_TEST(semaphore_init_and_destroy_while_threads_wait_are_reported)
{
	static struct semaphore s;

	sema_init(&s, 0);
	actor_begin(&a, take, &s);
	await_waiters(&s.word, 1);
	klock_semaphore_destroy(&s);
	expect_bug("a semaphore is destroyed while threads wait for it", &s, "&s");
	sema_init(&s, 3);
	expect_bug("a lock is initialised while threads wait for it", &s, "&s");
	/* Refused: the waiter is still known, and nothing else has changed. */
	ck_assert_uint_eq(s.word, KLOCK_W_WAITERS);
	ck_assert_int_eq(waiters_for(&s.word), 1);
	up(&s);
	actor_end(&a);
	ck_assert_uint_eq(s.word, 0);
	expect_no_bug();
}
END_TEST

START_TEST(semaphore_waits_of_three_kinds_share_one_queue)
{
	struct semaphore s;

	sema_init(&s, 0);
	actor_begin(&a, take, &s);
	await_waiters(&s.word, 1);
	actor_begin(&b, take_killable, &s);
	await_waiters(&s.word, 2);
	ck_assert_int_eq(actor_do(&c, try_take, &s), 1);
	up(&s);
	up(&s);
	ck_assert_int_eq(actor_end(&a), 0);
	ck_assert_int_eq(actor_end(&b), 0);
	klock_semaphore_destroy(&s);
}
END_TEST

static Suite *semaphore_suite(void)
{
	Suite *suite = suite_create("semaphore");
	TCase *tc = tcase_create("semaphore");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, PATIENCE + 10);
	tcase_add_test(tc, semaphore_object_has_sixteen_bytes);
	tcase_add_test(tc, semaphore_gives_as_many_units_as_it_has);
	tcase_add_test(tc, semaphore_up_by_any_thread_makes_a_unit);
	tcase_add_test(tc, semaphore_units_wake_as_many_waiters);
	tcase_add_test(tc, semaphore_newcomers_do_not_starve_a_waiter);
	tcase_add_test(tc, semaphore_killed_waiter_leaves_its_unit_to_the_next);
	tcase_add_test(tc, semaphore_count_out_of_range_is_reported);
	tcase_add_test(tc, semaphore_init_and_destroy_while_threads_wait_are_reported);
	tcase_add_test(tc, semaphore_waits_of_three_kinds_share_one_queue);
	suite_add_tcase(suite, tc);
	return suite;
}

CK_MAIN(semaphore_suite())
