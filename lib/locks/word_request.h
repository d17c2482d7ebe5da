/* SPDX-License-Identifier: MIT */
/*
 * A lock word, asked for by a request. Its turn is never left to a look of its own: it gets
 * the word from advance(), or from check() as it queues. For writing the word then has
 * KLOCK_W_REQUEST, until a thread claims it.
 *
 * A word that is BIASED or SPLIT may have readers in slots, which a thread that writes waits for
 * when it has the word. A request stays at the head of the queue for that, `draining`, and counts
 * among klock_drains: a reader that leaves its slot finds it there, and the last one grants.
 * So it is in the queue until it is granted, and can be cancelled in each state. The barrier
 * that shows who is in a slot is issued under the bucket's lock: some microseconds, but once
 * for a bias, or where a reader is in, and none can have come in since without having seen
 * WRITER.
 */
#ifndef KLOCK_LOCKS_WORD_REQUEST_H
#define KLOCK_LOCKS_WORD_REQUEST_H

#include "locks/request.h"

/* Tries for the word, else queues the request; all of it told to the watchers. */
int klock_word_request(uint32_t *word, const struct klock_event *ev, struct klock_waitq *wq);

/* For a reader that has left a slot with the word in it. The lock may be gone. */
void klock_word_slot_left(uint32_t *word);

/* ---- for lib/locks/queue.c, under the bucket's lock ---- */

/* Whether `me`, which could have the word `w`, has to wait for readers in slots as well. */
static inline bool klock_request_drains(uint32_t w, const struct klock_waiter *me)
{
	return me->request && !me->shared && (w & KLOCK_W_SLOTS);
}

/* For the head of the queue, which has the word. True: no reader is left in a slot. */
bool klock_request_drain(struct klock_queue *q, struct klock_waiter *head);
/* The same in check(), which takes the word for the calling thread. */
bool klock_request_drain_here(struct klock_queue *q, struct klock_waiter *head);

/* The word's new owner is the task. Also outside of that lock: the request has the word. */
void klock_request_take_word(struct klock_waiter *w, struct klock_task *task);

void klock_request_left(struct klock_waiter *w);

/* ---- what the lock word has for it ---- */

extern const struct klock_wait_ops klock_word_ops;

#endif
