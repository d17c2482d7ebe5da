/* SPDX-License-Identifier: MIT */
/* A rw_semaphore whose readers use slots: when it is biased, or split, and until when. */
#include "annotate/watch.h"
#include "locks/bias_mode.h"
#include "locks/reader_bias.h"
#include "support/actor.h"
#include "support/bugs.h"
#include "support/ck_main.h"
#include "wait/slots.h"
#include "wait/task.h"
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

static void read_times(struct rw_semaphore *s, int n)
{
	while (n--) {
		down_read(s);
		up_read(s);
	}
}

/* As many as bring a bias, whatever its end may cost. */
static void read_many(struct rw_semaphore *s)
{
	read_times(s, klock_watched ? 500 : 50000);
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

static unsigned int credit(void)
{
	return (sem.spin & KLOCK_BIAS_CREDIT) / KLOCK_BIAS_CREDIT_ONE;
}

static void set_credit(unsigned int credit)
{
	sem.spin = (sem.spin & ~KLOCK_BIAS_CREDIT) | credit * KLOCK_BIAS_CREDIT_ONE;
}

static bool split(void)
{
	return sem.word & KLOCK_W_SPLIT;
}

/* Reads until it is so; a thread that loses its CPU meanwhile needs more. */
static void await_mode(uint32_t mode)
{
	bool never = klock_watched || klock_read_slots == klock_no_slots;

	for (int i = 0; i < (never ? 4 : 2000) && !(sem.word & mode); i++)
		read_times(&sem, KLOCK_BIAS_PERIOD);
}

/* As make_biased(), for a lock whose readers have not come often enough for that. */
static bool make_split(void)
{
	await_mode(KLOCK_W_SPLIT);
	ck_assert(split() == (!klock_watched && klock_read_slots != klock_no_slots));
	return split();
}

/* False: something watches, or there is no membarrier(2), and there never is a bias. */
static bool make_biased(void)
{
	await_mode(KLOCK_W_BIASED);
	if (klock_watched || klock_read_slots == klock_no_slots)
		ck_assert(!biased());
	else
		ck_assert(biased());
	return biased();
}

/* What holds in both modes is tested in each. */
#define MODES 2
static bool make_slots(int mode)
{
	return mode ? make_split() : make_biased();
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

START_TEST(slot_reads_write_nothing_to_the_lock)
{
	uint32_t word;

	if (!make_slots(_i))
		return;
	word = sem.word;
	actor_do(&a, read_lock, &sem);
	down_read(&sem);
	ck_assert_uint_eq(sem.word, word);
	ck_assert(rwsem_is_locked(&sem));
	rwsem_assert_held(&sem);
	up_read(&sem);
	ck_assert_int_eq(actor_do(&b, is_locked, &sem), 1);
	ck_assert_int_eq(actor_do(&b, write_try, &sem), 0);
	ck_assert_uint_eq(sem.word, word);
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

START_TEST(slot_killed_writer_leaves_it_as_it_was)
{
	uint32_t mode;

	if (!make_slots(_i))
		return;
	mode = sem.word & KLOCK_W_SLOTS;
	actor_do(&a, read_lock, &sem);
	actor_begin(&b, write_killable, &sem);
	await_waiters(&sem.spin, 1);
	actor_begin(&c, read_lock, &sem); /* behind the writer */
	await_waiters(&sem.word, 1);
	klock_kill(b.task);
	ck_assert_int_eq(actor_end(&b), -EINTR);
	actor_end(&c);
	ck_assert_uint_eq(sem.word & KLOCK_W_SLOTS, mode);
	actor_do(&a, read_unlock, &sem);
	actor_do(&c, read_unlock, &sem);
	klock_unkill(b.task);
	ck_assert(!rwsem_is_locked(&sem));
}
END_TEST

static long is_contended(void *s)
{
	return rwsem_is_contended(s);
}

/* For a reader that lets go when somebody waits: in a slot as where it is counted. */
START_TEST(slot_reader_sees_that_a_writer_waits)
{
	if (_i < MODES && !make_slots(_i))
		return;
	if (_i == MODES)
		klock_rwsem_allow_bias(&sem, false);
	actor_do(&a, read_lock, &sem);
	ck_assert(!rwsem_is_contended(&sem));
	ck_assert_int_eq(actor_do(&c, write_try, &sem), 0);
	ck_assert(!rwsem_is_contended(&sem)); /* who only tries does not wait */
	actor_begin(&b, write_killable, &sem);
	while (!actor_do(&a, is_contended, &sem)) /* awake, or asleep */
		nap_us(50);
	await_waiters(_i < MODES ? &sem.spin : &sem.word, 1);
	ck_assert(rwsem_is_contended(&sem));
	ck_assert(rwsem_is_locked(&sem));
	rwsem_assert_held(&sem);
	klock_kill(b.task);
	ck_assert_int_eq(actor_end(&b), -EINTR);
	ck_assert(!rwsem_is_contended(&sem));
	ck_assert(rwsem_is_locked(&sem));
	klock_unkill(b.task);
	actor_begin(&b, write_lock, &sem);
	await_waiters(_i < MODES ? &sem.spin : &sem.word, 1);
	actor_do(&a, read_unlock, &sem);
	actor_end(&b);
	ck_assert(!rwsem_is_contended(&sem)); /* it has the lock, and waits no more */
	actor_do(&b, write_unlock, &sem);
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

START_TEST(slot_hold_ends_in_another_thread)
{
	if (!make_slots(_i))
		return; /* what watches takes that for a mistake */
	actor_do(&a, read_lock, &sem);
	actor_do(&b, read_unlock, &sem);
	ck_assert(!rwsem_is_locked(&sem));
	ck_assert_int_eq(actor_do(&c, write_try, &sem), 1);
	actor_do(&c, write_unlock, &sem);
	ck_assert_uint_eq(sem.word, 0); /* from here on its readers are counted */
}
END_TEST

static long read_other_locks(void *s)
{
	read_times(s, 2 * KLOCK_BIAS_PERIOD); /* the slot is looked at when reads have run out */
	return 0;
}

START_TEST(slot_whose_hold_was_given_up_is_free_again)
{
	static struct rw_semaphore others[8 * KLOCK_READ_SLOTS];
	struct rw_semaphore *other = others;
	struct klock_task *task = klock_task_after(NULL);

	if (!make_slots(_i))
		return;
	actor_do(&a, read_lock, &sem);
	actor_do(&b, read_unlock, &sem);
	ck_assert_uint_eq(klock_drains, 1); /* the note: readers look for it when they leave */
	for (; task; task = klock_task_after(task))
		if (task->given_up[klock_slot_number(&sem.word)])
			break;
	ck_assert_ptr_nonnull(task);
	while (klock_slot_number(&other->word) != klock_slot_number(&sem.word))
		other++;
	init_rwsem(other);
	actor_do(&a, read_other_locks, other);
	ck_assert_uint_eq(klock_drains, 0);
	ck_assert_uint_eq(task->reading[klock_slot_number(&sem.word)], 0);
	ck_assert(!rwsem_is_locked(&sem));
}
END_TEST

/* Two releases of one hold: the second is reported, in each mode. */
START_TEST(slot_hold_given_up_twice_is_reported)
{
	if (!make_slots(_i))
		return;
	actor_do(&a, read_lock, &sem);
	actor_do(&b, read_unlock, &sem);
	actor_do(&a, read_unlock, &sem);
	expect_bug("release of a lock that nobody holds", &sem, "&sem");
	catch_bugs();
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

START_TEST(bias_that_is_ended_leaves_the_lock_split)
{
	if (!make_biased())
		return;
	write_once(&sem);
	ck_assert(!biased());
	ck_assert(split());
	ck_assert_uint_le(credit(), KLOCK_BIAS_FULL);
	make_biased();
	ck_assert(!split());
}
END_TEST

/* By a slot it might have to wake a writer, in the kernel. */
START_TEST(split_attempt_is_counted)
{
	uint32_t word;

	if (!make_split())
		return;
	word = sem.word;
	klock_reads_left = KLOCK_BIAS_PERIOD;
	ck_assert(down_read_trylock(&sem));
	ck_assert_uint_eq(sem.word, word + KLOCK_W_READER);
	up_read(&sem);
	klock_reads_left = 0; /* the next one comes out of line */
	ck_assert(down_read_trylock(&sem));
	ck_assert_uint_eq(sem.word & ~KLOCK_W_SLOTS, KLOCK_W_READER);
	up_read(&sem);
	ck_assert(!rwsem_is_locked(&sem));
}
END_TEST

START_TEST(split_writer_waits_for_readers_and_leaves_it_split)
{
	if (!make_split())
		return;
	actor_do(&a, read_lock, &sem);
	actor_begin(&b, write_lock, &sem);
	await_waiters(&sem.spin, 1);
	ck_assert(!down_read_trylock(&sem));
	actor_do(&a, read_unlock, &sem);
	actor_end(&b);
	ck_assert(!down_read_trylock(&sem));
	ck_assert(!down_write_trylock(&sem));
	ck_assert(split());
	actor_do(&b, write_unlock, &sem);
	ck_assert(split());
	ck_assert(down_read_trylock(&sem));
	up_read(&sem);
}
END_TEST

START_TEST(split_writer_becomes_a_reader)
{
	if (!make_split())
		return;
	down_write(&sem);
	downgrade_write(&sem);
	actor_do(&a, read_lock, &sem);
	ck_assert_int_eq(actor_do(&b, write_try, &sem), 0);
	up_read(&sem);
	ck_assert_int_eq(actor_do(&b, write_try, &sem), 0);
	actor_do(&a, read_unlock, &sem);
	ck_assert_int_eq(actor_do(&b, write_try, &sem), 1);
	actor_do(&b, write_unlock, &sem);
}
END_TEST

/* Each write costs a look at each open slot, and one more; eight reads pay for a look. */
START_TEST(split_lasts_while_reads_pay_for_writes)
{
	unsigned int before, cost = 1 + klock_nr_slots_open();

	if (!make_split())
		return;
	set_credit(2 * cost);
	write_once(&sem);
	ck_assert(split());
	ck_assert_uint_eq(credit(), cost);
	for (int i = 0; i < 100 && credit() == cost; i++)
		read_times(&sem, KLOCK_BIAS_PERIOD + 1);
	ck_assert_uint_eq(credit(), cost + KLOCK_BIAS_PERIOD / 8);
	set_credit(KLOCK_BIAS_FULL + 100);
	write_once(&sem);
	ck_assert_uint_eq(credit(), KLOCK_BIAS_FULL - cost); /* a write begins anew */
	before = price();
	set_credit(cost);
	write_once(&sem);
	ck_assert(!split());
	ck_assert_uint_eq(price(), before + 1);
}
END_TEST

START_TEST(split_that_does_not_pay_costs_more_reads)
{
	if (!make_split())
		return;
	for (unsigned int i = 1; i <= 4; i++) {
		sem.word |= KLOCK_W_SPLIT;
		set_credit(KLOCK_BIAS_FULL);
		read_times(&sem, 2 * KLOCK_BIAS_PERIOD); /* a good beginning changes nothing */
		set_credit(0);
		write_once(&sem);
		ck_assert_uint_eq(price(), i);
	}
	read_times(&sem, 10 * KLOCK_BIAS_PERIOD);
	ck_assert(!split()); /* sixteen samples are asked now */
	await_mode(KLOCK_W_SPLIT);
	ck_assert(split());
	make_biased();
	ck_assert_uint_eq(price(), 0);
}
END_TEST

START_TEST(split_price_has_an_end)
{
	if (!make_split())
		return;
	for (int i = 0; i < 20; i++) {
		sem.word |= KLOCK_W_SPLIT;
		set_credit(0);
		write_once(&sem);
	}
	ck_assert_uint_eq(price(), KLOCK_BIAS_PRICE_MAX);
	read_times(&sem, KLOCK_BIAS_PERIOD << KLOCK_BIAS_PRICE_MAX);
	ck_assert(!split());
	await_mode(KLOCK_W_SPLIT);
	ck_assert(split());
}
END_TEST

START_TEST(split_is_not_for_rare_reads)
{
	struct timespec pause = { .tv_nsec = KLOCK_BIAS_PERIOD * KLOCK_BIAS_RARE_NS };

	for (int i = 0; i < 40; i++) {
		read_times(&sem, KLOCK_BIAS_PERIOD / 2);
		nanosleep(&pause, NULL);
	}
	ck_assert(!split());
	make_split();
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
	ck_assert(!split());
	klock_rwsem_allow_bias(&sem, true);
	make_biased();
	klock_rwsem_allow_bias(&sem, false);
	write_once(&sem);
	read_many(&sem);
	ck_assert(!biased());
	ck_assert(!split());
}
END_TEST

static Suite *reader_bias_suite(void)
{
	Suite *suite = suite_create("reader bias");
	TCase *tc = tcase_create("reader bias");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, PATIENCE + 10);
	tcase_add_test(tc, bias_run_of_reads_brings_it);
	tcase_add_loop_test(tc, slot_reads_write_nothing_to_the_lock, 0, MODES);
	tcase_add_test(tc, bias_writer_ends_it_and_waits_for_readers);
	tcase_add_loop_test(tc, slot_killed_writer_leaves_it_as_it_was, 0, MODES);
	tcase_add_loop_test(tc, slot_reader_sees_that_a_writer_waits, 0, MODES + 1);
	tcase_add_test(tc, bias_late_writer_leaves_it_as_it_was);
	tcase_add_test(tc, bias_holds_beyond_the_slots_are_counted);
	tcase_add_loop_test(tc, slot_hold_ends_in_another_thread, 0, MODES);
	tcase_add_loop_test(tc, slot_whose_hold_was_given_up_is_free_again, 0, MODES);
	tcase_add_loop_test(tc, slot_hold_given_up_twice_is_reported, 0, MODES);
	tcase_add_test(tc, bias_release_of_what_nobody_holds_is_reported);
	tcase_add_test(tc, bias_destroy_while_read_is_reported);
	tcase_add_test(tc, bias_that_is_ended_leaves_the_lock_split);
	tcase_add_test(tc, split_attempt_is_counted);
	tcase_add_test(tc, split_writer_waits_for_readers_and_leaves_it_split);
	tcase_add_test(tc, split_writer_becomes_a_reader);
	tcase_add_test(tc, split_lasts_while_reads_pay_for_writes);
	tcase_add_test(tc, split_that_does_not_pay_costs_more_reads);
	tcase_add_test(tc, split_price_has_an_end);
	tcase_add_test(tc, split_is_not_for_rare_reads);
	tcase_add_test(tc, bias_number_of_reads_wraps);
	tcase_add_test(tc, bias_not_allowed_never_comes);
	suite_add_tcase(suite, tc);
	return suite;
}

CK_MAIN(reader_bias_suite())
