/* SPDX-License-Identifier: MIT */
/* Threads that share a lock, and read or write under it in a given proportion. */
#include "bench.h"

#define MAX_THREADS 128

static struct bench_thread threads[MAX_THREADS];
static pthread_barrier_t start;

struct worker {
	const struct bench_lock *lock;
	struct bench_thread *t;
	int cpu; /* -1: any */
	enum bench_condition condition;
	unsigned int i;
};

static void *work(void *arg)
{
	struct worker *w = arg;

	if (w->cpu >= 0)
		bench_bind((unsigned int)w->cpu);
	bench_condition_join(w->condition, w->i);
	pthread_barrier_wait(&start);
	w->lock->mix(w->t);
	return NULL;
}

/* How many turns of bench_work() a nanosecond has. */
static double turns_per_ns(void)
{
	static double speed;
	int64_t began = bench_now_ns();

	if (speed == 0) {
		bench_work(20000000);
		speed = 20000000 / (double)(bench_now_ns() - began);
	}
	return speed;
}

/* Nanoseconds that they ran. Threads that have a CPU each stay there. */
static int64_t run_threads(const struct bench_row *row, const struct bench_lock *lock,
			   double seconds)
{
	static int stop;
	static struct worker workers[MAX_THREADS];
	pthread_t ids[MAX_THREADS];
	int64_t began;

	stop = 0;
	pthread_barrier_init(&start, NULL, row->threads + 1);
	for (unsigned int i = 0; i < row->threads; i++) {
		threads[i] = (struct bench_thread){
			.writes =
				row->writes == 1000 ? UINT32_MAX : UINT32_MAX / 1000 * row->writes,
			.hold = (unsigned int)(row->hold_ns * turns_per_ns()),
			.gap = (unsigned int)(row->gap_ns * turns_per_ns()),
			.stop = &stop,
			.random = i * 2654435761u + 1,
		};
		workers[i] = (struct worker){
			lock,
			&threads[i],
			!row->condition && row->threads <= bench_cpus() ? (int)i : -1,
			row->condition,
			i,
		};
		bench_start(&ids[i], work, &workers[i]);
	}
	pthread_barrier_wait(&start);
	began = bench_now_ns();
	bench_sleep(seconds);
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	for (unsigned int i = 0; i < row->threads; i++)
		pthread_join(ids[i], NULL);
	pthread_barrier_destroy(&start);
	return bench_now_ns() - began;
}

/* Jain's index: 1 if all had the same number of turns, 1/n if one had them all. */
static double jain(unsigned int n)
{
	double sum = 0, squares = 0;

	for (unsigned int i = 0; i < n; i++) {
		double turns = (double)threads[i].turns;

		sum += turns;
		squares += turns * turns;
	}
	return sum * sum / (n * squares);
}

void bench_mix(const struct bench_row *row, const struct bench_lock *lock, double seconds,
	       struct bench_sample *sample)
{
	int64_t ns = run_threads(row, lock, seconds);
	double turns = 0;

	for (unsigned int i = 0; i < row->threads; i++) {
		double longest = (double)threads[i].longest / 1e3;

		bench_check(lock, threads[i].wrong);
		turns += (double)threads[i].turns;
		if (longest > sample->longest)
			sample->longest = longest;
	}
	sample->value = turns / (double)ns * 1e3;
	sample->jain = jain(row->threads);
}

#define LOCKS (BENCH_RW | BENCH_MUTEX)

#define MIX(key, title, nr, ...)                                                                   \
	{                                                                                          \
		key, title, "M/s", bench_mix, .threads = nr, .rounds = 5, .seconds = 1, .kinds = LOCKS,  \
					__VA_ARGS__                                                \
	}

/* Where nobody writes, what does not lock is no worse. */
#define READS(key, title, nr, ns)                                                                  \
	{                                                                                          \
		key, title, "M/s", bench_mix, .threads = nr, .rounds = 5, .seconds = 1, .hold_ns = ns,   \
					.kinds = LOCKS | BENCH_READ_BOUND                          \
	}

/*
 * Threads that share CPUs run for milliseconds each before another one does. In a turn that is not
 * much longer than that, neither how much is done nor how evenly means anything.
 */
#define MANY(key, title, nr, nr_writes)                                                            \
	{                                                                                          \
		key, title, "M/s", bench_mix, .threads = nr, .rounds = 3, .seconds = 7, .kinds = LOCKS,  \
					.writes = nr_writes                                        \
	}

const struct bench_row bench_mix_rows[] = {
	READS("read-1", "1 thread, reads", 1, 0),
	READS("read-2", "2 threads, reads", 2, 0),
	READS("read-2-100ns", "2 threads, reads of 100 ns", 2, 100),
	MIX("mix-1", "2 threads, 99.9 % reads", 2, .writes = 1),
	MIX("mix-10", "2 threads, 99 % reads", 2, .writes = 10),
	MIX("mix-100", "2 threads, 90 % reads", 2, .writes = 100),
	MIX("mix-500", "2 threads, 50 % reads", 2, .writes = 500),
	MIX("mix-100-gap", "2 threads, 90 % reads, 300 ns between", 2, .writes = 100,
	    .gap_ns = 300),
	MANY("over-8", "8 threads, 90 % reads", 8, 100),
	MANY("over-32", "32 threads, 90 % reads", 32, 100),
	MANY("over-128", "128 threads, 90 % reads", 128, 100),
	MANY("overw-8", "8 threads, writes", 8, 1000),
	MANY("overw-32", "32 threads, writes", 32, 1000),
	MANY("overw-128", "128 threads, writes", 128, 1000),
	{ 0 },
};
