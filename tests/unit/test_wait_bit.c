/* SPDX-License-Identifier: MIT */
#include "support/actor.h"
#include "support/bugs.h"
#include "support/ck_main.h"
#include <errno.h>
#include <klock/wait_bit.h>
#include <sys/mman.h>

enum { LOCKED = 3, OTHER = 4, LAST = sizeof(long) * CHAR_BIT - 1 };

static unsigned long word;
static struct actor a, b, c;

static long lock(void *w)
{
	return wait_on_bit_lock(w, LOCKED, TASK_UNINTERRUPTIBLE);
}

static long lock_killable(void *w)
{
	return wait_on_bit_lock(w, LOCKED, TASK_KILLABLE);
}

static long wait_clear(void *w)
{
	return wait_on_bit(w, LOCKED, TASK_UNINTERRUPTIBLE);
}

static long wait_clear_killable(void *w)
{
	return wait_on_bit(w, LOCKED, TASK_KILLABLE);
}

static long wait_clear_interruptible(void *w)
{
	return wait_on_bit(w, LOCKED, TASK_INTERRUPTIBLE);
}

static long wait_other(void *w)
{
	return wait_on_bit(w, OTHER, TASK_UNINTERRUPTIBLE);
}

static long wait_briefly(void *w)
{
	return wait_on_bit_timeout(w, LOCKED, TASK_UNINTERRUPTIBLE, 2000000);
}

static long unlock(void *w)
{
	clear_bit_unlock(LOCKED, w);
	wake_up_bit(w, LOCKED);
	return 0;
}

static void setup(void)
{
	catch_bugs();
	word = 0;
	klock_bit_word_init(&word);
	actor_init(&a);
	actor_init(&b);
	actor_init(&c);
}

static void teardown(void)
{
	actor_fini(&a);
	actor_fini(&b);
	actor_fini(&c);
	klock_bit_word_exit(&word);
}

START_TEST(bit_lock_sets_its_bit_and_no_other)
{
	word = 1ul << OTHER;
	ck_assert_int_eq(actor_do(&a, lock, &word), 0);
	ck_assert_uint_eq(word, 1ul << OTHER | 1ul << LOCKED);
	ck_assert(test_and_set_bit_lock(LOCKED, &word));
	actor_do(&a, unlock, &word);
	ck_assert_uint_eq(word, 1ul << OTHER);
	ck_assert(!test_and_set_bit_lock(LOCKED, &word));
	clear_bit_unlock(LOCKED, &word);
}
END_TEST

START_TEST(bit_last_of_the_word_is_waited_for)
{
	ck_assert_int_eq(wait_on_bit_lock(&word, LAST, TASK_KILLABLE), 0);
	ck_assert_uint_eq(word, 1ul << LAST);
	ck_assert_int_eq(wait_on_bit_timeout(&word, LAST, TASK_KILLABLE, 1000), -EAGAIN);
	ck_assert_int_eq(wait_on_bit(&word, 0, TASK_KILLABLE), 0);
	clear_and_wake_up_bit(LAST, &word);
	ck_assert_int_eq(wait_on_bit(&word, LAST, TASK_KILLABLE), 0);
	expect_no_bug();
}
END_TEST

START_TEST(bit_cleared_wakes_all_that_wait_and_one_that_locks)
{
	actor_do(&a, lock, &word);
	actor_begin(&b, wait_clear, &word);
	await_waiters(&word, 1);
	actor_begin(&c, wait_clear_killable, &word);
	await_waiters(&word, 2);
	actor_do(&a, unlock, &word);
	ck_assert_int_eq(actor_end(&b), 0);
	ck_assert_int_eq(actor_end(&c), 0);
	ck_assert_uint_eq(word, 0); /* they waited, and took nothing */
	actor_do(&a, lock, &word);
	actor_begin(&b, lock, &word);
	await_waiters(&word, 1);
	actor_begin(&c, lock, &word);
	await_waiters(&word, 2);
	actor_do(&a, unlock, &word);
	ck_assert_int_eq(actor_end(&b), 0);
	ck_assert(actor_busy(&c));
	ck_assert_int_eq(waiters_for(&word), 1);
	actor_do(&b, unlock, &word);
	ck_assert_int_eq(actor_end(&c), 0);
	actor_do(&c, unlock, &word);
}
END_TEST

START_TEST(bit_waiters_of_another_bit_stay)
{
	word = 1ul << OTHER;
	actor_do(&a, lock, &word);
	actor_begin(&b, wait_other, &word);
	await_waiters(&word, 1);
	actor_begin(&c, wait_clear, &word);
	await_waiters(&word, 2);
	actor_do(&a, unlock, &word);
	ck_assert_int_eq(actor_end(&c), 0);
	ck_assert(actor_busy(&b));
	clear_and_wake_up_bit(OTHER, &word);
	ck_assert_int_eq(actor_end(&b), 0);
}
END_TEST

START_TEST(bit_still_set_keeps_its_waiters_asleep)
{
	actor_do(&a, lock, &word);
	actor_begin(&b, wait_clear, &word);
	await_waiters(&word, 1);
	wake_up_bit(&word, LOCKED); /* nothing was cleared */
	ck_assert_int_eq(waiters_for(&word), 1);
	actor_do(&a, unlock, &word);
	ck_assert_int_eq(actor_end(&b), 0);
}
END_TEST

START_TEST(bit_killed_locker_leaves_the_lock_to_the_next)
{
	actor_do(&a, lock, &word);
	actor_begin(&b, lock_killable, &word);
	await_waiters(&word, 1);
	actor_begin(&c, lock, &word);
	await_waiters(&word, 2);
	klock_kill(b.task);
	ck_assert_int_eq(actor_end(&b), -EINTR);
	klock_unkill(b.task);
	actor_do(&a, unlock, &word);
	ck_assert_int_eq(actor_end(&c), 0);
	ck_assert_uint_eq(word, 1ul << LOCKED);
	actor_do(&c, unlock, &word);
	ck_assert_uint_eq(word, 0);
}
END_TEST

START_TEST(bit_waits_end_as_their_mode_says)
{
	actor_do(&a, lock, &word);
	actor_begin(&b, wait_clear_interruptible, &word);
	await_waiters(&word, 1);
	klock_interrupt(b.task);
	ck_assert_int_eq(actor_end(&b), -EINTR);
	actor_begin(&b, wait_clear_killable, &word);
	await_waiters(&word, 1);
	klock_kill(b.task);
	ck_assert_int_eq(actor_end(&b), -EINTR);
	klock_unkill(b.task);
	ck_assert_int_eq(actor_do(&b, wait_briefly, &word), -EAGAIN);
	ck_assert_int_eq(wait_on_bit_lock_timeout(&word, LOCKED, TASK_KILLABLE, 0), -EAGAIN);
	actor_do(&a, unlock, &word);
	ck_assert_int_eq(actor_do(&b, wait_briefly, &word), 0);
	ck_assert_int_eq(waiters_for(&word), 0);
	expect_no_bug();
}
END_TEST

/*
 * Who clears a bit may find its word freed by the next that had it. More words than
 * there are buckets, so that some share that of one which is waited for.
 */
START_TEST(bit_wake_up_of_a_word_that_is_gone_does_not_read_it)
{
	enum { WORDS = 4096 };
	unsigned long *gone = mmap(NULL, WORDS * sizeof(*gone), PROT_NONE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_ne(gone, MAP_FAILED);
	actor_do(&a, lock, &word);
	actor_begin(&b, wait_clear, &word);
	await_waiters(&word, 1);
	for (int i = 0; i < WORDS; i++)
		wake_up_bit(&gone[i], LOCKED);
	actor_do(&a, unlock, &word);
	ck_assert_int_eq(actor_end(&b), 0);
	munmap(gone, WORDS * sizeof(*gone));
}
END_TEST

START_TEST(bit_operations_change_one_bit)
{
	set_bit(0, &word);
	set_bit(LAST, &word);
	ck_assert(test_bit(0, &word));
	ck_assert(test_bit(LAST, &word));
	ck_assert(!test_bit(1, &word));
	clear_bit(0, &word);
	ck_assert_uint_eq(word, 1ul << LAST);
	klock_set_bit_release(1, &word);
	ck_assert(test_bit_acquire(1, &word));
	ck_assert(!test_bit_acquire(2, &word));
}
END_TEST

START_TEST(bit_misuse_is_reported_and_refused)
{
	ck_assert_int_eq(wait_on_bit(&word, LAST + 1, TASK_KILLABLE), -EINVAL);
	expect_bug("no such bit in the word", &word, "(not initialised)");
	ck_assert_int_eq(wait_on_bit_lock(&word, -1, TASK_KILLABLE), -EINVAL);
	expect_bug("no such bit in the word", &word, "(not initialised)");
	wake_up_bit(&word, LAST + 1);
	expect_bug("no such bit in the word", &word, "(not initialised)");
	ck_assert_int_eq(wait_on_bit(&word, 0, 0x40), -EINVAL);
	expect_bug("no such way to wait", &word, "(not initialised)");
	ck_assert_int_eq(wait_on_bit_timeout(&word, 0, TASK_KILLABLE, -1), -EINVAL);
	expect_bug("a negative timeout", &word, "(not initialised)");
	ck_assert_uint_eq(word, 0);
}
END_TEST

static Suite *wait_bit_suite(void)
{
	Suite *suite = suite_create("wait_bit");
	TCase *tc = tcase_create("wait_bit");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, PATIENCE + 10);
	tcase_add_test(tc, bit_lock_sets_its_bit_and_no_other);
	tcase_add_test(tc, bit_last_of_the_word_is_waited_for);
	tcase_add_test(tc, bit_cleared_wakes_all_that_wait_and_one_that_locks);
	tcase_add_test(tc, bit_waiters_of_another_bit_stay);
	tcase_add_test(tc, bit_still_set_keeps_its_waiters_asleep);
	tcase_add_test(tc, bit_killed_locker_leaves_the_lock_to_the_next);
	tcase_add_test(tc, bit_waits_end_as_their_mode_says);
	tcase_add_test(tc, bit_wake_up_of_a_word_that_is_gone_does_not_read_it);
	tcase_add_test(tc, bit_operations_change_one_bit);
	tcase_add_test(tc, bit_misuse_is_reported_and_refused);
	suite_add_tcase(suite, tc);
	return suite;
}

CK_MAIN(wait_bit_suite())
