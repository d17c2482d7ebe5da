/* SPDX-License-Identifier: MIT */
/*
 * filecache race: readers of all kinds against punchers and truncaters, on pages that
 * say what they are.
 *
 *	race_stamp.c    what is written in a page, and what a reader may find there
 *	race_read.c     the threads that read
 *	race_mutate.c   the threads that punch, truncate and write
 *	race_threads.c  starting and ending them
 *	race_part.c     one part of the race: an image, its threads, the sums at the end
 *	race_table.c    the table
 *	cmd_race.c      options, the order of the parts, the verdict
 */
#ifndef FILECACHE_RACE_H
#define FILECACHE_RACE_H

#include <klock/atomic.h>
#include <klock/mutex.h>
#include <klock/semaphore.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "filecache.h"

#define RACE_MAX_THREADS 16 /* of each kind */
#define RACE_FILES 6u
#define RACE_SLICE 12u  /* pages of a file that belong to one puncher */
#define RACE_RANGE 4u   /* pages that one read, punch or write takes at most */
#define RACE_QUEUE 256u /* requests that wait for a fallback thread */

/* ---- race_stamp.c ---------------------------------------------------------------- */

/*
 * The life of a page, as its one writer publishes it: a counter of steps, four a
 * generation. Generation g is visible from step 4g - 3 to 4g - 1.
 */
enum page_phase {
	PHASE_HOLE = 0,     /* zeroes */
	PHASE_WRITING = 1,  /* zeroes, or the new generation */
	PHASE_DATA = 2,     /* the generation */
	PHASE_DROPPING = 3, /* the generation, or zeroes */
};

/* What a page that was read turned out to be. */
#define PAGE_KINDS(X)                                                                              \
	X(GOOD, "as it should be")                                                                 \
	X(OLD, "data dropped before the read began")                                               \
	X(OTHER_FILE, "data of another file")                                                      \
	X(OTHER_PLACE, "data of another place of the file")                                        \
	X(LOST, "zeroes where there are data")                                                     \
	X(TORN, "parts of different moments")                                                      \
	X(DAMAGED, "anything else")

enum page_kind {
#define X(name, text) PAGE_##name,
	PAGE_KINDS(X)
#undef X
		NR_PAGE_KINDS
};

extern const char *const page_kind_text[NR_PAGE_KINDS];

struct stamp {
	unsigned int file;
	unsigned int page;
	unsigned long generation;
};

/* Fills a page with `stamp`. Every 8 bytes carry all of it, and a checksum. */
void stamp_page(uint64_t *words, uint64_t seed, const struct stamp *stamp);

/* What the caller wanted to read, and what is known of it. */
struct expected {
	uint64_t seed;
	unsigned int file, page;
	unsigned long before;      /* *step, loaded before the read */
	const unsigned long *step; /* of the page; loaded again after the read */
	bool at_once;              /* all of the page is of one moment */
};

/*
 * Judges a page just read. `found` gets what the first wrong word says, all zero for
 * zeroes; untouched when the page is good.
 */
enum page_kind stamp_check(const uint64_t *words, const struct expected *expected,
			   struct stamp *found);

/* ---- One part -------------------------------------------------------------------- */

struct race_config {
	const char *path; /* of the image */
	unsigned int threads;
	unsigned int delay_us;
	unsigned int max_pages;
	uint64_t seed;
	bool mapped; /* with mapped readers */
	bool quiet;  /* no progress lines */
};

/* X(name, text): counted by each thread. Those ending in _ns keep the greatest. */
#define RACE_TALLIES(X)                                                                            \
	X(reads, "blocking reads")                                                                 \
	X(nowait, "reads with IOCB_NOWAIT")                                                        \
	X(eagain, "  refused with EAGAIN")                                                         \
	X(fallback, "    done by a fallback thread")                                               \
	X(queue_full, "    done by the thread itself: the queue was full")                         \
	X(mapped, "reads through a memory mapping")                                                \
	X(sigbus, "  SIGBUS, beyond the end")                                                      \
	X(readahead, "readahead calls")                                                            \
	X(punches, "holes punched")                                                                \
	X(truncates, "files truncated")                                                            \
	X(writes, "ranges written again")                                                          \
	X(checked, "pages checked")                                                                \
	X(wrong_read, "  by blocking reads")                                                       \
	X(wrong_nowait, "  by IOCB_NOWAIT reads")                                                  \
	X(wrong_mapped, "  through memory mappings")                                               \
	X(incidents, "  different pages or moments")                                               \
	X(read_ns, "longest read")                                                                 \
	X(nowait_ns, "longest read with IOCB_NOWAIT")                                              \
	X(fallback_ns, "longest from EAGAIN to the data")                                          \
	X(punch_ns, "longest punch or truncate")

enum race_tally {
#define X(name, text) TALLY_##name,
	RACE_TALLIES(X)
#undef X
		TALLY_kinds, /* and NR_PAGE_KINDS from here on */
	NR_TALLIES = TALLY_kinds + NR_PAGE_KINDS
};

static inline bool tally_is_time(int tally)
{
	return tally >= TALLY_read_ns && tally <= TALLY_punch_ns;
}

struct race;

struct worker {
	struct race *race;
	const char *role;
	void (*loop)(struct worker *worker);
	unsigned int id; /* among those of its role */
	bool fallback;   /* ends after the others */
	pthread_t thread;
	uint64_t random;
	struct file file[RACE_FILES];
	unsigned long *tally;             /* [NR_TALLIES]; stored by this thread alone */
	uint64_t *buf;                    /* [RACE_RANGE pages] */
	unsigned long before[RACE_RANGE]; /* steps */
	unsigned int nr_open;
	int err; /* what ended it early */
	char why[256];
};

/* A read that was refused, on its way to a fallback thread. */
struct request {
	unsigned int file, page, nr;
	uint64_t since;
};

struct race {
	struct race_config config;
	struct image *image;
	unsigned int nr_pages; /* of each file */

	/*
	 * [RACE_FILES * nr_pages]. Each has one writer, so that a step says exactly what
	 * may be seen. Readers only load them: nothing here makes them wait.
	 */
	unsigned long *step;
	unsigned long *reported; /* step + 1 at which the page was last found wrong */
	unsigned long *hot;      /* [2 * threads]: page that each mutator works on, a hint */

	unsigned long stop;
	struct vm_area_struct *vma[RACE_FILES];

	struct mutex queue_lock;
	struct semaphore queue_filled;
	struct request queue[RACE_QUEUE];
	unsigned int queue_head, queue_len;

	struct worker *workers;
	unsigned int nr_workers;

	unsigned long example_taken;
	char example[256]; /* of a wrong page; the thread that set example_taken writes it */
};

/* What one part brought. */
struct race_result {
	const char *title[2]; /* two lines of a column's head */
	bool lock, delay;
	uint64_t ns;
	unsigned long tally[NR_TALLIES];
	struct cache_stats stats;
	unsigned int wrong_cached, wrong_on_disk; /* pages, after all threads ended */
	int fsck_problems;
	bool interrupted;
	bool failed; /* `why` says what must not happen and did */
	char why[512];
	char example[256];
};

/* Runs one part for `seconds`. 0; or -1 when result->failed or ->interrupted is set. */
int race_part(const struct race_config *config, unsigned int seconds, bool lock, bool delay,
	      struct race_result *result);

void race_table(const struct race_result *results, unsigned int nr);

/* Pages that must not have been seen; and those of them that are stale or foreign. */
unsigned long race_wrong(const unsigned long *tally);
unsigned long race_stale(const unsigned long *tally);

/* ---- race_threads.c -------------------------------------------------------------- */

/* Makes and frees what the threads share. 0 or -ENOMEM. */
int race_alloc(struct race *race);
void race_free(struct race *race);
size_t race_pages(const struct race *race);

/*
 * Readies a worker. It opens all files for itself: an open file's readahead state is for
 * one thread. `oflags` are file_open()'s. 0 or an errno.
 */
int worker_init(struct worker *worker, struct race *race, const char *role, unsigned int id,
		int oflags);
void worker_exit(struct worker *worker);

/* Starts all threads, or as many as it can before one fails: 0 or an errno. */
int race_start(struct race *race);

/* Waits for all threads to end, after race->stop was set. */
void race_join(struct race *race);

/* Adds up what the threads have counted so far. */
void race_sum(const struct race *race, unsigned long *tally);

/* ---- Threads --------------------------------------------------------------------- */

void reader_loop(struct worker *worker);
void nowait_loop(struct worker *worker);
void fallback_loop(struct worker *worker);
void readahead_loop(struct worker *worker);
void mapped_loop(struct worker *worker);
void puncher_loop(struct worker *worker);
void truncater_loop(struct worker *worker);

/* Writes generation 1 everywhere, before the threads start. 0 or an errno. */
int race_populate(struct worker *worker);

/* Reads every page while nothing changes; the number that is wrong, or a negative errno. */
int race_verify(struct worker *worker);

/* A truncater has files of its own, so there are no more of them than files. */
static inline unsigned int race_truncaters(const struct race *race)
{
	return race->config.threads < RACE_FILES ? race->config.threads : RACE_FILES;
}

static inline bool race_stopped(const struct worker *worker)
{
	return klock_load_relaxed(&worker->race->stop);
}

static inline void tally_add(struct worker *worker, int tally, unsigned long n)
{
	klock_store_relaxed(&worker->tally[tally], worker->tally[tally] + n);
}

static inline void tally_max(struct worker *worker, int tally, uint64_t ns)
{
	if (ns > worker->tally[tally])
		klock_store_relaxed(&worker->tally[tally], (unsigned long)ns);
}

static inline unsigned long *race_step(struct race *race, unsigned int file, unsigned int page)
{
	return &race->step[file * race->nr_pages + page];
}

/* A number below `n`, from the worker's own sequence. */
unsigned int worker_random(struct worker *worker, unsigned int n);

/* Ends the race for a call that failed. -EINTR, after a signal, is no failure. */
void worker_failed(struct worker *worker, int err, unsigned int file, unsigned int page);

#endif
