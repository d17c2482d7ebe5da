/* SPDX-License-Identifier: MIT */
/*
 * The one blocking path. A waiter is a record on its thread's stack, queued in
 * order of arrival under the address it waits for, in a table of buckets.
 *
 * A kind of lock brings two functions, both called under the bucket's lock:
 *   check    can this waiter have what it came for, now, from its place in the
 *            queue? Takes it and says true; or leaves word in the lock that
 *            somebody waits and says false.
 *   advance  something changed (a release, a waiter that gave up): hand over
 *            or wake those at the front that may go on.
 * A waiter that is granted has left the queue and owns what it waited for. One
 * that is woken keeps its place and looks again through check().
 */
#ifndef KLOCK_WAIT_PARK_H
#define KLOCK_WAIT_PARK_H

#include "base/list.h"
#include "wait/task.h"
#include <stdbool.h>
#include <stdint.h>

struct klock_queue;
struct klock_waiter;

struct klock_wait_ops {
	bool (*check)(struct klock_queue *q, struct klock_waiter *w);
	void (*advance)(struct klock_queue *q, uint32_t drop);
};

struct klock_waiter {
	/* Set by the caller. */
	const void *addr;
	const struct klock_wait_ops *ops;
	enum klock_wait_mode mode;
	bool shared;   /* a reader; for bits: does not set the bit */
	uint8_t bit;   /* the bit of *addr that is waited for */
	uint32_t repair; /* what advance() is given when this waiter gives up */

	/* The wait layer's. */
	uint8_t tries; /* times it was woken by klock_queue_wake() and check() said no */
	bool queued, woken; /* under the bucket's lock */
	struct klock_list node; /* under the bucket's lock */
	struct klock_task *task;
	uint32_t state; /* enum klock_waiter_state */
	int64_t since;  /* when it queued */
};

/*
 * Sleeps until the waiter is granted or check() says yes: 0. Or -EINTR, as its
 * mode allows, or -ETIME at the deadline: then it has left the queue, and
 * advance() has seen to those behind it.
 */
int klock_park(struct klock_waiter *w, int64_t deadline_ns);

/* Runs `advance` on the queue of `addr`, then wakes whom it chose. */
void klock_unpark(const void *addr, void (*advance)(struct klock_queue *q, uint32_t drop),
		  uint32_t drop);

/*
 * Whether somebody may wait in the bucket of `addr`. Ordered after all that the
 * caller did before: pairs with the waiter that queues, then checks.
 */
bool klock_park_maybe(const void *addr);

/* Whether somebody waits for `addr`; stale unless the caller knows better. */
bool klock_park_waited_for(const void *addr);

/* For check() and advance(). The queue holds the waiters of one address. */
const void *klock_queue_addr(const struct klock_queue *q);
struct klock_waiter *klock_queue_first(struct klock_queue *q);
struct klock_waiter *klock_queue_next(struct klock_queue *q, struct klock_waiter *w);
void klock_queue_grant(struct klock_queue *q, struct klock_waiter *w);
/* At most one waiter in each advance(). */
void klock_queue_wake(struct klock_queue *q, struct klock_waiter *w);

/* Once, before the first wait. */
void klock_park_init(void);

/* In the child of a fork(): all queues are empty. */
void klock_park_after_fork(void);

#endif
