/* SPDX-License-Identifier: MIT */
/*
 * The watcher: follows what each thread acquires and gives up. With
 * KLOCK_CHECK=1 it finds misuse that a lock word cannot show; with
 * KLOCK_LOCKDEP it also checks the order.
 *
 * Units of a semaphore have no owner and no place in any order, as in the
 * kernel. A hold of the _non_owner() forms is nobody's: it is checked as
 * something waited for, and not listed.
 */
#include "lockdep/lockdep.h"
#include "base/exempt.h"
#include "lockdep/misuse.h"
#include "lockdep/options.h"
#include "lockdep/report.h"
#include "lockdep/validate.h"

static bool enabled_by_call;

bool klock_lockdep_enable(void)
{
	enabled_by_call = true;
	klock_watch_prepare();
	return klock_options.order;
}

bool klock_lockdep_enabled(void)
{
	return klock_options.order;
}

/* What is to be put on the stack for this acquisition. */
static struct klock_held wanted(const struct klock_event *ev)
{
	return (struct klock_held){
		.type = ev->type,
		.map = ev->map,
		.name = *ev->map,
		.nest = ev->nest,
		.site = ev->site,
		.read = ev->how & KLOCK_WRITE ? KLOCK_HELD_WRITE : KLOCK_HELD_READ,
		.trylock = ev->how & KLOCK_TRY,
	};
}

void klock_follow(struct klock_held_stack *stack, struct klock_held *h, unsigned int subclass)
{
	struct klock_held *top;

	if (klock_options.order)
		h->class = klock_class_of(h->map, subclass);
	if (h->class && h->class->novalidate)
		h->unchecked = true;
	top = klock_held_push(stack, h);
	if (top && top->class && !top->unchecked && !top->trylock)
		klock_validate(stack, top);
}

static void acquire(struct klock_held_stack *stack, const struct klock_event *ev)
{
	struct klock_held h = wanted(ev);

	if (!klock_held_make_room(stack))
		klock_event_bug(ev, "out of memory for the list of held locks",
				"free memory; releases of this thread are not checked until then");
	if (h.trylock)
		return; /* it does not wait: followed once it has succeeded */
	if (stack->non_block)
		klock_report_assert("an acquisition that may block, in a section that must not",
				    ev->map, ev->site, stack);
	klock_misuse_recursion(stack, ev);
	klock_follow(stack, &h, ev->how >> KLOCK_SUBCLASS_SHIFT);
	if (ev->how & KLOCK_NON_OWNER)
		klock_held_remove(stack, &stack->locks[stack->count - 1]);
}

static void acquired(struct klock_held_stack *stack, const struct klock_event *ev)
{
	struct klock_held h = wanted(ev);

	if (h.trylock && !(ev->how & KLOCK_NON_OWNER))
		klock_follow(stack, &h, ev->how >> KLOCK_SUBCLASS_SHIFT);
}

static void refused(struct klock_held_stack *stack, const struct klock_event *ev)
{
	struct klock_held *h;

	if (ev->how & (KLOCK_TRY | KLOCK_NON_OWNER))
		return;
	h = klock_held_find_mode(stack, ev->map, ev->how & KLOCK_WRITE);
	if (h)
		klock_held_remove(stack, h);
}

static bool release(struct klock_held_stack *stack, const struct klock_event *ev)
{
	struct klock_held *h = klock_held_find_mode(stack, ev->map, ev->how & KLOCK_WRITE);

	if (ev->how & KLOCK_NON_OWNER)
		return true;
	if (!h)
		return klock_misuse_release(stack, ev);
	if (h->pins)
		klock_report_misuse("releasing a pinned lock", h, stack);
	klock_held_remove(stack, h);
	return true;
}

static bool downgrade(struct klock_held_stack *stack, const struct klock_event *ev)
{
	struct klock_held *h = klock_held_find_mode(stack, ev->map, true);

	if (!h)
		return klock_misuse_downgrade(stack, ev);
	h->read = KLOCK_HELD_READ;
	klock_held_rekey(stack, h);
	return true;
}

static bool lockdep_event(enum klock_event_kind kind, const struct klock_event *ev)
{
	struct klock_held_stack *stack = klock_held_self();

	if (!stack || stack->off || ev->type->counted)
		return true;
	switch (kind) {
	case KLOCK_EV_INIT:
		return klock_misuse_init(stack, ev);
	case KLOCK_EV_ACQUIRE:
		acquire(stack, ev);
		return true;
	case KLOCK_EV_ACQUIRED:
		acquired(stack, ev);
		return true;
	case KLOCK_EV_REFUSED:
		refused(stack, ev);
		return true;
	case KLOCK_EV_RELEASE:
		return release(stack, ev);
	case KLOCK_EV_DOWNGRADE:
		return downgrade(stack, ev);
	case KLOCK_EV_DESTROY: /* free, says its word */
	case KLOCK_EV_RELEASED:
	case KLOCK_EV_DOWNGRADED:
		return true;
	}
	return true;
}

static bool lockdep_present(void)
{
	klock_options_read();
	if (enabled_by_call)
		klock_options.order = klock_options.misuse = true;
	if (klock_options.misuse) {
		klock_exempt(&klock_task_exit_hook, sizeof(klock_task_exit_hook));
		klock_task_exit_hook = klock_misuse_thread_ends;
	}
	return klock_options.misuse;
}

const struct klock_watcher klock_watch_lockdep = {
	.name = "lockdep",
	.present = lockdep_present,
	.event = lockdep_event,
};
