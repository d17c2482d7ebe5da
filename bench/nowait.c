/* SPDX-License-Identifier: MIT */
/*
 * How long an attempt to read takes, at its worst, while another thread writes again and again.
 * It never waits for that one; what it can wait for is a cache line, or the scheduler.
 */
#include "bench.h"

static struct {
	const struct bench_row *row;
	const struct bench_lock *lock;
	int stop;
} run;

static void *hammer(void *arg)
{
	bench_bind(1);
	while (!__atomic_load_n(&run.stop, __ATOMIC_RELAXED)) {
		struct bench_data *data = run.lock->data;

		run.lock->take(0, true);
		__atomic_store_n(&data->left, data->left + 1, __ATOMIC_RELAXED);
		bench_busy_ns(run.row->hold_ns);
		__atomic_store_n(&data->right, data->right + 1, __ATOMIC_RELAXED);
		run.lock->give(0, true);
		bench_busy_ns(run.row->gap_ns);
	}
	return arg;
}

static void *attempt(void *arg)
{
	const struct bench_lock *lock = run.lock;
	struct bench_sample *sample = arg;
	uint64_t wrong = 0;

	bench_bind(0);
	do {
		int64_t began = bench_now_ns();
		bool got = lock->attempt(0, false);

		bench_histogram_add(&sample->waits, (uint64_t)(bench_now_ns() - began));
		if (!got)
			continue;
		wrong += __atomic_load_n(&lock->data->left, __ATOMIC_RELAXED) !=
			 __atomic_load_n(&lock->data->right, __ATOMIC_RELAXED);
		lock->give(0, false);
	} while (!__atomic_load_n(&run.stop, __ATOMIC_RELAXED));
	bench_check(lock, wrong);
	return NULL;
}

static void nowait(const struct bench_row *row, const struct bench_lock *lock, double seconds,
		   struct bench_sample *sample)
{
	pthread_t writer, reader;

	run.row = row;
	run.lock = lock;
	run.stop = 0;
	bench_start(&writer, hammer, NULL);
	bench_start(&reader, attempt, sample);
	bench_sleep(seconds);
	__atomic_store_n(&run.stop, 1, __ATOMIC_RELAXED);
	pthread_join(writer, NULL);
	pthread_join(reader, NULL);
	sample->value = bench_histogram_us(&sample->waits, 0.9999);
	sample->longest = (double)sample->waits.longest_ns / 1e3;
}

const struct bench_row bench_nowait_rows[] = {
	{ "nowait",
	  "An attempt to read while another thread writes: p99.99, and a clock's 20 to 40 ns", "us",
	  nowait, .kinds = BENCH_RW | BENCH_REQUEST, .without = BENCH_NO_READ_TRY, .threads = 2,
	  .rounds = 5, .seconds = 2, .hold_ns = 300, .gap_ns = 300 },
	{ 0 },
};
