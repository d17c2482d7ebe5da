/* SPDX-License-Identifier: MIT */
/*
 * Memory that has become something else. Between the access that gives a lock or a bit up and the
 * look for waiters that follows, its memory may be freed and used again. A look that comes so
 * late, of each kind, has to leave alone the waiters that are there now, of each other kind.
 */
#include "annotate/watch.h"
#include "locks/reader_bias.h"
#include "support/actor.h"
#include "support/bugs.h"
#include "support/ck_main.h"
#include <klock.h>

enum { BIT = 3, LONG_BITS = sizeof(long) * CHAR_BIT };

/* A percpu_rw_semaphore looked for around any of its members finds zeros, and no other memory. */
static struct {
	char before[128];
	union {
		struct mutex mutex;
		struct rw_semaphore rwsem;
		struct semaphore semaphore;
		unsigned long bits;
		struct percpu_rw_semaphore percpu;
	};
	char after[128];
} memory __attribute__((aligned(64)));

static struct actor holder, first, second;
static struct klock_waitq wq;
static int told;

static void granted(struct klock_waitq *w)
{
	(void)w;
	told++;
}

/* ---- waiters ---- */

static long lock_mutex(void *unused)
{
	(void)unused;
	mutex_lock(&memory.mutex);
	return 0;
}

static long unlock_mutex(void *unused)
{
	(void)unused;
	mutex_unlock(&memory.mutex);
	return 0;
}

static long read_sem(void *unused)
{
	(void)unused;
	down_read(&memory.rwsem);
	return 0;
}

static long read_end_sem(void *unused)
{
	(void)unused;
	up_read(&memory.rwsem);
	return 0;
}

static long write_sem(void *unused)
{
	(void)unused;
	down_write(&memory.rwsem);
	return 0;
}

static long write_end_sem(void *unused)
{
	(void)unused;
	up_write(&memory.rwsem);
	return 0;
}

static long take_unit(void *unused)
{
	(void)unused;
	down(&memory.semaphore);
	return 0;
}

static long give_unit(void *unused)
{
	(void)unused;
	up(&memory.semaphore);
	return 0;
}

static long set_the_bit(void *unused)
{
	(void)unused;
	return wait_on_bit_lock(&memory.bits, BIT, TASK_UNINTERRUPTIBLE);
}

static long await_the_bit(void *unused)
{
	(void)unused;
	return wait_on_bit(&memory.bits, BIT, TASK_UNINTERRUPTIBLE);
}

static long clear_the_bit(void *unused)
{
	(void)unused;
	clear_and_wake_up_bit(BIT, &memory.bits);
	return 0;
}

static long read_percpu(void *unused)
{
	(void)unused;
	percpu_down_read(&memory.percpu);
	return 0;
}

static long read_end_percpu(void *unused)
{
	(void)unused;
	percpu_up_read(&memory.percpu);
	return 0;
}

static long write_percpu(void *unused)
{
	(void)unused;
	percpu_down_write(&memory.percpu);
	return 0;
}

static long write_end_percpu(void *unused)
{
	(void)unused;
	percpu_up_write(&memory.percpu);
	return 0;
}

static void make_mutex(void)
{
	mutex_init(&memory.mutex);
}

static void make_rwsem(void)
{
	init_rwsem(&memory.rwsem);
}

static void make_biased(void)
{
	init_rwsem(&memory.rwsem);
	if (klock_read_slots != klock_no_slots)
		memory.rwsem.word = KLOCK_W_BIASED;
}

static void make_semaphore(void)
{
	sema_init(&memory.semaphore, 1);
}

static void make_bits(void)
{
	klock_bit_word_init(&memory.bits);
}

static void make_percpu(void)
{
	ck_assert_int_eq(percpu_init_rwsem(&memory.percpu), 0);
}

static int ask_mutex(struct kiocb *iocb)
{
	return iocb_mutex_lock(iocb, &memory.mutex);
}

static int ask_read(struct kiocb *iocb)
{
	return iocb_read_lock(iocb, &memory.rwsem);
}

static int ask_write(struct kiocb *iocb)
{
	return iocb_write_lock(iocb, &memory.rwsem);
}

static int ask_unit(struct kiocb *iocb)
{
	return iocb_down(iocb, &memory.semaphore);
}

static int ask_set(struct kiocb *iocb)
{
	return iocb_wait_on_bit_lock(iocb, &memory.bits, BIT);
}

static int ask_clear(struct kiocb *iocb)
{
	return iocb_wait_on_bit(iocb, &memory.bits, BIT);
}

/*
 * `hold` keeps out `wait`, behind which a second one may wait; instead of the last of them a
 * request, where there is `ask`. `end` and `end_second` give up what they get; NULL: nothing.
 */
static const struct row {
	void (*make)(void);
	long (*hold)(void *), (*let_go)(void *);
	long (*wait)(void *), (*end)(void *);
	long (*wait_second)(void *), (*end_second)(void *);
	int (*ask)(struct kiocb *iocb);
} rows[] = {
	{ make_mutex, lock_mutex, unlock_mutex, lock_mutex, unlock_mutex, .ask = NULL },
	{ make_mutex, lock_mutex, unlock_mutex, NULL, unlock_mutex, .ask = ask_mutex },
	{ make_rwsem, read_sem, read_end_sem, write_sem, write_end_sem, read_sem, read_end_sem,
	  NULL },
	{ make_rwsem, read_sem, read_end_sem, write_sem, write_end_sem, NULL, read_end_sem,
	  ask_read },
	{ make_rwsem, read_sem, read_end_sem, NULL, write_end_sem, .ask = ask_write },
	{ make_rwsem, write_sem, write_end_sem, read_sem, read_end_sem, .ask = NULL },
	{ make_biased, read_sem, read_end_sem, write_sem, write_end_sem, .ask = NULL },
	{ make_biased, read_sem, read_end_sem, NULL, write_end_sem, .ask = ask_write },
	{ make_semaphore, take_unit, give_unit, take_unit, give_unit, .ask = NULL },
	{ make_semaphore, take_unit, give_unit, NULL, give_unit, .ask = ask_unit },
	{ make_bits, set_the_bit, clear_the_bit, set_the_bit, clear_the_bit, await_the_bit, NULL,
	  NULL },
	{ make_bits, set_the_bit, clear_the_bit, NULL, clear_the_bit, .ask = ask_set },
	{ make_bits, set_the_bit, clear_the_bit, NULL, NULL, .ask = ask_clear },
	{ make_percpu, read_percpu, read_end_percpu, write_percpu, write_end_percpu, .ask = NULL },
	{ make_percpu, write_percpu, write_end_percpu, read_percpu, read_end_percpu, .ask = NULL },
};

enum { NR_ROWS = sizeof(rows) / sizeof(rows[0]) };

/* ---- looks that come late ---- */

/* How many wait for what is in the memory: at whichever of its addresses. */
static int waiters(void)
{
	int n = 0;

	for (size_t i = 0; i < sizeof(memory.percpu); i += sizeof(uint32_t))
		n += waiters_for((char *)&memory.mutex + i);
	return n;
}

static void await_all(int n)
{
	while (waiters() != n)
		nap_us(50);
}

/*
 * As if each address had been that of a bit word, a lock's word, a slot's lock, a percpu lock, as
 * far as its alignment allows.
 */
static void look_late(void)
{
	for (size_t i = 0; i < sizeof(memory.percpu); i += sizeof(uint32_t)) {
		char *at = (char *)&memory.mutex + i;
		char *percpu = at - offsetof(struct percpu_rw_semaphore, block);

		for (int bit = 0; i % sizeof(long) == 0 && bit < LONG_BITS; bit++)
			wake_up_bit((unsigned long *)at, bit);
		klock_bias_left((uint32_t *)at);
		klock_bias_left((uint32_t *)at - 1);
		if ((uintptr_t)percpu % _Alignof(struct percpu_rw_semaphore) == 0)
			klock_percpu_wake_writer((void *)percpu);
	}
}

static void set_up(void)
{
	catch_bugs();
	memset(&memory, 0, sizeof(memory));
	actor_init(&holder);
	actor_init(&first);
	actor_init(&second);
	klock_waitq_init(&wq, granted, -1);
	told = 0;
}

static void tear_down(void)
{
	expect_no_bug();
	actor_fini(&holder);
	actor_fini(&first);
	actor_fini(&second);
}

/* Without another thread: the last of those that wait. */
static int ask(const struct row *row)
{
	struct kiocb iocb = { .ki_flags = IOCB_WAITQ, .ki_waitq = &wq };

	return row->ask(&iocb);
}

static void end_request(const struct row *row)
{
	long (*end)(void *) = row->wait ? row->end_second : row->end;

	ck_assert_int_eq(klock_waitq_claim(&wq), 0);
	ck_assert_int_eq(told, 1);
	if (end)
		end(NULL);
}

static int begin_waits(const struct row *row)
{
	int n = 0;

	if (row->wait) {
		actor_begin(&first, row->wait, NULL);
		await_all(++n);
	}
	if (row->wait_second) {
		actor_begin(&second, row->wait_second, NULL);
		await_all(++n);
	}
	if (row->ask) {
		ck_assert_int_eq(ask(row), -EIOCBQUEUED);
		n++;
	}
	return n;
}

START_TEST(reborn_memory_keeps_its_waiters_from_late_wake_ups)
{
	const struct row *row = &rows[_i];
	int n;

	row->make();
	actor_do(&holder, row->hold, NULL);
	n = begin_waits(row);
	look_late();
	ck_assert_int_eq(waiters(), n);
	ck_assert_int_eq(told, 0);
	ck_assert(!row->wait || actor_busy(&first));
	ck_assert(!row->wait_second || actor_busy(&second));
	actor_do(&holder, row->let_go, NULL);
	if (row->wait) {
		ck_assert_int_eq(actor_end(&first), 0);
		if (row->end)
			actor_do(&first, row->end, NULL);
	}
	if (row->wait_second) {
		ck_assert_int_eq(actor_end(&second), 0);
		if (row->end_second)
			actor_do(&second, row->end_second, NULL);
	}
	if (row->ask)
		end_request(row);
	ck_assert_int_eq(waiters(), 0);
	actor_do(&holder, row->hold, NULL); /* it is free */
	actor_do(&holder, row->let_go, NULL);
}
END_TEST

static Suite *reborn_suite(void)
{
	Suite *suite = suite_create("reborn");
	TCase *tc = tcase_create("reborn");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, PATIENCE + 10);
	tcase_add_loop_test(tc, reborn_memory_keeps_its_waiters_from_late_wake_ups, 0, NR_ROWS);
	suite_add_tcase(suite, tc);
	return suite;
}

CK_MAIN(reborn_suite())
