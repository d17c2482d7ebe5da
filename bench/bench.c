/* SPDX-License-Identifier: MIT */
#include "bench.h"
#include <sched.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int64_t bench_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

void bench_busy_ns(int64_t ns)
{
	int64_t end = ns ? bench_now_ns() + ns : 0;

	while (ns && bench_now_ns() < end)
		;
}

void bench_sleep(double seconds)
{
	time_t whole = (time_t)seconds;
	struct timespec time = { whole, (long)((seconds - (double)whole) * 1e9) };

	nanosleep(&time, NULL);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double bench_quantile(double *values, size_t n, double q)
{
	qsort(values, n, sizeof(*values), by_value);
	return values[(size_t)(q * (double)(n - 1) + 0.5)];
}

unsigned int bench_cpus(void)
{
	return (unsigned int)sysconf(_SC_NPROCESSORS_ONLN);
}

void bench_bind(unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	(void)sched_setaffinity(0, sizeof(set), &set);
}

struct begun {
	void *(*fn)(void *);
	void *arg;
};

static void *begin(void *arg)
{
	struct begun begun = *(struct begun *)arg;
	void *result;

	free(arg);
	bench_thread_begin();
	result = begun.fn(begun.arg);
	bench_thread_end();
	return result;
}

void bench_start(pthread_t *thread, void *(*fn)(void *), void *arg)
{
	struct begun *begun = malloc(sizeof(*begun));

	if (begun)
		*begun = (struct begun){ fn, arg };
	if (!begun || pthread_create(thread, NULL, begin, begun)) {
		perror("bench: a thread");
		exit(1);
	}
}

void bench_check(const struct bench_lock *lock, uint64_t wrong)
{
	if (!wrong)
		return;
	fprintf(stderr, "bench: %s does not exclude readers from writers\n", lock->name);
	exit(1);
}
