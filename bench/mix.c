/* SPDX-License-Identifier: MIT */
/*
 * Threads that share a lock, and read or write under it in a given proportion. The locks
 * take turns within each round and the order rotates; a lock's ratio to the first
 * is taken within the round.
 */
#include "mix.h"
#include "bench.h"
#include "futex_mutex.h"
#include "config.h"
#include <klock.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef BENCH_NSYNC
#include <nsync.h>
#endif

#define MIX(id, name, peer, define, take_read, give_read, take_write, give_write)                  \
	define;                                                                                    \
	MIX_LOOP(id, take_read, give_read, take_write, give_write)
#include "mix_locks.def"
#undef MIX

const struct mix_lock mix_locks[] = {
#define MIX(id, name, peer, ...) { name, peer, mix_##id },
#include "mix_locks.def"
#undef MIX
};
const unsigned int nr_mix_locks = sizeof(mix_locks) / sizeof(mix_locks[0]);

#ifndef BENCH_CXX
const struct mix_lock mix_cxx_locks[1];
const unsigned int nr_mix_cxx_locks = 0;
#endif

#define MAX_LOCKS 24
#define MAX_ROUNDS 101
#define MAX_THREADS 128

static const struct mix_row {
	const char *key, *title;
	unsigned int threads, writes; /* of a thousand turns */
	unsigned int hold_ns, gap_ns;
} rows[] = {
	{ "read1", "1 thread, reads", 1, 0, 0, 0 },
	{ "read2", "2 threads, reads", 2, 0, 0, 0 },
	{ "read2hold", "2 threads, reads of 100 ns", 2, 0, 100, 0 },
	{ "write1", "1 thread, writes", 1, 1000, 0, 0 },
	{ "mix1", "2 threads, 99.9 % reads", 2, 1, 0, 0 },
	{ "mix10", "2 threads, 99 % reads", 2, 10, 0, 0 },
	{ "mix100", "2 threads, 90 % reads", 2, 100, 0, 0 },
	{ "mix500", "2 threads, 50 % reads", 2, 500, 0, 0 },
	{ "gap", "2 threads, 90 % reads, 300 ns between", 2, 100, 0, 300 },
	{ "over8", "8 threads, 90 % reads", 8, 100, 0, 0 },
	{ "over32", "32 threads, 90 % reads", 32, 100, 0, 0 },
	{ "over128", "128 threads, 90 % reads", 128, 100, 0, 0 },
	{ "overw8", "8 threads, writes", 8, 1000, 0, 0 },
	{ "overw32", "32 threads, writes", 32, 1000, 0, 0 },
	{ "overw128", "128 threads, writes", 128, 1000, 0, 0 },
};

static struct mix_lock locks[MAX_LOCKS];
static unsigned int nr_locks;

static double rate[MAX_LOCKS][MAX_ROUNDS], ratio[MAX_LOCKS][MAX_ROUNDS];
static double fair[MAX_LOCKS][MAX_ROUNDS], longest[MAX_LOCKS][MAX_ROUNDS];

static struct mix_thread threads[MAX_THREADS];
static pthread_barrier_t start;

struct worker {
	const struct mix_lock *lock;
	struct mix_thread *t;
	int cpu; /* -1: any */
};

/* Threads that have a CPU each stay there: where the scheduler puts them first is chance. */
static void pin_to(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	(void)sched_setaffinity(0, sizeof(set), &set);
}

static void *work(void *arg)
{
	struct worker *w = arg;

	if (w->cpu >= 0)
		pin_to(w->cpu);
	pthread_barrier_wait(&start);
	w->lock->run(w->t);
	return NULL;
}

/* How many turns of mix_work() a nanosecond has. */
static double turns_per_ns(void)
{
	static double speed;
	int64_t began = bench_now_ns();

	if (speed == 0) {
		mix_work(20000000);
		speed = 20000000 / (double)(bench_now_ns() - began);
	}
	return speed;
}

/* Nanoseconds that they ran. */
static int64_t run_threads(const struct mix_row *row, const struct mix_lock *lock, double seconds)
{
	static int stop;
	static struct worker workers[MAX_THREADS];
	time_t whole = (time_t)seconds;
	struct timespec time = { whole, (long)((seconds - (double)whole) * 1e9) };
	pthread_t ids[MAX_THREADS];
	unsigned int cpus = (unsigned int)sysconf(_SC_NPROCESSORS_ONLN);
	int64_t began;

	stop = 0;
	pthread_barrier_init(&start, NULL, row->threads + 1);
	for (unsigned int i = 0; i < row->threads; i++) {
		threads[i] = (struct mix_thread){
			.writes = row->writes == 1000 ? UINT32_MAX
						      : UINT32_MAX / 1000 * row->writes,
			.hold = (unsigned int)(row->hold_ns * turns_per_ns()),
			.gap = (unsigned int)(row->gap_ns * turns_per_ns()),
			.stop = &stop,
			.random = i * 2654435761u + 1,
		};
		workers[i] = (struct worker){ lock, &threads[i],
					      row->threads <= cpus ? (int)i : -1 };
		if (pthread_create(&ids[i], NULL, work, &workers[i])) {
			perror("pthread_create");
			exit(1);
		}
	}
	pthread_barrier_wait(&start);
	began = bench_now_ns();
	nanosleep(&time, NULL);
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

static void measure(const struct mix_row *row, unsigned int lock, int round, double seconds)
{
	int64_t ns = run_threads(row, &locks[lock], seconds);
	double turns = 0, most = 0;

	for (unsigned int i = 0; i < row->threads; i++) {
		if (threads[i].wrong) {
			fprintf(stderr, "bench: %s does not exclude readers from writers\n",
				locks[lock].name);
			exit(1);
		}
		turns += (double)threads[i].turns;
		most = (double)threads[i].longest > most ? (double)threads[i].longest : most;
	}
	rate[lock][round] = turns / (double)ns * 1e3;
	fair[lock][round] = jain(row->threads);
	longest[lock][round] = most / 1e3;
}

static void print_row(const struct mix_row *row, int rounds)
{
	printf("\n%s\n%-28s %10s %8s %18s %6s %14s\n", row->title, "", "M turns/s", "ratio",
	       "quartiles", "Jain", "longest, us");
	for (unsigned int i = 0; i < nr_locks; i++)
		for (int r = 0; r < rounds; r++)
			ratio[i][r] = rate[i][r] / rate[0][r];
	for (unsigned int i = 0; i < nr_locks; i++) {
		size_t n = (size_t)rounds;

		printf("%-28s %10.2f %8.2f %9.2f %8.2f %6.2f %14.0f\n", locks[i].name,
		       bench_quantile(rate[i], n, 0.5), bench_quantile(ratio[i], n, 0.5),
		       bench_quantile(ratio[i], n, 0.25), bench_quantile(ratio[i], n, 0.75),
		       bench_quantile(fair[i], n, 0.5), bench_quantile(longest[i], n, 1));
	}
	fflush(stdout);
}

static void collect(const char *only)
{
	for (unsigned int i = 0; i < nr_mix_locks + nr_mix_cxx_locks && nr_locks < MAX_LOCKS; i++) {
		const struct mix_lock *lock = i < nr_mix_locks ? &mix_locks[i]
							       : &mix_cxx_locks[i - nr_mix_locks];

		if (!i || !only || strstr(lock->name, only))
			locks[nr_locks++] = *lock;
	}
}

/* BENCH_ROWS, BENCH_LOCKS: a part of the name. BENCH_ROUNDS, BENCH_POINT: seconds of each. */
void bench_mix(void)
{
	const char *keys = getenv("BENCH_ROWS"), *text = getenv("BENCH_ROUNDS");
	int rounds = text ? atoi(text) : 5;
	double seconds;

	text = getenv("BENCH_POINT");
	seconds = text ? strtod(text, NULL) : 0.05;
	if (rounds < 1 || rounds > MAX_ROUNDS || !(seconds >= 0.001 && seconds < 60)) {
		fprintf(stderr, "bench: BENCH_ROUNDS or BENCH_POINT makes no sense\n");
		exit(2);
	}
	klock_rwsem_allow_bias(&unbiased, false);
	collect(getenv("BENCH_LOCKS"));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (keys && !strstr(keys, rows[i].key))
			continue;
		for (int round = 0; round < rounds; round++)
			for (unsigned int n = 0; n < nr_locks; n++)
				measure(&rows[i], (n + (unsigned int)round) % nr_locks, round,
					seconds);
		print_row(&rows[i], rounds);
	}
}
