/* SPDX-License-Identifier: MIT */
/*
 * Short locks: mutexes that are held for a few instructions, and never over anything that
 * sleeps. They stand where the kernel has spin locks, so a request with IOCB_NOWAIT may take
 * them. lockdep holds every run to both: between short_lock() and short_unlock() anything that
 * may block is reported, and taking one in a section that must not block is not.
 */
#ifndef FILECACHE_SHORT_LOCK_H
#define FILECACHE_SHORT_LOCK_H

#include <klock/lockdep.h>
#include <klock/mutex.h>

/* Decided once, at the program's first lock. Costs a load while nothing watches the locks. */
static inline bool short_locks_are_followed(void)
{
	return klock_lockdep_listens() && klock_lockdep_enabled();
}

/* Followed by the checker as a spin lock would be: in the order of locks, and no more. */
static inline void short_lock_followed(struct mutex *lock) KLOCK_NO_ANALYSIS
{
	spin_acquire(&lock->dep_map, 0, 0, _THIS_IP_);
	lockdep_off();
	mutex_lock(lock);
	lockdep_on();
	non_block_start();
}

static inline void short_lock(struct mutex *lock) KLOCK_ACQUIRES(lock) KLOCK_NO_ANALYSIS
{
	if (short_locks_are_followed())
		short_lock_followed(lock);
	else
		mutex_lock(lock);
}

static inline void short_unlock(struct mutex *lock) KLOCK_RELEASES(lock) KLOCK_NO_ANALYSIS
{
	if (!short_locks_are_followed()) {
		mutex_unlock(lock);
		return;
	}
	non_block_end();
	lockdep_off();
	mutex_unlock(lock);
	lockdep_on();
	spin_release(&lock->dep_map, _THIS_IP_);
}

#endif
