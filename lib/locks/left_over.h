/* SPDX-License-Identifier: MIT */
/*
 * In the child of a fork(): what a lock's word has from threads that are not there. Those that
 * waited left bits, and are not believed; one that had the word, but waited for readers to leave
 * or had not noticed that it was granted, has it no more. What they held stays held.
 */
#ifndef KLOCK_LOCKS_LEFT_OVER_H
#define KLOCK_LOCKS_LEFT_OVER_H

#include "wait/park.h"

/* Takes words from the threads that were about to hold them for writing. */
void klock_left_over_mend(void);

/* Out of line of the next one. */
bool klock_left_over_forget(uint32_t *word, uint32_t *w);

/*
 * Clears WAITERS, which `w` has, if nobody is queued. True: it did, and `w` is what the word
 * is now.
 */
static inline bool klock_forget_left_over_waiters(uint32_t *word, uint32_t *w)
{
	return KLOCK_UNLIKELY(klock_park_generation) && klock_left_over_forget(word, w);
}

#endif
