/* SPDX-License-Identifier: MIT */
/*
 * The state word of mutex and rw_semaphore, and its inline fast paths.
 * Programs include <klock/mutex.h> or <klock/rwsem.h>, not this file.
 */
#ifndef KLOCK_LOCKWORD_H
#define KLOCK_LOCKWORD_H

#include <klock/atomic.h>
#include <klock/attributes.h>

KLOCK_BEGIN_DECLS

/*
 * bit     name      set by / cleared by                     if wrong
 * 0       WRITER    the owner, or who hands over to it /    -
 *                   the owner
 * 1       WAITERS   a waiter that queues, or the head when  spurious: slow, until the queue's next
 *                   it was woken and finds the lock held /  user clears it. Missing, with WAKING
 *                   a release that changes it to WAKING,    missing too: a lost wake-up
 *                   or a waiter that leaves the queue
 *                   empty; all under the bucket
 * 2       WAKING    a release that wakes the queue's head   spurious: a lost wake-up. missing: a
 *                   / that head, once it has looked; both   second, needless wake-up
 *                   under the bucket. Never beside WAITERS
 * 3       BIASED    a reader (lib/locks/bias_mode.c) /      spurious: a writer looks for readers
 *                   a writer that holds the lock, once no   for nothing. missing: readers beside a
 *                   reader has it in a slot                 writer
 * 4       SPLIT     a reader, or the writer that ends       as for BIASED. It is never there beside
 *                   BIASED / a writer, as for BIASED        it
 * 5       CLOSED    a write attempt (lib/locks/bias_mode.c) /  spurious: readers are counted.
 *                   a reader or a writer, while nobody      missing: an attempt takes the lock
 *                   attempts to write                       beside a reader. With BIASED or SPLIT
 * 6..7    -         nobody
 * 8..30   COUNT     readers that hold the lock; with        -
 *                   WRITER: the owner's thread number
 * 31      FULL      nobody: a reader count that reached it would have overflown
 *
 * DESTROYED: WRITER with a thread number that none has; set by a destroy, cleared by an init.
 * REQUEST: WRITER with another such number; granted to a request that no thread has claimed yet.
 * NOBODY: WRITER with a third; a percpu_rw_semaphore, handed over and not yet taken over.
 *
 * transitions (k readers; q = WAITERS, a = WAKING; BIASED, SPLIT and CLOSED stay but in the last
 * ones):
 *   0 -> WRITER          write; also with a           k -> k+1   read; the same
 *   WRITER -> 0          release; also with a         k -> k-1   release; the same
 *   held -> held,q       a waiter queues; or the head, which was woken, finds the lock held
 *   held,q -> a          a release wakes the head
 *   a -> held,q or held  the head takes the lock; k,a if it reads, and a reader is next
 *   WRITER,q -> WRITER'  handed to a writer, or a request, that is due; also k,q, from the last
 *   REQUEST -> WRITER    a thread claims it
 *   WRITER,q -> k,q      handed to all k readers that wait, when one is due; q if writers wait
 *   WRITER,q -> 1+k,q    downgrade, and readers with it
 *   WRITER,BIASED -> WRITER,SPLIT, WRITER,SPLIT -> WRITER   no reader has it in a slot any more
 *   k -> k,OPENING -> k,SPLIT   a reader; nobody waits
 *   k,SPLIT -> k,BIASED  the same
 *   0,SPLIT or 0,BIASED or 0,OPENING -> the same,CLOSED   a write attempt: readers are counted
 *   k,SPLIT,CLOSED -> k,OPENING -> k,SPLIT   a reader, while nobody attempts to write
 */
#define KLOCK_W_WRITER 0x01u
#define KLOCK_W_WAITERS 0x02u
#define KLOCK_W_WAKING 0x04u
#define KLOCK_W_BIASED 0x08u
#define KLOCK_W_SPLIT 0x10u
#define KLOCK_W_CLOSED 0x20u
#define KLOCK_W_FLAGS 0xffu
#define KLOCK_W_SHIFT 8
#define KLOCK_W_READER (1u << KLOCK_W_SHIFT)
#define KLOCK_W_FULL 0x80000000u
#define KLOCK_W_DESTROYED (~KLOCK_W_FLAGS | KLOCK_W_WRITER)
#define KLOCK_W_REQUEST (KLOCK_W_DESTROYED & ~KLOCK_W_FULL)
#define KLOCK_W_NOBODY (KLOCK_W_REQUEST - KLOCK_W_READER)
#define KLOCK_W_OWNER (~KLOCK_W_FLAGS | KLOCK_W_WRITER) /* all of a hold for writing */

/* Readers may be in slots: a writer that has the word looks for them. */
#define KLOCK_W_SLOTS (KLOCK_W_BIASED | KLOCK_W_SPLIT)

/* No reader comes in by a slot, whatever the mode. */
#define KLOCK_W_NO_SLOTS (KLOCK_W_WRITER | KLOCK_W_CLOSED)

/* BIASED alone of these: readers may come in by their slots, without a fence. */
#define KLOCK_W_BIAS (KLOCK_W_BIASED | KLOCK_W_NO_SLOTS)

/* What of the word is the lock's mode. OPENING: still closed; SPLIT if no attempt comes between. */
#define KLOCK_W_MODE (KLOCK_W_SLOTS | KLOCK_W_CLOSED)
#define KLOCK_W_OPENING (KLOCK_W_SLOTS | KLOCK_W_CLOSED)

/* Somebody waits: asleep, or about to look. */
#define KLOCK_W_QUEUE (KLOCK_W_WAITERS | KLOCK_W_WAKING)

/* What keeps a reader off the fast path. */
#define KLOCK_W_READ_BLOCKED (KLOCK_W_FULL | KLOCK_W_WRITER | KLOCK_W_WAITERS)

/*
 * The word of a lock that the calling thread holds for writing: WRITER and the
 * thread's number. Zero until the thread's first lock, and for ever while
 * something watches the locks (lib/annotate/watch.h): zero sends every
 * operation out of line before it touches the lock.
 */
extern __thread uint32_t klock_self_word __attribute__((tls_model("initial-exec")));

/*
 * Thread numbers modulo this are good for an index, from 1 on: no two threads that run have the
 * same. 0 is a thread without.
 */
#define KLOCK_THREAD_SLOTS 64

/* How a lock is asked for. Each function of the API is one constant of these. */
enum klock_how {
	KLOCK_READ = 0x00,
	KLOCK_WRITE = 0x01,
	KLOCK_TRY = 0x02,
	KLOCK_KILLABLE = 0x04,
	KLOCK_INTERRUPTIBLE = 0x08,
	KLOCK_NON_OWNER = 0x10,
};
#define KLOCK_SUBCLASS_SHIFT 8
#define KLOCK_SUBCLASS(n) ((unsigned int)(n) << KLOCK_SUBCLASS_SHIFT)

/* No deadline, for the functions that take a relative time in nanoseconds. */
#define KLOCK_FOREVER INT64_MAX

/*
 * [W1] acquire: pairs with [W2]; what the last owner did is seen by this one. The first exchange
 * has the cache line by the time the second one knows that a waiter is waking up.
 */
KLOCK_INLINE bool klock_word_write_fast(uint32_t *word)
{
	uint32_t w = 0, self = klock_self_word;

	return KLOCK_LIKELY(self) &&
	       (KLOCK_LIKELY(klock_cas_acquire(word, &w, self)) ||
		(w == KLOCK_W_WAKING && klock_cas_acquire(word, &w, w + self)));
}

/* A lock's `spin` follows its word. */
KLOCK_INLINE uint32_t *klock_word_spin(uint32_t *word)
{
	return word + 1;
}

/*
 * So many releases may pass a head that is waking up; the next one checks whether to hand it the
 * lock. The low bits of `spin` count those that are left. Lost updates are fine.
 */
#define KLOCK_PASSES 15u

/* Whether this release may pass it. */
KLOCK_INLINE bool klock_word_passes_head(uint32_t *word)
{
	uint32_t *spin_ = klock_word_spin(word), left_ = klock_load_relaxed(spin_);

	if (!(left_ & KLOCK_PASSES))
		return false;
	klock_store_relaxed(spin_, left_ - 1);
	return true;
}

/* [W2] release: pairs with [W1], and with [W3] where readers follow. */
KLOCK_INLINE bool klock_word_write_unlock_try(uint32_t *word, uint32_t self)
{
	uint32_t w = self;

	return KLOCK_LIKELY(klock_cas_release(word, &w, 0)) ||
	       (w == self + KLOCK_W_WAKING && klock_word_passes_head(word) &&
		klock_cas_release(word, &w, KLOCK_W_WAKING)); /* [W2] */
}

KLOCK_INLINE bool klock_word_write_unlock_fast(uint32_t *word)
{
	uint32_t self = klock_self_word;

	return KLOCK_LIKELY(self) && klock_word_write_unlock_try(word, self);
}

/* [W3] acquire: pairs with [W2]; a reader sees what the last writer did. */
KLOCK_INLINE bool klock_word_read_try(uint32_t *word)
{
	uint32_t w = klock_load_relaxed(word); /* only a guess: the exchange decides */

	return KLOCK_LIKELY(!(w & KLOCK_W_READ_BLOCKED)) &&
	       KLOCK_LIKELY(klock_cas_acquire(word, &w, w + KLOCK_W_READER));
}

KLOCK_INLINE bool klock_word_read_fast(uint32_t *word)
{
	return KLOCK_LIKELY(klock_self_word) && klock_word_read_try(word);
}

/*
 * Not a subtraction: another thread may give this hold up, where ours is in a slot
 * (lib/locks/non_owner.h), and the count must not fall below zero.
 * [W4] release: pairs with [W1]; the next writer comes after all that readers read.
 */
KLOCK_INLINE bool klock_word_read_drop(uint32_t *word)
{
	uint32_t w = klock_load_relaxed(word); /* only a guess: the exchange decides */

	do {
		if (KLOCK_UNLIKELY(w < KLOCK_W_READER || (w & (KLOCK_W_WRITER | KLOCK_W_WAITERS))))
			return false;
		if (KLOCK_UNLIKELY(w & KLOCK_W_WAKING) && !klock_word_passes_head(word))
			return false;
	} while (KLOCK_UNLIKELY(!klock_cas_release(word, &w, w - KLOCK_W_READER)));
	return true;
}

KLOCK_INLINE bool klock_word_read_unlock_fast(uint32_t *word)
{
	return KLOCK_LIKELY(klock_self_word) && klock_word_read_drop(word);
}

/*
 * Whether a trylock that missed the fast path is refused for good, told from
 * one load: somebody holds the lock. A refusal orders nothing.
 */
KLOCK_INLINE bool klock_word_write_refused(uint32_t *word)
{
	uint32_t w = klock_self_word ? klock_load_relaxed(word) : 0;

	return (w & KLOCK_W_WRITER) || w >= KLOCK_W_READER;
}

KLOCK_INLINE bool klock_word_read_refused(uint32_t *word)
{
	return klock_self_word && (klock_load_relaxed(word) & KLOCK_W_WRITER);
}

KLOCK_INLINE bool klock_word_is_locked(const uint32_t *word)
{
	uint32_t w = klock_load_relaxed(word); /* a hint: stale by the time it is used */

	return (w & KLOCK_W_WRITER) || w >= KLOCK_W_READER;
}

/* Whether the word says that the thread with this klock_self_word holds the lock for writing. */
KLOCK_INLINE bool klock_word_owned(uint32_t w, uint32_t self)
{
	return (w & KLOCK_W_OWNER) == self;
}

/* Where the word has bits of waiters: whether a thread of this process left them. A hint. */
bool klock_word_is_waited_for(const uint32_t *word);

KLOCK_INLINE bool klock_word_is_contended(const uint32_t *word)
{
	uint32_t w = klock_load_relaxed(word); /* a hint, as above */

	return KLOCK_UNLIKELY(w & KLOCK_W_QUEUE) && klock_word_is_waited_for(word);
}

KLOCK_END_DECLS

#endif
