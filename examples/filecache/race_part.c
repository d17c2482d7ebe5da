/* SPDX-License-Identifier: MIT */
/* One part of the race: an image of its own, the threads on it, and what came out. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <klock/task.h>

#include "race.h"

#define TICK_NS 100000000u /* how often the main thread looks whether to stop */

unsigned long race_stale(const unsigned long *tally)
{
	return tally[TALLY_kinds + PAGE_OLD] + tally[TALLY_kinds + PAGE_OTHER_FILE] +
	       tally[TALLY_kinds + PAGE_OTHER_PLACE];
}

unsigned long race_wrong(const unsigned long *tally)
{
	unsigned long sum = 0;

	for (int kind = PAGE_GOOD + 1; kind < NR_PAGE_KINDS; kind++)
		sum += tally[TALLY_kinds + kind];
	return sum;
}

/* The first thing that must not happen is the one that is told. */
static void __attribute__((format(printf, 2, 3)))
part_failed(struct race_result *result, const char *format, ...)
{
	va_list args;

	if (result->failed)
		return;
	result->failed = true;
	va_start(args, format);
	vsnprintf(result->why, sizeof(result->why), format, args);
	va_end(args);
}

/* ---- Image and mappings ---------------------------------------------------------- */

static int image_begin(struct race *race, bool lock, bool delay)
{
	const struct race_config *config = &race->config;
	/* Room for every page, the metadata, and as much again that is free. */
	uint32_t blocks = 64 + 2 * (uint32_t)race_pages(race);
	int err = image_mkfs(config->path, blocks, RACE_FILES, true);

	if (!err)
		err = image_open(config->path, IMAGE_NOSYNC, &race->image);
	if (err)
		return err;
	race->image->sw.use_invalidate_lock = lock;
	race->image->sw.punch_delay_us = delay ? config->delay_us : 0;
	race->image->sw.max_pages = config->max_pages;
	return 0;
}

static void unmap_all(struct race *race)
{
	for (unsigned int i = 0; i < RACE_FILES; i++) {
		if (race->vma[i])
			filemap_munmap(race->vma[i]);
		race->vma[i] = NULL;
	}
}

static int map_all(struct race *race, struct worker *worker)
{
	for (unsigned int i = 0; i < RACE_FILES; i++) {
		int err = filemap_mmap(&worker->file[i], 0, race->nr_pages, &race->vma[i]);

		if (err) {
			race->vma[i] = NULL;
			unmap_all(race);
			return err;
		}
	}
	return 0;
}

/* ---- Threads --------------------------------------------------------------------- */

static void show_progress(const struct race *race, unsigned int seconds)
{
	unsigned long tally[NR_TALLIES];

	race_sum(race, tally);
	printf("  %3u s: %lu reads, %lu punches and truncates, %lu EAGAIN, %lu wrong pages\n",
	       seconds, tally[TALLY_reads] + tally[TALLY_nowait] + tally[TALLY_mapped],
	       tally[TALLY_punches] + tally[TALLY_truncates], tally[TALLY_eagain],
	       race_wrong(tally));
	fflush(stdout);
}

/* Until the time is over, a thread has failed, or a signal has come. */
static void watch(struct race *race, unsigned int seconds)
{
	uint64_t start = cache_clock_ns(), now = start;
	unsigned int shown = 0;

	while (now - start < seconds * 1000000000ull && !klock_load_relaxed(&race->stop) &&
	       !klock_fatal_signal_pending()) {
		struct timespec tick = { 0, TICK_NS };

		nanosleep(&tick, NULL);
		now = cache_clock_ns();
		if ((now - start) / 1000000000u > shown) {
			shown = (unsigned int)((now - start) / 1000000000u);
			if (!race->config.quiet)
				show_progress(race, shown);
		}
	}
	klock_store_relaxed(&race->stop, 1ul);
}

/* ---- The part -------------------------------------------------------------------- */

/* While the threads run, and what they have to say. */
static void run(struct race *race, unsigned int seconds, struct race_result *result)
{
	uint64_t start;
	int err;

	cache_stats_reset(race->image);
	start = cache_clock_ns();
	err = race_start(race);
	if (err)
		part_failed(result, "cannot start the threads: %s", strerror(-err));
	else
		watch(race, seconds);
	klock_store_relaxed(&race->stop, 1ul);
	race_join(race);
	result->ns = cache_clock_ns() - start;
	result->interrupted = klock_fatal_signal_pending();
	klock_unkill_all();

	race_sum(race, result->tally);
	cache_stats_get(race->image, &result->stats);
	for (unsigned int w = 0; w < race->nr_workers; w++) {
		if (race->workers[w].err)
			part_failed(result, "%s", race->workers[w].why);
	}
}

/* Looks at every page, in the cache and then on the disk, when all is quiet. */
static void verify(struct race *race, struct worker *main_worker, struct race_result *result)
{
	int wrong = race_verify(main_worker), err;

	if (wrong < 0) {
		part_failed(result, "looking at all pages: %s", cache_error());
		return;
	}
	result->wrong_cached = (unsigned int)wrong;
	err = image_drop_pages(race->image);
	wrong = err ? err : race_verify(main_worker);
	if (wrong < 0) {
		part_failed(result, "looking at all pages on the disk: %s", cache_error());
		return;
	}
	result->wrong_on_disk = (unsigned int)wrong;
}

/* Sums that must come out. */
static void check_sums(struct race_result *result)
{
	const unsigned long *tally = result->tally;

	if (result->interrupted)
		return;
	if (tally[TALLY_eagain] != tally[TALLY_fallback] + tally[TALLY_queue_full])
		part_failed(result, "%lu reads were refused with EAGAIN, but %lu were done later",
			    tally[TALLY_eagain], tally[TALLY_fallback] + tally[TALLY_queue_full]);
	if (!tally[TALLY_reads] || !tally[TALLY_nowait] || !tally[TALLY_readahead] ||
	    !tally[TALLY_punches] || !tally[TALLY_truncates])
		part_failed(result, "some threads never did anything: the time is too short");
}

static void note_problem(void *arg, const char *problem)
{
	part_failed(arg, "fsck: %s", problem);
}

static void race_with_image(struct race *race, unsigned int seconds, struct race_result *result)
{
	struct worker main_worker;
	int err = worker_init(&main_worker, race, "main thread", 0, O_CREAT);

	if (err) {
		part_failed(result, "making the files: %s", cache_error());
		return;
	}
	main_worker.random = race->config.seed;
	err = race_populate(&main_worker);
	if (!err && race->config.mapped)
		err = map_all(race, &main_worker);
	if (err == -EINTR && klock_fatal_signal_pending()) {
		result->interrupted = true;
		klock_unkill_all();
	} else if (err) {
		part_failed(result, "filling the files: %s", cache_error());
	} else {
		run(race, seconds, result);
		unmap_all(race);
		verify(race, &main_worker, result);
		check_sums(result);
	}
	for (unsigned int w = 0; w < race->nr_workers; w++)
		worker_exit(&race->workers[w]);
	worker_exit(&main_worker);
}

int race_part(const struct race_config *config, unsigned int seconds, bool lock, bool delay,
	      struct race_result *result)
{
	struct race race = { .config = *config };
	int err = race_alloc(&race);

	if (err) {
		part_failed(result, "%s", strerror(-err));
		return -1;
	}
	result->lock = lock;
	result->delay = delay;
	err = image_begin(&race, lock, delay);
	if (err) {
		part_failed(result, "%s: %s", config->path, cache_error());
		race_free(&race);
		return -1;
	}
	race_with_image(&race, seconds, result);
	err = image_close(race.image);
	if (err)
		part_failed(result, "closing the image: %s", cache_error());

	result->fsck_problems = image_fsck(config->path, note_problem, result);
	if (result->fsck_problems < 0)
		part_failed(result, "fsck: %s", cache_error());
	memcpy(result->example, race.example, sizeof(result->example));
	race_free(&race);
	return result->failed || result->interrupted ? -1 : 0;
}
