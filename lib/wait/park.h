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
 *
 * A third function is for reports:
 *   holders  under the bucket's lock, of a waiter that is queued: who has what
 *            it waits for, as far as the lock shows that. NULL: it shows nobody.
 *
 * And two for requests, which no thread sleeps for (wait/request.h); NULL: nothing to do.
 *   claim    what the request was granted becomes the task's.
 *   left     under the bucket's lock: the request has left the queue.
 */
#ifndef KLOCK_WAIT_PARK_H
#define KLOCK_WAIT_PARK_H

#include "base/list.h"
#include "wait/task.h"
#include <klock/lockdep_types.h>
#include <stdbool.h>
#include <stdint.h>

struct klock_queue;
struct klock_waiter;
struct klock_lock_type;

struct klock_holders {
	uint32_t writer;  /* the owner's klock_task word, or 0 */
	uint32_t readers; /* how many */
};

struct klock_wait_ops {
	bool (*check)(struct klock_queue *q, struct klock_waiter *w);
	void (*advance)(struct klock_queue *q, uint32_t drop);
	void (*holders)(const struct klock_waiter *w, struct klock_holders *holders);
	void (*claim)(struct klock_waiter *w, struct klock_task *task);
	void (*left)(struct klock_waiter *w);
};

/* What is waited for, as reports name it: taken from the klock_event of the acquisition. */
struct klock_wait_for {
	const struct klock_lock_type *type;
	const void *lock;
	const struct lockdep_map *map; /* in the lock; NULL for bits */
	struct lockdep_map name;       /* a copy of it */
	unsigned int subclass;
	const void *site;
};

struct klock_waiter {
	/* Set by the caller. */
	const void *addr;
	const struct klock_wait_ops *ops;
	struct klock_wait_for what;
	enum klock_wait_mode mode;
	bool shared;   /* a reader; for bits: does not set the bit */
	bool request;  /* no thread sleeps: it is granted at its turn, and never woken */
	bool draining; /* a request whose turn it is: readers in slots are left; under the bucket */
	uint8_t bit;   /* the bit of *addr that is waited for */
	uint32_t repair; /* what advance() is given when this waiter gives up */

	/* The wait layer's. */
	bool queued;        /* under the bucket's lock, as the next two */
	bool woken;         /* and has not looked since */
	int64_t woken_ns;   /* when it was woken first; 0: it was not yet */
	uint8_t awake;      /* it spins, as the head of the queue */
	struct klock_list node; /* under the bucket's lock */
	struct klock_task *task; /* NULL of a request in the queue */
	uint32_t state; /* enum klock_waiter_state */
	int64_t since;  /* when it queued */
	int64_t deadline;
	uint32_t number; /* of this wait among those of its task */
};

/*
 * Sleeps until the waiter is granted or check() says yes: 0. Or -EINTR, as its
 * mode allows, or -ETIME at the deadline: then it has left the queue, and
 * advance() has seen to those behind it.
 */
int klock_park(struct klock_waiter *w, int64_t deadline_ns);

/*
 * For wait/request.h. Queues a request: false; or check() says yes, for the calling
 * thread: true, and it is not queued.
 */
bool klock_park_request(struct klock_waiter *w);
/* Takes it out of the queue, and has advance() see to those behind it. False: it was granted. */
bool klock_park_withdraw(struct klock_waiter *w);

/*
 * How often this process has come out of a fork(): what was queued before is queued no longer,
 * and from 1 on a lock may have bits that speak of threads which are not there.
 */
extern uint32_t klock_park_generation;

/*
 * Runs `advance` on the queue of `addr`, then wakes whom it chose. Only waiters of this kind are
 * in that queue: the memory may have become something else since the caller let go of it, and
 * what waits there now is not for `advance` to judge. NULL, to ask whether anybody waits: all.
 * False: `advance` has called klock_queue_refuse().
 */
bool klock_unpark(const void *addr, const struct klock_wait_ops *ops,
		  void (*advance)(struct klock_queue *q, uint32_t drop), uint32_t drop);

/*
 * Whether somebody may wait in the bucket of `addr`. Ordered after all that the
 * caller did before: pairs with the waiter that queues, then checks.
 */
bool klock_park_maybe(const void *addr);

/* Whether somebody waits for `addr`, as whatever it is; stale unless the caller knows better. */
bool klock_park_waited_for(const void *addr);

/* For check() and advance(). The queue holds the waiters of one kind at one address. */
const void *klock_queue_addr(const struct klock_queue *q);
struct klock_waiter *klock_queue_first(struct klock_queue *q);
struct klock_waiter *klock_queue_next(struct klock_queue *q, struct klock_waiter *w);
void klock_queue_grant(struct klock_queue *q, struct klock_waiter *w);
/* There is nothing of what was to be dropped. */
void klock_queue_refuse(struct klock_queue *q);

/*
 * When a waiter is due. A release wakes the head of the queue, and lets newcomers pass it while it
 * gets a CPU: that keeps a busy lock busy. It is handed the lock instead
 *   - if it is awake, spinning: that costs nobody anything;
 *   - if no sleeper of its kind, reader or writer, was handed a lock here for KLOCK_HAND_OVER_NS:
 *     a thread that waits only now and then waits for one section;
 *   - if it was first woken KLOCK_HAND_OVER_NS ago: that is the bound.
 * To hand a lock to a sleeper makes all others wait until it has a CPU, some 25 us where all CPUs
 * are busy: at this rate a twentieth of the time. doc/design/performance.md has a sweep.
 */
#ifndef KLOCK_HAND_OVER_NS
#define KLOCK_HAND_OVER_NS 500000
#endif

/* The waiter that is due, the head of the queue first. NULL: none. */
struct klock_waiter *klock_queue_due(struct klock_queue *q);
/* Whether this one is, which is at the head or comes after waiters that are. */
bool klock_queue_is_due(struct klock_queue *q, const struct klock_waiter *w);

/* At most one waiter in each advance(). */
void klock_queue_wake(struct klock_queue *q, struct klock_waiter *w);

/*
 * What a waiter does by itself when it has slept for long. look() is called
 * outside of the bucket's lock, at a time when the waiter may have been granted
 * what it waits for already, and says when it is to be called again.
 */
struct klock_long_waits {
	int64_t after_ns;       /* the first look() at a wait for a lock that shows its holders */
	int64_t after_blind_ns; /* at other waits; either may be KLOCK_FOREVER */
	int64_t (*look)(struct klock_waiter *w);
};

/* Set before the first wait. */
extern struct klock_long_waits klock_long_waits;

/*
 * Calls `see` for each waiter, bucket by bucket, in order of arrival, under the
 * bucket's lock. A bucket whose lock is not to be had within `patience_ns` is
 * left out; so it may be called in a signal handler. How many were left out.
 */
unsigned int klock_waiters_walk(int64_t patience_ns,
				void (*see)(const struct klock_waiter *w, void *arg), void *arg);

/* Once, before the first wait. */
void klock_park_init(void);

/* In the child of a fork(): all queues are empty. */
void klock_park_after_fork(void);

#endif
