/* SPDX-License-Identifier: MIT */
/*
 * The rounds of a row. The locks take turns within each round and the order rotates; a
 * lock's ratio to glibc's is taken within the round, so that what slows the whole
 * machine slows both.
 */
#include "bench.h"
#include <stdlib.h>
#include <string.h>

#define MAX_LOCKS 40
#define MAX_ROUNDS 500

static const struct bench_lock *locks[MAX_LOCKS];
static unsigned int nr_locks, control;

static double values[MAX_LOCKS][MAX_ROUNDS], ratios[MAX_LOCKS][MAX_ROUNDS];
static double jain[MAX_LOCKS][MAX_ROUNDS], longest[MAX_LOCKS][MAX_ROUNDS];
static struct bench_histogram waits[MAX_LOCKS];

bool bench_listed(const char *list, const char *name)
{
	char word[64];

	while (list && *list) {
		size_t length = strcspn(list, ",");

		snprintf(word, sizeof(word), "%.*s", (int)length, list);
		if (length && strstr(name, word))
			return true;
		list += length + (list[length] == ',');
	}
	return false;
}

/* The reference is in each row, as the first, and its second name with it. */
static bool wanted(const struct bench_row *row, const struct bench_lock *lock, const char *list)
{
	if (!(lock->kinds & row->kinds) || lock->kinds & row->without)
		return false;
	if (lock->kinds & BENCH_SPIN && row->threads > bench_cpus())
		return false; /* would take for ever */
	if (lock->kinds & BENCH_AGAIN)
		return lock->kinds & locks[0]->kinds & ~(unsigned int)BENCH_AGAIN;
	return !nr_locks || !list || bench_listed(list, lock->name) || bench_listed(list, lock->id);
}

static void collect(const struct bench_row *row, const char *list)
{
	const struct bench_lock *const lists[] = { bench_locks, bench_cxx_locks };

	nr_locks = 0;
	for (unsigned int i = 0; i < 2; i++)
		for (const struct bench_lock *lock = lists[i]; lock->name; lock++)
			if (wanted(row, lock, list) && nr_locks < MAX_LOCKS)
				locks[nr_locks++] = lock;
	control = 0;
	while (control < nr_locks && !(locks[control]->kinds & BENCH_AGAIN))
		control++;
}

static void measure_round(const struct bench_row *row, unsigned int round, double seconds)
{
	static struct bench_sample sample;

	for (unsigned int i = 0; i < nr_locks; i++) {
		unsigned int lock = (i + round) % nr_locks;

		memset(&sample, 0, sizeof(sample));
		row->measure(row, locks[lock], seconds * row->seconds, &sample);
		values[lock][round] = sample.value;
		jain[lock][round] = sample.jain;
		longest[lock][round] = sample.longest;
		bench_histogram_merge(&waits[lock], &sample.waits);
	}
	for (unsigned int i = 0; i < nr_locks; i++)
		ratios[i][round] = values[i][round] / values[0][round];
}

void bench_run_row(const struct bench_row *row, const struct bench_options *options)
{
	unsigned int rounds = row->rounds ? row->rounds * options->rounds : 1;
	static struct bench_result results[MAX_LOCKS];

	if (rounds > MAX_ROUNDS)
		rounds = MAX_ROUNDS;
	collect(row, options->locks);
	memset(waits, 0, sizeof(waits));
	for (unsigned int round = 0; round < rounds; round++)
		measure_round(row, round, options->seconds);
	for (unsigned int i = 0; i < nr_locks; i++)
		results[i] = (struct bench_result){
			locks[i],
			values[i],
			ratios[i],
			bench_quantile(jain[i], rounds, 0.5),
			bench_quantile(longest[i], rounds, 1),
			&waits[i],
		};
	bench_report(row, results, nr_locks, control, rounds, options->tsv);
}
