/* SPDX-License-Identifier: MIT */
/*
 * The lock of klock's own tables: three states, held for some dozen
 * instructions, asleep when that does not suffice. Four zero bytes are a free
 * one. It is watched by nothing and has no place in any lock order: whoever
 * holds one takes no other lock and calls nothing of the program's.
 */
#ifndef KLOCK_BASE_MINILOCK_H
#define KLOCK_BASE_MINILOCK_H

#include "base/futex.h"
#include <klock/lockword.h>

/*
 * 0 FREE   1 HELD   2 HELD and somebody may sleep
 * spurious 2: a needless wake-up. missing 2: a lost one.
 */
struct klock_minilock {
	uint32_t state;
};

void klock_minilock_slow(struct klock_minilock *lock);

static inline void klock_minilock_lock(struct klock_minilock *lock)
{
	uint32_t expected = 0;

	/* [M1] acquire: pairs with [M2]. */
	if (KLOCK_UNLIKELY(!klock_cas_acquire(&lock->state, &expected, 1)))
		klock_minilock_slow(lock);
}

/*
 * False: it was not to be had until then. For signal handlers, whose own thread
 * may be the holder.
 */
bool klock_minilock_lock_until(struct klock_minilock *lock, int64_t deadline_ns);

static inline void klock_minilock_unlock(struct klock_minilock *lock)
{
	/* [M2] release: pairs with [M1]. */
	if (KLOCK_UNLIKELY(klock_xchg_release(&lock->state, 0) == 2))
		klock_futex_wake(&lock->state, 1);
}

#endif
