/* SPDX-License-Identifier: MIT */
/*
 * The rounds of a row. The locks take turns within each round and the order rotates; a
 * lock's ratio to glibc's is taken within the round, so that what slows the whole
 * machine slows both.
 */
#include "bench.h"
#include "quiet.h"
#include <stdlib.h>
#include <string.h>

#define MAX_LOCKS 40
#define MAX_ROUNDS 500

static const struct bench_lock *locks[MAX_LOCKS];
static unsigned int nr_locks, control;

static double values[MAX_LOCKS][MAX_ROUNDS], ratios[MAX_LOCKS][MAX_ROUNDS];
static double jain[MAX_LOCKS][MAX_ROUNDS], longest[MAX_LOCKS][MAX_ROUNDS];
static struct bench_histogram waits[MAX_LOCKS];
static struct bench_sample samples[MAX_LOCKS]; /* of one round */

/* Whether one of the words that a list has between commas matches. */
static bool listed(const char *list, const char *name, bool (*match)(const char *, const char *))
{
	char word[64];

	while (list && *list) {
		size_t length = strcspn(list, ",");

		snprintf(word, sizeof(word), "%.*s", (int)length, list);
		if (length && match(name, word))
			return true;
		list += length + (list[length] == ',');
	}
	return false;
}

static bool begins_with(const char *key, const char *word)
{
	size_t length = strlen(word);

	return !strncmp(key, word, length) && (!key[length] || key[length] == '-');
}

static bool contains(const char *name, const char *word)
{
	return strstr(name, word) != NULL;
}

bool bench_row_wanted(const char *list, const char *key)
{
	return !list || listed(list, key, begins_with);
}

static bool lock_wanted(const char *list, const struct bench_lock *lock)
{
	return !list || listed(list, lock->name, contains) || listed(list, lock->id, contains);
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
	return !nr_locks || lock_wanted(list, lock);
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
	for (unsigned int i = 0; i < nr_locks; i++) {
		unsigned int lock = (i + round) % nr_locks;

		memset(&samples[lock], 0, sizeof(samples[lock]));
		row->measure(row, locks[lock], seconds * row->seconds, &samples[lock]);
	}
}

static void keep_round(unsigned int round)
{
	for (unsigned int i = 0; i < nr_locks; i++) {
		values[i][round] = samples[i].value;
		ratios[i][round] = samples[i].value / samples[0].value;
		jain[i][round] = samples[i].jain;
		longest[i][round] = samples[i].longest;
		bench_histogram_merge(&waits[i], &samples[i].waits);
	}
}

/* A round that others disturbed is worth nothing, but a machine may never be quiet. */
static void measure_rounds(const struct bench_row *row, double seconds, struct bench_rounds *rounds)
{
	bool a_cpu_each = row->threads <= bench_cpus() && !row->one_cpu && !row->condition;
	/* What starts and ends a turn interrupts those that run. */
	unsigned int own_switches = row->threads ? 12 * nr_locks : 0;
	struct bench_quiet quiet;

	for (unsigned int round = 0; round < rounds->n;) {
		bool disturbed;

		bench_quiet_begin(&quiet);
		measure_round(row, round, seconds);
		disturbed = row->condition != BENCH_BUSY &&
			    bench_quiet_disturbed(&quiet, a_cpu_each, own_switches);
		if (disturbed && rounds->redone <= rounds->n / 2) {
			rounds->redone++;
			continue;
		}
		rounds->disturbed += disturbed;
		keep_round(round++);
	}
}

void bench_run_row(const struct bench_row *row, const struct bench_options *options)
{
	struct bench_rounds rounds = { row->rounds * options->rounds / 5, 0, 0 };
	static struct bench_result results[MAX_LOCKS];

	if (!rounds.n)
		rounds.n = 1;
	if (rounds.n > MAX_ROUNDS)
		rounds.n = MAX_ROUNDS;
	collect(row, options->locks);
	memset(waits, 0, sizeof(waits));
	bench_condition_begin(row->condition);
	measure_rounds(row, options->seconds, &rounds);
	bench_condition_end();
	for (unsigned int i = 0; i < nr_locks; i++)
		results[i] = (struct bench_result){
			locks[i],
			values[i],
			ratios[i],
			bench_quantile(jain[i], rounds.n, 0.5),
			bench_quantile(longest[i], rounds.n, 1),
			&waits[i],
		};
	bench_report(row, results, nr_locks, control, &rounds, options->tsv);
}
