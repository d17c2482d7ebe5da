/* SPDX-License-Identifier: MIT */
#include "lockdep/misuse.h"
#include "base/bug.h"
#include "base/source_line.h"
#include <stdio.h>

/* "what, site of h": where the lock was taken is what the reader looks for. */
static void bug_taken_at(const struct klock_event *ev, const struct klock_held *h,
			 const char *what, const char *advice)
{
	const void *const sites[] = { h->site, ev->site };
	char text[384], site[256];

	klock_source_lines_fetch(sites, 2);
	klock_describe_call(h->site, site, sizeof(site));
	snprintf(text, sizeof(text), "%s; it was taken for %s at %s", what,
		 h->read == KLOCK_HELD_WRITE ? "writing" : "reading", site);
	klock_event_bug(ev, text, advice);
}

/* For writing such a wait never ends; for reading it ends unless a writer comes in between. */
void klock_misuse_recursion(struct klock_held_stack *stack, const struct klock_event *ev)
{
	const struct klock_held *h = klock_held_find_mode(stack, ev->map, false);
	bool write = ev->how & KLOCK_WRITE;

	if (!h || (ev->type->recursive && !write))
		return;
	bug_taken_at(ev, h,
		     write ? "a thread waits for writing for a lock that it holds for reading"
			   : "a thread takes a lock for reading that it already holds so",
		     write ? "release it first; this wait may never end"
			   : "take it once: a writer that waits in between would block both");
}

bool klock_misuse_release(struct klock_held_stack *stack, const struct klock_event *ev)
{
	const struct klock_held *h;

	if (stack->unlisted) {
		stack->unlisted--;
		return true;
	}
	h = klock_held_find(stack, ev->map);
	if (h)
		bug_taken_at(ev, h, "release of a lock in the other mode than this thread holds it",
			     ev->how & KLOCK_WRITE ? "give it up as a reader"
						   : "give it up as a writer");
	else
		klock_event_bug(ev, "release of a lock that this thread does not hold",
				"release once, in the thread that acquired it, or use the "
				"_non_owner() forms for both");
	return false;
}

bool klock_misuse_downgrade(struct klock_held_stack *stack, const struct klock_event *ev)
{
	if (stack->unlisted)
		return true;
	klock_event_bug(ev, "downgrade of a lock that this thread does not hold for writing",
			"call downgrade_write() between down_write() and up_write() only");
	return false;
}

bool klock_misuse_init(struct klock_held_stack *stack, const struct klock_event *ev)
{
	struct klock_event named = *ev;
	struct klock_held *h = klock_held_find(stack, ev->map);

	if (!h)
		return true;
	named.map = &h->name; /* the lock's own may have been overwritten already */
	bug_taken_at(&named, h, "a lock is initialised again by a thread that holds it",
		     "release it first");
	return false;
}

static void report_kept(const struct klock_held *h)
{
	const struct klock_event ev = {
		.type = h->type,
		.lock = klock_held_lock(h),
		.map = (struct lockdep_map *)&h->name,
		.site = h->site,
	};

	klock_event_bug(&ev,
			h->read == KLOCK_HELD_WRITE
				? "a thread ends and still holds a lock for writing"
				: "a thread ends and still holds a lock for reading",
			"release it on every path that leads out of the call named here");
}

void klock_misuse_thread_ends(struct klock_task *task)
{
	struct klock_held_stack *stack = task->held;

	klock_again = NULL;
	if (!stack)
		return;
	for (size_t i = 0; i < stack->count; i++)
		if (stack->locks[i].type)
			report_kept(&stack->locks[i]);
}
