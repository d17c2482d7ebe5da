/* SPDX-License-Identifier: MIT */
/*
 * What other threads hold, for reports. A list belongs to its thread, which
 * changes it without a lock: of a thread that waits it is right, of one that
 * runs it is a guess, which may be wrong but hurts nobody.
 */
#ifndef KLOCK_LOCKDEP_PEEK_H
#define KLOCK_LOCKDEP_PEEK_H

#include "annotate/watch.h"
#include "wait/task.h"

/* Whether threads list what they hold: KLOCK_CHECK=1 or KLOCK_LOCKDEP. */
bool klock_held_is_listed(void);

struct klock_peeked {
	const struct klock_lock_type *type; /* NULL: something that behaves like a lock */
	const struct lockdep_map *map;      /* only an address */
	const char *name;                   /* of its class */
	unsigned int subclass;
	const void *site;
	bool write;
};

/*
 * The i-th that `task` holds, or is about to wait for: that is listed, too.
 * False: it has fewer, or was about to change the list.
 */
bool klock_held_peek(const struct klock_task *task, size_t i, struct klock_peeked *held);

#endif
