/* SPDX-License-Identifier: MIT */
#include "support/actor.h"
#include "support/bugs.h"
#include "support/ck_main.h"
#include "support/on_purpose.h"
#include <errno.h>
#include <klock/mutex.h>

static DEFINE_MUTEX(lock);
static struct actor a, b, c;

static long take(void *m)
{
	mutex_lock(m);
	return 0;
}

static long give(void *m)
{
	mutex_unlock(m);
	return 0;
}

static long try_take(void *m)
{
	return mutex_trylock(m);
}

static long take_killable(void *m)
{
	return mutex_lock_killable(m);
}

static long destroy(void *m)
{
	mutex_destroy(m);
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

START_TEST(mutex_object_has_sixteen_bytes)
{
	ck_assert_uint_le(sizeof(struct mutex), sizeof(void *) == 8 ? 16 : 12);
}
END_TEST

START_TEST(mutex_static_and_dynamic_locks_are_free_at_first)
{
	struct mutex dynamic = { .word = 0x12345 };
	static struct mutex plain = __MUTEX_INITIALIZER(plain);

	mutex_init(&dynamic);
	ck_assert(!mutex_is_locked(&lock));
	ck_assert(!mutex_is_locked(&plain));
	ck_assert(!mutex_is_locked(&dynamic));
	ck_assert_int_eq(mutex_trylock(&dynamic), 1);
	ck_assert(mutex_is_locked(&dynamic));
	mutex_unlock(&dynamic);
	mutex_destroy(&dynamic);
	expect_no_bug();
}
END_TEST

START_TEST(mutex_held_is_refused_to_trylock_and_free_is_granted)
{
	actor_do(&a, take, &lock);
	ck_assert_int_eq(actor_do(&b, try_take, &lock), 0);
	ck_assert(!mutex_try_or_lock(&lock, true));
	actor_do(&a, give, &lock);
	ck_assert_int_eq(actor_do(&b, try_take, &lock), 1);
	actor_do(&b, give, &lock);
	ck_assert(mutex_try_or_lock(&lock, true));
	mutex_unlock(&lock);
	ck_assert(mutex_try_or_lock(&lock, false));
	mutex_unlock(&lock);
	expect_no_bug();
}
END_TEST

/* The second waits behind the first: each release serves the one that came before. */
START_TEST(mutex_waiters_are_served_in_order)
{
	actor_do(&a, take, &lock);
	actor_begin(&b, take, &lock);
	await_waiters(&lock.word, 1);
	actor_begin(&c, take, &lock);
	await_waiters(&lock.word, 2);
	actor_do(&a, give, &lock);
	actor_end(&b);
	ck_assert(actor_busy(&c));
	ck_assert_int_eq(waiters_for(&lock.word), 1);
	actor_do(&b, give, &lock);
	actor_end(&c);
	actor_do(&c, give, &lock);
	ck_assert_uint_eq(lock.word, 0);
}
END_TEST

START_TEST(mutex_word_is_plain_again_when_the_last_waiter_has_left)
{
	actor_do(&a, take, &lock);
	actor_begin(&b, take_killable, &lock);
	await_waiters(&lock.word, 1);
	klock_kill(b.task);
	ck_assert_int_eq(actor_end(&b), -EINTR);
	klock_unkill(b.task);
	/* No bit is left that would keep the owner off the fast path. */
	ck_assert_uint_eq(lock.word, a.task->word);
	actor_do(&a, give, &lock);
	ck_assert_uint_eq(lock.word, 0);
}
END_TEST

START_TEST(mutex_nested_forms_lock_as_the_plain_ones)
{
	struct mutex inner;

	mutex_init(&inner);
	mutex_lock(&lock);
	mutex_lock_nested(&inner, SINGLE_DEPTH_NESTING);
	ck_assert_int_eq(actor_do(&a, try_take, &inner), 0);
	mutex_unlock(&inner);
	mutex_lock_nest_lock(&inner, &lock);
	ck_assert_int_eq(actor_do(&a, try_take, &inner), 0);
	mutex_unlock(&inner);
	ck_assert_int_eq(mutex_lock_killable_nested(&inner, 1), 0);
	ck_assert_int_eq(actor_do(&a, try_take, &inner), 0);
	mutex_unlock(&inner);
	ck_assert_int_eq(mutex_lock_interruptible_nested(&inner, 1), 0);
	ck_assert_int_eq(actor_do(&a, try_take, &inner), 0);
	mutex_unlock(&inner);
	mutex_unlock(&lock);
	expect_no_bug();
}
END_TEST

START_TEST(mutex_unlock_of_a_free_lock_is_reported_and_refused)
{
	mutex_unlock(&lock);
	expect_bug("release of a lock that nobody holds", &lock, "lock");
	ck_assert_str_eq(bugs.lock_type, "mutex");
	ck_assert_ptr_nonnull(strstr(bugs.site, "test_mutex"));
	ck_assert_int_eq(mutex_trylock(&lock), 1);
	mutex_unlock(&lock);
	expect_no_bug();
}
END_TEST

START_TEST(mutex_unlock_by_another_thread_is_reported_and_refused)
{
	actor_do(&a, take, &lock);
	actor_do(&b, give, &lock);
	expect_bug("release of a lock that another thread holds", &lock, "lock");
	ck_assert_int_eq(actor_do(&b, try_take, &lock), 0);
	/* Also in the out-of-line part, with a waiter. */
	actor_begin(&c, take, &lock);
	await_waiters(&lock.word, 1);
	actor_do(&b, give, &lock);
	expect_bug("release of a lock that another thread holds", &lock, "lock");
	actor_do(&a, give, &lock);
	actor_end(&c);
	actor_do(&c, give, &lock);
	expect_no_bug();
}
END_TEST

START_TEST(mutex_destroy_while_held_is_reported_and_refused)
{
	actor_do(&a, take, &lock);
	actor_do(&b, destroy, &lock);
	expect_bug("a lock is destroyed while it is held or waited for", &lock, "lock");
	actor_begin(&b, take, &lock);
	await_waiters(&lock.word, 1);
	actor_do(&c, destroy, &lock);
	expect_bug("a lock is destroyed while it is held or waited for", &lock, "lock");
	actor_do(&a, give, &lock);
	actor_end(&b);
	actor_do(&b, give, &lock);
	expect_no_bug();
}
END_TEST

START_TEST(mutex_use_after_destroy_is_reported)
{
	static struct mutex m;

	mutex_init(&m);
	mutex_destroy(&m);
	mutex_destroy(&m);
	expect_bug("a lock is destroyed twice", &m, "&m");
	mutex_unlock(&m);
	expect_bug("release of a lock that was destroyed", &m, "&m");
	mutex_lock(&m);
	expect_bug("lock used after it was destroyed", &m, "&m");
	mutex_unlock(&m);
	mutex_destroy(&m);
	mutex_init(&m);
	mutex_lock(&m);
	mutex_unlock(&m);
	expect_no_bug();
}
END_TEST

START_TEST(mutex_init_while_threads_wait_is_reported_and_refused)
{
	static struct mutex m;

	mutex_init(&m);
	actor_do(&a, take, &m);
	actor_begin(&b, take, &m);
	await_waiters(&m.word, 1);
	mutex_init(&m);
	expect_bug("a lock is initialised while threads wait for it", &m, "&m");
	actor_do(&a, give, &m);
	actor_end(&b);
	actor_do(&b, give, &m);
	expect_no_bug();
}
END_TEST

START_TEST(mutex_wait_for_own_lock_is_reported)
{
	mutex_lock(&lock);
	on_purpose_begin();
	ck_assert_int_eq(mutex_lock_timeout(&lock, 1000), -ETIME);
	on_purpose_end();
	expect_bug("a thread waits for a lock that it holds for writing", &lock, "lock");
	ck_assert_int_eq(mutex_trylock(&lock), 0);
	expect_no_bug();
	mutex_unlock(&lock);
}
END_TEST

static Suite *mutex_suite(void)
{
	Suite *suite = suite_create("mutex");
	TCase *tc = tcase_create("mutex");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, PATIENCE + 10);
	tcase_add_test(tc, mutex_object_has_sixteen_bytes);
	tcase_add_test(tc, mutex_static_and_dynamic_locks_are_free_at_first);
	tcase_add_test(tc, mutex_held_is_refused_to_trylock_and_free_is_granted);
	tcase_add_test(tc, mutex_waiters_are_served_in_order);
	tcase_add_test(tc, mutex_word_is_plain_again_when_the_last_waiter_has_left);
	tcase_add_test(tc, mutex_nested_forms_lock_as_the_plain_ones);
	tcase_add_test(tc, mutex_unlock_of_a_free_lock_is_reported_and_refused);
	tcase_add_test(tc, mutex_unlock_by_another_thread_is_reported_and_refused);
	tcase_add_test(tc, mutex_destroy_while_held_is_reported_and_refused);
	tcase_add_test(tc, mutex_use_after_destroy_is_reported);
	tcase_add_test(tc, mutex_init_while_threads_wait_is_reported_and_refused);
	tcase_add_test(tc, mutex_wait_for_own_lock_is_reported);
	suite_add_tcase(suite, tc);
	return suite;
}

CK_MAIN(mutex_suite())
