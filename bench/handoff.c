/* SPDX-License-Identifier: MIT */
/*
 * How long it takes to hand a lock over to one that waits for it. Two threads walk around a
 * ring of three locks, each holding one and taking the next before it gives up the one behind.
 * So each step waits for the other's step, and two steps are a round trip. And what
 * it costs to wait meanwhile, in time of CPUs.
 */
#include "bench.h"
#include <time.h>

static struct ring {
	const struct bench_row *row;
	const struct bench_lock *lock;
	int stop;
	unsigned int at[2]; /* the lock that each has taken last */
	uint64_t steps[2] __attribute__((aligned(128)));
	uint64_t wrong;
	pthread_barrier_t start;
} ring;

/* The other one says where it is before it gives up what it held, so it cannot be here. */
static void check(unsigned int me, unsigned int at)
{
	__atomic_store_n(&ring.at[me], at, __ATOMIC_RELAXED);
	if (__atomic_load_n(&ring.at[!me], __ATOMIC_RELAXED) == at)
		__atomic_fetch_add(&ring.wrong, 1, __ATOMIC_RELAXED);
}

static void *walk(void *arg)
{
	unsigned int me = arg != NULL, at = me, cpu = ring.row->one_cpu ? 0 : me;

	bench_bind(cpu);
	ring.lock->take(at, true);
	ring.at[me] = at;
	pthread_barrier_wait(&ring.start);
	while (!__atomic_load_n(&ring.stop, __ATOMIC_RELAXED)) {
		unsigned int next = (at + 1) % BENCH_OBJECTS;

		ring.lock->take(next, true);
		check(me, next);
		bench_busy_ns(ring.row->hold_ns);
		ring.lock->give(at, true);
		at = next;
		__atomic_store_n(&ring.steps[me], ring.steps[me] + 1, __ATOMIC_RELAXED);
	}
	__atomic_store_n(&ring.at[me], BENCH_OBJECTS, __ATOMIC_RELAXED); /* nowhere */
	ring.lock->give(at, true);
	return NULL;
}

static void hand_off(const struct bench_row *row, const struct bench_lock *lock, double seconds,
		     struct bench_sample *sample)
{
	pthread_t threads[2];
	int64_t began;
	double ns;

	ring = (struct ring){ .row = row, .lock = lock };
	pthread_barrier_init(&ring.start, NULL, 3);
	bench_start(&threads[0], walk, NULL);
	bench_start(&threads[1], walk, &ring);
	pthread_barrier_wait(&ring.start);
	began = bench_now_ns();
	do
		bench_sleep(seconds);
	while (!__atomic_load_n(&ring.steps[0], __ATOMIC_RELAXED));
	__atomic_store_n(&ring.stop, 1, __ATOMIC_RELAXED);
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	ns = (double)(bench_now_ns() - began);
	pthread_barrier_destroy(&ring.start);
	bench_check(lock, ring.wrong);
	sample->value = (ns / (double)(ring.steps[0] + ring.steps[1]) - row->hold_ns) * 2 / 1e3;
}

#define KINDS (BENCH_RW | BENCH_MUTEX | BENCH_WAKE_BOUND)

const struct bench_row bench_handoff_rows[] = {
	{ "hand-awake", "Handing over and back, both awake on 2 CPUs", "us", hand_off,
	  .kinds = KINDS, .threads = 2, .rounds = 5, .seconds = 1 },
	{ "hand-sleeper", "Handing over and back, each asleep for 200 us before", "us", hand_off,
	  .kinds = KINDS, .without = BENCH_SPIN, .threads = 2, .rounds = 5, .seconds = 2,
	  .hold_ns = 200000 },
	{ "hand-one-cpu", "Handing over and back, both on one CPU", "us", hand_off, .kinds = KINDS,
	  .without = BENCH_SPIN, .threads = 2, .rounds = 5, .seconds = 1, .one_cpu = true },
	{ 0 },
};

#define WAITERS 7

static struct burn {
	const struct bench_lock *lock;
	pthread_barrier_t start;
	double ms[WAITERS];
} burn;

static double own_cpu_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static void *wait_for_it(void *arg)
{
	double *ms = arg, began;

	pthread_barrier_wait(&burn.start);
	began = own_cpu_ms();
	burn.lock->take(0, true);
	burn.lock->give(0, true);
	*ms = own_cpu_ms() - began;
	return NULL;
}

static void burn_cpu(const struct bench_row *row, const struct bench_lock *lock, double seconds,
		     struct bench_sample *sample)
{
	pthread_t threads[WAITERS];

	(void)seconds;
	burn.lock = lock;
	pthread_barrier_init(&burn.start, NULL, WAITERS + 1);
	lock->take(0, true);
	for (int i = 0; i < WAITERS; i++)
		bench_start(&threads[i], wait_for_it, &burn.ms[i]);
	pthread_barrier_wait(&burn.start);
	bench_sleep(row->hold_ns / 1e9);
	lock->give(0, true);
	for (int i = 0; i < WAITERS; i++) {
		pthread_join(threads[i], NULL);
		sample->value += burn.ms[i];
	}
	pthread_barrier_destroy(&burn.start);
}

const struct bench_row bench_burn_rows[] = {
	{ "burn", "CPU that 7 waiters use until they get a lock that is held for 200 ms", "ms",
	  burn_cpu, .kinds = BENCH_RW | BENCH_MUTEX, .without = BENCH_SPIN, .threads = 8,
	  .rounds = 5, .hold_ns = 200000000 },
	{ 0 },
};
