/* SPDX-License-Identifier: MIT */
/*
 * Waiting for a bit of a word of the caller's: the kernel's wait_on_bit(), and
 * the bit operations that go with it.
 *
 * Context of the waits: a thread, not a signal handler. The word needs no room
 * for waiters. A page lock is
 *
 *	err = wait_on_bit_lock(&page->flags, PG_locked, TASK_KILLABLE);
 *	...
 *	clear_bit_unlock(PG_locked, &page->flags);
 *	wake_up_bit(&page->flags, PG_locked);
 *
 * Requests that wait for a bit without a thread: iocb_wait_on_bit() in <klock/iocb.h>.
 *
 * A bit past the word's width, an unknown mode and a negative time are reported
 * through klock_bug() and give -EINVAL.
 * Memory order: a wait that returns 0, and test_and_set_bit_lock(), are
 * acquires; clear_bit_unlock() is the release that pairs with them.
 * lockdep: none; Helgrind, DRD and TSan see the pair.
 * Since 0.1.
 */
#ifndef KLOCK_WAIT_BIT_H
#define KLOCK_WAIT_BIT_H

#include <klock/atomic.h>
#include <klock/attributes.h>
#include <limits.h>

KLOCK_BEGIN_DECLS

/* The kernel's names and values for the ways to wait. */
enum {
	KLOCK_TASK_INTERRUPTIBLE = 0x001,
	KLOCK_TASK_UNINTERRUPTIBLE = 0x002,
	KLOCK_TASK_KILLABLE = 0x102,
};

/* Waits until the bit is clear. 0, or -EINTR when killed or interrupted, as `mode` allows. */
KLOCK_MUST_CHECK int klock_wait_on_bit(unsigned long *word, int bit, unsigned int mode);

/* The same, at most `ns` nanoseconds: -EAGAIN when they pass first, as in the kernel. */
KLOCK_MUST_CHECK int klock_wait_on_bit_timeout(unsigned long *word, int bit, unsigned int mode,
					       int64_t ns);

/*
 * Waits until the bit is clear and sets it. Those that wait to set it are woken
 * one at a time, in the order in which they came. A newcomer may set the bit before one that was
 * woken, but for a bounded time: then a wake-up sets it on behalf of that waiter.
 */
KLOCK_MUST_CHECK int klock_wait_on_bit_lock(unsigned long *word, int bit, unsigned int mode);
KLOCK_MUST_CHECK int klock_wait_on_bit_lock_timeout(unsigned long *word, int bit,
						    unsigned int mode, int64_t ns);

/*
 * Wakes those that wait for the bit: all of wait_on_bit(), and one of
 * wait_on_bit_lock(). The bit has been cleared before; no barrier is needed in
 * between. Costs a fence and a load when nobody waits. The word is not read then: it may be
 * gone, or part of a lock that others wait for, whom this leaves alone.
 */
void klock_wake_up_bit(unsigned long *word, int bit);

/* Clears the bit with release order and wakes those that wait for it. */
void klock_clear_and_wake_up_bit(int bit, unsigned long *word);

/* Sets the bit if it is clear. Returns what it was: false means that the caller has it now. */
KLOCK_MUST_CHECK bool klock_test_and_set_bit_lock(int bit, unsigned long *word);

/* Clears the bit, with release order. */
void klock_clear_bit_unlock(int bit, unsigned long *word);

/*
 * Tells Helgrind and DRD that the word is shared through atomic accesses; call
 * it where the word comes to life, and klock_bit_word_exit() where it ends.
 * Nothing happens outside those tools.
 */
void klock_bit_word_init(unsigned long *word);
void klock_bit_word_exit(unsigned long *word);

/* Whether a tool watches the locks, known from the program's start. For the inlines below. */
extern bool klock_watched;
void klock_bit_released(unsigned long *word);
void klock_bit_acquired(unsigned long *word);

/* Sets the bit; what was written before is seen by who finds it with test_bit_acquire(). */
KLOCK_INLINE void klock_set_bit_release(int bit, unsigned long *word)
{
	if (KLOCK_UNLIKELY(klock_watched))
		klock_bit_released(word);
	(void)klock_fetch_or_release(word, 1ul << bit); /* [B1] release: pairs with [B2] */
}

KLOCK_INLINE bool klock_test_bit_acquire(int bit, unsigned long *word)
{
	bool set = klock_load_acquire(word) >> bit & 1; /* [B2] acquire: pairs with [B1] */

	if (KLOCK_UNLIKELY(klock_watched))
		klock_bit_acquired(word);
	return set;
}

/* Atomic, and no more: the caller's lock orders them, or the answer is a hint. */
KLOCK_INLINE bool klock_test_bit(int bit, const unsigned long *word)
{
	return klock_load_relaxed(word) >> bit & 1;
}

KLOCK_INLINE void klock_set_bit(int bit, unsigned long *word)
{
	(void)klock_fetch_or_relaxed(word, 1ul << bit);
}

KLOCK_INLINE void klock_clear_bit(int bit, unsigned long *word)
{
	(void)klock_fetch_and_relaxed(word, ~(1ul << bit));
}

#ifndef KLOCK_NO_KERNEL_NAMES

enum {
	TASK_INTERRUPTIBLE = KLOCK_TASK_INTERRUPTIBLE,
	TASK_UNINTERRUPTIBLE = KLOCK_TASK_UNINTERRUPTIBLE,
	TASK_KILLABLE = KLOCK_TASK_KILLABLE,
};

KLOCK_INLINE KLOCK_MUST_CHECK int wait_on_bit(unsigned long *word, int bit, unsigned int mode)
{
	return klock_wait_on_bit(word, bit, mode);
}

KLOCK_INLINE KLOCK_MUST_CHECK int wait_on_bit_timeout(unsigned long *word, int bit,
						      unsigned int mode, int64_t ns)
{
	return klock_wait_on_bit_timeout(word, bit, mode, ns);
}

KLOCK_INLINE KLOCK_MUST_CHECK int wait_on_bit_lock(unsigned long *word, int bit, unsigned int mode)
{
	return klock_wait_on_bit_lock(word, bit, mode);
}

KLOCK_INLINE KLOCK_MUST_CHECK int wait_on_bit_lock_timeout(unsigned long *word, int bit,
							   unsigned int mode, int64_t ns)
{
	return klock_wait_on_bit_lock_timeout(word, bit, mode, ns);
}

KLOCK_INLINE void wake_up_bit(unsigned long *word, int bit)
{
	klock_wake_up_bit(word, bit);
}

KLOCK_INLINE void clear_and_wake_up_bit(int bit, unsigned long *word)
{
	klock_clear_and_wake_up_bit(bit, word);
}

KLOCK_INLINE KLOCK_MUST_CHECK bool test_and_set_bit_lock(int bit, unsigned long *word)
{
	return klock_test_and_set_bit_lock(bit, word);
}

KLOCK_INLINE void clear_bit_unlock(int bit, unsigned long *word)
{
	klock_clear_bit_unlock(bit, word);
}

KLOCK_INLINE bool test_bit(int bit, const unsigned long *word)
{
	return klock_test_bit(bit, word);
}

KLOCK_INLINE bool test_bit_acquire(int bit, unsigned long *word)
{
	return klock_test_bit_acquire(bit, word);
}

KLOCK_INLINE void set_bit(int bit, unsigned long *word)
{
	klock_set_bit(bit, word);
}

KLOCK_INLINE void clear_bit(int bit, unsigned long *word)
{
	klock_clear_bit(bit, word);
}

#endif

KLOCK_END_DECLS

#endif
