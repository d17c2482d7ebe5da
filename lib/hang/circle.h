/* SPDX-License-Identifier: MIT */
/* Who keeps whom waiting. */
#ifndef KLOCK_HANG_CIRCLE_H
#define KLOCK_HANG_CIRCLE_H

#include "hang/seen.h"

enum klock_blocks {
	KLOCK_BLOCKS_NOT,
	KLOCK_BLOCKS_AS_WRITER,
	KLOCK_BLOCKS_AS_READER, /* known only while holds are listed */
	KLOCK_BLOCKS_IN_QUEUE,  /* a writer that waits in front of a reader, as readers hold it */
};

/* How the thread of `by` keeps `wait` waiting, with what it holds or as one that waits too. */
enum klock_blocks klock_blocks(const struct klock_seen_wait *by,
			       const struct klock_seen_wait *wait);

/* Whether the task holds the lock of `wait` for reading, besides what it may be waiting for. */
bool klock_reads(const struct klock_task *task, const struct klock_seen_wait *own_wait,
		 const struct klock_seen_wait *wait);

/* Of which waits circles are looked for. */
enum klock_circle {
	KLOCK_CIRCLE_LAST, /* none of them began after this one, none has a deadline */
	KLOCK_CIRCLE_FIRM, /* none has a deadline */
};

/*
 * Looks for a circle of waits through `from`. Found: `next` leads from each
 * wait to the one whose thread keeps it waiting, and back to `from`; how many.
 * 0: there is none. A thread that waits for itself alone is none either: that
 * is reported as misuse before it waits.
 */
size_t klock_circle_find(struct klock_seen *seen, struct klock_seen_wait *from,
			 enum klock_circle which);

/* Whether all of a circle that was found in `seen` is still there in `later`. */
bool klock_circle_stands(const struct klock_seen_wait *from, const struct klock_seen *later);

#endif
