/* SPDX-License-Identifier: MIT */
/* What a waiter says of itself when it has waited for long. */
#include "hang/hang.h"
#include "base/bug.h"
#include "base/clock.h"
#include "base/exempt.h"
#include "base/say.h"
#include "hang/circle.h"
#include "hang/names.h"
#include "hang/options.h"
#include "hang/show.h"
#include "hang/tell.h"
#include <pthread.h>
#include <stdlib.h>

#define CIRCLE_AFTER_NS INT64_C(1000000000) /* when a wait looks whether it is in a deadlock */
#define CHAIN_MAX 32			    /* waits of a chain that are told */

static int64_t hung_after_ns = KLOCK_FOREVER;

static struct klock_bug bug_about(const struct klock_waiter *w, const char *what,
				  const char *details, const char *advice)
{
	return (struct klock_bug){
		.what = what,
		.advice = advice,
		.lock_type = w->what.type ? w->what.type->type : "lock",
		.lock_name = w->what.map ? klock_map_name(&w->what.name) : "?",
		.lock = w->what.lock,
		.site = w->what.site,
		.details = details,
	};
}

static void tell_step(struct klock_sigtext *t, struct klock_seen *seen,
		      const struct klock_seen_wait *w, const struct klock_seen_wait *by)
{
	klock_sigtext_add(t, "klock:   ");
	klock_tell_waiter(t, w);
	klock_sigtext_add(t, " waits for ");
	klock_tell_lock(t, w);
	klock_sigtext_add(t, " ");
	klock_tell_wait(t, seen, w);
	klock_sigtext_add(t, "\nklock:     ");
	if (by && klock_blocks(by, w) == KLOCK_BLOCKS_IN_QUEUE) {
		klock_sigtext_add(t, "behind the writer ");
		klock_tell_waiter(t, by);
	} else {
		klock_tell_holders(t, seen, w);
	}
	klock_sigtext_add(t, "\n");
}

static void report_circle(const struct klock_waiter *w, struct klock_seen *seen,
			  const struct klock_seen_wait *from, size_t n)
{
	struct klock_sigtext *t = &seen->text;
	const struct klock_seen_wait *at = from;
	char what_buf[96];
	struct klock_sigtext what = klock_sigtext_in(what_buf, sizeof(what_buf));
	struct klock_bug bug;

	klock_sigtext_add(&what, "deadlock: %u threads wait for each other", (unsigned int)n);
	for (size_t i = 0; i < n && i < CHAIN_MAX; i++, at = at->next)
		tell_step(t, seen, at, at->next);
	if (n > CHAIN_MAX)
		klock_sigtext_add(t, "klock:   and so on\n");
	klock_sigtext_end(t);
	bug = bug_about(w, what.buf, t->buf,
			"take these locks in one order everywhere; this wait ends only if one of "
			"the threads is killed, and its wait allows it");
	klock_bug(&bug);
}

/* True: it is a member of one, whoever is to report that. */
static bool look_for_circle(const struct klock_waiter *w, struct klock_seen *seen,
			    struct klock_seen_wait *self)
{
	struct klock_seen later;
	size_t n = klock_circle_find(seen, self, KLOCK_CIRCLE_LAST);
	bool stands;

	if (!n)
		return klock_circle_find(seen, self, KLOCK_CIRCLE_FIRM);
	if (!klock_seen_take(&later, KLOCK_FOREVER, 0))
		return false;
	stands = klock_circle_stands(self, &later);
	klock_seen_free(&later);
	if (stands)
		report_circle(w, seen, self, n);
	return stands;
}

/* The first wait that keeps this one waiting. */
static struct klock_seen_wait *blocker(const struct klock_seen *seen,
				       const struct klock_seen_wait *w)
{
	for (size_t i = 0; i < seen->count; i++)
		if (&seen->waits[i] != w && klock_blocks(&seen->waits[i], w))
			return &seen->waits[i];
	return NULL;
}

/* Each lock with its holders, along those that wait themselves. */
static void tell_chain(struct klock_seen *seen, struct klock_seen_wait *w)
{
	struct klock_sigtext *t = &seen->text;

	for (size_t i = 0; i < seen->count; i++)
		seen->waits[i].next = NULL;
	for (int i = 0; i < CHAIN_MAX; i++) {
		struct klock_seen_wait *by = blocker(seen, w);

		tell_step(t, seen, w, by);
		if (!by)
			return;
		w->next = by;
		if (by->next) {
			klock_sigtext_add(t, "klock:   a circle, until one of them gives up\n");
			return;
		}
		w = by;
	}
	klock_sigtext_add(t, "klock:   and so on\n");
}

static void report_hung(const struct klock_waiter *w, struct klock_seen *seen,
			struct klock_seen_wait *self)
{
	char what_buf[96];
	struct klock_sigtext what = klock_sigtext_in(what_buf, sizeof(what_buf));
	struct klock_bug bug;

	klock_sigtext_add(&what, "hung: a thread waits for more than ");
	klock_sigtext_seconds(&what, hung_after_ns);
	tell_chain(seen, self);
	klock_sigtext_end(&seen->text);
	bug = bug_about(w, what.buf, seen->text.buf,
			"look at what the last thread named does; KLOCK_HUNG sets the time");
	klock_bug_note(&bug);
}

static struct klock_seen_wait *self_in(struct klock_seen *seen, const struct klock_waiter *w)
{
	for (size_t i = 0; i < seen->count; i++)
		if (seen->waits[i].task == w->task && seen->waits[i].number == w->number)
			return &seen->waits[i];
	return NULL;
}

/* Mostly so: there is no circle, and no need to look at all waits. */
static bool owner_does_not_wait(const struct klock_waiter *w)
{
	const struct klock_task *owner;
	struct klock_holders holders = { 0 };

	if (w->ops->holders)
		w->ops->holders(w, &holders); /* the lock is there as long as we wait for it */
	owner = klock_task_by_word(holders.writer);
	/* relaxed: the members of a circle began to wait before this thread */
	return owner && !(klock_load_relaxed(&owner->waits) & 1);
}

static void look_around(const struct klock_waiter *w, bool hung)
{
	struct klock_seen seen;
	struct klock_seen_wait *self;

	if (!hung && owner_does_not_wait(w))
		return;
	if (!klock_seen_take(&seen, KLOCK_FOREVER, 0))
		return;
	self = self_in(&seen, w); /* NULL: it has been granted what it waits for */
	if (self && !look_for_circle(w, &seen, self) && hung)
		report_hung(w, &seen, self);
	klock_seen_free(&seen);
}

static int64_t look(struct klock_waiter *w)
{
	bool hung = hung_after_ns != KLOCK_FOREVER &&
		    klock_now_ns() >= w->since + hung_after_ns;
	int cancel;

	/* No wait is a cancellation point, and a report writes. */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
	look_around(w, hung);
	pthread_setcancelstate(cancel, NULL);
	return hung || hung_after_ns == KLOCK_FOREVER ? KLOCK_FOREVER : w->since + hung_after_ns;
}

void klock_hang_set(const char *value)
{
	int64_t circle_after = CIRCLE_AFTER_NS, ns;

	hung_after_ns = KLOCK_FOREVER;
	if (value && *value) {
		if (!klock_parse_duration(value, &ns)) {
			klock_say("klock: KLOCK_HUNG=%s: not a time like 10s, 500ms or 2m, "
					"nor off; only deadlocks are looked for\n", value);
		} else if (!ns) {
			circle_after = KLOCK_FOREVER;
		} else {
			hung_after_ns = ns;
			if (ns < circle_after)
				circle_after = ns;
		}
	}
	klock_long_waits = (struct klock_long_waits){
		.after_ns = circle_after,
		.after_blind_ns = hung_after_ns,
		.look = look,
	};
}

void klock_hang_init(void)
{
	klock_exempt(&hung_after_ns, sizeof(hung_after_ns));
	klock_hang_set(getenv("KLOCK_HUNG"));
	klock_show_on_signal(getenv("KLOCK_SHOW_SIGNAL"));
}
