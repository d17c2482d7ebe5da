/* SPDX-License-Identifier: MIT */
/* How threads that are awake take a lock word. */
#ifndef KLOCK_LOCKS_TAKE_H
#define KLOCK_LOCKS_TAKE_H

#include "wait/task.h"
#include <klock/lockword.h>

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

/*
 * The lock, if a newcomer may have it now; with KLOCK_TRY in `how`, for writing only where no
 * reader can be in a slot. Without, it gives up when another thread changes the word meanwhile.
 */
bool klock_word_try(uint32_t *word, const struct klock_task *task, unsigned int how);
/* For klock_bias_attempt(), which has seen to the slots. */
bool klock_word_try_closed(uint32_t *word, const struct klock_task *task);

#endif
