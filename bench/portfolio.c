/* SPDX-License-Identifier: MIT */
/*
 * Many shapes of load instead of a few: each time a lock is held, each gap between two holds, each
 * number of threads, each share of writes, with each other. What is tuned to one shape loses in
 * another; portfolio.awk says where.
 */
#include "bench.h"

static const unsigned int holds_ns[] = { 0, 50, 300, 5000 };
static const unsigned int gaps_ns[] = { 0, 100, 1000 };
static const unsigned int threads[] = { 1, 2, 4, 8, 32, 128 };
static const unsigned int writes[] = { 0, 10, 100, 500, 1000 }; /* of a thousand turns */

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static struct bench_row cell_of(size_t hold, size_t gap, size_t nr, size_t share, char *key,
				size_t size)
{
	struct bench_row row = {
		.key = key,
		.title = key,
		.unit = "M/s",
		.measure = bench_mix,
		.kinds = BENCH_RW | BENCH_MUTEX,
		.without = BENCH_SPIN,
		.threads = threads[nr],
		.rounds = 5,
		/* Threads that share CPUs run for milliseconds each before another one does. */
		.seconds = threads[nr] > bench_cpus() ? 3 : 1,
		.writes = writes[share],
		.hold_ns = holds_ns[hold],
		.gap_ns = gaps_ns[gap],
	};

	snprintf(key, size, "cell-t%u-w%u-h%u-g%u", row.threads, row.writes, row.hold_ns,
		 row.gap_ns);
	return row;
}

unsigned int bench_portfolio(const struct bench_options *options)
{
	unsigned int n = 0;
	char key[48];

	for (size_t nr = 0; nr < LENGTH(threads); nr++)
		for (size_t share = 0; share < LENGTH(writes); share++)
			for (size_t hold = 0; hold < LENGTH(holds_ns); hold++)
				for (size_t gap = 0; gap < LENGTH(gaps_ns); gap++) {
					struct bench_row row = cell_of(hold, gap, nr, share, key,
								       sizeof(key));

					if (options->rows && !bench_row_wanted(options->rows, key))
						continue;
					bench_run_row(&row, options);
					n++;
				}
	return n;
}
