/* SPDX-License-Identifier: MIT */
/* One thread: lock and unlock, attempts that succeed and that fail; and how large a lock is. */
#include "bench.h"
#include <stdlib.h>

#define CHUNK 2000 /* pairs between two looks at the clock */

static void pairs(const struct bench_row *row, const struct bench_lock *lock, double seconds,
		  struct bench_sample *sample)
{
	void (*run)(int n) = row->writes ? lock->write_pairs : lock->read_pairs;
	int64_t began, ns;
	uint64_t n = 0;

	run(CHUNK); /* caches, and what a first use sets up */
	began = bench_now_ns();
	do {
		run(CHUNK);
		n += CHUNK;
		ns = bench_now_ns() - began;
	} while ((double)ns < seconds * 1e9);
	sample->value = (double)ns / (double)n;
}

#define ROW(key, title, fn, which, ...)                                                            \
	{                                                                                          \
		key, title, "ns", fn, .kinds = which, .rounds = 20, .seconds = 0.05, __VA_ARGS__    \
	}

const struct bench_row bench_pairs_rows[] = {
	ROW("pair-read", "A read lock and unlock, 1 thread", pairs, BENCH_RW | BENCH_READ_BOUND),
	ROW("pair-write", "A write lock and unlock, 1 thread", pairs, BENCH_RW | BENCH_WRITE_BOUND,
	    .writes = 1000),
	ROW("pair-mutex", "A mutex lock and unlock, 1 thread", pairs,
	    BENCH_MUTEX | BENCH_WRITE_BOUND, .writes = 1000),
	{ 0 },
};

static void check_tries(const struct bench_lock *lock, int got, int wanted)
{
	if (got == wanted)
		return;
	fprintf(stderr, "bench: %d of %d attempts at %s succeeded, not %d\n", got, CHUNK,
		lock->name, wanted);
	exit(1);
}

static double time_tries(const struct bench_row *row, const struct bench_lock *lock, double seconds,
			 int wanted)
{
	int (*run)(int n) = row->writes ? lock->write_tries : lock->read_tries;
	int64_t began, ns;
	uint64_t n = 0;

	check_tries(lock, run(CHUNK), wanted);
	began = bench_now_ns();
	do {
		check_tries(lock, run(CHUNK), wanted);
		n += CHUNK;
		ns = bench_now_ns() - began;
	} while ((double)ns < seconds * 1e9);
	return (double)ns / (double)n;
}

static void succeed(const struct bench_row *row, const struct bench_lock *lock, double seconds,
		    struct bench_sample *sample)
{
	sample->value = time_tries(row, lock, seconds, CHUNK);
}

static pthread_barrier_t held, tried;

static void *hold(void *arg)
{
	const struct bench_lock *lock = arg;

	lock->take(0, true);
	pthread_barrier_wait(&held);
	pthread_barrier_wait(&tried);
	lock->give(0, true);
	return NULL;
}

static void fail(const struct bench_row *row, const struct bench_lock *lock, double seconds,
		 struct bench_sample *sample)
{
	pthread_t holder;

	pthread_barrier_init(&held, NULL, 2);
	pthread_barrier_init(&tried, NULL, 2);
	bench_start(&holder, hold, (void *)(uintptr_t)lock);
	pthread_barrier_wait(&held);
	sample->value = time_tries(row, lock, seconds, 0);
	pthread_barrier_wait(&tried);
	pthread_join(holder, NULL);
	pthread_barrier_destroy(&held);
	pthread_barrier_destroy(&tried);
}

const struct bench_row bench_tries_rows[] = {
	ROW("try-read", "An attempt to read that succeeds, and unlock, 1 thread", succeed, BENCH_RW,
	    .without = BENCH_NO_READ_TRY),
	ROW("try-write", "An attempt to write that succeeds, and unlock, 1 thread", succeed,
	    BENCH_RW | BENCH_WRITE_BOUND, .without = BENCH_NO_WRITE_TRY, .writes = 1000),
	ROW("try-mutex", "An attempt at a mutex that succeeds, and unlock, 1 thread", succeed,
	    BENCH_MUTEX | BENCH_WRITE_BOUND, .writes = 1000),
	ROW("fail-read", "An attempt to read that fails, 1 thread", fail,
	    BENCH_RW | BENCH_FAIL_BOUND, .without = BENCH_NO_READ_TRY),
	ROW("fail-write", "An attempt to write that fails, 1 thread", fail,
	    BENCH_RW | BENCH_FAIL_BOUND, .without = BENCH_NO_WRITE_TRY, .writes = 1000),
	ROW("fail-mutex", "An attempt at a mutex that fails, 1 thread", fail,
	    BENCH_MUTEX | BENCH_FAIL_BOUND, .writes = 1000),
	{ 0 },
};

static void size(const struct bench_row *row, const struct bench_lock *lock, double seconds,
		 struct bench_sample *sample)
{
	(void)row;
	(void)seconds;
	sample->value = (double)lock->size;
}

const struct bench_row bench_size_rows[] = {
	{ "size", "Size of a lock", "bytes", size, .kinds = BENCH_RW | BENCH_MUTEX },
	{ 0 },
};
