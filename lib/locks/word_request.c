/* SPDX-License-Identifier: MIT */
#include "locks/word_request.h"
#include "locks/bias_mode.h"
#include "locks/init.h"
#include "locks/lockword.h"
#include "locks/reader_bias.h"
#include "locks/slot_readers.h"
#include <errno.h>

/* The head has the word for itself: true. False: there are readers in slots. */
static bool end_drain(struct klock_queue *q, struct klock_waiter *head)
{
	uint32_t *word = (uint32_t *)klock_queue_addr(q);

	if (klock_bias_is_read(word)) /* [X4] */
		return false;
	if (!klock_queue_next(q, head))
		klock_fetch_and_relaxed(word, ~KLOCK_W_WAITERS); /* the bucket's lock orders it */
	klock_bias_written(word);
	return true;
}

bool klock_request_drain(struct klock_queue *q, struct klock_waiter *head)
{
	struct klock_event ev = klock_event_of(head, head->what.site);

	if (klock_bias_is_fenced((uint32_t *)klock_queue_addr(q)) && end_drain(q, head))
		return true;
	head->draining = true;
	head->repair = KLOCK_W_REQUEST;
	klock_bias_begin_drain(&ev);
	return end_drain(q, head);
}

bool klock_request_drain_here(struct klock_queue *q, struct klock_waiter *head)
{
	if (!klock_request_drain(q, head))
		return false;
	klock_request_take_word(head, head->task);
	return true;
}

void klock_request_take_word(struct klock_waiter *w, struct klock_task *task)
{
	uint32_t *word = (uint32_t *)w->addr;
	uint32_t seen = klock_load_relaxed(word); /* only a guess: the exchange decides */

	if (w->shared)
		return;
	/* Who waits may change the bits. */
	while (!klock_cas_acquire(word, &seen, seen - KLOCK_W_REQUEST + task->word)) /* [W1] */
		;
}

void klock_request_left(struct klock_waiter *w)
{
	if (w->draining)
		klock_drain_ends();
}

/* Nobody is there: the lock is gone, or something else. */
static void see_drained(struct klock_queue *q, uint32_t drop)
{
	struct klock_waiter *head = klock_queue_first(q);

	(void)drop;
	if (head && head->draining && end_drain(q, head))
		klock_queue_grant(q, head);
}

void klock_word_slot_left(uint32_t *word)
{
	if (klock_park_maybe(word)) /* [K4]: after the slot was left */
		klock_unpark(word, &klock_word_ops, see_drained, 0);
	klock_requests_told(klock_thread());
}

static int request(uint32_t *word, const struct klock_event *ev, struct klock_waitq *wq)
{
	struct klock_waiter record = {
		.addr = word,
		.ops = &klock_word_ops,
		.what = klock_wait_for(ev),
		.shared = !(ev->how & KLOCK_WRITE),
	};
	/* relaxed: a guess. What may be in slots is looked for only once, so in check(). */
	bool slots = !record.shared && (klock_load_relaxed(word) & KLOCK_W_SLOTS);

	if (!slots && !klock_word_take(word, ev, KLOCK_FOREVER)) /* a try */
		return 0;
	klock_word_check_usable(word, ev);
	return klock_lock_request(ev, wq, &record);
}

int klock_word_request(uint32_t *word, const struct klock_event *ev, struct klock_waitq *wq)
{
	struct klock_task *task = klock_thread();
	int err;

	klock_request_begins(wq);
	klock_watch(KLOCK_EV_ACQUIRE, ev);
	err = request(word, ev, wq);
	klock_watch(err ? KLOCK_EV_REFUSED : KLOCK_EV_ACQUIRED, ev);
	klock_requests_told(task);
	return err;
}
