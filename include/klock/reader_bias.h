/* SPDX-License-Identifier: MIT */
/*
 * Readers without shared writes. While a rw_semaphore has BIASED set, a reader
 * writes the lock's address into a slot of its own thread, and nothing else.
 * A writer that takes the lock finds BIASED in the word: it issues a
 * membarrier(2), waits until no thread has the address in its slot, and clears
 * the bit. With SPLIT in its place each reader pays for a fence, and no writer for a
 * membarrier. lib/locks/bias_mode.c says when which bit is set. With CLOSED beside either of them
 * readers that come are counted, as where there is neither.
 * Programs include <klock/rwsem.h>, not this file.
 */
#ifndef KLOCK_READER_BIAS_H
#define KLOCK_READER_BIAS_H

#include <klock/lockword.h>

KLOCK_BEGIN_DECLS

#define KLOCK_READ_SLOTS 8

/*
 * What the calling thread needs to read: the counted reads left until the next one goes
 * out of line, for the bias; the slots in its task, each 0 or the address of a word.
 * Until its first lock, and while something watches the locks, there are no reads
 * left, and slots that are neither free nor match.
 */
extern __thread uint32_t klock_reads_left __attribute__((tls_model("initial-exec")));
extern __thread uintptr_t *klock_read_slots __attribute__((tls_model("initial-exec")));

/*
 * How many writers of the process sleep until slots are left, or are about to; and how many holds
 * in slots were given up by other threads (lib/locks/non_owner.h).
 */
extern uint32_t klock_drains;

/* The look of a reader that has left its slot: wakes a writer that waits for that. */
void klock_bias_left(uint32_t *word);

/* A read hold by a slot, with a fence, where the word has SPLIT. */
bool klock_bias_enter_split(uint32_t *word);

/* Whether a thread has the word in a slot; a hint, but for the caller's own. */
bool klock_bias_is_read(const uint32_t *word);

/* Whether a writer, which has the word, waits for readers in slots; a hint. */
KLOCK_INLINE bool klock_bias_is_drained(const uint32_t *word)
{
	uint32_t w = klock_load_relaxed(word);

	return KLOCK_UNLIKELY(w & KLOCK_W_WRITER) && klock_bias_is_read(word);
}

/* A lock has the same slot in each thread, so that a writer looks at one of each. */
KLOCK_INLINE unsigned int klock_slot_number(const uint32_t *word)
{
	uintptr_t addr = (uintptr_t)word;

	return (unsigned int)(addr >> 4 ^ addr >> 9) % KLOCK_READ_SLOTS;
}

KLOCK_INLINE bool klock_bias_ours(const uint32_t *word)
{
	/* relaxed: our own slot */
	return klock_load_relaxed(&klock_read_slots[klock_slot_number(word)]) == (uintptr_t)word;
}

/*
 * Gives our slot back. [X3] release: pairs with [X4]; a writer that finds it
 * free comes after all that was read. [X5] free, then look for writers that
 * sleep: pairs with [X6]. The lock may be gone by then.
 */
KLOCK_INLINE void klock_bias_leave(uint32_t *word)
{
	klock_store_release(&klock_read_slots[klock_slot_number(word)], 0); /* [X3] */
	klock_compiler_barrier();
	if (KLOCK_UNLIKELY(klock_load_relaxed(&klock_drains))) /* [X5]: the barrier orders it */
		klock_bias_left(word);
}

/*
 * [X1] the slot, then a look at the word: pairs with [X2], a writer in the
 * word, then a look at the slots. The writer's membarrier stands between
 * our two accesses, and it sees our slot, or we see the writer.
 * An attempt, which may not enter the kernel, is counted where the word is SPLIT: writers are
 * many there, and a reader that finds one and leaves its slot again may have to wake it.
 */
KLOCK_INLINE bool klock_bias_enter(uint32_t *word, bool attempt)
{
	uintptr_t *slot = &klock_read_slots[klock_slot_number(word)];
	uint32_t w;

	/* Ours, with another lock in it; or none, and then the word may not be one, either. */
	if (KLOCK_UNLIKELY(klock_load_relaxed(slot)))
		return false;
	w = klock_load_relaxed(word); /* only a guess, that looks again below */
	if (KLOCK_UNLIKELY((w & KLOCK_W_BIAS) != KLOCK_W_BIASED))
		return KLOCK_UNLIKELY(!attempt && (w & KLOCK_W_SPLIT)) &&
		       klock_bias_enter_split(word);
	klock_store_relaxed(slot, (uintptr_t)word); /* [X1]: the barrier orders it */
	klock_compiler_barrier();
	/* [W3] acquire: pairs with [W2]; a reader sees what the last writer did. */
	if (KLOCK_LIKELY((klock_load_acquire(word) & KLOCK_W_BIAS) == KLOCK_W_BIASED))
		return true;
	klock_bias_leave(word); /* not in, after all */
	return false;
}

/*
 * A read hold, by a slot or else by the count. The way by a slot changes nothing else of the
 * thread's: a number that each read would take one off costs as much as the rest of it.
 */
KLOCK_INLINE bool klock_bias_read_fast(uint32_t *word, bool attempt)
{
	if (KLOCK_LIKELY(klock_bias_enter(word, attempt)))
		return true;
	return KLOCK_LIKELY((int32_t)--klock_reads_left >= 0) && klock_word_read_fast(word);
}

KLOCK_INLINE bool klock_bias_read_unlock_fast(uint32_t *word)
{
	if (KLOCK_LIKELY(klock_bias_ours(word))) {
		klock_bias_leave(word);
		return true;
	}
	return klock_word_read_unlock_fast(word);
}

KLOCK_END_DECLS

#endif
