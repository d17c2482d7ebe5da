/* SPDX-License-Identifier: MIT */
/*
 * Uncontended lock and unlock, one thread. The locks take turns within each
 * round and the order rotates; a lock's ratio to glibc's is taken within the
 * round, so that what slows the whole machine slows both.
 */
#include "bench.h"
#include <klock.h>
#include <stdio.h>

enum family { MUTEX, WRITE, READ };

static pthread_mutex_t glibc_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t glibc_mutex2 = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t glibc_rwlock = PTHREAD_RWLOCK_INITIALIZER;
static DEFINE_MUTEX(mutex);
static DEFINE_RWSEM(rwsem);
static DEFINE_SEMAPHORE(semaphore, 1);
DEFINE_STATIC_PERCPU_RWSEM(percpu);

#define ROUNDS 41
#define PAIRS 200000

#define LOCK(id, text, family, object, lock, unlock)                                               \
	static void run_##id(int n)                                                                \
	{                                                                                          \
		for (int i = 0; i < n; i++) {                                                      \
			lock;                                                                      \
			__asm__ volatile("" ::: "memory");                                         \
			unlock;                                                                    \
		}                                                                                  \
	}
#include "locks.def"
#undef LOCK

static const struct row {
	const char *name;
	enum family family;
	size_t size;
	void (*run)(int n);
} rows[] = {
#define LOCK(id, text, family, object, lock, unlock) { text, family, sizeof(object), run_##id },
#include "locks.def"
#undef LOCK
};

#define NR_ROWS (sizeof(rows) / sizeof(rows[0]))

static double ns[NR_ROWS][ROUNDS];

/* The glibc lock of the row's family: the first of it in the table. */
static size_t reference(size_t row)
{
	size_t i = 0;

	while (rows[i].family != rows[row].family)
		i++;
	return i;
}

static void measure(void)
{
	for (size_t i = 0; i < NR_ROWS; i++)
		rows[i].run(1000);
	for (int round = 0; round < ROUNDS; round++)
		for (size_t i = 0; i < NR_ROWS; i++) {
			size_t row = (i + (size_t)round) % NR_ROWS;
			int pairs = rows[row].run == run_percpu_write ? PAIRS / 20 : PAIRS;
			int64_t start = bench_now_ns();

			rows[row].run(pairs);
			ns[row][round] = (double)(bench_now_ns() - start) / pairs;
		}
}

void bench_pairs(void)
{
	static double ratios[NR_ROWS][ROUNDS];

	measure();
	for (size_t i = 0; i < NR_ROWS; i++)
		for (int round = 0; round < ROUNDS; round++)
			ratios[i][round] = ns[i][round] / ns[reference(i)][round];
	printf("\nUncontended lock and unlock, one thread (%d rounds, medians)\n", ROUNDS);
	printf("%-28s %8s %14s %s\n", "", "ns", "ratio to glibc", "  quartiles");
	for (size_t i = 0; i < NR_ROWS; i++)
		printf("%-28s %8.2f %14.2f   %.2f .. %.2f\n", rows[i].name,
		       bench_quantile(ns[i], ROUNDS, 0.5), bench_quantile(ratios[i], ROUNDS, 0.5),
		       bench_quantile(ratios[i], ROUNDS, 0.25),
		       bench_quantile(ratios[i], ROUNDS, 0.75));
}

void bench_sizes(void)
{
	printf("Size of a lock, bytes\n");
	printf("%-28s %8zu\n", "klock mutex", sizeof(struct mutex));
	printf("%-28s %8zu\n", "klock rw_semaphore", sizeof(struct rw_semaphore));
	printf("%-28s %8zu\n", "klock semaphore", sizeof(struct semaphore));
	printf("%-28s %8zu + %zu\n", "klock percpu_rw_semaphore",
	       sizeof(struct percpu_rw_semaphore),
	       sizeof(struct klock_percpu_slot) * KLOCK_PERCPU_SLOTS);
	printf("%-28s %8zu\n", "glibc mutex", sizeof(pthread_mutex_t));
	printf("%-28s %8zu\n", "glibc rwlock", sizeof(pthread_rwlock_t));
}
