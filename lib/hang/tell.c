/* SPDX-License-Identifier: MIT */
#include "hang/tell.h"
#include "base/printable.h"
#include "hang/circle.h"
#include "hang/names.h"
#include "lockdep/peek.h"

static bool is_bit(const struct klock_seen_wait *w)
{
	return w->type && !w->map;
}

void klock_tell_name(struct klock_sigtext *text, const char *name, unsigned int subclass)
{
	char printable[128];

	klock_sigtext_add(text, "'%s", klock_printable(name, printable, sizeof(printable)));
	if (subclass)
		klock_sigtext_add(text, "/%u", subclass);
	klock_sigtext_add(text, "'");
}

void klock_tell_lock(struct klock_sigtext *text, const struct klock_seen_wait *w)
{
	klock_sigtext_add(text, "%s ", w->type ? w->type->type : "lock");
	if (w->name[0])
		klock_tell_name(text, w->name, w->subclass);
	if (is_bit(w))
		klock_sigtext_add(text, "%u", w->bit);
	klock_sigtext_add(text, " at %p", w->type ? w->lock : w->addr);
}

void klock_tell_waiter(struct klock_sigtext *text, const struct klock_seen_wait *w)
{
	if (w->request)
		klock_sigtext_add(text, "a request");
	else
		klock_add_thread(text, w->tid);
}

static const char *wanted(const struct klock_seen_wait *w)
{
	if (w->type && w->type->counted)
		return "a unit";
	if (is_bit(w))
		return w->shared ? "to be clear" : "to set it";
	return w->shared ? "read" : "write";
}

static const char *const ends_early[] = {
	[KLOCK_WAIT_PLAIN] = "",
	[KLOCK_WAIT_KILLABLE] = ", killable",
	[KLOCK_WAIT_INTERRUPTIBLE] = ", interruptible",
};

void klock_tell_wait(struct klock_sigtext *text, struct klock_seen *seen,
		     const struct klock_seen_wait *w)
{
	klock_sigtext_add(text, "(%s%s", wanted(w), ends_early[w->mode]);
	if (w->deadline != KLOCK_FOREVER) {
		klock_sigtext_add(text, ", gives up in ");
		klock_sigtext_seconds(text, w->deadline - seen->now);
	}
	klock_sigtext_add(text, ") for ");
	klock_sigtext_seconds(text, seen->now - w->since);
	klock_sigtext_add(text, ", at ");
	klock_add_site(text, w->site, &seen->place);
}

static void tell_holder(struct klock_sigtext *text, const struct klock_seen *seen,
			const struct klock_task *task)
{
	int tid = klock_task_tid(task);

	klock_add_thread(text, tid);
	if (!klock_seen_of(seen, task))
		klock_add_state(text, tid);
}

/* One thread may hold it more than once. */
static void tell_number_of_reads(struct klock_sigtext *text, unsigned int n)
{
	if (n == 1)
		klock_sigtext_add(text, "held for reading once");
	else
		klock_sigtext_add(text, "held for reading %u times", n);
	if (!klock_held_is_listed())
		klock_sigtext_add(text, "; KLOCK_CHECK=1 tells by whom");
}

static void tell_readers(struct klock_sigtext *text, const struct klock_seen *seen,
			 const struct klock_seen_wait *w)
{
	unsigned int n = 0;

	for (struct klock_task *t = klock_task_after(NULL); t; t = klock_task_after(t)) {
		if (!klock_reads(t, klock_seen_of(seen, t), w))
			continue;
		klock_sigtext_add(text, n++ ? ", " : "held for reading by ");
		tell_holder(text, seen, t);
	}
	if (!n) /* no lists, or a hold that is in none */
		tell_number_of_reads(text, w->holders.readers);
}

/* A percpu_rw_semaphore is its writer's when all readers have left. */
static void tell_writer(struct klock_sigtext *text, const struct klock_seen *seen,
			const struct klock_seen_wait *w, const struct klock_task *writer)
{
	const struct klock_seen_wait *own = klock_seen_of(seen, writer);
	bool drains = own && own->lock == w->lock && own->addr != w->addr;

	klock_sigtext_add(text, drains ? "being taken for writing by " : "held for writing by ");
	tell_holder(text, seen, writer);
	if (drains)
		klock_sigtext_add(text, ", which waits for its readers to leave");
}

void klock_tell_holders(struct klock_sigtext *text, struct klock_seen *seen,
			const struct klock_seen_wait *w)
{
	const struct klock_task *writer = klock_task_by_word(w->holders.writer);

	if (writer)
		tell_writer(text, seen, w, writer);
	else if (w->holders.writer == KLOCK_W_REQUEST)
		klock_sigtext_add(text, "granted to a request that no thread has claimed");
	else if (w->holders.writer == KLOCK_W_NOBODY)
		klock_sigtext_add(text, "handed over, held for writing by no thread yet");
	else if (w->holders.readers)
		tell_readers(text, seen, w);
	else if (w->type && w->type->counted)
		klock_sigtext_add(text, "without units; nobody owns those that were taken");
	else if (w->blind)
		klock_sigtext_add(text, "held by nobody known");
	else
		klock_sigtext_add(text, "free: about to be taken");
}
