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

static const char *const condition_names[] = {
	[BENCH_ALONE] = "cell",
	[BENCH_ONE_CPU] = "one",
	[BENCH_BUSY] = "busy",
	[BENCH_NICE] = "nice",
};

static char key[64]; /* of the row that runs */

static unsigned int run(struct bench_row *row, const struct bench_options *options)
{
	row->key = row->title = key;
	row->without = BENCH_SPIN;
	if (options->rows && !bench_row_wanted(options->rows, key))
		return 0;
	bench_run_row(row, options);
	return 1;
}

static unsigned int run_cell(enum bench_condition condition, unsigned int nr, unsigned int share,
			     unsigned int hold_ns, unsigned int gap_ns,
			     const struct bench_options *options)
{
	struct bench_row row = {
		.unit = "M/s",
		.measure = bench_mix,
		.kinds = BENCH_RW | BENCH_MUTEX,
		.threads = nr,
		.rounds = 5,
		/* Threads that share CPUs run for milliseconds each before another one does. */
		.seconds = nr > bench_cpus() || condition ? 3 : 1,
		.writes = share,
		.hold_ns = hold_ns,
		.gap_ns = gap_ns,
		.condition = condition,
	};

	snprintf(key, sizeof(key), "%s-t%u-w%u-h%u-g%u", condition_names[condition], nr, share,
		 hold_ns, gap_ns);
	return run(&row, options);
}

static unsigned int run_cells(const struct bench_options *options)
{
	unsigned int n = 0;

	for (size_t nr = 0; nr < LENGTH(threads); nr++)
		for (size_t share = 0; share < LENGTH(writes); share++)
			for (size_t hold = 0; hold < LENGTH(holds_ns); hold++)
				for (size_t gap = 0; gap < LENGTH(gaps_ns); gap++)
					n += run_cell(BENCH_ALONE, threads[nr], writes[share],
						      holds_ns[hold], gaps_ns[gap], options);
	return n;
}

/* Fewer cells, each under conditions that a scheduler makes much of. */
static unsigned int run_conditions(const struct bench_options *options)
{
	static const unsigned int nrs[] = { 2, 8, 32 }, shares[] = { 100, 1000 };
	static const unsigned int held[] = { 50, 5000 };
	unsigned int n = 0;

	for (enum bench_condition c = BENCH_ONE_CPU; c <= BENCH_NICE; c++)
		for (size_t nr = 0; nr < LENGTH(nrs); nr++)
			for (size_t share = 0; share < LENGTH(shares); share++)
				for (size_t hold = 0; hold < LENGTH(held); hold++)
					n += run_cell(c, nrs[nr], shares[share], held[hold], 100,
						      options);
	return n;
}

/* How long one reader or writer waits, now and then, among others that are all of the other kind. */
static unsigned int run_waits(const struct bench_options *options)
{
	static const unsigned int others[] = { 2, 3, 4, 8 };
	unsigned int n = 0;

	for (enum bench_condition c = BENCH_ALONE; c <= BENCH_NICE; c++)
		for (size_t i = 0; i < LENGTH(others); i++)
			for (int write = 0; write < 2; write++) {
				struct bench_row row = {
					.unit = "us",
					.measure = bench_waits,
					.kinds = BENCH_RW,
					.threads = others[i] + 1,
					.rounds = 5,
					.seconds = 5,
					.writes = write ? 0 : 1000, /* of the others */
					.gap_ns = 500,
					.condition = c,
				};

				snprintf(key, sizeof(key), "wait-%s-%s-n%u", condition_names[c],
					 write ? "write" : "read", others[i]);
				n += run(&row, options);
			}
	return n;
}

unsigned int bench_portfolio(const struct bench_options *options)
{
	return run_cells(options) + run_conditions(options) + run_waits(options);
}
