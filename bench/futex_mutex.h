/* SPDX-License-Identifier: MIT */
/* The least that sleeps: three states and a futex (Drepper, "Futexes are tricky"). */
#ifndef BENCH_FUTEX_MUTEX_H
#define BENCH_FUTEX_MUTEX_H

#include <linux/futex.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

struct futex_mutex {
	uint32_t state; /* 0 free, 1 held, 2 held and waited for */
};

static inline bool futex_mutex_trylock(struct futex_mutex *m)
{
	uint32_t expected = 0;

	return __atomic_compare_exchange_n(&m->state, &expected, 1, false, __ATOMIC_ACQUIRE,
					   __ATOMIC_RELAXED);
}

static inline void futex_mutex_lock(struct futex_mutex *m)
{
	if (futex_mutex_trylock(m))
		return;
	while (__atomic_exchange_n(&m->state, 2, __ATOMIC_ACQUIRE))
		syscall(SYS_futex, &m->state, FUTEX_WAIT_PRIVATE, 2, NULL, NULL, 0);
}

static inline void futex_mutex_unlock(struct futex_mutex *m)
{
	if (__atomic_exchange_n(&m->state, 0, __ATOMIC_RELEASE) == 2)
		syscall(SYS_futex, &m->state, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

/* A gate that is open is passed by one, and shut behind it. Opening it enters the kernel each time. */
static inline void futex_gate_pass(uint32_t *shut)
{
	while (__atomic_exchange_n(shut, 1, __ATOMIC_ACQUIRE))
		syscall(SYS_futex, shut, FUTEX_WAIT_PRIVATE, 1, NULL, NULL, 0);
}

static inline void futex_gate_open(uint32_t *shut)
{
	__atomic_store_n(shut, 0, __ATOMIC_RELEASE);
	syscall(SYS_futex, shut, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

#endif
