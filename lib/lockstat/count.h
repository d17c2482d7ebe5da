/* SPDX-License-Identifier: MIT */
/*
 * What each thread counts, in memory that it alone writes. A thread's numbers
 * stay with its task, and the next thread that is given the task adds to them;
 * so nothing has to be done when a thread ends.
 *
 * Others read the numbers while they change, each by itself: a row may be
 * caught between two of them.
 */
#ifndef KLOCK_LOCKSTAT_COUNT_H
#define KLOCK_LOCKSTAT_COUNT_H

#include "lockdep/class.h"
#include "wait/task.h"
#include <stddef.h>

/* Bucket 0 is for no time at all, bucket n for 2^(n-1) ns up to 2^n, the last for all above. */
#define KLOCK_STAT_BUCKETS 40

enum klock_stat_mode { KLOCK_STAT_WRITE, KLOCK_STAT_READ, KLOCK_STAT_MODES };

/* In nanoseconds. */
struct klock_stat_times {
	uint64_t nr, min, max, total;
	uint64_t buckets[KLOCK_STAT_BUCKETS];
};

struct klock_stat_mode_counts {
	uint64_t contentions, con_bounces;
	uint64_t acquisitions, acq_bounces;
	struct klock_stat_times wait; /* of the contentions that are over */
	struct klock_stat_times hold; /* of the holds that this thread ended */
};

/* A place in the program. */
struct klock_stat_point {
	const void *site;
	uint64_t nr;
	uint64_t wait_total;
	struct klock_stat_point *next;
};

/* So many places of one class are told apart by one thread; the rest are one, without a name. */
#define KLOCK_STAT_POINTS 64

struct klock_stat_row {
	const struct klock_class *class;
	struct klock_stat_mode_counts *mode[KLOCK_STAT_MODES]; /* NULL: never used so */
	struct klock_stat_point *waiters; /* where it was waited for */
	struct klock_stat_point *holders; /* where it had been acquired then */
};

/* By the number of the class. */
struct klock_stat_rows {
	size_t room;
	struct klock_stat_row *at[];
};

struct klock_stat_hold {
	const struct lockdep_map *map;
	const void *site;
	struct klock_stat_row *row;
	enum klock_stat_mode mode;
	uint64_t since;
};

struct klock_stat_holds {
	size_t room;
	struct klock_stat_hold at[];
};

struct klock_stat_thread {
	struct klock_stat_thread *next; /* of all; they are never taken off */
	int32_t tid;         /* of the thread that counts here */
	uint32_t generation; /* when it was last emptied */
	struct klock_stat_rows *rows;
	size_t nr_holds;
	struct klock_stat_holds *holds;
	/* The wait under way. */
	const struct lockdep_map *waits_for; /* NULL: none */
	uint64_t waits_since;
	struct klock_stat_mode_counts *waits_in;
	struct klock_stat_point *waits_at; /* NULL: no memory for one */
};

/* How often all was set to zero: numbers of a thread that has not noticed yet are void. */
extern uint32_t klock_stat_generation;

/* What could not be counted, for want of memory. */
extern uint32_t klock_stat_lost;

/* All threads' blocks, newest first. */
struct klock_stat_thread *klock_stat_threads(void);

struct klock_stat_thread *klock_stat_self_slow(struct klock_task *task);

/* The calling thread's. NULL: no memory. */
static inline struct klock_stat_thread *klock_stat_self(void)
{
	struct klock_task *task = klock_task_self();
	struct klock_stat_thread *t = task->stat;

	/* relaxed: a reset counts from when this thread sees it */
	if (KLOCK_LIKELY(t && t->tid == task->tid &&
			 t->generation == klock_load_relaxed(&klock_stat_generation)))
		return t;
	return klock_stat_self_slow(task);
}

/* The thread's counts of a class in this mode. NULL: no memory. */
struct klock_stat_row *klock_stat_row_slow(struct klock_stat_thread *t,
					   const struct klock_class *class,
					   enum klock_stat_mode mode);

static inline struct klock_stat_row *klock_stat_row(struct klock_stat_thread *t,
						    const struct klock_class *class,
						    enum klock_stat_mode mode)
{
	struct klock_stat_rows *rows = t->rows;

	if (KLOCK_LIKELY(rows && class->id < rows->room)) {
		struct klock_stat_row *row = rows->at[class->id];

		if (KLOCK_LIKELY(row && row->mode[mode]))
			return row;
	}
	return klock_stat_row_slow(t, class, mode);
}

/* Only the owner writes, so no addition is lost; relaxed: each number stands by itself. */
static inline void klock_stat_add(uint64_t *counter, uint64_t n)
{
	klock_store_relaxed(counter, *counter + n);
}

void klock_stat_add_time(struct klock_stat_times *times, uint64_t ns);

/* One more at this place, on one of the row's lists. NULL: no memory. */
struct klock_stat_point *klock_stat_add_point(struct klock_stat_point **list, const void *site);

/* A hold begins; without memory it will not be timed. */
void klock_stat_push(struct klock_stat_thread *t, const struct klock_stat_hold *hold);

/* Takes the topmost hold of this lock in this mode off the list, into *hold. */
bool klock_stat_pop(struct klock_stat_thread *t, const struct lockdep_map *map,
		    enum klock_stat_mode mode, struct klock_stat_hold *hold);

/* Where the thread, which may be another, took the lock; NULL: it is not seen to hold it. */
const void *klock_stat_site_of(struct klock_stat_thread *t, const struct lockdep_map *map);

#endif
