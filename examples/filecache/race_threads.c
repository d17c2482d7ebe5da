/* SPDX-License-Identifier: MIT */
/* The threads of a race, and the memory they share. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <klock/task.h>
#include <klock/wait_bit.h>

#include "race.h"

static const struct role {
	const char *name;
	void (*loop)(struct worker *worker);
	bool mapped, fallback;
} roles[] = {
	{ "reader", reader_loop, false, false },
	{ "nowait reader", nowait_loop, false, false },
	{ "fallback reader", fallback_loop, false, true },
	{ "readahead", readahead_loop, false, false },
	{ "mapped reader", mapped_loop, true, false },
	{ "puncher", puncher_loop, false, false },
	{ "truncater", truncater_loop, false, false },
};

#define NR_ROLES (sizeof(roles) / sizeof(roles[0]))

unsigned int worker_random(struct worker *worker, unsigned int n)
{
	uint64_t x = worker->random += 0x9e3779b97f4a7c15u;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return (unsigned int)((x ^ x >> 31) >> 33) % n;
}

void worker_failed(struct worker *worker, int err, unsigned int file, unsigned int page)
{
	if (err != -EINTR || !klock_fatal_signal_pending()) {
		worker->err = err;
		snprintf(worker->why, sizeof(worker->why),
			 "%s %u, file %u at offset %llu: error %d (%s): %s", worker->role,
			 worker->id, file, (unsigned long long)page << PAGE_SHIFT, -err,
			 strerror(-err), cache_error());
	}
	klock_store_relaxed(&worker->race->stop, 1ul);
}

/* ---- Memory ---------------------------------------------------------------------- */

/* Words that threads share by plain atomic loads and stores. */
static unsigned long *words_alloc(size_t nr)
{
	unsigned long *words = calloc(nr, sizeof(*words));

	for (size_t i = 0; words && i < nr; i++)
		klock_bit_word_init(&words[i]);
	return words;
}

static void words_free(unsigned long *words, size_t nr)
{
	for (size_t i = 0; words && i < nr; i++)
		klock_bit_word_exit(&words[i]);
	free(words);
}

size_t race_pages(const struct race *race)
{
	return (size_t)RACE_FILES * race->nr_pages;
}

void race_free(struct race *race)
{
	words_free(race->step, race_pages(race));
	words_free(race->reported, race_pages(race));
	words_free(race->hot, (size_t)2 * race->config.threads);
	mutex_destroy(&race->queue_lock);
	klock_semaphore_destroy(&race->queue_filled);
	klock_bit_word_exit(&race->stop);
	klock_bit_word_exit(&race->example_taken);
	free(race->workers);
}

int race_alloc(struct race *race)
{
	race->nr_pages = (race->config.threads + 1) * RACE_SLICE;
	race->step = words_alloc(race_pages(race));
	race->reported = words_alloc(race_pages(race));
	race->hot = words_alloc((size_t)2 * race->config.threads);
	race->workers = calloc(NR_ROLES * race->config.threads, sizeof(*race->workers));
	klock_bit_word_init(&race->stop);
	klock_bit_word_init(&race->example_taken);
	mutex_init(&race->queue_lock);
	sema_init(&race->queue_filled, 0);
	if (race->step && race->reported && race->hot && race->workers)
		return 0;
	race_free(race);
	return -ENOMEM;
}

void worker_exit(struct worker *worker)
{
	while (worker->nr_open)
		file_close(&worker->file[--worker->nr_open]);
	free(worker->buf);
	words_free(worker->tally, NR_TALLIES);
}

int worker_init(struct worker *worker, struct race *race, const char *role, unsigned int id,
		int oflags)
{
	*worker = (struct worker){ .race = race, .role = role, .id = id };
	worker->tally = words_alloc(NR_TALLIES);
	worker->buf = aligned_alloc(PAGE_SIZE, RACE_RANGE * PAGE_SIZE);
	if (!worker->tally || !worker->buf) {
		worker_exit(worker);
		return -ENOMEM;
	}
	for (unsigned int i = 0; i < RACE_FILES; i++) {
		char name[16];
		int err;

		snprintf(name, sizeof(name), "file%u", i);
		err = file_open(race->image, name, oflags, &worker->file[i]);
		if (err) {
			worker_exit(worker);
			return err;
		}
		worker->nr_open++;
	}
	return 0;
}

/* ---- Threads --------------------------------------------------------------------- */

static void *worker_main(void *arg)
{
	struct worker *worker = arg;

	worker->loop(worker);
	return NULL;
}

static int add_worker(struct race *race, const struct role *role, unsigned int id)
{
	struct worker *worker = &race->workers[race->nr_workers];
	int err = worker_init(worker, race, role->name, id, 0);

	if (err)
		return err;
	worker->loop = role->loop;
	worker->fallback = role->fallback;
	/* A sequence of its own for each thread, the same in each part. */
	worker->random = race->config.seed + ((uint64_t)race->nr_workers + 1) * 0x632be59bd9b4e019u;
	err = -pthread_create(&worker->thread, NULL, worker_main, worker);
	if (err) {
		worker_exit(worker);
		return err;
	}
	race->nr_workers++;
	return 0;
}

int race_start(struct race *race)
{
	for (size_t r = 0; r < NR_ROLES; r++) {
		unsigned int nr = race->config.threads;

		if (roles[r].mapped && !race->config.mapped)
			continue;
		if (roles[r].loop == truncater_loop)
			nr = race_truncaters(race);
		for (unsigned int id = 0; id < nr; id++) {
			int err = add_worker(race, &roles[r], id);

			if (err)
				return err;
		}
	}
	return 0;
}

void race_sum(const struct race *race, unsigned long *tally)
{
	memset(tally, 0, NR_TALLIES * sizeof(*tally));
	for (unsigned int w = 0; w < race->nr_workers; w++) {
		for (int i = 0; i < NR_TALLIES; i++) {
			unsigned long n = klock_load_relaxed(&race->workers[w].tally[i]);

			if (!tally_is_time(i))
				tally[i] += n;
			else if (n > tally[i])
				tally[i] = n;
		}
	}
}

void race_join(struct race *race)
{
	for (unsigned int w = 0; w < race->nr_workers; w++) {
		if (!race->workers[w].fallback)
			pthread_join(race->workers[w].thread, NULL);
	}
	/* Nothing is handed over any more: one unit more for each, which finds no request. */
	for (unsigned int w = 0; w < race->nr_workers; w++) {
		if (race->workers[w].fallback)
			up(&race->queue_filled);
	}
	for (unsigned int w = 0; w < race->nr_workers; w++) {
		if (race->workers[w].fallback)
			pthread_join(race->workers[w].thread, NULL);
	}
}
