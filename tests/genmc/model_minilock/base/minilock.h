/* SPDX-License-Identifier: MIT */
/*
 * In place of lib/base/minilock.h, where the real one makes too many executions:
 * a lock that orders what any lock does. The client minilock.c checks the real one.
 */
#ifndef KLOCK_BASE_MINILOCK_H
#define KLOCK_BASE_MINILOCK_H

#define MINILOCK_IS_A_MODEL

#include "base/futex.h"
#include <pthread.h>

struct klock_minilock {
	uint32_t state; /* not used */
	pthread_mutex_t mutex;
};

static inline void klock_minilock_lock(struct klock_minilock *lock)
{
	pthread_mutex_lock(&lock->mutex);
}

static inline bool klock_minilock_lock_until(struct klock_minilock *lock, int64_t deadline_ns)
{
	(void)deadline_ns;
	pthread_mutex_lock(&lock->mutex);
	return true;
}

static inline void klock_minilock_unlock(struct klock_minilock *lock)
{
	pthread_mutex_unlock(&lock->mutex);
}

#endif
