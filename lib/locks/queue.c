/* SPDX-License-Identifier: MIT */
/*
 * Who has a lock word next. The bits are in <klock/lockword.h>.
 *
 * A newcomer takes a free lock at once, whoever waits (lib/locks/take.c). A reader does not join
 * others while a writer waits. A release that finds WAITERS and leaves the lock free sees to the
 * queue:
 *   a waiter is due    it is granted the lock; if it is a reader, so are all readers that wait
 *   else               the head is woken to take the lock itself, and newcomers may pass it
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

/* The word after a waiter has looked in vain: the next release is to see to the head. */
static uint32_t missed(uint32_t w, bool first)
{
	if (!first && (w & KLOCK_W_WAKING))
		return w;
	return unqueued(w) | KLOCK_W_WAITERS;
}

static uint32_t count_readers(struct klock_queue *q, bool *writers)
{
	uint32_t readers = 0;

	*writers = false;
	for (struct klock_waiter *w = klock_queue_first(q); w; w = klock_queue_next(q, w)) {
		if (w->shared)
			readers++;
		else
			*writers = true;
	}
	return readers;
}

/* All that wait, but one. */
static void grant_readers(struct klock_queue *q, const struct klock_waiter *but)
{
	struct klock_waiter *w = klock_queue_first(q);

	while (w) {
		struct klock_waiter *next = klock_queue_next(q, w);

		if (w->shared && w != but)
			klock_queue_grant(q, w);
		w = next;
	}
}

/* Under the bucket's lock: the lock, if this waiter may have it, or the bits that bring it. */
static bool check(struct klock_queue *q, struct klock_waiter *me)
{
	uint32_t *word = (uint32_t *)klock_queue_addr(q);
	bool first = klock_queue_first(q) == me, others = klock_queue_next(q, me), taken, drains;
	uint32_t w = klock_load_relaxed(word), new; /* only a guess: the exchange decides */
	uint32_t hold = klock_word_hold_of(me->task, me->shared);

	if (first && me->shared)
		hold = count_readers(q, &others) * KLOCK_W_READER;
	do {
		taken = first && klock_word_compatible(w, me->shared);
		drains = taken && klock_request_drains(w, me);
		if (drains)
			new = unqueued(w) + KLOCK_W_REQUEST + KLOCK_W_WAITERS;
		else if (taken)
			new = unqueued(w) + hold + (others ? KLOCK_W_WAITERS : 0);
		else
			new = missed(w, first);
	} while (!klock_cas_acquire(word, &w, new)); /* [W1] */
	if (taken && me->shared)
		grant_readers(q, me);
	return drains ? klock_request_drain_here(q, me) : taken;
}

enum turn { TURN_NOBODY, TURN_READERS, TURN_WAKE, TURN_HANDOFF, TURN_DRAIN };

/* What a release that leaves `n` of the word is to do for the queue, for whom, and its bits. */
static enum turn next_turn(struct klock_queue *q, uint32_t n, struct klock_waiter **who,
			   uint32_t *new)
{
	struct klock_waiter *head = klock_queue_first(q), *due = klock_queue_due(q);
	bool more, passed = head && head->woken && !due; /* and will be again */
	uint32_t readers;

	*who = due ? due : head;
	*new = n | (!head ? 0 : passed ? KLOCK_W_WAKING : KLOCK_W_WAITERS);
	if (!head || passed || !klock_word_compatible(n, (*who)->shared))
		return TURN_NOBODY;
	if (!due) {
		*new = n | KLOCK_W_WAKING;
		return TURN_WAKE;
	}
	if (due->shared) {
		readers = count_readers(q, &more);
		*new = (n + readers * KLOCK_W_READER) | (more ? KLOCK_W_WAITERS : 0);
		return TURN_READERS;
	}
	if (klock_request_drains(n, due)) {
		*new = n | KLOCK_W_REQUEST | KLOCK_W_WAITERS;
		return TURN_DRAIN;
	}
	more = due != head || klock_queue_next(q, due);
	*new = n | (due->request ? KLOCK_W_REQUEST : due->task->word) |
	       (more ? KLOCK_W_WAITERS : 0);
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
		grant_readers(q, NULL);
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
