/* SPDX-License-Identifier: MIT */
/*
 * The power goes after each call of the engine to the host: whatever unsynced writes are lost,
 * what was promised is there, and nobody finds what belongs to others (replay.h, ledger.h).
 *
 *	power_cuts [--seed S] [--ops N] [--rounds N] [--threads 0|1] [--dir D]
 *
 * With threads, each file has one of its own. KLOCK_TORTURE_SECONDS: goes on for so long.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "host.h"
#include "replay.h"
#include "workload.h"

static char path[300];
static unsigned long ops = 160;

struct worker {
	pthread_t thread;
	struct workload w;
	unsigned int file;
	bool ok;
};

static void *work(void *arg)
{
	struct worker *worker = arg;
	unsigned long i;

	worker->ok = true;
	for (i = 0; i < ops / LEDGER_FILES && worker->ok; i++)
		worker->ok = workload_step(&worker->w, worker->file, false);
	return NULL;
}

/* A copy of the workload for each thread, with one file of it. */
static bool work_together(struct workload *w, uint64_t seed)
{
	static struct worker workers[LEDGER_FILES];
	unsigned int f;
	bool ok = true;

	for (f = 0; f < LEDGER_FILES; f++) {
		workers[f].w = *w;
		fc_seed(&workers[f].w.rnd, seed * LEDGER_FILES + f);
		workers[f].file = f;
		if (pthread_create(&workers[f].thread, NULL, work, &workers[f]))
			abort();
	}
	for (f = 0; f < LEDGER_FILES; f++) {
		pthread_join(workers[f].thread, NULL);
		w->file[f] = workers[f].w.file[f];
		if (!workers[f].ok)
			memcpy(w->wrong, workers[f].w.wrong, sizeof(w->wrong));
		ok &= workers[f].ok;
	}
	return ok;
}

static bool one_round(uint64_t seed, bool threads, struct replay_count *count)
{
	const struct replay_options options = { .seed = seed, .each = 4, .random = 2 };
	static struct workload w;
	unsigned long i;
	bool ok;

	workload_mkfs(path);
	ok = workload_begin(&w, path, seed);
	if (threads)
		ok = ok && work_together(&w, seed);
	for (i = 0; i < ops && ok && !threads; i++)
		ok = workload_step(&w, (unsigned int)fc_below(&w.rnd, LEDGER_FILES), true);
	ok = ok && workload_end(&w);
	if (!ok)
		fprintf(stderr, "power_cuts: %s\n", w.wrong);
	ok = ok && replay(path, &options, count);
	if (!ok)
		fprintf(stderr, "again: power_cuts --seed %" PRIu64 " --ops %lu --threads %d "
			"--rounds 1\n", seed, ops, threads);
	return ok;
}

int main(int argc, char **argv)
{
	const char *torture = getenv("KLOCK_TORTURE_SECONDS"), *dir = ".";
	time_t until = time(NULL) + (torture ? atol(torture) : 0);
	unsigned long rounds = 4, done;
	int i, threads = -1; /* in every other round */
	struct replay_count count = { 0 };
	uint64_t seed = (uint64_t)getpid();
	bool ok = true;

	for (i = 1; i + 1 < argc; i += 2) {
		if (!strcmp(argv[i], "--seed"))
			seed = strtoull(argv[i + 1], NULL, 0);
		else if (!strcmp(argv[i], "--ops"))
			ops = strtoul(argv[i + 1], NULL, 0);
		else if (!strcmp(argv[i], "--rounds"))
			rounds = strtoul(argv[i + 1], NULL, 0);
		else if (!strcmp(argv[i], "--threads"))
			threads = atoi(argv[i + 1]);
		else if (!strcmp(argv[i], "--dir"))
			dir = argv[i + 1];
	}
	snprintf(path, sizeof(path), "%s/power-cuts.%d.img", dir, (int)getpid());
	for (done = 0; ok && (done < rounds || time(NULL) < until); done++)
		ok = one_round(seed + done, threads < 0 ? done % 2 : threads > 0, &count);
	unlink(path);
	printf("%lu rounds, %lu power cuts, %lu images: %s\n", done, count.cuts, count.images,
	       ok ? "all that was promised is there" : "failed");
	return !ok || !count.images;
}
