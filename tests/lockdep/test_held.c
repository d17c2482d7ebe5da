/* SPDX-License-Identifier: MIT */
/*
 * What a thread holds, and the short way for what it does again: each case
 * first repeats something until it is on that way, then does another thing
 * that must not pass for the same.
 */
#include "lockdep/held.h"
#include "lockdep/verdict.h"
#include "support/bugs.h"
#include "support/ck_main.h"
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

static DEFINE_MUTEX(a);
static DEFINE_MUTEX(b);
static DEFINE_MUTEX(c);
static DEFINE_RWSEM(sem);

static void setup(void)
{
	verdict_setup();
	catch_bugs();
}

static uint64_t key(void)
{
	return klock_held_self()->key;
}

static void again(struct mutex *outer, struct mutex *inner)
{
	for (int i = 0; i < 5; i++)
		nest(outer, inner);
	expect_silence();
}

START_TEST(stack_of_two_hundred_locks_is_complete)
{
	enum { N = 200 };
	static struct lock_class_key keys[N];
	static struct mutex locks[N];

	for (int i = 0; i < N; i++) {
		klock_mutex_init(&locks[i], "deep", &keys[i]);
		mutex_lock(&locks[i]);
	}
	ck_assert_int_eq(lockdep_depth(NULL), N);
	for (int i = 0; i < N; i++)
		ck_assert(lockdep_is_held(&locks[i]));
	for (int i = 0; i < N; i++)
		mutex_unlock(&locks[i]);
	ck_assert_int_eq(lockdep_depth(NULL), 0);
	ck_assert_uint_eq(key(), 0);
	expect_silence();
	/* The order of the first and the last is known through all that is in between. */
	nest(&locks[N - 1], &locks[0]);
	expect_report();
}
END_TEST

/* Random acquisitions in one order, and releases in any, beside a plain array. */
START_TEST(stack_agrees_with_what_is_held)
{
	enum { N = 48 };
	static struct lock_class_key keys[N];
	static struct mutex locks[N];
	bool held[N] = { false };
	int depth = 0, top = -1;

	for (int i = 0; i < N; i++)
		klock_mutex_init(&locks[i], "random", &keys[i]);
	srandom(7);
	for (int round = 0; round < 20000; round++) {
		int i = (int)(random() % N);

		if (held[i]) {
			mutex_unlock(&locks[i]);
			depth--;
		} else if (i > top) {
			mutex_lock(&locks[i]);
			depth++;
		} else {
			continue;
		}
		held[i] = !held[i];
		for (top = N - 1; top >= 0 && !held[top]; top--)
			;
		ck_assert_int_eq(lockdep_depth(NULL), depth);
		ck_assert(lockdep_is_held(&locks[i]) == held[i]);
	}
	for (int i = 0; i < N; i++) {
		ck_assert(lockdep_is_held(&locks[i]) == held[i]);
		if (held[i])
			mutex_unlock(&locks[i]);
	}
	ck_assert_uint_eq(key(), 0);
	expect_silence();
	expect_no_bug();
}
END_TEST

START_TEST(key_does_not_remember_what_was_released)
{
	uint64_t ac, abc;

	mutex_lock(&a);
	mutex_lock(&c);
	ac = key();
	mutex_unlock(&c);
	mutex_lock(&b);
	mutex_lock(&c);
	abc = key();
	ck_assert_uint_ne(abc, ac);
	mutex_unlock(&b);
	ck_assert_uint_eq(key(), ac);
	mutex_unlock(&a);
	mutex_unlock(&c);
	ck_assert_uint_eq(key(), 0);
}
END_TEST

START_TEST(key_of_a_downgraded_lock_is_a_readers)
{
	uint64_t read;

	down_read(&sem);
	read = key();
	up_read(&sem);
	down_write(&sem);
	ck_assert_uint_ne(key(), read);
	downgrade_write(&sem);
	ck_assert_uint_eq(key(), read);
	ck_assert(lockdep_is_held_type(&sem, 1));
	ck_assert(!lockdep_is_held_type(&sem, 0));
	up_read(&sem);
	expect_no_bug();
}
END_TEST

START_TEST(hold_is_found_in_its_mode)
{
	struct klock_held_stack *stack = klock_held_self();

	ck_assert_ptr_null(klock_held_find(stack, &sem.dep_map));
	down_read(&sem);
	ck_assert_ptr_nonnull(klock_held_find(stack, &sem.dep_map));
	ck_assert_ptr_nonnull(klock_held_find_mode(stack, &sem.dep_map, false));
	ck_assert_ptr_null(klock_held_find_mode(stack, &sem.dep_map, true));
	up_read(&sem);
	ck_assert_ptr_null(klock_held_find(stack, &sem.dep_map));
}
END_TEST

START_TEST(again_after_a_reset_is_a_first_time)
{
	again(&a, &b);
	lockdep_reset();
	again(&b, &a);
	nest(&a, &b);
	expect_report();
}
END_TEST

START_TEST(again_as_a_lock_of_another_class_is_a_first_time)
{
	static struct lock_class_key keys[2];
	struct mutex lock;

	klock_mutex_init(&lock, "first", &keys[0]);
	again(&a, &lock);
	klock_mutex_init(&lock, "second", &keys[1]);
	again(&lock, &a);
	klock_mutex_init(&lock, "first", &keys[0]);
	nest(&lock, &a);
	expect_report();
}
END_TEST

START_TEST(again_with_a_key_that_is_new_at_its_place_is_a_first_time)
{
	static struct lock_class_key heap_key;
	struct mutex lock;

	for (int i = 0; i < 5; i++) {
		lockdep_register_key(&heap_key);
		klock_mutex_init(&lock, "heap", &heap_key);
		if (i % 2)
			again(&a, &lock);
		else
			again(&lock, &a);
		lockdep_unregister_key(&heap_key);
	}
}
END_TEST

START_TEST(again_but_waited_for_is_not_what_was_tried)
{
	for (int i = 0; i < 5; i++) {
		mutex_lock(&a);
		ck_assert_int_eq(mutex_trylock(&b), 1);
		mutex_unlock(&b);
		mutex_unlock(&a);
	}
	again(&b, &a);
	nest(&a, &b);
	expect_report();
}
END_TEST

START_TEST(again_but_tried_is_not_what_was_waited_for)
{
	again(&a, &b);
	mutex_lock(&b);
	ck_assert_int_eq(mutex_trylock(&a), 1);
	mutex_unlock(&a);
	mutex_unlock(&b);
	expect_silence();
}
END_TEST

static void two_of_a_class(struct mutex *first, struct mutex *second, unsigned int subclass)
{
	mutex_lock(first);
	mutex_lock_nested(second, subclass);
	mutex_unlock(second);
	mutex_unlock(first);
}

START_TEST(again_at_another_level_is_a_first_time)
{
	static struct mutex locks[2];

	for (int i = 0; i < 2; i++)
		mutex_init(&locks[i]);
	for (int i = 0; i < 5; i++)
		two_of_a_class(&locks[0], &locks[1], 1);
	expect_silence();
	two_of_a_class(&locks[0], &locks[1], 0);
	expect_report();
}
END_TEST

START_TEST(again_without_the_nest_lock_is_a_first_time)
{
	static struct mutex locks[2];

	for (int i = 0; i < 2; i++)
		mutex_init(&locks[i]);
	for (int i = 0; i < 5; i++) {
		mutex_lock(&a);
		mutex_lock_nest_lock(&locks[0], &a);
		mutex_lock_nest_lock(&locks[1], &a);
		mutex_unlock(&locks[1]);
		mutex_unlock(&locks[0]);
		mutex_unlock(&a);
	}
	expect_silence();
	mutex_lock(&a);
	mutex_lock_nest_lock(&locks[0], &a);
	mutex_lock(&locks[1]);
	expect_report();
	mutex_unlock(&locks[1]);
	mutex_unlock(&locks[0]);
	mutex_unlock(&a);
}
END_TEST

START_TEST(again_for_writing_is_not_what_was_read)
{
	uint64_t read;

	for (int i = 0; i < 5; i++) {
		mutex_lock(&a);
		down_read(&sem);
		read = key();
		up_read(&sem);
		mutex_unlock(&a);
	}
	mutex_lock(&a);
	down_write(&sem);
	ck_assert_uint_ne(key(), read);
	ck_assert(lockdep_is_held_type(&sem, 0));
	up_read(&sem);
	expect_bug("release for reading of a lock that is held for writing", &sem, "sem");
	ck_assert(lockdep_is_held_type(&sem, 0));
	up_write(&sem);
	mutex_unlock(&a);
}
END_TEST

START_TEST(again_where_nothing_may_block_is_reported)
{
	again(&a, &b);
	non_block_start();
	ck_assert_int_eq(mutex_trylock(&a), 1);
	mutex_unlock(&a);
	expect_silence();
	mutex_lock(&a);
	expect_report();
	non_block_end();
	mutex_unlock(&a);
	again(&a, &b);
}
END_TEST

START_TEST(again_while_off_is_not_followed)
{
	again(&a, &b);
	lockdep_off();
	nest(&b, &a);
	mutex_lock(&a);
	ck_assert_int_eq(lockdep_depth(NULL), 0);
	mutex_unlock(&a);
	lockdep_on();
	expect_silence();
	again(&a, &b);
	nest(&b, &a);
	expect_report();
}
END_TEST

START_TEST(again_and_pinned_may_not_be_released)
{
	struct pin_cookie cookie;

	again(&a, &b);
	mutex_lock(&a);
	cookie = lockdep_pin_lock(&a);
	lockdep_unpin_lock(&a, cookie);
	mutex_unlock(&a);
	expect_silence();
	mutex_lock(&a);
	(void)lockdep_pin_lock(&a);
	mutex_unlock(&a);
	expect_report();
}
END_TEST

START_TEST(again_by_itself_is_still_recursion)
{
	for (int i = 0; i < 5; i++) {
		down_read(&sem);
		up_read(&sem);
	}
	down_read(&sem);
	ck_assert_int_eq(down_write_timeout(&sem, 1000), -ETIME);
	expect_report();
	up_read(&sem);
}
END_TEST

START_TEST(again_but_refused_is_not_held)
{
	for (int i = 0; i < 5; i++) {
		mutex_lock(&a);
		ck_assert_int_eq(mutex_trylock(&a), 0);
		ck_assert_int_eq(lockdep_depth(NULL), 1);
		mutex_unlock(&a);
		ck_assert_int_eq(lockdep_depth(NULL), 0);
	}
	expect_silence();
	expect_no_bug();
}
END_TEST

static Suite *held_suite(void)
{
	Suite *suite = suite_create("lockdep held");
	TCase *tc = tcase_create("held");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, stack_of_two_hundred_locks_is_complete);
	tcase_add_test(tc, stack_agrees_with_what_is_held);
	tcase_add_test(tc, key_does_not_remember_what_was_released);
	tcase_add_test(tc, key_of_a_downgraded_lock_is_a_readers);
	tcase_add_test(tc, hold_is_found_in_its_mode);
	tcase_add_test(tc, again_after_a_reset_is_a_first_time);
	tcase_add_test(tc, again_as_a_lock_of_another_class_is_a_first_time);
	tcase_add_test(tc, again_with_a_key_that_is_new_at_its_place_is_a_first_time);
	tcase_add_test(tc, again_but_waited_for_is_not_what_was_tried);
	tcase_add_test(tc, again_but_tried_is_not_what_was_waited_for);
	tcase_add_test(tc, again_at_another_level_is_a_first_time);
	tcase_add_test(tc, again_without_the_nest_lock_is_a_first_time);
	tcase_add_test(tc, again_for_writing_is_not_what_was_read);
	tcase_add_test(tc, again_where_nothing_may_block_is_reported);
	tcase_add_test(tc, again_while_off_is_not_followed);
	tcase_add_test(tc, again_and_pinned_may_not_be_released);
	tcase_add_test(tc, again_by_itself_is_still_recursion);
	tcase_add_test(tc, again_but_refused_is_not_held);
	suite_add_tcase(suite, tc);
	return suite;
}

CK_MAIN(held_suite())
