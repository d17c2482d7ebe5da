/* SPDX-License-Identifier: MIT */
/* Locks taken as the flags of a request ask. */
#include "support/actor.h"
#include "support/asked_locks.h"
#include "support/ck_main.h"
#include <sys/uio.h>

static struct kiocb blocking, nowait;
static struct actor holder, waiter;

static void set_up(void)
{
	blocking = (struct kiocb){ .ki_flags = 0 };
	nowait = (struct kiocb){ .ki_flags = IOCB_NOWAIT };
	asked_locks_init();
	actor_init(&holder);
	actor_init(&waiter);
}

static void tear_down(void)
{
	actor_fini(&holder);
	actor_fini(&waiter);
	asked_locks_exit();
}

/* By request, and by the flags of an iomap operation, which take no bits. */
enum { NR_IOMAP_KINDS = SEMAPHORE + 1 };

static int by_iocb(int kind, const struct kiocb *iocb)
{
	return take(kind, iocb->ki_flags, NULL);
}

static int by_iomap(int kind, unsigned int flags)
{
	switch (kind) {
	case READ:
		return iomap_read_lock(flags, &rwsem);
	case WRITE:
		return iomap_write_lock(flags, &rwsem);
	case MUTEX:
		return iomap_mutex_lock(flags, &mutex);
	default:
		return iomap_down(flags, &semaphore);
	}
}

/* For each kind, the kind of hold that conflicts with it. */
static const int against[NR_IOMAP_KINDS] = { WRITE, WRITE, MUTEX, SEMAPHORE };

static long hold_against(void *kind)
{
	return by_iocb(against[*(int *)kind], &blocking);
}

static long give_up(void *kind)
{
	give(against[*(int *)kind]);
	return 0;
}

static const void *word_of(int kind)
{
	switch (kind) {
	case MUTEX:
		return &mutex.word;
	case SEMAPHORE:
		return &semaphore.word;
	default:
		return &rwsem.word;
	}
}

static long wait_by_iocb(void *kind)
{
	return by_iocb(*(int *)kind, &blocking);
}

static long give_back(void *kind)
{
	give(*(int *)kind);
	return 0;
}

static long wait_by_iomap(void *kind)
{
	return by_iomap(*(int *)kind, 0);
}

START_TEST(iocb_free_lock_is_held_on_zero)
{
	ck_assert_int_eq(by_iocb(_i, &blocking), 0);
	ck_assert_int_eq(by_iomap(_i, IOMAP_NOWAIT), _i == READ ? 0 : -EAGAIN);
	if (_i == READ)
		give(_i);
	give(_i);
	ck_assert_int_eq(by_iocb(_i, &nowait), 0);
	give(_i);
	ck_assert_int_eq(by_iomap(_i, 0), 0);
	give(_i);
}
END_TEST

START_TEST(iocb_nowait_on_a_held_lock_says_eagain)
{
	ck_assert_int_eq(actor_do(&holder, hold_against, &_i), 0);
	ck_assert_int_eq(by_iocb(_i, &nowait), -EAGAIN);
	ck_assert_int_eq(by_iomap(_i, IOMAP_NOWAIT | IOMAP_WRITE), -EAGAIN);
	actor_do(&holder, give_up, &_i);
	ck_assert_int_eq(by_iocb(_i, &nowait), 0);
	give(_i);
}
END_TEST

START_TEST(iocb_blocking_waits_for_a_held_lock)
{
	actor_do(&holder, hold_against, &_i);
	actor_begin(&waiter, wait_by_iocb, &_i);
	await_waiters(word_of(_i), 1);
	actor_do(&holder, give_up, &_i);
	ck_assert_int_eq(actor_end(&waiter), 0);
	actor_do(&waiter, give_back, &_i);
}
END_TEST

START_TEST(iocb_killed_waiter_says_eintr)
{
	actor_do(&holder, hold_against, &_i);
	actor_begin(&waiter, wait_by_iocb, &_i);
	await_waiters(word_of(_i), 1);
	klock_kill(waiter.task);
	ck_assert_int_eq(actor_end(&waiter), -EINTR);
	ck_assert_int_eq(actor_do(&waiter, wait_by_iomap, &_i), -EINTR);
	klock_unkill(waiter.task);
	actor_do(&holder, give_up, &_i);
	ck_assert_int_eq(actor_do(&waiter, wait_by_iomap, &_i), 0);
	actor_do(&waiter, give_back, &_i);
}
END_TEST

START_TEST(iocb_interrupt_does_not_end_a_killable_wait)
{
	actor_do(&holder, hold_against, &_i);
	actor_begin(&waiter, wait_by_iocb, &_i);
	await_waiters(word_of(_i), 1);
	klock_interrupt(waiter.task);
	actor_do(&holder, give_up, &_i);
	ck_assert_int_eq(actor_end(&waiter), 0);
	actor_do(&waiter, give_back, &_i);
}
END_TEST

START_TEST(rw_flags_known_ones_become_iocb_flags)
{
	struct kiocb ki = { .ki_flags = IOCB_DIRECT };

	ck_assert_int_eq(kiocb_set_rw_flags(&ki, 0), 0);
	ck_assert_int_eq(ki.ki_flags, IOCB_DIRECT);
	ck_assert_int_eq(kiocb_set_rw_flags(&ki, KLOCK_RWF_APPEND | KLOCK_RWF_HIPRI), 0);
	ck_assert_int_eq(ki.ki_flags, IOCB_DIRECT | IOCB_APPEND | IOCB_HIPRI);
}
END_TEST

START_TEST(rw_flags_nowait_brings_noio)
{
	struct kiocb ki = { .ki_flags = 0 };

	ck_assert_int_eq(kiocb_set_rw_flags(&ki, KLOCK_RWF_NOWAIT), 0);
	ck_assert_int_eq(ki.ki_flags, IOCB_NOWAIT | IOCB_NOIO);
}
END_TEST

START_TEST(rw_flags_sync_brings_dsync)
{
	struct kiocb ki = { .ki_flags = 0 };

	ck_assert_int_eq(kiocb_set_rw_flags(&ki, KLOCK_RWF_SYNC), 0);
	ck_assert_int_eq(ki.ki_flags, IOCB_SYNC | IOCB_DSYNC);
}
END_TEST

START_TEST(rw_flags_unknown_one_is_refused_and_changes_nothing)
{
	struct kiocb ki = { .ki_flags = IOCB_DIRECT };

	for (unsigned int bit = KLOCK_RWF_SUPPORTED + 1; bit; bit <<= 1) {
		ck_assert_int_eq(kiocb_set_rw_flags(&ki, KLOCK_RWF_NOWAIT | bit), -EOPNOTSUPP);
		ck_assert_int_eq(ki.ki_flags, IOCB_DIRECT);
	}
}
END_TEST

/* preadv2(2) and klock speak of the same bits. */
START_TEST(rw_flags_are_those_of_the_system)
{
#ifdef RWF_NOWAIT
	ck_assert_int_eq(KLOCK_RWF_NOWAIT, RWF_NOWAIT);
	ck_assert_int_eq(KLOCK_RWF_HIPRI, RWF_HIPRI);
	ck_assert_int_eq(KLOCK_RWF_DSYNC, RWF_DSYNC);
	ck_assert_int_eq(KLOCK_RWF_SYNC, RWF_SYNC);
	ck_assert_int_eq(KLOCK_RWF_APPEND, RWF_APPEND);
#endif
	ck_assert_int_eq(IOCB_NOWAIT, KLOCK_RWF_NOWAIT);
}
END_TEST

static Suite *iocb_suite(void)
{
	Suite *suite = suite_create("iocb");
	TCase *locks = tcase_create("locks");
	TCase *flags = tcase_create("flags");

	tcase_add_checked_fixture(locks, set_up, tear_down);
	tcase_set_timeout(locks, PATIENCE + 10);
	tcase_add_loop_test(locks, iocb_free_lock_is_held_on_zero, 0, NR_IOMAP_KINDS);
	tcase_add_loop_test(locks, iocb_nowait_on_a_held_lock_says_eagain, 0, NR_IOMAP_KINDS);
	tcase_add_loop_test(locks, iocb_blocking_waits_for_a_held_lock, 0, NR_IOMAP_KINDS);
	tcase_add_loop_test(locks, iocb_killed_waiter_says_eintr, 0, NR_IOMAP_KINDS);
	tcase_add_loop_test(locks, iocb_interrupt_does_not_end_a_killable_wait, 0, NR_IOMAP_KINDS);
	suite_add_tcase(suite, locks);
	tcase_add_test(flags, rw_flags_known_ones_become_iocb_flags);
	tcase_add_test(flags, rw_flags_nowait_brings_noio);
	tcase_add_test(flags, rw_flags_sync_brings_dsync);
	tcase_add_test(flags, rw_flags_unknown_one_is_refused_and_changes_nothing);
	tcase_add_test(flags, rw_flags_are_those_of_the_system);
	suite_add_tcase(suite, flags);
	return suite;
}

CK_MAIN(iocb_suite())
