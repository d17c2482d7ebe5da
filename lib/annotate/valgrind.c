/* SPDX-License-Identifier: MIT */
/*
 * What Helgrind and DRD are told, by client requests that cost a few
 * instructions outside Valgrind. Both know locks of this kind by the same
 * request codes, so each event is sent once. Mutexes are told as locks that are
 * only ever held for writing.
 *
 * Any lock may appear here for the first time at any event: a static one is
 * never initialised by a call, and one that was never destroyed may leave its
 * name, its place in the order of locks and its holders to a successor at the
 * same address. In Helgrind the mark of a lock that is known is that its memory
 * is exempt from the race checks, which Helgrind itself undoes as the memory
 * is freed. DRD makes locks known as they are used.
 */
#include "annotate/watch.h"
#include "config.h"

#ifdef HAVE_VALGRIND_HEADERS

#include "base/exempt.h"
#include "base/minilock.h"
#include <klock/atomic.h>
#include <valgrind/drd.h>
#include <valgrind/helgrind.h>

static struct {
	enum { OTHER_TOOL, HELGRIND, DRD } tool; /* set before the first event */
	struct klock_minilock first_use; /* for that one thread alone makes a lock known */
	bool handed_over; /* a hold was given up by another thread; never cleared */
} shared;

static bool valgrind_present(void)
{
	char here = 0;

	if (!RUNNING_ON_VALGRIND)
		return false;
	klock_exempt(&shared, sizeof(shared));
	/*
	 * Each answers one request that the other leaves at its default. That of
	 * VALGRIND_HG_GET_ABITS is an unsigned -2, also in its wider result.
	 */
	if ((int)VALGRIND_HG_GET_ABITS(&here, NULL, 1) != -2)
		shared.tool = HELGRIND;
	else if (VALGRIND_DO_CLIENT_REQUEST_EXPR(0, VG_USERREQ__DRD_GET_DRD_THREAD_ID, 0, 0, 0, 0,
						 0))
		shared.tool = DRD;
	return shared.tool != OTHER_TOOL;
}

static void valgrind_released(void *addr)
{
	ANNOTATE_HAPPENS_BEFORE(addr);
}

static void valgrind_acquired(void *addr)
{
	ANNOTATE_HAPPENS_AFTER(addr);
}

/* Ends what the tool knows of the lock, if anything, and its exemption. */
static void forget(const struct klock_event *ev)
{
	if (shared.tool == DRD) {
		VALGRIND_HG_CLEAN_MEMORY(ev->lock, ev->type->size);
		if (!ev->type->counted) {
			/* That leaves locks on a stack; acquired, it is known in any case. */
			ANNOTATE_RWLOCK_ACQUIRED(ev->lock, 0);
			ANNOTATE_RWLOCK_RELEASED(ev->lock, 0);
			ANNOTATE_RWLOCK_DESTROY(ev->lock);
		}
	} else if (ev->type->counted) {
		ANNOTATE_HAPPENS_BEFORE_FORGET_ALL(ev->lock);
	} else {
		/* Creates it if need be: the end of an unknown lock is reported. */
		ANNOTATE_RWLOCK_CREATE(ev->lock);
		ANNOTATE_RWLOCK_DESTROY(ev->lock);
	}
	klock_exempt_end(ev->lock, ev->type->size);
}

static void create(const struct klock_event *ev)
{
	forget(ev);
	if (!ev->type->counted)
		ANNOTATE_RWLOCK_CREATE(ev->lock);
	klock_exempt(ev->lock, ev->type->size);
}

static bool is_known(const struct klock_event *ev)
{
	return VALGRIND_HG_GET_ABITS(ev->lock, NULL, ev->type->size) == 0;
}

static void use(const struct klock_event *ev)
{
	if (shared.tool == DRD) {
		klock_exempt(ev->lock, ev->type->size);
	} else if (!is_known(ev)) {
		klock_minilock_lock(&shared.first_use);
		if (!is_known(ev))
			create(ev);
		klock_minilock_unlock(&shared.first_use);
	}
}

/* Units of a semaphore have no owner: what remains is the order that they make. */
static void counted_event(enum klock_event_kind kind, const struct klock_event *ev)
{
	if (kind == KLOCK_EV_ACQUIRED)
		ANNOTATE_HAPPENS_AFTER(ev->lock);
	else if (kind == KLOCK_EV_RELEASE)
		ANNOTATE_HAPPENS_BEFORE(ev->lock);
}

/*
 * A hold that another thread may give up ends for the tools as soon as it
 * began: what was done before it is ordered, and who gives it up orders what
 * was done meanwhile before all later writers.
 */
static void *handover_tag(const struct klock_event *ev)
{
	return (char *)ev->lock + 1;
}

static void unowned_event(enum klock_event_kind kind, const struct klock_event *ev)
{
	if (kind == KLOCK_EV_ACQUIRED) {
		ANNOTATE_RWLOCK_ACQUIRED(ev->lock, 0);
		ANNOTATE_RWLOCK_RELEASED(ev->lock, 0);
	} else if (kind == KLOCK_EV_RELEASE) {
		ANNOTATE_HAPPENS_BEFORE(handover_tag(ev));
		/* relaxed: the lock orders it before those whom it concerns */
		klock_store_relaxed(&shared.handed_over, true);
	}
}

static void owned_event(enum klock_event_kind kind, const struct klock_event *ev)
{
	bool write = ev->how & KLOCK_WRITE;

	switch (kind) {
	case KLOCK_EV_ACQUIRED:
		ANNOTATE_RWLOCK_ACQUIRED(ev->lock, write);
		if (write && klock_load_relaxed(&shared.handed_over)) /* see where it is set */
			ANNOTATE_HAPPENS_AFTER(handover_tag(ev));
		break;
	case KLOCK_EV_RELEASE:
		ANNOTATE_RWLOCK_RELEASED(ev->lock, write);
		break;
	case KLOCK_EV_DOWNGRADE:
		/* Both before other readers come in: they would overlap a writer. */
		ANNOTATE_RWLOCK_RELEASED(ev->lock, 1);
		ANNOTATE_RWLOCK_ACQUIRED(ev->lock, 0);
		break;
	default:
		break;
	}
}

static bool valgrind_event(enum klock_event_kind kind, const struct klock_event *ev)
{
	if (kind == KLOCK_EV_INIT)
		create(ev);
	else if (kind == KLOCK_EV_DESTROY)
		forget(ev);
	else if (kind == KLOCK_EV_ACQUIRE || kind == KLOCK_EV_RELEASE)
		use(ev);

	if (ev->type->counted)
		counted_event(kind, ev);
	else if (ev->how & KLOCK_NON_OWNER)
		unowned_event(kind, ev);
	else
		owned_event(kind, ev);
	return true;
}

#else

/* Built without Valgrind's headers: not seen by its tools. */

static bool valgrind_present(void)
{
	return false;
}

static bool valgrind_event(enum klock_event_kind kind, const struct klock_event *ev)
{
	(void)kind, (void)ev;
	return true;
}

#define valgrind_released NULL
#define valgrind_acquired NULL

#endif

const struct klock_watcher klock_watch_valgrind = {
	.name = "Valgrind",
	.present = valgrind_present,
	.on = { [0 ... KLOCK_EV_NR - 1] = valgrind_event },
	.released = valgrind_released,
	.acquired = valgrind_acquired,
};
