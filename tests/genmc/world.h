/* SPDX-License-Identifier: MIT */
/*
 * The world of a GenMC client: what of the C library and the kernel the sources rely on
 * and the tool does not have. Included first, then the library's own sources.
 */
#ifndef GENMC_WORLD_H
#define GENMC_WORLD_H

#define _GNU_SOURCE 1
#include <assert.h>
#include <errno.h>
#include <genmc.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * membarrier(2) interrupts each other thread once, at any of its instructions. The compiler's
 * barrier stands where that has to come before or after: it and the interrupt are
 * read-modify-writes of a word for each thread, so that one is first, and the other's thread sees
 * what came before it.
 * It orders nothing else: neither against a sequentially consistent access, nor among readers.
 * Without membarrier(2) it is nothing. Defined before the inline functions that use it.
 */
#include <klock/atomic.h>
#undef klock_compiler_barrier
#ifndef MEMBARRIER
#define MEMBARRIER 0
#endif
#if MEMBARRIER
#ifdef C
#define NR_THREADS 3
#else
#define NR_THREADS 2
#endif
static uint32_t interrupts[NR_THREADS + 1]; /* by number; 0 is a thread that has none yet */
#define klock_compiler_barrier()                                                                   \
	((void)klock_fetch_add_acq_rel(&interrupts[klock_self_word >> KLOCK_W_SHIFT], 1))
#else
#define klock_compiler_barrier() ((void)0)
#endif

/* DUE: waiters are handed the lock by the next release; else they are woken to compete for it. */
#ifdef DUE
#define KLOCK_HAND_OVER_NS 0
#else
#define KLOCK_HAND_OVER_NS INT64_MAX
#endif

#define KLOCK_BASE_PROCESS_H /* nobody forks: see below */
#include "base/bug.h"
#include "base/clock.h"
#include "base/exempt.h"
#include "base/futex.h"
#include "base/thread_id.h"
#include "base/membarrier.h"
#include "genmc/weaker.h"
#include <klock/lockword.h>

/*
 * The only loops that wait, for the tool to find those that wait for ever. It is told not to
 * look for others: it would take a compare-exchange that has to be tried again for one.
 */
#ifndef AWAIT /* else by tool/genmc.h, for an ordinary compiler */
#define AWAIT(condition)                                                                           \
	do {                                                                                       \
		__VERIFIER_loop_begin();                                                           \
		__VERIFIER_spin_start();                                                           \
		__VERIFIER_spin_end(condition);                                                    \
	} while (0)
#endif

/* The tool's headers lack these. What runs once is run by main(), before there are threads. */
#define ECANCELED 125
typedef int pid_t;
typedef int pthread_once_t;
typedef unsigned int pthread_key_t;

#define PTHREAD_CANCEL_DISABLE 1

static inline int pthread_setcancelstate(int state, int *old)
{
	(void)state;
	if (old)
		*old = 0;
	return 0;
}

static inline int pthread_once(pthread_once_t *once, void (*init)(void))
{
	if (*once)
		return 0;
	*once = 1;
	init();
	return 0;
}

static inline int pthread_key_create(pthread_key_t *key, void (*ends)(void *))
{
	(void)ends;
	*key = 1;
	return 0;
}

static inline int pthread_setspecific(pthread_key_t key, const void *value)
{
	(void)key, (void)value;
	return 0;
}

static inline int pthread_atfork(void (*before)(void), void (*parent)(void), void (*child)(void))
{
	(void)before, (void)parent, (void)child;
	return 0;
}

/* Each registration is that of another thread, and none ends. */
int32_t klock_thread_id(void)
{
	static uint32_t last;

	return (int32_t)klock_fetch_add_relaxed(&last, 1) + 1;
}

int32_t klock_first_thread_id(void)
{
	return 1;
}

bool klock_thread_id_is_gone(int32_t id)
{
	(void)id;
	return false;
}
#define __builtin_return_address(level) ((void *)0)

/*
 * Futexes, exact: sleepers of a word are woken in the order in which they came, each by a
 * wake-up of its own. What the kernel orders by the lock of its bucket is ordered here by a
 * mutex; that a sleep has ended orders nothing.
 */
#define FUTEXES 6

static struct world_futex {
	const uint32_t *word;
	pthread_mutex_t bucket;
	uint32_t slept, woken; /* how many have begun to sleep; how many of those may go on */
} futexes[FUTEXES];

/* Before there are threads: this word may be slept on. */
static void world_futex(const uint32_t *word)
{
	int i = 0;

	while (futexes[i].word)
		i++;
	assert(i < FUTEXES);
	futexes[i].word = word;
}

static struct world_futex *futex_of(const uint32_t *word)
{
	int i = 0;

	while (futexes[i].word != word)
		i++;
	return &futexes[i];
}

bool klock_futex_wait(uint32_t *word, uint32_t value, int64_t deadline_ns)
{
	struct world_futex *f = futex_of(word);
	uint32_t turn;

	(void)deadline_ns;
	pthread_mutex_lock(&f->bucket);
	if (klock_load_relaxed(word) != value) {
		pthread_mutex_unlock(&f->bucket);
		return false;
	}
	turn = ++f->slept;
	pthread_mutex_unlock(&f->bucket);
	AWAIT(klock_load_relaxed(&f->woken) >= turn);
	return false;
}

void klock_futex_wake(uint32_t *word, int n)
{
	struct world_futex *f = futex_of(word);
	uint32_t woken;

	pthread_mutex_lock(&f->bucket);
	woken = klock_load_relaxed(&f->woken);
	for (; n > 0 && woken < f->slept; n--)
		klock_store_relaxed(&f->woken, ++woken);
	pthread_mutex_unlock(&f->bucket);
}

bool klock_membarrier_works(void)
{
	return MEMBARRIER;
}

bool klock_membarrier(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
#if MEMBARRIER
	for (uint32_t i = 1; i <= NR_THREADS; i++)
		if (i != klock_self_word >> KLOCK_W_SHIFT)
			klock_fetch_add_acq_rel(&interrupts[i], 1);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
#endif
	return true;
}

int64_t klock_now_ns(void)
{
	return 1;
}

int64_t klock_deadline(int64_t ns)
{
	return ns;
}

static inline void klock_process_on_fork(void (*mend)(void))
{
	(void)mend;
}

static inline void klock_process_check(void) {}

static inline bool klock_process_may_read(uint32_t *word)
{
	(void)word;
	return false;
}

void klock_exempt(const void *addr, size_t size)
{
	(void)addr, (void)size;
}

void klock_exempt_end(const void *addr, size_t size)
{
	(void)addr, (void)size;
}

void klock_bug_fatal(const struct klock_bug *bug)
{
	(void)bug;
	assert(!"misuse is reported");
	abort();
}

#endif
