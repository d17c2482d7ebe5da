/* SPDX-License-Identifier: MIT */
/*
 * How long one thread waits while others overlap: a writer every 200 us
 * against three readers, a reader every 200 us against three writers; sections
 * of 5 us, 0.5 us between them. A lock that lets one side starve shows it here:
 * a wait still under way when the time is over counts as long as it took.
 */
#include "bench.h"
#include <klock.h>
#include <stdio.h>
#include <string.h>

#define OTHERS 3
#define SECTION_NS 5000
#define GAP_NS 500
#define PERIOD_NS 200000
#define MAX_SAMPLES 200000

static DEFINE_RWSEM(rwsem);
DEFINE_STATIC_PERCPU_RWSEM(percpu);
static pthread_rwlock_t glibc = PTHREAD_RWLOCK_INITIALIZER;
static pthread_rwlock_t glibc_writers = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;

static void klock_take(bool write)
{
	if (write)
		down_write(&rwsem);
	else
		down_read(&rwsem);
}

static void klock_give(bool write)
{
	if (write)
		up_write(&rwsem);
	else
		up_read(&rwsem);
}

static void percpu_take(bool write)
{
	if (write)
		percpu_down_write(&percpu);
	else
		percpu_down_read(&percpu);
}

static void percpu_give(bool write)
{
	if (write)
		percpu_up_write(&percpu);
	else
		percpu_up_read(&percpu);
}

static void glibc_take(bool write)
{
	if (write)
		pthread_rwlock_wrlock(&glibc);
	else
		pthread_rwlock_rdlock(&glibc);
}

static void glibc_give(bool write)
{
	(void)write;
	pthread_rwlock_unlock(&glibc);
}

static void glibc_writers_take(bool write)
{
	if (write)
		pthread_rwlock_wrlock(&glibc_writers);
	else
		pthread_rwlock_rdlock(&glibc_writers);
}

static void glibc_writers_give(bool write)
{
	(void)write;
	pthread_rwlock_unlock(&glibc_writers);
}

static const struct lock {
	const char *name;
	void (*take)(bool write);
	void (*give)(bool write);
} locks[] = {
	{ "klock rwsem", klock_take, klock_give },
	{ "klock percpu rwsem", percpu_take, percpu_give },
	{ "glibc rwlock", glibc_take, glibc_give },
	{ "glibc, writers preferred", glibc_writers_take, glibc_writers_give },
};

static struct run {
	const struct lock *lock;
	bool others_write;
	int stop;
} run;

static void *overlap(void *arg)
{
	(void)arg;
	while (!__atomic_load_n(&run.stop, __ATOMIC_RELAXED)) {
		run.lock->take(run.others_write);
		bench_busy_ns(SECTION_NS);
		run.lock->give(run.others_write);
		bench_busy_ns(GAP_NS);
	}
	return NULL;
}

static struct samples {
	size_t n;
	double us[MAX_SAMPLES];
} samples;

static void *wait_and_measure(void *arg)
{
	(void)arg;
	while (!__atomic_load_n(&run.stop, __ATOMIC_RELAXED) && samples.n < MAX_SAMPLES) {
		int64_t start = bench_now_ns(), spent;
		struct timespec rest = { 0, 0 };

		run.lock->take(!run.others_write);
		samples.us[samples.n++] = (double)(bench_now_ns() - start) / 1e3;
		bench_busy_ns(SECTION_NS);
		run.lock->give(!run.others_write);
		spent = bench_now_ns() - start;
		rest.tv_nsec = spent < PERIOD_NS ? PERIOD_NS - spent : 0;
		nanosleep(&rest, NULL);
	}
	return NULL;
}

static void measure(const struct lock *lock, bool others_write)
{
	struct timespec time = { (time_t)bench_seconds(), 0 };
	pthread_t others[OTHERS], one;

	time.tv_nsec = (long)((bench_seconds() - (double)time.tv_sec) * 1e9);
	memset(&samples, 0, sizeof(samples));
	run = (struct run){ .lock = lock, .others_write = others_write };
	for (int i = 0; i < OTHERS; i++)
		pthread_create(&others[i], NULL, overlap, NULL);
	pthread_create(&one, NULL, wait_and_measure, NULL);
	nanosleep(&time, NULL);
	__atomic_store_n(&run.stop, 1, __ATOMIC_RELAXED);
	for (int i = 0; i < OTHERS; i++)
		pthread_join(others[i], NULL);
	pthread_join(one, NULL);
	printf("%-28s %8zu %10.0f %10.0f %10.0f\n", lock->name, samples.n,
	       bench_quantile(samples.us, samples.n, 0.5),
	       bench_quantile(samples.us, samples.n, 0.99),
	       bench_quantile(samples.us, samples.n, 1));
}

void bench_waits(void)
{
	static const char *const titles[] = {
		"A writer every 200 us against 3 readers: its waits, us",
		"A reader every 200 us against 3 writers: its waits, us",
	};

	for (int others_write = 0; others_write < 2; others_write++) {
		printf("\n%s\n%-28s %8s %10s %10s %10s\n", titles[others_write], "", "waits",
		       "median", "p99", "longest");
		for (size_t i = 0; i < sizeof(locks) / sizeof(locks[0]); i++)
			measure(&locks[i], others_write);
	}
}
