/* SPDX-License-Identifier: MIT */
#include "histogram.h"

static size_t bin_of(uint64_t ns)
{
	unsigned int shift = 0;
	size_t bin;

	while (ns >> shift >= 2 * BENCH_STEPS)
		shift++;
	bin = shift * BENCH_STEPS + (size_t)(ns >> shift);
	return bin < BENCH_BINS ? bin : BENCH_BINS - 1;
}

uint64_t bench_histogram_floor(size_t bin)
{
	size_t shift = bin < 2 * BENCH_STEPS ? 0 : bin / BENCH_STEPS - 1;

	return (uint64_t)(bin - shift * BENCH_STEPS) << shift;
}

void bench_histogram_add(struct bench_histogram *h, uint64_t ns)
{
	h->bins[bin_of(ns)]++;
	h->n++;
	if (ns > h->longest_ns)
		h->longest_ns = ns;
}

void bench_histogram_merge(struct bench_histogram *into, const struct bench_histogram *h)
{
	for (size_t bin = 0; bin < BENCH_BINS; bin++)
		into->bins[bin] += h->bins[bin];
	into->n += h->n;
	if (h->longest_ns > into->longest_ns)
		into->longest_ns = h->longest_ns;
}

double bench_histogram_us(const struct bench_histogram *h, double q)
{
	uint64_t wanted = (uint64_t)(q * (double)h->n), seen = 0;
	size_t bin = 0;
	double us;

	if (wanted >= h->n)
		return (double)h->longest_ns / 1e3;
	for (;; bin++) {
		seen += h->bins[bin];
		if (seen > wanted)
			break;
	}
	us = (double)(bench_histogram_floor(bin) + bench_histogram_floor(bin + 1)) / 2e3;
	return us < (double)h->longest_ns / 1e3 ? us : (double)h->longest_ns / 1e3;
}
