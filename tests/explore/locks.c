/* SPDX-License-Identifier: MIT */
#include "explore/locks.h"
#include "explore/real_minilock.h"
#include "explore/sched.h"
#include "locks/bias_mode.h"
#include "wait/park.h"
#include <errno.h>
#include <klock.h>
#include <string.h>

static struct mutex mutex;
static struct rw_semaphore rwsem;
DEFINE_STATIC_PERCPU_RWSEM(percpu); /* its slots are variables, too */
static struct semaphore sema;
static unsigned long bits;

static int mutex_take(unsigned int how, int64_t ns)
{
	if (ns != KLOCK_FOREVER)
		return mutex_lock_timeout(&mutex, ns);
	if (how & KLOCK_TRY)
		return mutex_trylock(&mutex) ? 0 : -EAGAIN;
	if (how & KLOCK_INTERRUPTIBLE)
		return mutex_lock_interruptible(&mutex);
	if (how & KLOCK_KILLABLE)
		return mutex_lock_killable(&mutex);
	mutex_lock(&mutex);
	return 0;
}

static int mutex_ask(bool write, struct klock_waitq *wq)
{
	struct kiocb iocb = { .ki_flags = IOCB_WAITQ, .ki_waitq = wq };

	(void)write;
	return iocb_mutex_lock(&iocb, &mutex);
}

static int rwsem_ask(bool write, struct klock_waitq *wq)
{
	struct kiocb iocb = { .ki_flags = IOCB_WAITQ, .ki_waitq = wq };

	return write ? iocb_write_lock(&iocb, &rwsem) : iocb_read_lock(&iocb, &rwsem);
}

static int sema_ask(bool write, struct klock_waitq *wq)
{
	struct kiocb iocb = { .ki_flags = IOCB_WAITQ, .ki_waitq = wq };

	(void)write;
	return iocb_down(&iocb, &sema);
}

static int bit_ask(bool write, struct klock_waitq *wq)
{
	struct kiocb iocb = { .ki_flags = IOCB_WAITQ, .ki_waitq = wq };

	return write ? iocb_wait_on_bit_lock(&iocb, &bits, 3) : iocb_wait_on_bit(&iocb, &bits, 3);
}

static void mutex_give(bool write)
{
	(void)write;
	mutex_unlock(&mutex);
}

static int rwsem_write(unsigned int how, int64_t ns)
{
	if (ns != KLOCK_FOREVER)
		return down_write_timeout(&rwsem, ns);
	if (how & KLOCK_TRY)
		return down_write_trylock(&rwsem) ? 0 : -EAGAIN;
	if (how & KLOCK_INTERRUPTIBLE)
		return down_write_interruptible(&rwsem);
	if (how & KLOCK_KILLABLE)
		return down_write_killable(&rwsem);
	down_write(&rwsem);
	return 0;
}

static int rwsem_read(unsigned int how, int64_t ns)
{
	if (ns != KLOCK_FOREVER)
		return down_read_timeout(&rwsem, ns);
	if (how & KLOCK_TRY)
		return down_read_trylock(&rwsem) ? 0 : -EAGAIN;
	if (how & KLOCK_INTERRUPTIBLE)
		return down_read_interruptible(&rwsem);
	if (how & KLOCK_KILLABLE)
		return down_read_killable(&rwsem);
	down_read(&rwsem);
	return 0;
}

static int rwsem_take(unsigned int how, int64_t ns)
{
	return how & KLOCK_WRITE ? rwsem_write(how, ns) : rwsem_read(how, ns);
}

static void rwsem_give(bool write)
{
	if (write)
		up_write(&rwsem);
	else
		up_read(&rwsem);
}

static int percpu_take(unsigned int how, int64_t ns)
{
	bool write = how & KLOCK_WRITE;

	if (ns != KLOCK_FOREVER)
		return write ? percpu_down_write_timeout(&percpu, ns)
			     : percpu_down_read_timeout(&percpu, ns);
	if (how & KLOCK_TRY)
		return !write && percpu_down_read_trylock(&percpu) ? 0 : -EAGAIN;
	if (how & KLOCK_KILLABLE)
		return write ? percpu_down_write_killable(&percpu)
			     : percpu_down_read_killable(&percpu);
	if (write)
		percpu_down_write(&percpu);
	else
		percpu_down_read(&percpu);
	return 0;
}

static void percpu_give(bool write)
{
	if (write)
		percpu_up_write(&percpu);
	else
		percpu_up_read(&percpu);
}

static int sema_take(unsigned int how, int64_t ns)
{
	if (ns != KLOCK_FOREVER)
		return down_timeout(&sema, ns);
	if (how & KLOCK_TRY)
		return down_trylock(&sema) ? -EAGAIN : 0;
	if (how & KLOCK_INTERRUPTIBLE)
		return down_interruptible(&sema);
	if (how & KLOCK_KILLABLE)
		return down_killable(&sema);
	down(&sema);
	return 0;
}

static void sema_give(bool write)
{
	(void)write;
	up(&sema);
}

static int bit_take(unsigned int how, int64_t ns)
{
	unsigned int state = how & KLOCK_INTERRUPTIBLE ? TASK_INTERRUPTIBLE
			     : how & KLOCK_KILLABLE    ? TASK_KILLABLE
						       : TASK_UNINTERRUPTIBLE;

	if (!(how & KLOCK_WRITE))
		return ns == KLOCK_FOREVER ? wait_on_bit(&bits, 3, state)
					   : wait_on_bit_timeout(&bits, 3, state, ns);
	if (how & KLOCK_TRY)
		return test_and_set_bit_lock(3, &bits) ? -EAGAIN : 0;
	return ns == KLOCK_FOREVER ? wait_on_bit_lock(&bits, 3, state)
				   : wait_on_bit_lock_timeout(&bits, 3, state, ns);
}

static void bit_give(bool write)
{
	(void)write;
	clear_and_wake_up_bit(3, &bits);
}

static void word_check(const uint32_t *word)
{
	if (*word)
		xp_fail("the word is 0x%x at the end", *word);
	if (klock_park_waited_for(word))
		xp_fail("somebody is left in the queue");
}

static void mutex_check(void)
{
	word_check(&mutex.word);
}

static void rwsem_check(void)
{
	word_check(&rwsem.word);
}

/* Holds that other threads have given up; each has its mark, and a mark its note. */
static uint32_t notes(void)
{
	uint32_t n = 0;

	for (struct klock_task *t = klock_task_after(NULL); t; t = klock_task_after(t))
		for (int i = 0; i < KLOCK_READ_SLOTS; i++) {
			bool marked = t->reading[i] & KLOCK_SLOT_GIVEN_UP;

			if (marked != (t->given_up[i] != 0))
				xp_fail(marked ? "a mark has no note" : "a note has no mark");
			n += marked;
		}
	return n;
}

static void biased_check(void)
{
	if (klock_bias_is_read(&rwsem.word))
		xp_fail("a slot is left with the lock in it");
	if (klock_park_waited_for(&rwsem.spin))
		xp_fail("a writer is left waiting for readers");
	if (klock_drains != notes())
		xp_fail("%u writers are left counted that wait for readers",
			klock_drains - notes());
	rwsem.word &= ~KLOCK_W_MODE;
	word_check(&rwsem.word);
}

static void percpu_check(void)
{
	int32_t sum = percpu.shared;

	word_check(&percpu.rw.word);
	for (int i = 0; percpu.slots && i < KLOCK_PERCPU_SLOTS; i++)
		sum += percpu.slots[i].readers;
	if (sum || (percpu.block & ~KLOCK_PERCPU_COUNTED))
		xp_fail("%d readers and block %u are left", sum, percpu.block);
}

static void bit_check(void)
{
	if (bits || klock_park_waited_for(&bits))
		xp_fail("the word is 0x%lx at the end, or somebody waits", bits);
}

static int units; /* that the semaphore begins with */

static void sema1_reset(void)
{
	units = 1;
	sema_init(&sema, units);
}

static void sema2_reset(void)
{
	units = 2;
	sema_init(&sema, units);
}

static void sema_check(void)
{
	int left = 0;

	if (klock_park_waited_for(&sema.word))
		xp_fail("somebody is left in the queue");
	while (!down_trylock(&sema))
		left++;
	if (left != units)
		xp_fail("%d units are left of %d", left, units);
}

static void mutex_reset(void)
{
	mutex_init(&mutex);
}

static void rwsem_reset(void)
{
	init_rwsem(&rwsem);
}

static void reset_with(uint32_t word, uint32_t spin)
{
	rwsem_reset();
	rwsem.word = word;
	rwsem.spin = spin;
}

static void biased_reset(void)
{
	reset_with(KLOCK_W_BIASED, 0);
}

static void split_reset(void)
{
	reset_with(KLOCK_W_SPLIT, KLOCK_BIAS_FULL * KLOCK_BIAS_CREDIT_ONE);
}

/* As a write attempt has left it; the next read that is a sample opens it again. */
static void closed_reset(void)
{
	reset_with(KLOCK_W_SPLIT | KLOCK_W_CLOSED, KLOCK_BIAS_FULL * KLOCK_BIAS_CREDIT_ONE);
}

/* The next write has it counted again. */
static void split_unpaid_reset(void)
{
	reset_with(KLOCK_W_SPLIT, 0);
}

/* The next read that is a sample has it biased, unless a write comes first. */
static void split_paid_reset(void)
{
	reset_with(KLOCK_W_SPLIT, KLOCK_BIAS_CREDIT);
}

static void no_reset(void)
{
}

/* The first reader that comes opens the slots. */
static void percpu_counted_reset(void)
{
	percpu.block = KLOCK_PERCPU_COUNTED;
	percpu.pause_ns = 1;
	percpu.nr_slots = 0;
}

static void rwsem_downgrade(void)
{
	downgrade_write(&rwsem);
}

static int minilock_take(unsigned int how, int64_t ns)
{
	(void)how;
	return xp_real_minilock_lock(ns) ? 0 : -ETIME;
}

static void minilock_give(bool write)
{
	(void)write;
	xp_real_minilock_unlock();
}

#define MUTEX                                                                                      \
	.at_once = 1, .too_late = -ETIME, .take = mutex_take, .ask = mutex_ask,                    \
	.give = mutex_give, .check = mutex_check, .word = &mutex.word
#define RWSEM                                                                                      \
	.at_once = 1, .too_late = -ETIME, .take = rwsem_take, .ask = rwsem_ask,                    \
	.give = rwsem_give, .downgrade = rwsem_downgrade, .word = &rwsem.word
#define PERCPU                                                                                     \
	.at_once = 1, .too_late = -ETIME, .take = percpu_take, .give = percpu_give,                \
	.check = percpu_check, .word = &percpu.rw.word
#define SEMA                                                                                       \
	.too_late = -ETIME, .take = sema_take, .ask = sema_ask, .give = sema_give,                 \
	.check = sema_check, .word = &sema.word

static const struct xp_lock locks[] = {
	{ .name = "mutex", MUTEX, .reset = mutex_reset },
	{ .name = "mutex_spun", MUTEX, .reset = mutex_reset, .spins = true },
	{ .name = "mutex_due", MUTEX, .reset = mutex_reset, .due = true },
	{ .name = "mutex_soon", MUTEX, .reset = mutex_reset, .soon = true },
	{ .name = "rwsem_soon", RWSEM, .reset = rwsem_reset, .check = rwsem_check, .soon = true },
	{ .name = "mutex_watched", MUTEX, .reset = mutex_reset, .watched = true },
	{ .name = "rwsem_watched", RWSEM, .reset = rwsem_reset, .check = rwsem_check,
	  .watched = true },
	{ .name = "rwsem", RWSEM, .reset = rwsem_reset, .check = rwsem_check },
	{ .name = "rwsem_spun", RWSEM, .reset = rwsem_reset, .check = rwsem_check, .spins = true },
	{ .name = "rwsem_due", RWSEM, .reset = rwsem_reset, .check = rwsem_check,
	  .due = true },
	{ .name = "rwsem_biased_due", RWSEM, .reset = biased_reset, .check = biased_check,
	  .due = true },
	{ .name = "rwsem_biased", RWSEM, .reset = biased_reset, .check = biased_check },
	{ .name = "rwsem_closed", RWSEM, .reset = closed_reset, .check = biased_check,
	  .samples = true },
	{ .name = "rwsem_biased_soon", RWSEM, .reset = biased_reset, .check = biased_check,
	  .soon = true },
	{ .name = "rwsem_biased_spun", RWSEM, .reset = biased_reset, .check = biased_check,
	  .spins = true },
	{ .name = "rwsem_biased_counted", RWSEM, .reset = biased_reset, .check = biased_check,
	  .one_counts = true },
	{ .name = "rwsem_turning", RWSEM, .reset = rwsem_reset, .check = biased_check,
	  .samples = true },
	{ .name = "rwsem_split", RWSEM, .reset = split_reset, .check = biased_check },
	{ .name = "rwsem_split_spun", RWSEM, .reset = split_reset, .check = biased_check,
	  .spins = true },
	{ .name = "rwsem_split_due", RWSEM, .reset = split_reset, .check = biased_check,
	  .due = true },
	{ .name = "rwsem_split_counted", RWSEM, .reset = split_reset, .check = biased_check,
	  .one_counts = true },
	{ .name = "rwsem_split_unpaid", RWSEM, .reset = split_unpaid_reset,
	  .check = biased_check },
	{ .name = "rwsem_split_turning", RWSEM, .reset = split_paid_reset,
	  .check = biased_check, .samples = true },
	{ .name = "percpu", PERCPU, .reset = no_reset },
	{ .name = "percpu_counted", PERCPU, .reset = percpu_counted_reset },
	{ .name = "semaphore_due", SEMA, .at_once = 1, .reset = sema1_reset, .due = true },
	{ .name = "semaphore", SEMA, .at_once = 1, .reset = sema1_reset },
	{ .name = "semaphore2", SEMA, .at_once = 2, .reset = sema2_reset },
	{ .name = "bit", .at_once = 1, .only_wait = true, .too_late = -EAGAIN, .reset = no_reset,
	  .take = bit_take, .ask = bit_ask, .give = bit_give, .check = bit_check,
	  .word = (const uint32_t *)&bits },
	{ .name = "minilock", .at_once = 1, .too_late = -ETIME, .reset = no_reset,
	  .take = minilock_take, .give = minilock_give, .check = xp_real_minilock_check },
};

const struct xp_lock *xp_lock_named(const char *name)
{
	for (size_t i = 0; i < sizeof(locks) / sizeof(locks[0]); i++)
		if (!strcmp(locks[i].name, name))
			return &locks[i];
	return NULL;
}
