/* SPDX-License-Identifier: MIT */
/*
 * How long one thread waits while others hold the lock in the other mode: now and then it
 * wants it, for a section of 5 us, and they want it all the time. Either they pause between two
 * sections, or they see to it that there is no gap: a reader stays until another one is in, a
 * writer until another one asks, but 50 us at the longest. A wait that is still under way when the
 * time is over counts as long as it took until the others stopped.
 */
#include "bench.h"
#include <time.h>

#define SECTION_NS 5000
#define LONGEST_SECTION_NS 50000
#define PERIOD_NS 200000
#define MAX_OTHERS 64

static struct run {
	const struct bench_row *row;
	const struct bench_lock *lock;
	int stop;
	unsigned int inside; /* of the others, readers that will see to it that one is */
	unsigned int asking; /* of the others, those that want the lock */
	uint64_t wrong;
	struct bench_histogram *waits;
} run;

static bool stopped(void)
{
	return __atomic_load_n(&run.stop, __ATOMIC_RELAXED);
}

/* Leaves the count of readers inside, if another one stays in it. */
static bool another_stays(void)
{
	unsigned int n = __atomic_load_n(&run.inside, __ATOMIC_RELAXED);

	return n > 1 && __atomic_compare_exchange_n(&run.inside, &n, n - 1, false, __ATOMIC_RELAXED,
						    __ATOMIC_RELAXED);
}

static void stay_for_readers(int64_t end)
{
	while (!another_stays())
		if (stopped() || bench_now_ns() > end) {
			__atomic_fetch_sub(&run.inside, 1, __ATOMIC_RELAXED);
			return;
		}
}

static void stay_for_writers(int64_t end)
{
	while (!__atomic_load_n(&run.asking, __ATOMIC_RELAXED))
		if (stopped() || bench_now_ns() > end)
			return;
}

static void read_section(bool gapless)
{
	const struct bench_data *data = run.lock->data;
	uint64_t left = __atomic_load_n(&data->left, __ATOMIC_RELAXED);
	int64_t began = bench_now_ns();

	if (gapless)
		__atomic_fetch_add(&run.inside, 1, __ATOMIC_RELAXED);
	bench_busy_ns(SECTION_NS);
	if (gapless)
		stay_for_readers(began + LONGEST_SECTION_NS);
	if (left != __atomic_load_n(&data->right, __ATOMIC_RELAXED))
		__atomic_fetch_add(&run.wrong, 1, __ATOMIC_RELAXED);
}

static void write_section(bool gapless)
{
	struct bench_data *data = run.lock->data;
	int64_t began = bench_now_ns();

	__atomic_store_n(&data->left, data->left + 1, __ATOMIC_RELAXED);
	bench_busy_ns(SECTION_NS);
	if (gapless)
		stay_for_writers(began + LONGEST_SECTION_NS);
	__atomic_store_n(&data->right, data->right + 1, __ATOMIC_RELAXED);
}

static void section(bool write, bool gapless)
{
	if (write)
		write_section(gapless);
	else
		read_section(gapless);
}

static void *overlap(void *arg)
{
	const struct bench_row *row = run.row;

	bench_condition_join(row->condition, (unsigned int)(uintptr_t)arg);
	while (!stopped()) {
		__atomic_fetch_add(&run.asking, 1, __ATOMIC_RELAXED);
		run.lock->take(0, row->writes);
		__atomic_fetch_sub(&run.asking, 1, __ATOMIC_RELAXED);
		section(row->writes, row->gapless);
		run.lock->give(0, row->writes);
		bench_busy_ns(row->gap_ns);
	}
	return arg;
}

static void *wait_and_measure(void *arg)
{
	bool write = !run.row->writes;

	do {
		int64_t began = bench_now_ns(), spent;
		struct timespec rest = { 0, 0 };

		run.lock->take(0, write);
		bench_histogram_add(run.waits, (uint64_t)(bench_now_ns() - began));
		section(write, false);
		run.lock->give(0, write);
		spent = bench_now_ns() - began;
		rest.tv_nsec = spent < PERIOD_NS ? PERIOD_NS - spent : 0;
		nanosleep(&rest, NULL);
	} while (!stopped());
	return arg;
}

void bench_waits(const struct bench_row *row, const struct bench_lock *lock, double seconds,
		 struct bench_sample *sample)
{
	pthread_t others[MAX_OTHERS], one;

	run = (struct run){ .row = row, .lock = lock, .waits = &sample->waits };
	for (unsigned int i = 0; i < row->threads - 1; i++)
		bench_start(&others[i], overlap, (void *)(uintptr_t)i);
	bench_start(&one, wait_and_measure, NULL);
	bench_sleep(seconds);
	__atomic_store_n(&run.stop, 1, __ATOMIC_RELAXED);
	for (unsigned int i = 0; i < row->threads - 1; i++)
		pthread_join(others[i], NULL);
	pthread_join(one, NULL);
	bench_check(lock, run.wrong);
	sample->value = bench_histogram_us(&sample->waits, 0.99);
	sample->longest = (double)sample->waits.longest_ns / 1e3;
}

#define WAITS(key, title, nr, ...)                                                                 \
	{                                                                                          \
		key, title, "us", bench_waits, .kinds = BENCH_RW, .threads = nr, .rounds = 5,            \
					 .seconds = 5, __VA_ARGS__                                 \
	}

const struct bench_row bench_waits_rows[] = {
	WAITS("wait-write", "A writer every 200 us against 3 readers: p99 of its waits", 4,
	      .gap_ns = 500),
	WAITS("wait-read", "A reader every 200 us against 3 writers: p99 of its waits", 4,
	      .gap_ns = 500, .writes = 1000),
	WAITS("wait-write-gapless",
	      "A writer every 200 us against 2 readers that leave no gap: p99 of its waits", 3,
	      .gapless = true),
	WAITS("wait-read-gapless",
	      "A reader every 200 us against 2 writers that leave no gap: p99 of its waits", 3,
	      .gapless = true, .writes = 1000),
	{ 0 },
};
