/* SPDX-License-Identifier: MIT */
/*
 * The threads that punch, truncate and write.
 *
 * Every page belongs to one of them: a puncher has a slice in the middle of each file,
 * a truncater the last slice of some files. So each page's steps have one writer and
 * need no lock, while the engine's locks are fought for by all. What a punch frees goes
 * at once to what is written next, mostly in another file: the allocator hands out last
 * what was freed last.
 */
#include <errno.h>

#include <klock/task.h>

#include "race.h"

#define FLUSHED_WRITES 4 /* one write of so many stays dirty in the cache */

struct range {
	unsigned int file, page, nr;
};

/* Pages of the range in the phase `from` go on to the next one. */
static void advance(struct worker *worker, const struct range *range, enum page_phase from)
{
	for (unsigned int i = 0; i < range->nr; i++) {
		unsigned long *step = race_step(worker->race, range->file, range->page + i);
		unsigned long now = klock_load_relaxed(step);

		/* An exchange, so that what follows does not begin before it is seen. */
		if ((now & 3) == from)
			(void)klock_xchg_seq(step, now + 1);
	}
}

static void set_hot(struct worker *worker, unsigned int slot, const struct range *range)
{
	klock_store_relaxed(&worker->race->hot[slot],
			    (unsigned long)range->file * worker->race->nr_pages + range->page);
}

/* Writes a hole's next generation, and mostly to the disk. */
static int fill(struct worker *worker, const struct range *range)
{
	struct race *race = worker->race;
	size_t len = (size_t)range->nr << PAGE_SHIFT;
	struct file *file = &worker->file[range->file];
	struct kiocb iocb;
	ssize_t n;

	for (unsigned int i = 0; i < range->nr; i++) {
		unsigned long step =
			klock_load_relaxed(race_step(race, range->file, range->page + i));
		struct stamp stamp = { range->file, range->page + i, (step >> 2) + 1 };

		stamp_page(worker->buf + i * (PAGE_SIZE / sizeof(uint64_t)), race->config.seed,
			   &stamp);
	}
	advance(worker, range, PHASE_HOLE);
	init_sync_kiocb(&iocb, file, (int64_t)range->page << PAGE_SHIFT, IOCB_WRITE);
	n = filemap_write(&iocb, worker->buf, len);
	if (n < 0)
		return (int)n;
	if ((size_t)n < len)
		return klock_fatal_signal_pending() ? -EINTR : -EIO;
	advance(worker, range, PHASE_WRITING);
	tally_add(worker, TALLY_writes, 1);
	if (worker_random(worker, FLUSHED_WRITES) == 0)
		return 0;
	return filemap_write_and_wait_range(file->f_mapping, range->page,
					    range->page + range->nr - 1);
}

static int punch(struct worker *worker, const struct range *range)
{
	uint64_t start;
	int err;

	advance(worker, range, PHASE_DATA);
	start = cache_clock_ns();
	err = filemap_punch_hole(&worker->file[range->file], (int64_t)range->page << PAGE_SHIFT,
				 (int64_t)range->nr << PAGE_SHIFT);
	if (err)
		return err;
	tally_max(worker, TALLY_punch_ns, cache_clock_ns() - start);
	advance(worker, range, PHASE_DROPPING);
	tally_add(worker, TALLY_punches, 1);
	return 0;
}

/* Cuts the file before `range`, which reaches to its greatest size. */
static int truncate_at(struct worker *worker, const struct range *range)
{
	uint64_t start;
	int err;

	advance(worker, range, PHASE_DATA);
	start = cache_clock_ns();
	err = filemap_truncate(&worker->file[range->file], (int64_t)range->page << PAGE_SHIFT);
	if (err)
		return err;
	tally_max(worker, TALLY_punch_ns, cache_clock_ns() - start);
	advance(worker, range, PHASE_DROPPING);
	tally_add(worker, TALLY_truncates, 1);
	return 0;
}

void puncher_loop(struct worker *worker)
{
	struct range hole = { 0 };

	while (!race_stopped(worker)) {
		struct range next = {
			.file = worker_random(worker, RACE_FILES),
			.nr = 1 + worker_random(worker, RACE_RANGE),
		};
		int err;

		next.page =
			worker->id * RACE_SLICE + worker_random(worker, RACE_SLICE - next.nr + 1);
		set_hot(worker, worker->id, &next);
		err = punch(worker, &next);
		/* What was just freed goes into the hole of the time before. */
		if (!err && hole.nr)
			err = fill(worker, &hole);
		if (err)
			worker_failed(worker, err, next.file, next.page);
		hole = next;
	}
}

void truncater_loop(struct worker *worker)
{
	struct race *race = worker->race;
	unsigned int nr = race_truncaters(race);
	unsigned int first = race->config.threads * RACE_SLICE;
	unsigned int mine = (RACE_FILES - worker->id + nr - 1) / nr;
	struct range hole = { 0 };

	while (!race_stopped(worker)) {
		struct range tail;
		int err;

		tail.file = worker->id + nr * worker_random(worker, mine);
		tail.page = first + worker_random(worker, RACE_SLICE);
		tail.nr = race->nr_pages - tail.page;
		set_hot(worker, race->config.threads + worker->id, &tail);
		err = truncate_at(worker, &tail);
		/* One file's tail is lengthened as a hole now and then, another's is written. */
		if (!err && worker_random(worker, 4) == 0)
			err = filemap_truncate(&worker->file[tail.file],
					       (int64_t)race->nr_pages << PAGE_SHIFT);
		if (!err && hole.nr)
			err = fill(worker, &hole);
		if (err)
			worker_failed(worker, err, tail.file, tail.page);
		hole = tail;
		if (hole.nr > RACE_RANGE)
			hole.nr = RACE_RANGE;
	}
}

int race_populate(struct worker *worker)
{
	struct race *race = worker->race;

	for (unsigned int file = 0; file < RACE_FILES; file++) {
		for (unsigned int page = 0; page < race->nr_pages; page += RACE_RANGE) {
			struct range range = { file, page, RACE_RANGE };
			int err = fill(worker, &range);

			if (err)
				return err;
		}
	}
	return 0;
}
