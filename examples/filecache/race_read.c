/* SPDX-License-Identifier: MIT */
/* The threads that read, each in another way. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <klock/task.h>

#include "race.h"

#define HOT_READS 2 /* one read of so many goes where a mutator is at work */

/* Somewhere to read. */
static void choose(struct worker *worker, struct request *request)
{
	struct race *race = worker->race;
	unsigned int at = worker_random(worker, RACE_FILES * race->nr_pages);

	if (worker_random(worker, HOT_READS) == 0) {
		unsigned int who = worker_random(worker, 2 * race->config.threads);

		/* A hint, which need not be fresh. */
		at = (unsigned int)klock_load_relaxed(&race->hot[who]);
	}
	request->file = at / race->nr_pages;
	request->page = at % race->nr_pages;
	request->nr = 1 + worker_random(worker, RACE_RANGE);
	if (request->nr > race->nr_pages - request->page)
		request->nr = race->nr_pages - request->page;
}

static void note_example(struct race *race, const struct expected *expected, enum page_kind kind,
			 const struct stamp *found)
{
	unsigned long none = 0;
	char what[80] = "zeroes";

	if (!klock_cas_relaxed(&race->example_taken, &none, 1ul))
		return;
	if (found->generation)
		snprintf(what, sizeof(what), "file %u, offset %llu, generation %lu", found->file,
			 (unsigned long long)found->page << PAGE_SHIFT, found->generation);
	snprintf(race->example, sizeof(race->example), "file %u at offset %llu gave %s: %s",
		 expected->file, (unsigned long long)expected->page << PAGE_SHIFT, what,
		 page_kind_text[kind]);
}

/* Judges page `i` of the request in worker->buf, and counts it. `tally` is by whom. */
static void check_page(struct worker *worker, const struct request *request, unsigned int i,
		       int tally, bool at_once)
{
	struct race *race = worker->race;
	struct expected expected = {
		.seed = race->config.seed,
		.file = request->file,
		.page = request->page + i,
		.before = worker->before[i],
		.step = race_step(race, request->file, request->page + i),
		.at_once = at_once,
	};
	unsigned long *reported = &race->reported[expected.file * race->nr_pages + expected.page];
	struct stamp found = { 0 };
	enum page_kind kind =
		stamp_check(worker->buf + i * (PAGE_SIZE / sizeof(uint64_t)), &expected, &found);

	tally_add(worker, TALLY_checked, 1);
	if (kind == PAGE_GOOD)
		return;
	tally_add(worker, TALLY_kinds + kind, 1);
	tally_add(worker, tally, 1);
	/* A wrong page stays in the cache, and every reader meets it: count it once a step. */
	if (klock_load_relaxed(reported) != expected.before + 1) {
		klock_store_relaxed(reported, expected.before + 1);
		tally_add(worker, TALLY_incidents, 1);
	}
	note_example(race, &expected, kind, &found);
}

/* The steps before the read. They are loaded first. */
static void load_steps(struct worker *worker, const struct request *request)
{
	for (unsigned int i = 0; i < request->nr; i++)
		worker->before[i] = klock_load_acquire(
			race_step(worker->race, request->file, request->page + i));
}

/*
 * One filemap_read(), its pages checked. What lies beyond the end counts as zeroes; how
 * far a short read without waiting has got says nothing of what follows. 0 or an errno.
 */
static int read_and_check(struct worker *worker, const struct request *request, int flags,
			  int tally)
{
	struct kiocb iocb;
	unsigned int got;
	ssize_t n;

	load_steps(worker, request);
	init_sync_kiocb(&iocb, &worker->file[request->file], (int64_t)request->page << PAGE_SHIFT,
			flags);
	n = filemap_read(&iocb, worker->buf, (size_t)request->nr << PAGE_SHIFT);
	if (n < 0)
		return (int)n;

	got = (unsigned int)((size_t)n >> PAGE_SHIFT);
	if (got < request->nr && !(flags & IOCB_NOWAIT) && !klock_fatal_signal_pending()) {
		memset((char *)worker->buf + n, 0, PAGE_SIZE - (size_t)n % PAGE_SIZE);
		got++;
	}
	for (unsigned int i = 0; i < got; i++)
		check_page(worker, request, i, tally, true);
	return 0;
}

/* A read that waits as long as it takes. */
static void read_blocking(struct worker *worker, const struct request *request)
{
	int err = read_and_check(worker, request, 0, TALLY_wrong_read);

	if (err)
		worker_failed(worker, err, request->file, request->page);
}

void reader_loop(struct worker *worker)
{
	while (!race_stopped(worker)) {
		struct request request;
		uint64_t start;

		choose(worker, &request);
		start = cache_clock_ns();
		read_blocking(worker, &request);
		tally_max(worker, TALLY_read_ns, cache_clock_ns() - start);
		tally_add(worker, TALLY_reads, 1);
	}
}

/* False: the queue is full. */
static bool hand_over(struct race *race, const struct request *request)
{
	bool room;

	mutex_lock(&race->queue_lock);
	room = race->queue_len < RACE_QUEUE;
	if (room)
		race->queue[(race->queue_head + race->queue_len++) % RACE_QUEUE] = *request;
	mutex_unlock(&race->queue_lock);
	if (room)
		up(&race->queue_filled);
	return room;
}

void nowait_loop(struct worker *worker)
{
	while (!race_stopped(worker)) {
		struct request request;
		uint64_t start;
		int err;
		/* As RWF_NOWAIT gives it, from the cache alone; or from the disk too, if it can. */
		int flags = IOCB_NOWAIT | (worker_random(worker, 2) ? IOCB_NOIO : 0);

		choose(worker, &request);
		start = cache_clock_ns();
		err = read_and_check(worker, &request, flags, TALLY_wrong_nowait);
		tally_max(worker, TALLY_nowait_ns, cache_clock_ns() - start);
		tally_add(worker, TALLY_nowait, 1);
		if (!err)
			continue;
		if (err != -EAGAIN) {
			worker_failed(worker, err, request.file, request.page);
			continue;
		}
		request.since = start;
		tally_add(worker, TALLY_eagain, 1);
		if (hand_over(worker->race, &request))
			continue;
		tally_add(worker, TALLY_queue_full, 1);
		read_blocking(worker, &request);
	}
}

/* Takes requests until the nowait readers have ended and the queue is empty. */
void fallback_loop(struct worker *worker)
{
	struct race *race = worker->race;

	for (;;) {
		struct request request;
		bool any;

		/* Plain: what was handed over is done, also when the race is killed. */
		down(&race->queue_filled);
		mutex_lock(&race->queue_lock);
		any = race->queue_len;
		if (any) {
			request = race->queue[race->queue_head];
			race->queue_head = (race->queue_head + 1) % RACE_QUEUE;
			race->queue_len--;
		}
		mutex_unlock(&race->queue_lock);
		if (!any)
			return;
		read_blocking(worker, &request);
		tally_add(worker, TALLY_fallback, 1);
		tally_max(worker, TALLY_fallback_ns, cache_clock_ns() - request.since);
	}
}

void readahead_loop(struct worker *worker)
{
	while (!race_stopped(worker)) {
		struct request request;
		struct kiocb iocb;

		choose(worker, &request);
		init_sync_kiocb(&iocb, &worker->file[request.file],
				(int64_t)request.page << PAGE_SHIFT, 0);
		page_cache_readahead(&iocb, request.page, 4 * RACE_RANGE);
		tally_add(worker, TALLY_readahead, 1);
	}
}

void mapped_loop(struct worker *worker)
{
	while (!race_stopped(worker)) {
		struct request request;
		size_t done;
		int err;

		choose(worker, &request);
		request.nr = 1;
		load_steps(worker, &request);
		err = vma_read(worker->race->vma[request.file], (size_t)request.page << PAGE_SHIFT,
			       worker->buf, PAGE_SIZE, &done);
		tally_add(worker, TALLY_mapped, 1);
		if (err == -EFAULT) {
			/* SIGBUS: the page lay beyond the end then, which reads as zeroes. */
			tally_add(worker, TALLY_sigbus, 1);
			memset((char *)worker->buf + done, 0, PAGE_SIZE - done);
		} else if (err) {
			worker_failed(worker, err, request.file, request.page);
			continue;
		}
		/* Loads of one page at different times: each word is judged by itself. */
		check_page(worker, &request, 0, TALLY_wrong_mapped, false);
	}
}

int race_verify(struct worker *worker)
{
	struct race *race = worker->race;
	unsigned long before = race_wrong(worker->tally);

	for (unsigned int file = 0; file < RACE_FILES; file++) {
		for (unsigned int page = 0; page < race->nr_pages; page++) {
			struct request request = { .file = file, .page = page, .nr = 1 };
			int err = read_and_check(worker, &request, 0, TALLY_wrong_read);

			if (err)
				return err;
		}
	}
	return (int)(race_wrong(worker->tally) - before);
}
