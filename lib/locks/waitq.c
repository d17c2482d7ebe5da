/* SPDX-License-Identifier: MIT */
#include <klock/waitq.h>
#include "annotate/watch.h"
#include "base/exempt.h"
#include "locks/init.h"
#include "locks/request.h"
#include <errno.h>

static const struct klock_lock_type no_lock = { .type = "klock_waitq" };

/* A request that was never queued has no lock to be named with. */
static int refuse(struct klock_waitq *wq, const char *what, const char *advice, const void *site)
{
	struct klock_event ev = klock_event_of(&klock_request_of(wq)->waiter, site);

	if (!ev.type) {
		ev.type = &no_lock;
		ev.lock = wq;
	}
	klock_event_bug(&ev, what, advice);
	return -EINVAL;
}

int klock_lock_request(const struct klock_event *ev, struct klock_waitq *wq,
		       const struct klock_waiter *record)
{
	struct klock_request *r;
	enum klock_request_phase phase;

	if (!wq) {
		klock_event_bug(ev, "a request with IOCB_WAITQ has no ki_waitq",
				"point ki_waitq to a struct klock_waitq of the request's own");
		return -EINVAL;
	}
	r = klock_request_of(wq);
	phase = klock_request_phase(r);
	if (phase == KLOCK_REQUEST_QUEUED || phase == KLOCK_REQUEST_GRANTED) {
		klock_event_bug(ev, "a request is queued again before it was claimed or cancelled",
				"use one klock_waitq for each lock that a request waits for");
		return -EINVAL;
	}
	klock_exempt(wq, sizeof(*wq));
	r->waiter = *record;
	if (!klock_request_queue(r))
		return -EIOCBQUEUED;
	klock_exempt_end(wq, sizeof(*wq));
	return 0;
}

static void claim(struct klock_waitq *wq, const void *site)
{
	struct klock_waiter *w = &klock_request_of(wq)->waiter;
	struct klock_event ev = klock_event_of(w, site);
	struct klock_task *task = klock_thread();

	if (klock_watched)
		klock_bit_acquired((unsigned long *)wq);
	if (ev.type->only_order) {
		if (klock_watched)
			klock_bit_acquired(ev.lock);
	} else {
		klock_watch(KLOCK_EV_ACQUIRE, &ev);
		if (w->ops->claim)
			w->ops->claim(w, task);
		klock_watch(KLOCK_EV_ACQUIRED, &ev);
	}
	klock_exempt_end(wq, sizeof(*wq));
}

int klock_waitq_claim(struct klock_waitq *wq)
{
	const void *site = __builtin_return_address(0);
	struct klock_request *r = klock_request_of(wq);

	switch (klock_request_phase(r)) {
	case KLOCK_REQUEST_QUEUED:
		return -EIOCBQUEUED;
	case KLOCK_REQUEST_CANCELLED:
		return -ECANCELED;
	case KLOCK_REQUEST_GRANTED:
		if (klock_request_claim(r)) {
			claim(wq, site);
			return 0;
		}
		return refuse(wq, "a request is claimed twice", "claim once for each grant", site);
	case KLOCK_REQUEST_CLAIMED:
		return refuse(wq, "a request is claimed twice", "claim once for each grant", site);
	case KLOCK_REQUEST_IDLE:
		break;
	}
	return refuse(wq, "a request is claimed that was never queued",
		      "claim what returned -EIOCBQUEUED; a lock that was free is held already",
		      site);
}

int klock_waitq_cancel(struct klock_waitq *wq)
{
	struct klock_request *r = klock_request_of(wq);
	bool withdrawn;

	switch (klock_request_phase(r)) {
	case KLOCK_REQUEST_GRANTED:
		return -EALREADY;
	case KLOCK_REQUEST_CANCELLED:
	case KLOCK_REQUEST_QUEUED:
		break;
	default:
		return refuse(wq, "a request is cancelled that is not queued",
			      "cancel what returned -EIOCBQUEUED and was not claimed",
			      __builtin_return_address(0));
	}
	/* CANCELLED in name only, if a fork() has emptied the queue: still to be made so. */
	withdrawn = klock_load_relaxed(&r->phase) == KLOCK_REQUEST_CANCELLED ||
		    klock_request_withdraw(r);
	if (!withdrawn)
		return -EALREADY;
	klock_exempt_end(wq, sizeof(*wq));
	klock_requests_told(klock_thread());
	return 0;
}
