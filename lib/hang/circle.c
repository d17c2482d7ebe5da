/* SPDX-License-Identifier: MIT */
/*
 * A circle is closed by the last of its members that begins to wait: the others
 * wait already, so they neither take nor give up anything. That member alone
 * looks for it (KLOCK_CIRCLE_LAST), so it is reported once.
 *
 * The waits are not looked at all at one moment. But if each of a circle is
 * there in one pass over them and again in a second, then all of them waited
 * between the passes, each holding what it held at both: the circle was there.
 */
#include "hang/circle.h"
#include "lockdep/peek.h"

bool klock_reads(const struct klock_task *task, const struct klock_seen_wait *own_wait,
		 const struct klock_seen_wait *wait)
{
	struct klock_peeked held;
	/* What it waits for stands in its list already. */
	int wanted = own_wait && own_wait->shared && own_wait->map == wait->map ? 1 : 0;
	int reads = 0;

	if (!wait->map || !klock_held_is_listed())
		return false;
	for (size_t i = 0; klock_held_peek(task, i, &held); i++)
		if (held.map == wait->map && !held.write)
			reads++;
	return reads > wanted;
}

enum klock_blocks klock_blocks(const struct klock_seen_wait *by, const struct klock_seen_wait *wait)
{
	if (wait->holders.writer)
		return by->task && wait->holders.writer == by->task->word
			       ? KLOCK_BLOCKS_AS_WRITER
			       : KLOCK_BLOCKS_NOT;
	if (!wait->holders.readers)
		return KLOCK_BLOCKS_NOT;
	if (wait->shared) /* the records of one queue are in its order */
		return by < wait && by->addr == wait->addr && !by->shared ? KLOCK_BLOCKS_IN_QUEUE
									  : KLOCK_BLOCKS_NOT;
	return by->task && klock_reads(by->task, by, wait) ? KLOCK_BLOCKS_AS_READER
							   : KLOCK_BLOCKS_NOT;
}

/* Of two that began at the same time, the one with the higher thread number. */
static bool began_before(const struct klock_seen_wait *a, const struct klock_seen_wait *b)
{
	return a->since < b->since || (a->since == b->since && a->task->word < b->task->word);
}

static bool takes_part(const struct klock_seen_wait *w, const struct klock_seen_wait *from,
		       enum klock_circle which)
{
	if (w == from)
		return true;
	if (w->request) /* no thread is stuck in it */
		return false;
	return w->deadline == KLOCK_FOREVER &&
	       (which == KLOCK_CIRCLE_FIRM || began_before(w, from));
}

/* Turns the way from `last` back to `from` round, so that it leads there. */
static size_t close_circle(struct klock_seen_wait *last, struct klock_seen_wait *from)
{
	struct klock_seen_wait *to = from;
	size_t n = 1;

	for (; last != from; n++) {
		struct klock_seen_wait *before = last->reached_from;

		last->next = to;
		to = last;
		last = before;
	}
	from->next = to;
	return n;
}

/* Breadth first, so the circle is a shortest one. */
size_t klock_circle_find(struct klock_seen *seen, struct klock_seen_wait *from,
			 enum klock_circle which)
{
	struct klock_seen_wait *at = from, *end = from;

	if (from->deadline != KLOCK_FOREVER)
		return 0;
	for (size_t i = 0; i < seen->count; i++)
		seen->waits[i].reached_from = seen->waits[i].next = NULL;
	for (; at; at = at->next) {
		for (size_t i = 0; i < seen->count; i++) {
			struct klock_seen_wait *w = &seen->waits[i];

			if (w->reached_from || !takes_part(w, from, which) || !klock_blocks(w, at))
				continue;
			if (w == from && at == from)
				continue;
			if (w == from)
				return close_circle(at, from);
			w->reached_from = at;
			end = end->next = w;
		}
	}
	return 0;
}

static const struct klock_seen_wait *find_same(const struct klock_seen *seen,
					       const struct klock_seen_wait *wait)
{
	for (size_t i = 0; i < seen->count; i++)
		if (klock_seen_same(&seen->waits[i], wait))
			return &seen->waits[i];
	return NULL;
}

bool klock_circle_stands(const struct klock_seen_wait *from, const struct klock_seen *later)
{
	const struct klock_seen_wait *at = from;

	do {
		const struct klock_seen_wait *wait = find_same(later, at);
		const struct klock_seen_wait *by = find_same(later, at->next);

		if (!wait || !by || klock_blocks(by, wait) != klock_blocks(at->next, at))
			return false;
		at = at->next;
	} while (at != from);
	return true;
}
