/* SPDX-License-Identifier: MIT */
/*
 * Requests that wait without a thread: a waiter's record in a klock_waitq. A request is
 * never woken to look; advance() grants it what it waits for, and puts it on the list of the
 * thread that ran advance(), which tells of it when it is out of all locks (lib/locks/tell.c).
 */
#ifndef KLOCK_WAIT_REQUEST_H
#define KLOCK_WAIT_REQUEST_H

#include "wait/park.h"
#include <klock/waitq.h>

/*
 * IDLE -> QUEUED -> GRANTED -> CLAIMED, or QUEUED -> CANCELLED; all but the first and the
 * third are by who uses the request, and IDLE, CLAIMED and CANCELLED may be queued again.
 */
enum klock_request_phase {
	KLOCK_REQUEST_IDLE,
	KLOCK_REQUEST_QUEUED,
	KLOCK_REQUEST_GRANTED,
	KLOCK_REQUEST_CLAIMED,
	KLOCK_REQUEST_CANCELLED,
};

struct klock_request {
	struct klock_waiter waiter;
	uint32_t phase;      /* enum klock_request_phase */
	uint32_t generation; /* klock_park_generation when it queued */
};

_Static_assert(sizeof(struct klock_request) <= sizeof(((struct klock_waitq *)0)->record),
	       "struct klock_waitq has room for the record");

static inline struct klock_request *klock_request_of(struct klock_waitq *wq)
{
	return (struct klock_request *)wq->record;
}

/* Its phase; CANCELLED too where it was queued by the parent of a fork(). */
enum klock_request_phase klock_request_phase(struct klock_request *r);

/* Queues it: false. Or check() had what it wants: true, and it is as before. */
bool klock_request_queue(struct klock_request *r);

/* Takes it off the queue: true; or it has been granted. */
bool klock_request_withdraw(struct klock_request *r);

/* Makes it the caller's: false, somebody else was first, or it is not granted. */
bool klock_request_claim(struct klock_request *r);

/* It can be claimed from here on. */
void klock_request_set_granted(struct klock_request *r);

#endif
