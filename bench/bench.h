/* SPDX-License-Identifier: MIT */
/* What the rows of the benchmark share: a clock, medians, threads that start together. */
#ifndef BENCH_H
#define BENCH_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int64_t bench_now_ns(void);

/* Keeps the CPU busy for about that long without a system call. */
void bench_busy_ns(int64_t ns);

/* Sorts, and returns the value below which the share `q` (0..1) of the values lies. */
double bench_quantile(double *values, size_t n, double q);

/* Seconds that a contended row runs: BENCH_SECONDS, or 2. */
double bench_seconds(void);

void bench_sizes(void);
void bench_pairs(void);
void bench_mix(void);
void bench_lockdep(void);
void bench_waits(void);

#endif
