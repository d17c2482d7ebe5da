/* SPDX-License-Identifier: MIT */
/* Locks that are wrong on purpose: a torture that passes them is no torture. */
#include "torture.h"

/* A lock that is always handed over: 0 free, 1 held, 2 the head of the queue may take it. */
static bool handed_check(struct klock_queue *q, struct klock_waiter *w)
{
	uint32_t *word = (uint32_t *)klock_queue_addr(q);
	uint32_t was = klock_queue_first(q) == w ? __atomic_load_n(word, __ATOMIC_SEQ_CST) : 1;

	return was != 1 && __atomic_compare_exchange_n(word, &was, 1, false, __ATOMIC_SEQ_CST,
						       __ATOMIC_SEQ_CST);
}

static void handed_advance(struct klock_queue *q, uint32_t wakes)
{
	struct klock_waiter *head = klock_queue_first(q);

	__atomic_store_n((uint32_t *)klock_queue_addr(q), head ? 2 : 0, __ATOMIC_SEQ_CST);
	if (head && wakes)
		klock_queue_wake(q, head);
}

static const struct klock_wait_ops handed_ops = {
	.check = handed_check,
	.advance = handed_advance,
};

static void handed_lock(union any_lock *lock)
{
	struct klock_waiter w = { .addr = &lock->mutex.word, .ops = &handed_ops };

	klock_park(&w, KLOCK_FOREVER);
}

static void handed_unlock(union any_lock *lock)
{
	klock_unpark(&lock->mutex.word, &handed_ops, handed_advance, 1);
}

/* Now and then nobody is told. */
static void lost_wakeup_unlock(union any_lock *lock)
{
	static uint32_t unlocks;
	bool told = __atomic_add_fetch(&unlocks, 1, __ATOMIC_RELAXED) % 1024;

	klock_unpark(&lock->mutex.word, &handed_ops, handed_advance, told);
}

/* Tests, and sets only then. */
static void no_exclusion_lock(union any_lock *lock)
{
	while (__atomic_load_n(&lock->mutex.word, __ATOMIC_SEQ_CST))
		sched_yield();
	nap_us(1);
	__atomic_store_n(&lock->mutex.word, 1, __ATOMIC_SEQ_CST);
}

static void make_broken(union any_lock *lock)
{
	memset(lock, 0, sizeof(*lock));
}

static void end_broken(union any_lock *lock)
{
	(void)lock;
}

static const struct lock_object broken_object = {
	.name = "broken",
	.make = make_broken,
	.end = end_broken,
};

/* The last is right: the control of the others. */
const struct lock_row broken_rows[] = {
	{ .name = "lost-wakeup",
	  .object = &broken_object,
	  .lock = handed_lock,
	  .unlock = lost_wakeup_unlock },
	{ .name = "no-exclusion",
	  .object = &broken_object,
	  .lock = no_exclusion_lock,
	  .unlock = handed_unlock },
	{ .name = "unbroken",
	  .object = &broken_object,
	  .lock = handed_lock,
	  .unlock = handed_unlock },
};
const int nr_broken_rows = sizeof(broken_rows) / sizeof(broken_rows[0]);
