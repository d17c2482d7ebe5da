/* SPDX-License-Identifier: MIT */
#include "wait/request.h"
#include "base/process.h"

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

void klock_request_set_granted(struct klock_request *r)
{
	klock_store_release(&r->phase, KLOCK_REQUEST_GRANTED); /* [Q1] release: pairs with [Q2] */
}
