/* SPDX-License-Identifier: MIT */
/*
 * A counting semaphore: the kernel's struct semaphore.
 *
 * It has no owner: any thread may up() it. up() wakes the thread that has waited longest; a
 * newcomer may take the unit while that wakes up, but for a bounded time: then up() gives it the
 * unit (KLOCK_HAND_OVER_NS in lib/wait/park.h).
 * Context: a thread, not a signal handler. Misuse (a count past KLOCK_SEM_MAX, re-init while
 * somebody waits; NULL, in the checked mode) is reported through klock_bug() and refused.
 * Memory order: up() is a release, a successful down an acquire that pairs
 * with it. lockdep: none, as in the kernel.
 * Since 0.1.
 */
#ifndef KLOCK_SEMAPHORE_H
#define KLOCK_SEMAPHORE_H

#include <klock/lockdep_types.h>
#include <klock/lockword.h>

KLOCK_BEGIN_DECLS

/*
 * bit     name      set by / cleared by                     if wrong
 * 0       unused
 * 1       WAITERS   a waiter that queues / a release that   spurious: a slow up. Missing, with
 *                   changes it to WAKING, or a waiter that  WAKING missing too: a lost wake-up
 *                   leaves the queue empty; all under the
 *                   bucket
 * 2       WAKING    a release that wakes the queue's head   spurious: a lost wake-up. missing: a
 *                   / that head, once it has looked; both   second, needless wake-up
 *                   under the bucket. Never beside WAITERS
 * 3..7    unused
 * 8..30   COUNT     units to take; 0 while WAITERS is set   -
 */
#define KLOCK_SEM_UNIT (1u << KLOCK_W_SHIFT)
#define KLOCK_SEM_MAX 0x7fffff

struct KLOCK_TAG(semaphore) {
	uint32_t word;
	uint32_t spin; /* how often its waiters may be passed */
	struct lockdep_map dep_map;
};

#define KLOCK_SEMAPHORE_INITIALIZER(lockname, n)                                                   \
	{ (uint32_t)(n) << KLOCK_W_SHIFT, 0, KLOCK_STATIC_MAP(lockname) }

/* The out-of-line part; `how` is one or more of enum klock_how. */
void klock_semaphore_init(struct KLOCK_TAG(semaphore) *sem, int count, const char *name,
			  struct lock_class_key *key);
int klock_semaphore_acquire(struct KLOCK_TAG(semaphore) *sem, unsigned int how,
			    int64_t timeout_ns);
void klock_semaphore_release(struct KLOCK_TAG(semaphore) *sem);

/* Ends the life of a semaphore: nobody may wait for it. */
void klock_semaphore_destroy(struct KLOCK_TAG(semaphore) *sem);

/* [S1] acquire: pairs with [S2]; what was done before the up() is seen after the down. */
KLOCK_INLINE bool klock_semaphore_take_fast(struct KLOCK_TAG(semaphore) *sem)
{
	uint32_t w;

	if (KLOCK_UNLIKELY(!klock_self_word))
		return false;
	w = klock_load_relaxed(&sem->word); /* only a guess: the exchange decides */
	while (KLOCK_LIKELY(w >= KLOCK_SEM_UNIT))
		if (KLOCK_LIKELY(klock_cas_acquire(&sem->word, &w, w - KLOCK_SEM_UNIT)))
			return true;
	return false;
}

/* Takes a unit, asleep until there is one; neither killed nor interrupted. */
KLOCK_INLINE void klock_down(struct KLOCK_TAG(semaphore) *sem)
{
	if (!klock_semaphore_take_fast(sem))
		(void)!klock_semaphore_acquire(sem, KLOCK_WRITE, KLOCK_FOREVER);
}

/* 0: the caller has a unit. 1: there was none. The kernel's sense, the reverse of a mutex's. */
KLOCK_INLINE KLOCK_MUST_CHECK int klock_down_trylock(struct KLOCK_TAG(semaphore) *sem)
{
	if (klock_semaphore_take_fast(sem))
		return 0;
	if (klock_self_word && klock_load_relaxed(&sem->word) < KLOCK_SEM_UNIT)
		return 1; /* a refusal orders nothing */
	return klock_semaphore_acquire(sem, KLOCK_WRITE | KLOCK_TRY, KLOCK_FOREVER) != 0;
}

/* With `try`, takes a unit if there is one; without, sleeps for it. true: the caller has it. */
KLOCK_INLINE KLOCK_MUST_CHECK bool klock_down_try_or_lock(struct KLOCK_TAG(semaphore) *sem,
							  bool try_)
{
	if (try_)
		return !klock_down_trylock(sem);
	klock_down(sem);
	return true;
}

/* 0, or -EINTR when the thread is killed while it waits (see <klock/task.h>). */
KLOCK_INLINE KLOCK_MUST_CHECK int klock_down_killable(struct KLOCK_TAG(semaphore) *sem)
{
	if (klock_semaphore_take_fast(sem))
		return 0;
	return klock_semaphore_acquire(sem, KLOCK_WRITE | KLOCK_KILLABLE, KLOCK_FOREVER);
}

/* 0, or -EINTR when the thread is killed or interrupted while it waits. */
KLOCK_INLINE KLOCK_MUST_CHECK int klock_down_interruptible(struct KLOCK_TAG(semaphore) *sem)
{
	if (klock_semaphore_take_fast(sem))
		return 0;
	return klock_semaphore_acquire(sem, KLOCK_WRITE | KLOCK_INTERRUPTIBLE, KLOCK_FOREVER);
}

/*
 * 0, or -ETIME when `ns` nanoseconds of CLOCK_MONOTONIC pass first (the kernel
 * counts jiffies); 0 ns is one attempt. -EINVAL and a report for a negative
 * time that would have to wait.
 */
KLOCK_INLINE KLOCK_MUST_CHECK int klock_down_timeout(struct KLOCK_TAG(semaphore) *sem, int64_t ns)
{
	if (klock_semaphore_take_fast(sem))
		return 0;
	return klock_semaphore_acquire(sem, KLOCK_WRITE, ns);
}

/* [S2] release: pairs with [S1]. Adds a unit, or gives it to the first that waits. */
KLOCK_INLINE void klock_up(struct KLOCK_TAG(semaphore) *sem)
{
	uint32_t w = klock_self_word ? klock_load_relaxed(&sem->word) : KLOCK_W_WAITERS;

	/* relaxed: only a guess, the exchange decides */
	while (KLOCK_LIKELY(!(w & KLOCK_W_FLAGS) && w < KLOCK_SEM_MAX * KLOCK_SEM_UNIT))
		if (KLOCK_LIKELY(klock_cas_release(&sem->word, &w, w + KLOCK_SEM_UNIT)))
			return;
	klock_semaphore_release(sem);
}

#ifndef KLOCK_NO_KERNEL_NAMES

#define __SEMAPHORE_INITIALIZER(lockname, n) KLOCK_SEMAPHORE_INITIALIZER(lockname, n)
#define DEFINE_SEMAPHORE(semname, n)                                                               \
	struct semaphore semname = KLOCK_SEMAPHORE_INITIALIZER(semname, n)

#define sema_init(sem, val)                                                                        \
	do {                                                                                       \
		static struct lock_class_key klock_site_key;                                       \
		klock_semaphore_init((sem), (val), #sem, &klock_site_key);                         \
	} while (0)

KLOCK_INLINE void down(struct semaphore *sem)
{
	klock_down(sem);
}

KLOCK_INLINE KLOCK_MUST_CHECK int down_trylock(struct semaphore *sem)
{
	return klock_down_trylock(sem);
}

KLOCK_INLINE KLOCK_MUST_CHECK bool down_try_or_lock(struct semaphore *sem, bool try_)
{
	return klock_down_try_or_lock(sem, try_);
}

KLOCK_INLINE KLOCK_MUST_CHECK int down_killable(struct semaphore *sem)
{
	return klock_down_killable(sem);
}

KLOCK_INLINE KLOCK_MUST_CHECK int down_interruptible(struct semaphore *sem)
{
	return klock_down_interruptible(sem);
}

KLOCK_INLINE KLOCK_MUST_CHECK int down_timeout(struct semaphore *sem, int64_t ns)
{
	return klock_down_timeout(sem, ns);
}

KLOCK_INLINE void up(struct semaphore *sem)
{
	klock_up(sem);
}

#endif

KLOCK_END_DECLS

#endif
