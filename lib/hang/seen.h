/* SPDX-License-Identifier: MIT */
/*
 * All waits of the process, as they were when each was looked at. A record is a
 * copy: the thread, the lock and its name may be gone by the time it is read.
 */
#ifndef KLOCK_HANG_SEEN_H
#define KLOCK_HANG_SEEN_H

#include "annotate/watch.h"
#include "hang/names.h"
#include "wait/park.h"

struct klock_seen_wait {
	const void *addr; /* the queue's */
	const struct klock_lock_type *type;
	const void *lock;
	const struct lockdep_map *map; /* only an address */
	const void *site;
	struct klock_task *task;
	int32_t tid;
	uint32_t number; /* of the wait among those of its task */
	int64_t since, deadline;
	enum klock_wait_mode mode;
	bool shared;
	bool request; /* that no thread sleeps for: `task` is NULL */
	uint8_t bit;
	unsigned int subclass;
	bool blind; /* the lock does not show who holds it */
	struct klock_holders holders;
	char name[64];
	struct klock_seen_wait *next, *reached_from; /* for circle.c */
};

struct klock_seen {
	struct klock_seen_wait *waits; /* those of one address in order of arrival */
	size_t count, room;
	size_t no_room;       /* waits that are not there for lack of memory */
	unsigned int buckets; /* that could not be looked at */
	int64_t now;
	struct klock_sigtext text; /* room to tell of it */
	struct klock_mapping place; /* of the last one told */
	size_t size;	      /* of the memory for all this */
};

/*
 * Takes memory from the kernel: malloc() may be what waits. A bucket that stays
 * locked for `patience_ns` is left out. The text has room for the waits and
 * `more_text` bytes. False: no memory at all.
 */
bool klock_seen_take(struct klock_seen *seen, int64_t patience_ns, size_t more_text);
void klock_seen_free(struct klock_seen *seen);

/* The wait of this task, or NULL: it runs, as far as locks go. */
const struct klock_seen_wait *klock_seen_of(const struct klock_seen *seen,
					    const struct klock_task *task);

/* Whether both are records of one and the same wait. */
static inline bool klock_seen_same(const struct klock_seen_wait *a,
				   const struct klock_seen_wait *b)
{
	return a->task == b->task && a->number == b->number && a->addr == b->addr &&
	       a->since == b->since;
}

#endif
