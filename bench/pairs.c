/* SPDX-License-Identifier: MIT */
/* Uncontended lock and unlock, one thread. */
#include "bench.h"

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

const struct bench_row bench_pairs_rows[] = {
	{ "pair-read", "A read lock and unlock, 1 thread", "ns", pairs, .kinds = BENCH_RW,
	  .threads = 1, .rounds = 4, .seconds = 0.05 },
	{ "pair-write", "A write lock and unlock, 1 thread", "ns", pairs, .kinds = BENCH_RW,
	  .threads = 1, .rounds = 4, .seconds = 0.05, .writes = 1000 },
	{ "pair-mutex", "A mutex lock and unlock, 1 thread", "ns", pairs, .kinds = BENCH_MUTEX,
	  .threads = 1, .rounds = 4, .seconds = 0.05, .writes = 1000 },
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
	{ "size", "Size of a lock", "bytes", size, .kinds = BENCH_RW | BENCH_MUTEX, .threads = 1 },
	{ 0 },
};
