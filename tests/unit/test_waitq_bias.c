/* SPDX-License-Identifier: MIT */
/* Requests for writing, with IOCB_WAITQ, of a rw_semaphore that readers have in their slots. */
#include "annotate/watch.h"
#include "locks/reader_bias.h"
#include "support/actor.h"
#include "support/bugs.h"
#include "support/ck_main.h"
#include <klock.h>

static struct rw_semaphore sem;
static struct actor a, b, c;
static struct klock_waitq wq, second;
static int grants; /* of both */

static void granted(struct klock_waitq *w)
{
	(void)w;
	grants++;
}

static long read_lock(void *s)
{
	down_read(s);
	return 0;
}

static long read_unlock(void *s)
{
	up_read(s);
	return 0;
}

static long read_counted(void *s)
{
	down_read_non_owner(s);
	return 0;
}

static long unlock_counted(void *s)
{
	up_read_non_owner(s);
	return 0;
}

static long read_try(void *s)
{
	if (!down_read_trylock(s))
		return 0;
	up_read(s);
	return 1;
}

static long write_lock(void *s)
{
	down_write(s);
	return 0;
}

static long write_unlock(void *s)
{
	up_write(s);
	return 0;
}

static int ask(struct klock_waitq *w)
{
	struct kiocb iocb = { .ki_flags = IOCB_WAITQ, .ki_waitq = w };

	return iocb_write_lock(&iocb, &sem);
}

static bool biased(void)
{
	return sem.word & KLOCK_W_BIASED;
}

static uint32_t slots(void)
{
	return sem.word & KLOCK_W_SLOTS;
}

/*
 * Where something watches, or there is no membarrier(2), readers never use slots: then these
 * tests are of readers that are counted, and everything has to happen at the same times.
 */
static void make(uint32_t mode)
{
	bool never = klock_watched || klock_read_slots == klock_no_slots;

	for (int i = 0; i < (never ? 500 : 200000) && slots() != mode; i++) {
		down_read(&sem);
		up_read(&sem);
	}
	if (never)
		mode = 0;
	ck_assert_uint_eq(slots(), mode);
}

static void set_up(void)
{
	catch_bugs();
	init_rwsem(&sem);
	actor_init(&a);
	actor_init(&b);
	actor_init(&c);
	klock_waitq_init(&wq, granted, -1);
	klock_waitq_init(&second, granted, -1);
	grants = 0;
}

static void set_up_biased(void)
{
	set_up();
	make(KLOCK_W_BIASED);
}

static void set_up_split(void)
{
	set_up();
	make(KLOCK_W_SPLIT);
}

static void tear_down(void)
{
	ck_assert(!rwsem_is_locked(&sem));
	ck_assert_uint_eq(klock_drains, 0);
	expect_no_bug();
	actor_fini(&a);
	actor_fini(&b);
	actor_fini(&c);
}

START_TEST(waitq_writer_of_a_free_lock_has_it_at_once)
{
	ck_assert_int_eq(ask(&wq), 0);
	ck_assert(!biased());
	rwsem_assert_held_write(&sem);
	ck_assert_int_eq(actor_do(&a, read_try, &sem), 0);
	up_write(&sem);
	ck_assert_int_eq(actor_do(&a, read_try, &sem), 1);
	ck_assert_int_eq(grants, 0);
}
END_TEST

START_TEST(waitq_writer_is_granted_by_the_last_slot)
{
	actor_do(&a, read_lock, &sem);
	actor_do(&b, read_lock, &sem);
	ck_assert_int_eq(ask(&wq), -EIOCBQUEUED);
	actor_do(&a, read_unlock, &sem);
	ck_assert_int_eq(klock_waitq_claim(&wq), -EIOCBQUEUED);
	ck_assert_int_eq(grants, 0);
	actor_do(&b, read_unlock, &sem);
	ck_assert_int_eq(grants, 1);
	ck_assert(!biased());
	ck_assert_int_eq(klock_waitq_claim(&wq), 0);
	rwsem_assert_held_write(&sem);
	up_write(&sem);
}
END_TEST

START_TEST(waitq_writer_that_waits_for_slots_bars_newcomers)
{
	uint32_t had = slots();

	actor_do(&a, read_lock, &sem);
	ck_assert_int_eq(ask(&wq), -EIOCBQUEUED);
	if (had) { /* else newcomers may pass it, up to a bound */
		ck_assert_int_eq(actor_do(&b, read_try, &sem), 0);
		ck_assert(!down_write_trylock(&sem));
	}
	actor_do(&a, read_unlock, &sem);
	ck_assert_int_eq(klock_waitq_claim(&wq), 0);
	up_write(&sem);
	ck_assert_int_eq(actor_do(&b, read_try, &sem), 1);
}
END_TEST

START_TEST(waitq_writer_behind_a_counted_reader_waits_for_slots_too)
{
	actor_do(&a, read_counted, &sem);
	actor_do(&b, read_lock, &sem);
	ck_assert_int_eq(ask(&wq), -EIOCBQUEUED);
	actor_do(&a, unlock_counted, &sem);
	ck_assert_int_eq(grants, 0);
	ck_assert_int_eq(klock_waitq_claim(&wq), -EIOCBQUEUED);
	actor_do(&b, read_unlock, &sem);
	ck_assert_int_eq(grants, 1);
	ck_assert_int_eq(klock_waitq_claim(&wq), 0);
	up_write(&sem);
}
END_TEST

START_TEST(waitq_writer_behind_a_counted_reader_has_it_when_no_slot_is_taken)
{
	actor_do(&a, read_counted, &sem);
	ck_assert_int_eq(ask(&wq), -EIOCBQUEUED);
	actor_do(&a, unlock_counted, &sem);
	ck_assert_int_eq(grants, 1);
	ck_assert(!biased());
	ck_assert_int_eq(klock_waitq_claim(&wq), 0);
	up_write(&sem);
}
END_TEST

START_TEST(waitq_cancel_among_slots_leaves_the_lock_as_it_was)
{
	uint32_t had = slots();

	actor_do(&a, read_lock, &sem);
	ck_assert_int_eq(ask(&wq), -EIOCBQUEUED);
	ck_assert_int_eq(klock_waitq_cancel(&wq), 0);
	ck_assert_uint_eq(slots(), had);
	ck_assert_int_eq(actor_do(&b, read_try, &sem), 1);
	ck_assert_int_eq(ask(&wq), -EIOCBQUEUED);
	actor_do(&a, read_unlock, &sem);
	ck_assert_int_eq(grants, 1);
	ck_assert_int_eq(klock_waitq_cancel(&wq), -EALREADY);
	ck_assert_int_eq(klock_waitq_claim(&wq), 0);
	up_write(&sem);
}
END_TEST

START_TEST(waitq_cancel_among_slots_lets_sleepers_in)
{
	uint32_t had = slots();

	actor_do(&a, read_lock, &sem);
	ck_assert_int_eq(ask(&wq), -EIOCBQUEUED);
	actor_begin(&b, read_lock, &sem);
	if (had)
		await_waiters(&sem.word, 2);
	ck_assert_int_eq(klock_waitq_cancel(&wq), 0);
	actor_end(&b);
	actor_do(&b, read_unlock, &sem);
	actor_do(&a, read_unlock, &sem);
	ck_assert_int_eq(grants, 0);
}
END_TEST

START_TEST(waitq_cancel_among_slots_is_followed_by_the_next_request)
{
	actor_do(&a, read_lock, &sem);
	ck_assert_int_eq(ask(&wq), -EIOCBQUEUED);
	ck_assert_int_eq(ask(&second), -EIOCBQUEUED);
	ck_assert_int_eq(klock_waitq_cancel(&wq), 0);
	ck_assert_int_eq(grants, 0);
	actor_do(&a, read_unlock, &sem);
	ck_assert_int_eq(grants, 1);
	ck_assert_int_eq(klock_waitq_claim(&wq), -ECANCELED);
	ck_assert_int_eq(klock_waitq_claim(&second), 0);
	up_write(&sem);
}
END_TEST

START_TEST(waitq_writer_asleep_behind_one_that_waits_for_slots_is_next)
{
	actor_do(&a, read_lock, &sem);
	ck_assert_int_eq(ask(&wq), -EIOCBQUEUED);
	actor_begin(&b, write_lock, &sem);
	await_waiters(&sem.word, 2);
	actor_do(&a, read_unlock, &sem);
	ck_assert_int_eq(grants, 1);
	ck_assert(actor_busy(&b));
	ck_assert_int_eq(klock_waitq_claim(&wq), 0);
	up_write(&sem);
	actor_end(&b);
	actor_do(&b, write_unlock, &sem);
}
END_TEST

static TCase *tests_of(const char *mode, void (*set_up_mode)(void))
{
	TCase *tc = tcase_create(mode);

	tcase_add_checked_fixture(tc, set_up_mode, tear_down);
	tcase_set_timeout(tc, PATIENCE + 10);
	tcase_add_test(tc, waitq_writer_of_a_free_lock_has_it_at_once);
	tcase_add_test(tc, waitq_writer_is_granted_by_the_last_slot);
	tcase_add_test(tc, waitq_writer_that_waits_for_slots_bars_newcomers);
	tcase_add_test(tc, waitq_writer_behind_a_counted_reader_waits_for_slots_too);
	tcase_add_test(tc, waitq_writer_behind_a_counted_reader_has_it_when_no_slot_is_taken);
	tcase_add_test(tc, waitq_cancel_among_slots_leaves_the_lock_as_it_was);
	tcase_add_test(tc, waitq_cancel_among_slots_lets_sleepers_in);
	tcase_add_test(tc, waitq_cancel_among_slots_is_followed_by_the_next_request);
	tcase_add_test(tc, waitq_writer_asleep_behind_one_that_waits_for_slots_is_next);
	return tc;
}

static Suite *waitq_bias_suite(void)
{
	Suite *suite = suite_create("waitq_bias");

	suite_add_tcase(suite, tests_of("biased", set_up_biased));
	suite_add_tcase(suite, tests_of("split", set_up_split));
	return suite;
}

CK_MAIN(waitq_bias_suite())
