/* SPDX-License-Identifier: MIT */
/*
 * In place of lib/base/minilock.h: the same lock as one step each way, which is
 * all that the code above may know of it. Its own algorithm is explored apart.
 */
#ifndef KLOCK_BASE_MINILOCK_H
#define KLOCK_BASE_MINILOCK_H

#include "base/futex.h"
#include "explore/sched.h"
#include <klock/lockword.h>

struct klock_minilock {
	uint32_t state;
};

static inline bool xp_minilock_free(const void *lock)
{
	return !((const struct klock_minilock *)lock)->state;
}

static inline void klock_minilock_lock(struct klock_minilock *lock)
{
	xp_enable_when(xp_minilock_free, lock);
	xp_point(XP_LOCK, lock, "minilock");
	lock->state = 1;
}

static inline void klock_minilock_unlock(struct klock_minilock *lock)
{
	xp_point(XP_UNLOCK, lock, "minilock");
	lock->state = 0;
}

static inline bool klock_minilock_lock_until(struct klock_minilock *lock, int64_t deadline_ns)
{
	(void)deadline_ns;
	klock_minilock_lock(lock);
	return true;
}

#endif
