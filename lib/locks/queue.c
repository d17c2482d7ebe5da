/* SPDX-License-Identifier: MIT */
/*
 * Who has a lock word next. The bits are in <klock/lockword.h>.
 *
 * A newcomer takes a free lock at once, even if others wait (lib/locks/take.c). A reader does not
 * join others while a writer waits. A release that finds WAITERS and leaves the lock free sees to
 * the queue:
 *   a waiter is due    it is granted the lock; if it is a reader, so are the readers that wait
 *   else               the head is woken to take the lock itself, and newcomers may pass it
 * A reader that takes the lock wakes the next one, if it is a reader as well.
 * lib/wait/park.h says when a waiter is due: at the latest KLOCK_HAND_OVER_NS after it was first
 * woken. Releases that pass a head that was woken look at that, one in KLOCK_PASSES.
 *
 * Invariants, under the bucket's lock:
 *   I1  somebody is queued => WAITERS or WAKING
 *   I2  somebody is queued and the word is free => WAKING, and the head is
 *       awake or about to be woken
 * So no release may leave the word free with WAITERS: klock_word_drop() goes to the queue for it.
 */
#include "locks/lockword.h"
#include "locks/reader_bias.h"
#include "locks/slot_readers.h"
#include "locks/take.h"
#include "locks/word_request.h"
#include "wait/park.h"

/* The word without the bits of the queue, after a waiter took the lock, or was given it. */
static uint32_t unqueued(uint32_t w)
{
	return w & ~KLOCK_W_QUEUE;
}

/* The word after a waiter has found the lock held: the next release sees to the head. */
static uint32_t missed(uint32_t w, bool first)
{
	if (!first && (w & KLOCK_W_WAKING))
		return w;
	return unqueued(w) | KLOCK_W_WAITERS;
}

/* So many threads that read have a turn together: a release does bounded work. */
#define READERS_AT_ONCE 16

/* Whether `w` has its turn with the readers, of which so many threads have it already. */
static bool has_turn(const struct klock_waiter *w, uint32_t *threads)
{
	if (!w->shared || (!w->request && *threads == READERS_AT_ONCE))
		return false;
	*threads += !w->request;
	return true;
}

/* How many readers have a turn together, wherever they are; and who is first of the others. */
static uint32_t count_readers(struct klock_queue *q, struct klock_waiter **rest)
{
	uint32_t readers = 0, threads = 0;

	*rest = NULL;
	for (struct klock_waiter *w = klock_queue_first(q); w; w = klock_queue_next(q, w)) {
		if (has_turn(w, &threads))
			readers++;
		else if (!*rest)
			*rest = w;
	}
	return readers;
}

static void grant_readers(struct klock_queue *q)
{
	struct klock_waiter *w = klock_queue_first(q), *next;
	uint32_t threads = 0;

	for (; w; w = next) {
		next = klock_queue_next(q, w);
		if (has_turn(w, &threads))
			klock_queue_grant(q, w);
	}
}

/* Whether this one, which waits behind readers that have come in, is woken to join them. */
static bool joins(const struct klock_waiter *rest)
{
	return rest && rest->shared && !rest->request;
}

static uint32_t bits_for(const struct klock_waiter *rest)
{
	if (!rest)
		return 0;
	return joins(rest) ? KLOCK_W_WAKING : KLOCK_W_WAITERS;
}

/* Requests of readers that come right after `me`: no wake-up reaches them, they come in with it. */
static uint32_t count_requests(struct klock_queue *q, struct klock_waiter *me,
			       struct klock_waiter **rest)
{
	uint32_t n = 0;

	*rest = klock_queue_next(q, me);
	while (*rest && (*rest)->shared && (*rest)->request) {
		*rest = klock_queue_next(q, *rest);
		n++;
	}
	return n;
}

/* The calling reader has come in, from the queue. */
static void let_readers_join(struct klock_queue *q, struct klock_waiter *me, uint32_t requests,
			     struct klock_waiter *rest)
{
	while (requests--)
		klock_queue_grant(q, klock_queue_next(q, me));
	if (joins(rest))
		klock_queue_wake(q, rest);
}

/* Under the bucket's lock: the lock, if this waiter may have it, or the bits that bring it. */
static bool check(struct klock_queue *q, struct klock_waiter *me)
{
	uint32_t *word = (uint32_t *)klock_queue_addr(q);
	struct klock_waiter *rest = klock_queue_next(q, me);
	bool first = klock_queue_first(q) == me, taken, drains;
	uint32_t w = klock_load_relaxed(word), new; /* only a guess: the exchange decides */
	uint32_t requests = me->shared ? count_requests(q, me, &rest) : 0;
	uint32_t holds = klock_word_hold_of(me->task, me->shared) + requests * KLOCK_W_READER;
	uint32_t bits = me->shared ? bits_for(rest) : rest ? KLOCK_W_WAITERS : 0;

	do {
		taken = first && klock_word_compatible(w, me->shared);
		drains = taken && klock_request_drains(w, me);
		if (drains)
			new = unqueued(w) + KLOCK_W_REQUEST + KLOCK_W_WAITERS;
		else if (taken)
			new = unqueued(w) + holds + bits;
		else
			new = missed(w, first);
	} while (!klock_cas_acquire(word, &w, new)); /* [W1] */
	if (taken && me->shared)
		let_readers_join(q, me, requests, rest);
	return drains ? klock_request_drain_here(q, me) : taken;
}

enum turn { TURN_NOBODY, TURN_READERS, TURN_WAKE, TURN_HANDOFF, TURN_DRAIN };

/* What a release that leaves `n` of the word is to do for the queue, for whom, and its bits. */
static enum turn next_turn(struct klock_queue *q, uint32_t n, struct klock_waiter **who,
			   uint32_t *new)
{
	struct klock_waiter *head = klock_queue_first(q), *due = klock_queue_due(q);
	bool passed = head && head->woken && !due; /* and will be again */
	struct klock_waiter *rest;

	*who = due ? due : head;
	*new = n | (!head ? 0 : passed ? KLOCK_W_WAKING : KLOCK_W_WAITERS);
	if (!head || passed || !klock_word_compatible(n, (*who)->shared))
		return TURN_NOBODY;
	if (!due) {
		*new = n | KLOCK_W_WAKING;
		return TURN_WAKE;
	}
	if (due->shared) {
		*new = n + count_readers(q, &rest) * KLOCK_W_READER;
		*new |= bits_for(rest);
		*who = rest;
		return TURN_READERS;
	}
	if (klock_request_drains(n, due)) {
		*new = n | KLOCK_W_REQUEST | KLOCK_W_WAITERS;
		return TURN_DRAIN;
	}
	*new = n | (due->request ? KLOCK_W_REQUEST : due->task->word);
	if (due != head || klock_queue_next(q, due))
		*new |= KLOCK_W_WAITERS;
	return TURN_HANDOFF;
}

bool klock_word_lacks(uint32_t w, uint32_t drop)
{
	return drop == KLOCK_W_READER && ((w & KLOCK_W_WRITER) || w < KLOCK_W_READER);
}

void klock_word_advance(struct klock_queue *q, uint32_t drop)
{
	uint32_t *word = (uint32_t *)klock_queue_addr(q);
	uint32_t w = klock_load_relaxed(word), new; /* only a guess: the exchange decides */
	struct klock_waiter *who;
	enum turn turn;

	do {
		if (klock_word_lacks(w, drop)) {
			klock_queue_refuse(q);
			return;
		}
		turn = next_turn(q, unqueued(w - drop), &who, &new);
	/* [W2], [W4]; the granted see it through [K1]. */
	} while (!klock_cas_acq_rel(word, &w, new));

	switch (turn) {
	case TURN_READERS:
		grant_readers(q);
		if (joins(who))
			klock_queue_wake(q, who);
		break;
	case TURN_WAKE:
		klock_queue_wake(q, who);
		break;
	case TURN_DRAIN:
		if (klock_request_drain(q, who))
			klock_queue_grant(q, who);
		break;
	case TURN_HANDOFF:
		klock_queue_grant(q, who);
		break;
	case TURN_NOBODY:
		break;
	}
}

/* COUNT is the owner's number or that of readers. A request that waits for slots has the word. */
static void holders(const struct klock_waiter *me, struct klock_holders *holders)
{
	uint32_t w = klock_load_relaxed((const uint32_t *)me->addr); /* a report, not an access */

	if (klock_word_owned(w, KLOCK_W_REQUEST) && klock_bias_is_read(me->addr))
		holders->readers = klock_bias_readers(me->addr);
	else if (w & KLOCK_W_WRITER)
		holders->writer = w & KLOCK_W_OWNER;
	else
		holders->readers = (w >> KLOCK_W_SHIFT) + klock_bias_readers(me->addr);
}

const struct klock_wait_ops klock_word_ops = {
	.check = check,
	.advance = klock_word_advance,
	.holders = holders,
	.claim = klock_request_take_word,
	.left = klock_request_left,
};
