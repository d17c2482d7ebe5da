/* SPDX-License-Identifier: MIT */
/* Requests that wait for a bit, with IOCB_WAITQ: to be clear, or to be set on their behalf. */
#include "support/actor.h"
#include "support/bugs.h"
#include "support/ck_main.h"
#include <klock.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { LOCKED = 3, OTHER = 4, LAST = sizeof(long) * CHAR_BIT - 1 };

static unsigned long word;
static struct actor sleeper;
static struct klock_waitq wq[3];
static int told[3];

static void granted(struct klock_waitq *w)
{
	told[w - wq]++;
}

static void set_up(void)
{
	catch_bugs();
	word = 0;
	klock_bit_word_init(&word);
	actor_init(&sleeper);
	for (int i = 0; i < 3; i++) {
		klock_waitq_init(&wq[i], granted, -1);
		told[i] = 0;
	}
}

static void tear_down(void)
{
	expect_no_bug();
	actor_fini(&sleeper);
	klock_bit_word_exit(&word);
}

static int ask_clear(int bit, struct klock_waitq *w)
{
	struct kiocb iocb = { .ki_flags = IOCB_WAITQ, .ki_waitq = w };

	return iocb_wait_on_bit(&iocb, &word, bit);
}

static int ask_lock(int bit, struct klock_waitq *w)
{
	struct kiocb iocb = { .ki_flags = IOCB_WAITQ, .ki_waitq = w };

	return iocb_wait_on_bit_lock(&iocb, &word, bit);
}

static long lock(void *unused)
{
	(void)unused;
	return wait_on_bit_lock(&word, LOCKED, TASK_KILLABLE);
}

static long wait_clear(void *unused)
{
	(void)unused;
	return wait_on_bit(&word, LOCKED, TASK_KILLABLE);
}

static long unlock(void *unused)
{
	(void)unused;
	clear_and_wake_up_bit(LOCKED, &word);
	return 0;
}

START_TEST(waitq_bit_that_is_clear_is_no_wait)
{
	ck_assert_int_eq(ask_clear(LOCKED, &wq[0]), 0);
	ck_assert_uint_eq(word, 0);
	ck_assert_int_eq(ask_lock(LAST, &wq[0]), 0);
	ck_assert_uint_eq(word, 1ul << LAST);
	ck_assert_int_eq(told[0], 0);
}
END_TEST

START_TEST(waitq_bit_cleared_tells_all_that_wait_for_that)
{
	set_bit(LOCKED, &word);
	ck_assert_int_eq(ask_clear(LOCKED, &wq[0]), -EIOCBQUEUED);
	actor_begin(&sleeper, wait_clear, NULL);
	await_waiters(&word, 2);
	ck_assert_int_eq(ask_clear(LOCKED, &wq[1]), -EIOCBQUEUED);
	ck_assert_int_eq(klock_waitq_claim(&wq[0]), -EIOCBQUEUED);
	clear_and_wake_up_bit(LOCKED, &word);
	ck_assert_int_eq(actor_end(&sleeper), 0);
	ck_assert_int_eq(told[0], 1);
	ck_assert_int_eq(told[1], 1);
	ck_assert_uint_eq(word, 0); /* they waited, and took nothing */
	set_bit(LOCKED, &word);	    /* by the next one, before the claims: they look, and retry */
	ck_assert_int_eq(klock_waitq_claim(&wq[0]), 0);
	ck_assert_int_eq(ask_clear(LOCKED, &wq[0]), -EIOCBQUEUED);
	ck_assert_int_eq(klock_waitq_claim(&wq[1]), 0);
	ck_assert_int_eq(klock_waitq_cancel(&wq[0]), 0);
	ck_assert_int_eq(waiters_for(&word), 0);
}
END_TEST

START_TEST(waitq_bit_is_set_for_one_request_at_a_time)
{
	set_bit(LOCKED, &word);
	ck_assert_int_eq(ask_lock(LOCKED, &wq[0]), -EIOCBQUEUED);
	ck_assert_int_eq(ask_lock(LOCKED, &wq[1]), -EIOCBQUEUED);
	ck_assert_int_eq(ask_clear(LOCKED, &wq[2]), -EIOCBQUEUED);
	clear_and_wake_up_bit(LOCKED, &word);
	ck_assert_int_eq(told[0], 1);
	ck_assert_int_eq(told[1], 0);
	ck_assert_int_eq(told[2], 1);
	ck_assert(test_bit(LOCKED, &word));
	ck_assert_int_eq(klock_waitq_claim(&wq[2]), 0);
	ck_assert_int_eq(klock_waitq_claim(&wq[0]), 0);
	clear_and_wake_up_bit(LOCKED, &word);
	ck_assert_int_eq(told[1], 1);
	ck_assert(test_bit(LOCKED, &word));
	ck_assert_int_eq(klock_waitq_cancel(&wq[1]), -EALREADY);
	ck_assert_int_eq(klock_waitq_claim(&wq[1]), 0);
	clear_and_wake_up_bit(LOCKED, &word);
	ck_assert_uint_eq(word, 0);
}
END_TEST

START_TEST(waitq_bit_set_by_a_newcomer_keeps_the_place_of_a_request)
{
	set_bit(LOCKED, &word);
	ck_assert_int_eq(ask_lock(LOCKED, &wq[0]), -EIOCBQUEUED);
	clear_bit_unlock(LOCKED, &word);
	ck_assert(!test_and_set_bit_lock(LOCKED, &word)); /* before the wake-up */
	wake_up_bit(&word, LOCKED);
	ck_assert_int_eq(told[0], 0);
	ck_assert_int_eq(waiters_for(&word), 1);
	clear_and_wake_up_bit(LOCKED, &word);
	ck_assert_int_eq(told[0], 1);
	ck_assert_int_eq(klock_waitq_claim(&wq[0]), 0);
}
END_TEST

START_TEST(waitq_bit_of_another_number_is_left_alone)
{
	word = 1ul << LOCKED | 1ul << OTHER;
	ck_assert_int_eq(ask_clear(OTHER, &wq[0]), -EIOCBQUEUED);
	ck_assert_int_eq(ask_lock(OTHER, &wq[1]), -EIOCBQUEUED);
	clear_and_wake_up_bit(LOCKED, &word);
	wake_up_bit(&word, OTHER); /* nothing was cleared */
	ck_assert_int_eq(told[0] + told[1], 0);
	clear_and_wake_up_bit(OTHER, &word);
	ck_assert_int_eq(told[0], 1);
	ck_assert_int_eq(told[1], 1);
	ck_assert_uint_eq(word, 1ul << OTHER);
	ck_assert_int_eq(klock_waitq_claim(&wq[0]), 0);
	ck_assert_int_eq(klock_waitq_claim(&wq[1]), 0);
}
END_TEST

START_TEST(waitq_bit_left_by_a_killed_sleeper_goes_to_the_request)
{
	set_bit(LOCKED, &word);
	actor_begin(&sleeper, lock, NULL);
	await_waiters(&word, 1);
	ck_assert_int_eq(ask_lock(LOCKED, &wq[0]), -EIOCBQUEUED);
	klock_kill(sleeper.task);
	ck_assert_int_eq(actor_end(&sleeper), -EINTR);
	klock_unkill(sleeper.task);
	ck_assert_int_eq(told[0], 0);
	clear_and_wake_up_bit(LOCKED, &word);
	ck_assert_int_eq(told[0], 1);
	ck_assert_int_eq(klock_waitq_claim(&wq[0]), 0);
}
END_TEST

START_TEST(waitq_bit_left_by_a_cancelled_request_goes_to_the_next)
{
	set_bit(LOCKED, &word);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(ask_lock(LOCKED, &wq[i]), -EIOCBQUEUED);
	ck_assert_int_eq(ask_clear(LOCKED, &wq[2]), -EIOCBQUEUED);
	clear_bit_unlock(LOCKED, &word); /* its wake-up is still to come */
	ck_assert_int_eq(klock_waitq_cancel(&wq[0]), 0);
	ck_assert_int_eq(told[0], 0);
	ck_assert_int_eq(told[1], 1);
	ck_assert_int_eq(told[2], 1);
	wake_up_bit(&word, LOCKED);
	for (int i = 1; i < 3; i++)
		ck_assert_int_eq(klock_waitq_claim(&wq[i]), 0);
}
END_TEST

START_TEST(waitq_bit_is_told_of_by_eventfd)
{
	int fd = eventfd(0, EFD_NONBLOCK);
	uint64_t n = 0;

	klock_waitq_init(&wq[0], NULL, fd);
	set_bit(LOCKED, &word);
	ck_assert_int_eq(ask_lock(LOCKED, &wq[0]), -EIOCBQUEUED);
	ck_assert_int_lt((int)read(fd, &n, sizeof(n)), 0);
	actor_do(&sleeper, unlock, NULL);
	ck_assert_int_eq((int)read(fd, &n, sizeof(n)), sizeof(n));
	ck_assert_int_eq((int)n, 1);
	ck_assert_int_eq(klock_waitq_claim(&wq[0]), 0);
	clear_and_wake_up_bit(LOCKED, &word);
	close(fd);
}
END_TEST

static long by_flags(void *flags)
{
	struct kiocb iocb = { .ki_flags = *(int *)flags };
	int err = iocb_wait_on_bit(&iocb, &word, LOCKED);

	return err ? err : iocb_wait_on_bit_lock(&iocb, &word, LOCKED);
}

START_TEST(iocb_bit_is_waited_for_as_flags_say)
{
	int killable = 0, nowait = IOCB_NOWAIT;

	set_bit(LOCKED, &word);
	ck_assert_int_eq(actor_do(&sleeper, by_flags, &nowait), -EAGAIN);
	actor_begin(&sleeper, by_flags, &killable);
	await_waiters(&word, 1);
	klock_kill(sleeper.task);
	ck_assert_int_eq(actor_end(&sleeper), -EINTR);
	klock_unkill(sleeper.task);
	clear_and_wake_up_bit(LOCKED, &word);
	ck_assert_int_eq(actor_do(&sleeper, by_flags, &nowait), 0);
	ck_assert_uint_eq(word, 1ul << LOCKED);
}
END_TEST

START_TEST(waitq_bit_misuse_is_reported_and_refused)
{
	ck_assert_int_eq(ask_clear(LAST + 1, &wq[0]), -EINVAL);
	expect_bug("no such bit in the word", &word, "(not initialised)");
	ck_assert_int_eq(ask_lock(-1, &wq[0]), -EINVAL);
	expect_bug("no such bit in the word", &word, "(not initialised)");
	ck_assert_int_eq(klock_waitq_claim(&wq[0]), -EINVAL);
	bugs.count = 0;
	ck_assert_uint_eq(word, 0);
}
END_TEST

static Suite *waitq_bit_suite(void)
{
	Suite *suite = suite_create("waitq_bit");
	TCase *tc = tcase_create("waitq_bit");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, PATIENCE + 10);
	tcase_add_test(tc, waitq_bit_that_is_clear_is_no_wait);
	tcase_add_test(tc, waitq_bit_cleared_tells_all_that_wait_for_that);
	tcase_add_test(tc, waitq_bit_is_set_for_one_request_at_a_time);
	tcase_add_test(tc, waitq_bit_set_by_a_newcomer_keeps_the_place_of_a_request);
	tcase_add_test(tc, waitq_bit_of_another_number_is_left_alone);
	tcase_add_test(tc, waitq_bit_left_by_a_killed_sleeper_goes_to_the_request);
	tcase_add_test(tc, waitq_bit_left_by_a_cancelled_request_goes_to_the_next);
	tcase_add_test(tc, waitq_bit_is_told_of_by_eventfd);
	tcase_add_test(tc, iocb_bit_is_waited_for_as_flags_say);
	tcase_add_test(tc, waitq_bit_misuse_is_reported_and_refused);
	suite_add_tcase(suite, tc);
	return suite;
}

CK_MAIN(waitq_bit_suite())
