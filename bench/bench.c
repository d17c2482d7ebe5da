/* SPDX-License-Identifier: MIT */
#include "bench.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int64_t bench_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

void bench_busy_ns(int64_t ns)
{
	int64_t end = bench_now_ns() + ns;

	while (bench_now_ns() < end)
		;
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

double bench_seconds(void)
{
	const char *text = getenv("BENCH_SECONDS");
	double seconds = text ? strtod(text, NULL) : 2;

	if (!(seconds >= 0.1 && seconds <= 3600)) {
		fprintf(stderr, "bench: BENCH_SECONDS is '%s', not between 0.1 and 3600\n", text);
		exit(2);
	}
	return seconds;
}
