/* SPDX-License-Identifier: MIT */
/*
 * BRAVO over glibc's rwlock, after Dice and Kogan, "BRAVO: Biased Locking for Reader-Writer
 * Locks", USENIX ATC 2019: a reader of a biased lock writes the lock's address to a slot of one
 * table for all locks, found by hashing lock and thread, instead of taking the lock. A writer
 * takes the lock, ends the bias, waits for the slots that have its address, and keeps the
 * bias away for nine times as long as that took.
 */
#ifndef BENCH_BRAVO_H
#define BENCH_BRAVO_H

#include "lock.h"
#include <pthread.h>
#include <sched.h>

#define BRAVO_SLOTS 4096
#define BRAVO_PATIENCE 9

struct bravo {
	pthread_rwlock_t lock;
	int biased;
	int64_t no_bias_before;
};

static struct bravo *bravo_visible[BRAVO_SLOTS];
static __thread struct bravo **bravo_slot; /* the caller's, while it reads by one */

static inline struct bravo **bravo_hash(struct bravo *b)
{
	uintptr_t mixed = ((uintptr_t)&bravo_slot >> 6) * 0x9e3779b97f4a7c15u ^ (uintptr_t)b >> 4;

	return &bravo_visible[(mixed ^ mixed >> 17) % BRAVO_SLOTS];
}

static inline bool bravo_fast_read(struct bravo *b)
{
	struct bravo **slot = bravo_hash(b), *empty = NULL;

	if (!__atomic_load_n(&b->biased, __ATOMIC_RELAXED) ||
	    !__atomic_compare_exchange_n(slot, &empty, b, false, __ATOMIC_SEQ_CST,
					 __ATOMIC_RELAXED))
		return false;
	if (__atomic_load_n(&b->biased, __ATOMIC_SEQ_CST)) {
		bravo_slot = slot;
		return true;
	}
	__atomic_store_n(slot, NULL, __ATOMIC_RELEASE);
	return false;
}

/* With the lock held for reading, so that no writer ends the bias meanwhile. */
static inline void bravo_turn(struct bravo *b)
{
	if (!__atomic_load_n(&b->biased, __ATOMIC_RELAXED) && bench_now_ns() >= b->no_bias_before)
		__atomic_store_n(&b->biased, 1, __ATOMIC_RELAXED);
}

static inline void bravo_read_lock(struct bravo *b)
{
	if (bravo_fast_read(b))
		return;
	pthread_rwlock_rdlock(&b->lock);
	bravo_turn(b);
}

static inline bool bravo_read_trylock(struct bravo *b)
{
	if (bravo_fast_read(b))
		return true;
	if (pthread_rwlock_tryrdlock(&b->lock))
		return false;
	bravo_turn(b);
	return true;
}

static inline void bravo_read_unlock(struct bravo *b)
{
	struct bravo **slot = bravo_slot;

	if (!slot) {
		pthread_rwlock_unlock(&b->lock);
		return;
	}
	bravo_slot = NULL;
	__atomic_store_n(slot, NULL, __ATOMIC_RELEASE);
}

static inline void bravo_end_bias(struct bravo *b)
{
	int64_t began, now;

	if (!__atomic_load_n(&b->biased, __ATOMIC_RELAXED))
		return;
	__atomic_store_n(&b->biased, 0, __ATOMIC_SEQ_CST);
	began = bench_now_ns();
	for (int i = 0; i < BRAVO_SLOTS; i++)
		while (__atomic_load_n(&bravo_visible[i], __ATOMIC_SEQ_CST) == b)
			sched_yield();
	now = bench_now_ns();
	b->no_bias_before = now + (now - began) * BRAVO_PATIENCE;
}

static inline void bravo_write_lock(struct bravo *b)
{
	pthread_rwlock_wrlock(&b->lock);
	bravo_end_bias(b);
}

static inline bool bravo_write_trylock(struct bravo *b)
{
	if (pthread_rwlock_trywrlock(&b->lock))
		return false;
	bravo_end_bias(b);
	return true;
}

static inline void bravo_write_unlock(struct bravo *b)
{
	pthread_rwlock_unlock(&b->lock);
}

#endif
