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

#endif
