/* SPDX-License-Identifier: MIT */
/* A rw_semaphore that is biased towards its readers: when it becomes so, and what ends it. */
#include "annotate/watch.h"
#include "base/clock.h"
#include "locks/reader_bias.h"
#include "support/actor.h"
#include "support/bugs.h"
#include "support/ck_main.h"
#include <errno.h>
#include <klock/rwsem.h>
#include <time.h>

static struct rw_semaphore sem;
static struct actor a, b, c;

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

static long read_many(void *s)
{
	for (int i = 0; i < 4 * KLOCK_BIAS_PERIOD; i++) {
		down_read(s);
		up_read(s);
	}
	return 0;
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

static long write_once(void *s)
{
	down_write(s);
	up_write(s);
	return 0;
}

static long write_try(void *s)
{
	return down_write_trylock(s);
}

static long write_killable(void *s)
{
	return down_write_killable(s);
}

static long is_locked(void *s)
{
	return rwsem_is_locked(s);
}

static bool biased(void)
{
	return sem.word & KLOCK_W_BIASED;
}

static unsigned int price(void)
{
	return (sem.spin & KLOCK_BIAS_PRICE) >> KLOCK_BIAS_PRICE_SHIFT;
}

/* A bias that a writer finds to be worth its end, or not yet. */
static void bias_that_has_paid(bool paid)
{
	/* As far ahead as can be: whoever runs in between does not make it the past. */
	int64_t pays = klock_now_ns() + (paid ? 0 : KLOCK_BIAS_PAID_NS - 100000);

	sem.spin &= ~KLOCK_BIAS_CREDIT;
	sem.spin |= (uint32_t)(pays >> KLOCK_BIAS_TIME_SHIFT) * KLOCK_BIAS_CREDIT_ONE &
		    KLOCK_BIAS_CREDIT;
	sem.word |= KLOCK_W_BIASED;
}

/* False: something watches, or there is no membarrier(2), and there never is a bias. */
static bool make_biased(void)
{
	read_many(&sem);
	if (klock_watched || klock_read_slots == klock_no_slots)
		ck_assert(!biased());
	else
		ck_assert(biased());
	return biased();
}

static void set_up(void)
{
	catch_bugs();
	init_rwsem(&sem);
	actor_init(&a);
	actor_init(&b);
	actor_init(&c);
}

static void tear_down(void)
{
	actor_fini(&a);
	actor_fini(&b);
	actor_fini(&c);
	ck_assert_int_eq(bugs.count, 0);
}

START_TEST(bias_run_of_reads_brings_it)
{
	for (int i = 0; i < 3; i++) {
		down_read(&sem);
		up_read(&sem);
	}
	ck_assert(!biased());
	make_biased();
	ck_assert(!rwsem_is_locked(&sem));
}
END_TEST

START_TEST(bias_readers_write_nothing_to_the_lock)
{
	uint32_t word;

	if (!make_biased())
		return;
	word = sem.word;
	actor_do(&a, read_lock, &sem);
	down_read(&sem);
	ck_assert_uint_eq(sem.word, word);
	ck_assert(rwsem_is_locked(&sem));
	rwsem_assert_held(&sem);
	up_read(&sem);
	ck_assert_int_eq(actor_do(&b, is_locked, &sem), 1);
	actor_do(&a, read_unlock, &sem);
	ck_assert(!rwsem_is_locked(&sem));
}
END_TEST

START_TEST(bias_writer_ends_it_and_waits_for_readers)
{
	make_biased();
	actor_do(&a, read_lock, &sem);
	ck_assert_int_eq(actor_do(&b, write_try, &sem), 0);
	actor_begin(&b, write_lock, &sem);
	await_waiters(sem.word & KLOCK_W_BIASED ? &sem.spin : &sem.word, 1);
	ck_assert(actor_busy(&b));
	actor_do(&a, read_unlock, &sem);
	actor_end(&b);
	ck_assert(!biased());
	ck_assert(!down_read_trylock(&sem));
	actor_do(&b, write_unlock, &sem);
	ck_assert(down_read_trylock(&sem));
	up_read(&sem);
}
END_TEST

START_TEST(bias_killed_writer_leaves_it_as_it_was)
{
	if (!make_biased())
		return;
	actor_do(&a, read_lock, &sem);
	actor_begin(&b, write_killable, &sem);
	await_waiters(&sem.spin, 1);
	actor_begin(&c, read_lock, &sem); /* behind the writer */
	await_waiters(&sem.word, 1);
	klock_kill(b.task);
	ck_assert_int_eq(actor_end(&b), -EINTR);
	actor_end(&c);
	ck_assert(biased());
	actor_do(&a, read_unlock, &sem);
	actor_do(&c, read_unlock, &sem);
	klock_unkill(b.task);
	ck_assert(!rwsem_is_locked(&sem));
}
END_TEST

START_TEST(bias_late_writer_leaves_it_as_it_was)
{
	if (!make_biased())
		return;
	actor_do(&a, read_lock, &sem);
	ck_assert_int_eq(down_write_timeout(&sem, 1000000), -ETIME);
	ck_assert_int_eq(down_write_timeout(&sem, 0), -ETIME);
	ck_assert_int_eq(down_write_trylock(&sem), 0);
	ck_assert(biased());
	actor_do(&a, read_unlock, &sem);
	ck_assert_int_eq(down_write_trylock(&sem), 1);
	ck_assert(!biased());
	up_write(&sem);
}
END_TEST

START_TEST(bias_holds_beyond_the_slots_are_counted)
{
	static struct lock_class_key keys[KLOCK_READ_SLOTS + 1];
	struct rw_semaphore many[KLOCK_READ_SLOTS + 1];

	for (int i = 0; i <= KLOCK_READ_SLOTS; i++) {
		__init_rwsem(&many[i], "one of many", &keys[i]);
		read_many(&many[i]);
	}
	for (int i = 0; i <= KLOCK_READ_SLOTS; i++)
		down_read(&many[i]); /* more locks than slots */
	for (int i = 0; i <= KLOCK_READ_SLOTS; i++)
		ck_assert_int_eq(actor_do(&a, write_try, &many[i]), 0);
	for (int i = 0; i <= KLOCK_READ_SLOTS; i++)
		up_read(&many[i]);
	for (int i = 0; i <= KLOCK_READ_SLOTS; i++) {
		ck_assert_int_eq(actor_do(&a, write_try, &many[i]), 1);
		actor_do(&a, write_unlock, &many[i]);
	}
}
END_TEST

START_TEST(bias_hold_ends_in_another_thread)
{
	if (!make_biased())
		return; /* what watches takes that for a mistake */
	actor_do(&a, read_lock, &sem);
	actor_do(&b, read_unlock, &sem);
	ck_assert(!rwsem_is_locked(&sem));
	ck_assert_int_eq(actor_do(&c, write_try, &sem), 1);
	actor_do(&c, write_unlock, &sem);
}
END_TEST

START_TEST(bias_release_of_what_nobody_holds_is_reported)
{
	make_biased();
	up_read(&sem);
	expect_bug("release of a lock that nobody holds", &sem, "&sem");
	catch_bugs();
}
END_TEST

START_TEST(bias_destroy_while_read_is_reported)
{
	make_biased();
	actor_do(&a, read_lock, &sem);
	klock_rwsem_destroy(&sem);
	expect_bug("a lock is destroyed while it is held or waited for", &sem, "&sem");
	catch_bugs();
	actor_do(&a, read_unlock, &sem);
}
END_TEST

START_TEST(bias_that_is_ended_early_costs_more_reads)
{
	if (!make_biased())
		return;
	for (unsigned int i = 1; i <= 4; i++) {
		bias_that_has_paid(false);
		write_once(&sem);
		ck_assert_uint_eq(price(), i);
	}
	read_many(&sem);
	ck_assert(!biased()); /* sixteen are asked now, and there were four */
	for (int i = 0; i < 4; i++)
		read_many(&sem);
	ck_assert(biased());
	bias_that_has_paid(true);
	write_once(&sem);
	ck_assert_uint_eq(price(), 2);
}
END_TEST

START_TEST(bias_that_lasts_has_paid)
{
	struct timespec longer = { .tv_nsec = KLOCK_BIAS_PAID_NS + 20000000 };

	if (!make_biased())
		return;
	for (unsigned int i = 1; i <= 4; i++) {
		bias_that_has_paid(false);
		write_once(&sem);
	}
	for (int i = 0; i < 5; i++)
		read_many(&sem);
	ck_assert(biased());
	nanosleep(&longer, NULL); /* as long as the slowest readers would take */
	write_once(&sem);
	ck_assert_uint_eq(price(), 2);
}
END_TEST

/* Where something watches no read is to go by it, though it is counted down for ever. */
START_TEST(bias_number_of_reads_wraps)
{
	klock_reads_left = (uint32_t)INT32_MIN;
	down_read(&sem);
	up_read(&sem);
	ck_assert(!rwsem_is_locked(&sem));
	klock_reads_left = 0;
}
END_TEST

START_TEST(bias_not_allowed_never_comes)
{
	klock_rwsem_allow_bias(&sem, false);
	read_many(&sem);
	ck_assert(!biased());
	klock_rwsem_allow_bias(&sem, true);
	make_biased();
	klock_rwsem_allow_bias(&sem, false);
	write_once(&sem);
	read_many(&sem);
	ck_assert(!biased());
}
END_TEST

static Suite *reader_bias_suite(void)
{
	Suite *suite = suite_create("reader bias");
	TCase *tc = tcase_create("reader bias");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, PATIENCE + 10);
	tcase_add_test(tc, bias_run_of_reads_brings_it);
	tcase_add_test(tc, bias_readers_write_nothing_to_the_lock);
	tcase_add_test(tc, bias_writer_ends_it_and_waits_for_readers);
	tcase_add_test(tc, bias_killed_writer_leaves_it_as_it_was);
	tcase_add_test(tc, bias_late_writer_leaves_it_as_it_was);
	tcase_add_test(tc, bias_holds_beyond_the_slots_are_counted);
	tcase_add_test(tc, bias_hold_ends_in_another_thread);
	tcase_add_test(tc, bias_release_of_what_nobody_holds_is_reported);
	tcase_add_test(tc, bias_destroy_while_read_is_reported);
	tcase_add_test(tc, bias_that_is_ended_early_costs_more_reads);
	tcase_add_test(tc, bias_that_lasts_has_paid);
	tcase_add_test(tc, bias_number_of_reads_wraps);
	tcase_add_test(tc, bias_not_allowed_never_comes);
	suite_add_tcase(suite, tc);
	return suite;
}

CK_MAIN(reader_bias_suite())
