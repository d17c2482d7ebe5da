/* SPDX-License-Identifier: MIT */
/*
 * Units are taken and given like the holds of a lock word. Any thread may take a free unit: a
 * release with waiters wakes the first of them, unless one is waking up already (WAKING), and
 * newcomers may take the unit before it. One that is due (lib/wait/park.h) is given the unit.
 *
 * Invariants, under the bucket's lock:
 *   I1  somebody is queued => WAITERS or WAKING
 *   I2  somebody is queued and there are units => WAKING, and the head is awake or about to
 *       be woken, or a thread that has taken one of several units is about to pass_on()
 */
#include <klock/semaphore.h>
#include <klock/iocb.h>
#include "base/clock.h"
#include "base/spin.h"
#include "locks/init.h"
#include "locks/lockword.h"
#include "locks/request.h"
#include "wait/park.h"
#include <errno.h>

static const struct klock_lock_type semaphore_type = {
	.type = "semaphore",
	.size = sizeof(struct semaphore),
	.map = offsetof(struct semaphore, dep_map),
	.counted = true,
};

static struct klock_event event(struct semaphore *sem, unsigned int how, const void *site)
{
	struct klock_event ev = {
		.type = &semaphore_type,
		.lock = sem,
		.map = sem ? &sem->dep_map : NULL,
		.how = how,
		.site = site,
		.spin = sem ? &sem->spin : NULL,
	};

	klock_check_null(&ev);
	return ev;
}

void klock_semaphore_init(struct semaphore *sem, int count, const char *name,
			  struct lock_class_key *key)
{
	struct klock_event ev = event(sem, KLOCK_WRITE, __builtin_return_address(0));

	if (count < 0 || count > KLOCK_SEM_MAX) {
		klock_map_init(&sem->dep_map, name, key);
		klock_event_bug(&ev, "a semaphore's count is negative or too high",
				"count from 0 to KLOCK_SEM_MAX; it starts with 0 now");
		count = 0;
	}
	if (klock_word_init(&sem->word, &ev, name, key)) /* not yet shared: relaxed */
		klock_store_relaxed(&sem->word, (uint32_t)count << KLOCK_W_SHIFT);
}

void klock_semaphore_destroy(struct semaphore *sem)
{
	struct klock_event ev = event(sem, KLOCK_WRITE, __builtin_return_address(0));

	klock_thread();
	if (klock_park_waited_for(&sem->word))
		klock_event_bug(&ev, "a semaphore is destroyed while threads wait for it",
				"join the waiters first");
	else
		klock_watch(KLOCK_EV_DESTROY, &ev);
}

/* A unit, if there is one. */
static bool try_take(uint32_t *word)
{
	uint32_t w = klock_load_relaxed(word); /* only a guess: the exchange decides */

	while (w >= KLOCK_SEM_UNIT)
		if (klock_cas_acquire(word, &w, w - KLOCK_SEM_UNIT)) /* [S1] */
			return true;
	return false;
}

/* After a look: another one was woken; or units are left, for which the taker will pass_on(). */
static bool stays_waking(uint32_t w, uint32_t new, bool first)
{
	return (w & KLOCK_W_WAKING) && (!first || new >= KLOCK_SEM_UNIT);
}

static bool check(struct klock_queue *q, struct klock_waiter *me)
{
	uint32_t *word = (uint32_t *)klock_queue_addr(q);
	bool first = klock_queue_first(q) == me;
	bool alone = first && !klock_queue_next(q, me);
	uint32_t w = klock_load_relaxed(word), new; /* only a guess: the exchange decides */
	bool taken;

	do {
		taken = first && w >= KLOCK_SEM_UNIT;
		new = (w & ~KLOCK_W_QUEUE) - (taken ? KLOCK_SEM_UNIT : 0);
		if (!(taken && alone))
			new |= stays_waking(w, new, first) ? KLOCK_W_WAKING : KLOCK_W_WAITERS;
	} while (!klock_cas_acquire(word, &w, new)); /* [S1] */
	return taken;
}

/* Under the bucket's lock: `more` units come in, and the head is woken if there are any. */
static void advance(struct klock_queue *q, uint32_t more)
{
	uint32_t *word = (uint32_t *)klock_queue_addr(q);
	uint32_t w = klock_load_relaxed(word), units, new; /* only a guess: the exchange decides */
	struct klock_waiter *head, *rest;

	do {
		units = (w >> KLOCK_W_SHIFT) + more;
		rest = klock_queue_first(q);
		for (; units && rest && klock_queue_is_due(q, rest); units--)
			rest = klock_queue_next(q, rest);
		new = units << KLOCK_W_SHIFT;
		if (rest)
			new |= units ? KLOCK_W_WAKING : KLOCK_W_WAITERS;
	/* [S2]. [S1] for a waiter granted another thread's unit: it sees that up() through [K1]. */
	} while (!klock_cas_acq_rel(word, &w, new));
	while ((head = klock_queue_first(q)) != rest)
		klock_queue_grant(q, head);
	if (rest && units && !rest->woken)
		klock_queue_wake(q, rest);
}

static const struct klock_wait_ops semaphore_ops = { .check = check, .advance = advance };

/* A unit, if there is one within a spin. */
static bool spin_for(uint32_t *word, const struct klock_task *task, int64_t deadline_ns)
{
	uint32_t seen = klock_load_relaxed(word), before; /* a hint, as below */
	struct klock_spin s;

	if (!task->many_cpus)
		return false;
	klock_spin_begin(&s, deadline_ns);
	do {
		if (try_take(word))
			return true;
		before = seen;
		seen = klock_load_relaxed(word);
		if (seen != before)
			klock_spin_renew(&s);
	} while (klock_spin_once(&s));
	return false;
}

/* The caller left the queue with a unit. If more are free, it wakes the next waiter. */
static void pass_on(uint32_t *word)
{
	uint32_t w = klock_load_relaxed(word); /* only a guess: advance() looks again */

	if (w >= KLOCK_SEM_UNIT && (w & KLOCK_W_QUEUE))
		klock_unpark(word, &semaphore_ops, advance, 0);
}

static int wait(struct semaphore *sem, const struct klock_event *ev, int64_t deadline_ns)
{
	struct klock_waiter w = {
		.addr = &sem->word,
		.ops = &semaphore_ops,
		.what = klock_wait_for(ev),
		.mode = klock_wait_mode_of(ev->how),
	};

	int err = klock_park(&w, deadline_ns);

	if (!err)
		pass_on(&sem->word);
	return err;
}

static int take(struct semaphore *sem, const struct klock_event *ev, int64_t ns)
{
	struct klock_task *task = klock_thread();
	int64_t deadline_ns;
	int err;

	if (try_take(&sem->word))
		return 0;
	err = klock_refuse_to_wait(ev, ns);
	if (err)
		return err;
	klock_watch(KLOCK_EV_CONTENDED, ev);
	deadline_ns = klock_deadline(ns);
	return spin_for(&sem->word, task, deadline_ns) ? 0 : wait(sem, ev, deadline_ns);
}

int klock_semaphore_acquire(struct semaphore *sem, unsigned int how, int64_t timeout_ns)
{
	struct klock_event ev = event(sem, how, __builtin_return_address(0));
	struct klock_task *task = klock_thread();
	int err;

	klock_watch(KLOCK_EV_ACQUIRE, &ev);
	err = take(sem, &ev, timeout_ns);
	klock_watch(err ? KLOCK_EV_REFUSED : KLOCK_EV_ACQUIRED, &ev);
	klock_requests_told(task);
	return err;
}

int klock_semaphore_request(struct semaphore *sem, struct klock_waitq *wq)
{
	struct klock_event ev = event(sem, KLOCK_WRITE | KLOCK_TRY, __builtin_return_address(0));
	struct klock_waiter record = {
		.addr = &sem->word,
		.ops = &semaphore_ops,
		.what = klock_wait_for(&ev),
	};
	int err = 0;

	klock_thread();
	klock_request_begins(wq);
	klock_watch(KLOCK_EV_ACQUIRE, &ev);
	if (!try_take(&sem->word)) {
		err = klock_lock_request(&ev, wq, &record);
		if (!err)
			pass_on(&sem->word);
	}
	klock_watch(err ? KLOCK_EV_REFUSED : KLOCK_EV_ACQUIRED, &ev);
	return err;
}

void klock_semaphore_release(struct semaphore *sem)
{
	struct klock_event ev = event(sem, KLOCK_WRITE, __builtin_return_address(0));
	struct klock_task *task = klock_thread();
	uint32_t w;

	klock_watch(KLOCK_EV_RELEASE, &ev);
	w = klock_load_relaxed(&sem->word); /* only a guess: the exchange decides */
	do {
		if ((w & KLOCK_W_WAITERS) ||
		    ((w & KLOCK_W_WAKING) && !klock_word_passes_head(&sem->word))) {
			klock_word_begin_passes(&sem->word);
			klock_unpark(&sem->word, &semaphore_ops, advance, 1);
			break;
		}
		if (w >> KLOCK_W_SHIFT >= KLOCK_SEM_MAX) {
			klock_event_bug(&ev, "up() past the highest count of a semaphore",
					"look for an up() without a down()");
			return;
		}
	} while (!klock_cas_release(&sem->word, &w, w + KLOCK_SEM_UNIT)); /* [S2] */
	klock_watch(KLOCK_EV_RELEASED, &ev);
	klock_requests_told(task);
}
