/* SPDX-License-Identifier: MIT */
/* What the kinds of locks need to be asked for by a request that no thread waits for. */
#ifndef KLOCK_LOCKS_REQUEST_H
#define KLOCK_LOCKS_REQUEST_H

#include "annotate/watch.h"
#include "wait/request.h"

/* The acquisition that a claim is, as the watchers hear of it. */
static inline struct klock_event klock_event_of(const struct klock_waiter *w, const void *site)
{
	return (struct klock_event){
		.type = w->what.type,
		.lock = (void *)w->what.lock,
		.map = (struct lockdep_map *)w->what.map,
		.how = (w->shared ? KLOCK_READ : KLOCK_WRITE) | KLOCK_TRY |
		       KLOCK_SUBCLASS(w->what.subclass),
		.site = site,
	};
}

/*
 * Queues the request with `record`, the part of its waiter that the kind of lock fills in.
 * 0: check() took the lock. -EIOCBQUEUED; or -EINVAL and a report.
 */
int klock_lock_request(const struct klock_event *ev, struct klock_waitq *wq,
		       const struct klock_waiter *record);

/*
 * Tells detectors of races that what the thread has done so far comes before the callback and the
 * claim. Before the attempt is told of: until its end TSan looks away.
 */
static inline void klock_request_begins(struct klock_waitq *wq)
{
	if (KLOCK_UNLIKELY(klock_watched) && wq)
		klock_bit_released((unsigned long *)wq);
}

void klock_requests_tell(struct klock_task *task);

/* Tells of what this thread has granted. Called last, by all that may have run advance(). */
static inline void klock_requests_told(struct klock_task *task)
{
	if (KLOCK_UNLIKELY(task->granted.next && !klock_list_empty(&task->granted)))
		klock_requests_tell(task);
}

#endif
