/* SPDX-License-Identifier: MIT */
/*
 * Waiting for a bit of the caller's word. The word has no room to say that
 * somebody waits, so a waiter queues first and looks at the bit then, and who
 * clears the bit looks for waiters then: one of them sees the other ([K3] and
 * [K4] in lib/wait/park.c).
 */
#include <klock/wait_bit.h>
#include <klock/iocb.h>
#include "annotate/watch.h"
#include "base/clock.h"
#include "base/exempt.h"
#include "locks/init.h"
#include "locks/lockword.h"
#include "locks/request.h"
#include "wait/park.h"
#include <errno.h>

static const struct klock_lock_type bit_type = {
	.type = "bit",
	.size = sizeof(unsigned long),
	.only_order = true,
};

static bool set_bit_if_clear(unsigned long *word, int bit)
{
	unsigned long mask = 1ul << bit;

	/* [B3] pairs with [B4]. The load is a guess, and comes after [K3] all the same. */
	return !(klock_load_relaxed(word) & mask) && !(klock_fetch_or_seq(word, mask) & mask);
}

static bool check(struct klock_queue *q, struct klock_waiter *w)
{
	unsigned long *word = (unsigned long *)klock_queue_addr(q);

	if (w->shared)
		return !(klock_load_seq(word) >> w->bit & 1); /* [B3] */
	return set_bit_if_clear(word, w->bit);
}

/*
 * The first that waits to set the bit is woken to do so: not more, as the others would find it
 * set. If it is due (lib/wait/park.h) the bit is set on its behalf, unless a newcomer was faster
 * between the clearing of the bit and the call: then the newcomer's wake-up serves it.
 */
static void let_one_set(struct klock_queue *q, struct klock_waiter *w)
{
	unsigned long *word = (unsigned long *)klock_queue_addr(q);

	if (klock_queue_is_due(q, w) && set_bit_if_clear(word, w->bit))
		klock_queue_grant(q, w);
	else if (!w->request)
		klock_queue_wake(q, w);
}

/* Lets go all that wait for the bit to be clear, and sees to one that waits to set it. */
static void advance(struct klock_queue *q, uint32_t bit)
{
	struct klock_waiter *w = klock_queue_first(q), *setter = NULL;
	unsigned long clear;

	/* The bit was cleared before: only a waiter keeps its word from being freed meanwhile. */
	if (!w)
		return;
	clear = ~klock_load_seq((unsigned long *)klock_queue_addr(q)); /* [B3] */
	while (w) {
		struct klock_waiter *next = klock_queue_next(q, w);

		if (w->bit == bit && (clear >> bit & 1)) {
			if (w->shared)
				klock_queue_grant(q, w);
			else if (!setter)
				setter = w;
		}
		w = next;
	}
	if (setter)
		let_one_set(q, setter);
}

static const struct klock_wait_ops bit_ops = { .check = check, .advance = advance };

static struct klock_event event(unsigned long *word, const void *site)
{
	return (struct klock_event){ .type = &bit_type, .lock = word, .site = site };
}

static bool misused(unsigned long *word, int bit, int64_t ns, const void *site)
{
	struct klock_event ev = event(word, site);

	klock_check_null(&ev);
	if (bit < 0 || bit >= (int)(sizeof(*word) * CHAR_BIT)) {
		klock_event_bug(&ev, "no such bit in the word", "count bits from 0");
		return true;
	}
	if (ns < 0) {
		klock_refuse_negative(&ev);
		return true;
	}
	return false;
}

static bool mode_from(unsigned int task_state, enum klock_wait_mode *mode)
{
	switch (task_state) {
	case KLOCK_TASK_UNINTERRUPTIBLE:
		*mode = KLOCK_WAIT_PLAIN;
		return true;
	case KLOCK_TASK_KILLABLE:
		*mode = KLOCK_WAIT_KILLABLE;
		return true;
	case KLOCK_TASK_INTERRUPTIBLE:
		*mode = KLOCK_WAIT_INTERRUPTIBLE;
		return true;
	}
	return false;
}

static struct klock_waiter waiter(const struct klock_event *ev, int bit, bool shared)
{
	return (struct klock_waiter){
		.addr = ev->lock,
		.ops = &bit_ops,
		.what = klock_wait_for(ev),
		.shared = shared,
		.bit = (uint8_t)bit,
		.repair = (uint32_t)bit,
	};
}

/* What is waited for is there already; to set the bit, this does so. */
static bool at_once(unsigned long *word, int bit, bool shared)
{
	/* [B3] */
	return shared ? !(klock_load_acquire(word) >> bit & 1) : set_bit_if_clear(word, bit);
}

static int wait(unsigned long *word, int bit, unsigned int task_state, int64_t ns, bool shared,
		const void *site)
{
	struct klock_event ev = event(word, site);
	struct klock_waiter w = waiter(&ev, bit, shared);
	struct klock_task *task = klock_thread();
	int err = 0;

	if (misused(word, bit, ns, site))
		return -EINVAL;
	if (!mode_from(task_state, &w.mode)) {
		klock_event_bug(&ev, "no such way to wait", "pass a TASK_* mode");
		return -EINVAL;
	}
	if (KLOCK_UNLIKELY(klock_watched) && ns)
		klock_watch_wait(&ev);
	if (!at_once(word, bit, shared))
		err = ns ? klock_park(&w, klock_deadline(ns)) : -ETIME;
	if (!err && klock_watched)
		klock_bit_acquired(word);
	klock_requests_told(task); /* one that gives up lets others go on */
	return err == -ETIME ? -EAGAIN : err;
}

int klock_bit_request(unsigned long *word, int bit, unsigned int how, struct klock_waitq *wq)
{
	const void *site = __builtin_return_address(0);
	bool shared = !(how & KLOCK_WRITE);
	struct klock_event ev = event(word, site);
	struct klock_waiter record = waiter(&ev, bit, shared);
	int err = 0;

	klock_thread();
	if (misused(word, bit, 0, site))
		return -EINVAL;
	klock_request_begins(wq);
	if (!at_once(word, bit, shared))
		err = klock_lock_request(&ev, wq, &record);
	if (!err && klock_watched)
		klock_bit_acquired(word);
	return err;
}

int klock_wait_on_bit(unsigned long *word, int bit, unsigned int mode)
{
	return wait(word, bit, mode, KLOCK_FOREVER, true, __builtin_return_address(0));
}

int klock_wait_on_bit_timeout(unsigned long *word, int bit, unsigned int mode, int64_t ns)
{
	return wait(word, bit, mode, ns, true, __builtin_return_address(0));
}

int klock_wait_on_bit_lock(unsigned long *word, int bit, unsigned int mode)
{
	return wait(word, bit, mode, KLOCK_FOREVER, false, __builtin_return_address(0));
}

int klock_wait_on_bit_lock_timeout(unsigned long *word, int bit, unsigned int mode, int64_t ns)
{
	return wait(word, bit, mode, ns, false, __builtin_return_address(0));
}

void klock_wake_up_bit(unsigned long *word, int bit)
{
	struct klock_task *task = klock_thread();

	if (misused(word, bit, 0, __builtin_return_address(0)))
		return;
	if (klock_park_maybe(word))
		klock_unpark(word, &bit_ops, advance, (uint32_t)bit);
	klock_requests_told(task);
}

void klock_clear_and_wake_up_bit(int bit, unsigned long *word)
{
	klock_clear_bit_unlock(bit, word);
	klock_wake_up_bit(word, bit);
}

bool klock_test_and_set_bit_lock(int bit, unsigned long *word)
{
	unsigned long mask = 1ul << bit;
	bool was_set = klock_fetch_or_acquire(word, mask) & mask; /* [B3] */

	klock_thread();
	if (!was_set && klock_watched)
		klock_bit_acquired(word);
	return was_set;
}

void klock_clear_bit_unlock(int bit, unsigned long *word)
{
	klock_thread();
	if (klock_watched)
		klock_bit_released(word);
	klock_fetch_and_release(word, ~(1ul << bit)); /* [B4] pairs with [B3] */
}

void klock_bit_word_init(unsigned long *word)
{
	klock_thread(); /* the inline operations look at klock_watched, and do not set it up */
	klock_exempt(word, sizeof(*word));
}

void klock_bit_word_exit(unsigned long *word)
{
	klock_exempt_end(word, sizeof(*word));
}
