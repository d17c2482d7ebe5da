/* SPDX-License-Identifier: MIT */
/*
 * What no lock can undercut: the accesses that a lock and unlock cannot do without, and nothing
 * else. None of them locks.
 */
#ifndef BENCH_BOUNDS_H
#define BENCH_BOUNDS_H

#include <stdbool.h>
#include <stdint.h>

/* A reader says that it is there, looks for a writer, and says that it has left. */
static __thread uint32_t bound_reader;
static uint32_t bound_writer;

static inline void bound_read_lock(void)
{
	__atomic_store_n(&bound_reader, 1, __ATOMIC_RELAXED);
	__asm__ volatile("" ::: "memory"); /* the writer's membarrier(2) does the rest */
	while (__atomic_load_n(&bound_writer, __ATOMIC_ACQUIRE))
		;
}

static inline void bound_read_unlock(void)
{
	__atomic_store_n(&bound_reader, 0, __ATOMIC_RELEASE);
}

static inline bool bound_take(uint32_t *word)
{
	uint32_t expected = 0;

	return __atomic_compare_exchange_n(word, &expected, 1, false, __ATOMIC_ACQUIRE,
					   __ATOMIC_RELAXED);
}

static inline void bound_swap(uint32_t *word)
{
	(void)__atomic_exchange_n(word, 0, __ATOMIC_RELEASE);
}

static inline void bound_store(uint32_t *word)
{
	__atomic_store_n(word, 0, __ATOMIC_RELEASE);
}

static inline bool bound_look(const uint32_t *word)
{
	return !__atomic_load_n(word, __ATOMIC_RELAXED);
}

#endif
