/* SPDX-License-Identifier: MIT */
#include "wait/request.h"
#include "base/exempt.h"
#include "base/process.h"
#include <errno.h>
#include <pthread.h>
#include <unistd.h>

enum klock_request_phase klock_request_phase(struct klock_request *r)
{
	enum klock_request_phase phase;

	klock_process_check();
	/* [Q2] acquire: pairs with [Q1]; what was granted is seen. */
	phase = klock_load_acquire(&r->phase);
	if (phase == KLOCK_REQUEST_QUEUED && r->generation != klock_park_generation)
		return KLOCK_REQUEST_CANCELLED;
	return phase;
}

bool klock_request_queue(struct klock_request *r)
{
	uint32_t before = r->phase;

	r->generation = klock_park_generation;
	/* relaxed: the bucket's lock is between this and the grant */
	klock_store_relaxed(&r->phase, KLOCK_REQUEST_QUEUED);
	if (!klock_park_request(&r->waiter))
		return false;
	klock_store_relaxed(&r->phase, before);
	return true;
}

bool klock_request_withdraw(struct klock_request *r)
{
	if (r->generation == klock_park_generation && !klock_park_withdraw(&r->waiter))
		return false;
	klock_store_relaxed(&r->phase, KLOCK_REQUEST_CANCELLED); /* nobody else knows it any more */
	return true;
}

bool klock_request_claim(struct klock_request *r)
{
	uint32_t granted = KLOCK_REQUEST_GRANTED;

	return klock_cas_acquire(&r->phase, &granted, KLOCK_REQUEST_CLAIMED); /* [Q2] */
}

/* Fails only at the highest count, which wakes the reader up as well, or for a wrong descriptor. */
static void signal_eventfd(int fd)
{
	uint64_t one = 1;
	int saved = errno;

	while (write(fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
	errno = saved;
}

static void tell(struct klock_waiter *w)
{
	struct klock_request *r = klock_list_entry(w, struct klock_request, waiter);
	struct klock_waitq *wq =
		klock_list_entry((uint64_t *)r, struct klock_waitq, record);
	void (*fn)(struct klock_waitq *wq);
	int fd;

	klock_unseen_begin();
	fn = wq->granted;
	fd = wq->eventfd;
	/* [Q1] release: pairs with [Q2]. Without a callback the record may be gone after it. */
	klock_store_release(&r->phase, KLOCK_REQUEST_GRANTED);
	klock_unseen_end();
	if (fn)
		fn(wq);
	if (fd >= 0)
		signal_eventfd(fd);
}

/*
 * A callback that releases adds to the list instead of calling the next one. A release is no
 * cancellation point, though write() is one.
 */
void klock_requests_tell(struct klock_task *task)
{
	int cancelable;

	if (task->telling)
		return;
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancelable);
	task->telling = true;
	while (!klock_list_empty(&task->granted)) {
		struct klock_waiter *w =
			klock_list_entry(task->granted.next, struct klock_waiter, node);

		klock_unseen_begin();
		klock_list_del(&w->node);
		klock_unseen_end();
		tell(w);
	}
	task->telling = false;
	pthread_setcancelstate(cancelable, NULL);
}
