/* SPDX-License-Identifier: MIT */
/* How many waits were how long, in steps of one thirty-second of a power of two. */
#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

#define BENCH_STEPS 32
#define BENCH_BINS (40 * BENCH_STEPS)

struct bench_histogram {
	uint64_t n, longest_ns;
	uint32_t bins[BENCH_BINS];
};

void bench_histogram_add(struct bench_histogram *h, uint64_t ns);
void bench_histogram_merge(struct bench_histogram *into, const struct bench_histogram *h);

/* The least that falls into a bin, in ns. */
uint64_t bench_histogram_floor(size_t bin);

/* The wait, in us, that the share `q` of all waits did not exceed. */
double bench_histogram_us(const struct bench_histogram *h, double q);

#endif
