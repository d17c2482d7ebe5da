/* SPDX-License-Identifier: MIT */
/*
 * The checked mode, KLOCK_CHECK=1: each thread keeps a list of what it holds.
 * It knows what a lock word cannot: which readers hold a lock, and where a
 * lock was taken that is never given up.
 *
 * Units of a semaphore have no owner and are not listed; nor are holds of the
 * _non_owner() forms. What the lock word itself shows - a writer that is
 * another thread or nobody, a wait for a lock that the waiter holds for
 * writing, the end of a lock that is held - is reported with or without this
 * mode, and not a second time here.
 */
#include "annotate/watch.h"
#include "base/bug.h"
#include "base/exempt.h"
#include "wait/task.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct held_lock {
	const struct klock_lock_type *type;
	void *lock;
	struct lockdep_map map; /* a copy: the lock may be gone when its holder ends */
	bool write;
	const void *site;
};

/* Of one thread, in the order of acquisition. */
struct held_stack {
	size_t count;
	size_t room;
	struct held_lock locks[];
};

#define FIRST_ROOM 16

/*
 * The thread's holds for which there was no memory. Until as many are given up,
 * a release of what is not listed may be of one of them, and is not reported.
 */
static __thread size_t unlisted __attribute__((tls_model("initial-exec")));

static const char no_memory[] = "out of memory for the list of held locks";

/* Makes room for one more, before the lock is taken. NULL when there is no memory. */
static struct held_stack *make_room(struct klock_task *task)
{
	struct held_stack *held = task->held, *bigger;
	size_t room = held ? held->room : 0;

	if (held && held->count < room)
		return held;
	room = room ? room * 2 : FIRST_ROOM;
	bigger = realloc(held, sizeof(*held) + room * sizeof(held->locks[0]));
	if (!bigger)
		return NULL;
	if (!held)
		bigger->count = 0;
	bigger->room = room;
	task->held = bigger;
	return bigger;
}

static struct held_lock *find(struct held_stack *held, const void *lock, bool write)
{
	for (size_t i = held ? held->count : 0; i > 0; i--) {
		struct held_lock *h = &held->locks[i - 1];

		if (h->lock == lock && h->write == write)
			return h;
	}
	return NULL;
}

static void forget(struct held_stack *held, struct held_lock *h)
{
	size_t after = (size_t)(&held->locks[held->count] - (h + 1));

	memmove(h, h + 1, after * sizeof(*h));
	held->count--;
}

/* "what, site of h": where the lock was taken is what the reader looks for. */
static void bug_taken_at(const struct klock_event *ev, const struct held_lock *h, const char *what,
			 const char *advice)
{
	char text[384], site[256];

	klock_describe_site(h->site, site, sizeof(site));
	snprintf(text, sizeof(text), "%s; it was taken for %s at %s", what,
		 h->write ? "writing" : "reading", site);
	klock_event_bug(ev, text, advice);
}

/*
 * A wait for a lock that the thread holds for reading: for writing it never
 * ends, for reading it ends unless a writer comes in between.
 */
static void check_recursion(struct held_stack *held, const struct klock_event *ev)
{
	const struct held_lock *h = find(held, ev->lock, false);
	bool write = ev->how & KLOCK_WRITE;

	if (!h || (ev->how & KLOCK_TRY) || (ev->type->recursive && !write))
		return;
	bug_taken_at(ev, h,
		     write ? "a thread waits for writing for a lock that it holds for reading"
			   : "a thread takes a lock for reading that it already holds so",
		     write ? "release it first; this wait may never end"
			   : "take it once: a writer that waits in between would block both");
}

static void acquire(struct klock_task *task, const struct klock_event *ev)
{
	check_recursion(task->held, ev);
	if (!make_room(task))
		klock_event_bug(ev, no_memory,
				"free memory; releases of this thread are not checked until then");
}

static void acquired(struct klock_task *task, const struct klock_event *ev)
{
	struct held_stack *held = task->held;

	if (!held || held->count == held->room) {
		unlisted++;
		return;
	}
	held->locks[held->count++] = (struct held_lock){
		.type = ev->type,
		.lock = ev->lock,
		.map = *ev->map,
		.write = ev->how & KLOCK_WRITE,
		.site = ev->site,
	};
}

static bool release(struct held_stack *held, const struct klock_event *ev)
{
	bool write = ev->how & KLOCK_WRITE;
	struct held_lock *h = find(held, ev->lock, write);

	if (h) {
		forget(held, h);
		return true;
	}
	if (unlisted) {
		unlisted--;
		return true;
	}
	h = find(held, ev->lock, !write);
	if (h)
		bug_taken_at(ev, h, "release of a lock in the other mode than this thread holds it",
			     write ? "give it up as a reader" : "give it up as a writer");
	else
		klock_event_bug(ev, "release of a lock that this thread does not hold",
				"release once, in the thread that acquired it, or use the "
				"_non_owner() forms for both");
	return false;
}

static bool downgrade(struct held_stack *held, const struct klock_event *ev)
{
	struct held_lock *h = find(held, ev->lock, true);

	if (h) {
		h->write = false;
		return true;
	}
	if (unlisted)
		return true;
	klock_event_bug(ev, "downgrade of a lock that this thread does not hold for writing",
			"call downgrade_write() between down_write() and up_write() only");
	return false;
}

/* A new lock in place of one that is held; that of another thread is not seen here. */
static bool init(struct held_stack *held, const struct klock_event *ev)
{
	struct klock_event named = *ev;
	struct held_lock *h = find(held, ev->lock, true);

	if (!h)
		h = find(held, ev->lock, false);
	if (!h)
		return true;
	named.map = &h->map; /* the lock's own may have been overwritten already */
	bug_taken_at(&named, h, "a lock is initialised again by a thread that holds it",
		     "release it first");
	return false;
}

static bool held_event(enum klock_event_kind kind, const struct klock_event *ev)
{
	struct klock_task *task = klock_task_self();

	if (ev->type->counted || (ev->how & KLOCK_NON_OWNER))
		return true;
	switch (kind) {
	case KLOCK_EV_INIT:
		return init(task->held, ev);
	case KLOCK_EV_ACQUIRE:
		acquire(task, ev);
		return true;
	case KLOCK_EV_ACQUIRED:
		acquired(task, ev);
		return true;
	case KLOCK_EV_RELEASE:
		return release(task->held, ev);
	case KLOCK_EV_DOWNGRADE:
		return downgrade(task->held, ev);
	case KLOCK_EV_DESTROY: /* free, says its word */
	case KLOCK_EV_REFUSED:
	case KLOCK_EV_RELEASED:
	case KLOCK_EV_DOWNGRADED:
		return true;
	}
	return true;
}

static void thread_ends(struct klock_task *task)
{
	struct held_stack *held = task->held;

	task->held = NULL;
	unlisted = 0;
	for (size_t i = 0; held && i < held->count; i++) {
		const struct held_lock *h = &held->locks[i];
		const struct klock_event ev = {
			.type = h->type,
			.lock = h->lock,
			.map = (struct lockdep_map *)&h->map,
			.site = h->site,
		};

		klock_event_bug(&ev,
				h->write ? "a thread ends and still holds a lock for writing"
					 : "a thread ends and still holds a lock for reading",
				"release it on every path that leads out of the call named here");
	}
	free(held);
}

static bool held_present(void)
{
	const char *value = getenv("KLOCK_CHECK");

	if (!value || !*value || !strcmp(value, "0"))
		return false;
	if (strcmp(value, "1")) {
		fprintf(stderr, "klock: KLOCK_CHECK=%s: the checked mode is off; "
			"KLOCK_CHECK takes 1 (on) and 0 (off)\n", value);
		return false;
	}
	klock_exempt(&klock_task_exit_hook, sizeof(klock_task_exit_hook)); /* as klock_watched */
	klock_task_exit_hook = thread_ends;
	return true;
}

const struct klock_watcher klock_watch_held = {
	.name = "KLOCK_CHECK",
	.present = held_present,
	.event = held_event,
};
