/* SPDX-License-Identifier: MIT */
/* How a lock word is taken by threads that are awake: newcomers, and waiters before they sleep. */
#ifndef KLOCK_LOCKS_AWAKE_H
#define KLOCK_LOCKS_AWAKE_H

#include "wait/task.h"
#include <klock/lockword.h>

/* A thread yields so often before it sleeps; less often if others use its CPU for so long. */
#ifndef KLOCK_YIELDS
#define KLOCK_YIELDS 32
#endif
#define KLOCK_YIELDS_NS 10000000

/*
 * A quarter of the yields for each of the last waiters, up to three, that saw the same holders
 * all the time and had to sleep: who comes next has a long wait before it. Yields that end
 * otherwise, and a spin that pays, have them forgotten. In `spin`.
 */
#define KLOCK_VAIN 0xc0000000u
#define KLOCK_VAIN_ONE 0x40000000u
#define KLOCK_VAIN_SHIFT 30

/* Once, before the first lock, and in the child of a fork(): nobody waits awake. */
void klock_awake_prepare(void);

static inline bool klock_word_is_free(uint32_t w)
{
	return !(w & KLOCK_W_WRITER) && w < KLOCK_W_READER;
}

/* What a hold adds to the word. */
static inline uint32_t klock_word_hold_of(const struct klock_task *task, bool shared)
{
	return shared ? KLOCK_W_READER : task->word;
}

/* Whether the word is such that a hold of this kind could be added. */
static inline bool klock_word_compatible(uint32_t w, bool shared)
{
	return shared ? !(w & (KLOCK_W_WRITER | KLOCK_W_FULL)) : klock_word_is_free(w);
}

/* Whether a writer that yields keeps others out of the word, in which `w` was seen. */
bool klock_word_is_barred(const uint32_t *word, uint32_t w);

/*
 * The lock, if a newcomer may have it now; with KLOCK_TRY in `how`, without a pause, and for
 * writing only where no reader can be in a slot.
 */
bool klock_word_try(uint32_t *word, const struct klock_task *task, unsigned int how);
/* For klock_bias_attempt(), which has seen to those. */
bool klock_word_try_closed(uint32_t *word, const struct klock_task *task);

/* The lock, if it is to be had before it is worth while to sleep, or the deadline has passed. */
bool klock_word_wait_awake(uint32_t *word, uint32_t *spin, const struct klock_task *task,
			   bool shared, int64_t deadline_ns);

#endif
