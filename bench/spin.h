/* SPDX-License-Identifier: MIT */
/*
 * Locks that never sleep: a first-come-first-served one with readers, and one that is taken by
 * whoever is fastest. No match for the others where threads share a CPU, but a mark to
 * measure them by where they do not.
 */
#ifndef BENCH_SPIN_H
#define BENCH_SPIN_H

#include <stdbool.h>
#include <stdint.h>

static inline void spin_pause(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#else
	__asm__ volatile("" ::: "memory");
#endif
}

/* Each draws a number. A reader lets the next reader in at once, the next writer when it leaves. */
struct fifo_rwlock {
	uint32_t next;        /* the number that is drawn next */
	uint32_t read, write; /* the numbers that may read, and write, now */
};

static inline void fifo_read_lock(struct fifo_rwlock *l)
{
	uint32_t mine = __atomic_fetch_add(&l->next, 1, __ATOMIC_RELAXED);

	while (__atomic_load_n(&l->read, __ATOMIC_ACQUIRE) != mine)
		spin_pause();
	__atomic_store_n(&l->read, mine + 1, __ATOMIC_RELEASE);
}

static inline void fifo_read_unlock(struct fifo_rwlock *l)
{
	__atomic_fetch_add(&l->write, 1, __ATOMIC_RELEASE);
}

static inline void fifo_write_lock(struct fifo_rwlock *l)
{
	uint32_t mine = __atomic_fetch_add(&l->next, 1, __ATOMIC_RELAXED);

	while (__atomic_load_n(&l->write, __ATOMIC_ACQUIRE) != mine)
		spin_pause();
}

/*
 * Nobody else changes `read` while it is held for writing. A reader that it lets in may leave
 * before `write` is raised here, so both add.
 */
static inline void fifo_write_unlock(struct fifo_rwlock *l)
{
	__atomic_store_n(&l->read, __atomic_load_n(&l->read, __ATOMIC_RELAXED) + 1,
			 __ATOMIC_RELEASE);
	__atomic_fetch_add(&l->write, 1, __ATOMIC_RELEASE);
}

struct tas_lock {
	uint32_t held;
};

static inline bool tas_trylock(struct tas_lock *l)
{
	return !__atomic_load_n(&l->held, __ATOMIC_RELAXED) &&
	       !__atomic_exchange_n(&l->held, 1, __ATOMIC_ACQUIRE);
}

/* Stays away longer and longer, so that who has it is not disturbed. */
static inline void tas_lock(struct tas_lock *l)
{
	unsigned int pauses = 1;

	while (!tas_trylock(l)) {
		for (unsigned int i = 0; i < pauses; i++)
			spin_pause();
		pauses = pauses < 256 ? 2 * pauses : 256;
	}
}

static inline void tas_unlock(struct tas_lock *l)
{
	__atomic_store_n(&l->held, 0, __ATOMIC_RELEASE);
}

#endif
