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
#include "lockdep/chain.h"
#include "lockdep/export.h"
#include "lockdep/misuse.h"
#include "lockdep/options.h"
#include "lockdep/order.h"
#include "lockdep/own_key.h"
#include "lockdep/report.h"
#include "lockdep/shared.h"
#include "lockdep/validate.h"

static bool enabled_by_call KLOCK_SHARED;

bool klock_lockdep_enable(void)
{
	enabled_by_call = true;
	klock_watch_prepare();
	return klock_options.order;
}

bool klock_lockdep_enabled(void)
{
	klock_watch_prepare(); /* an assertion may come before the first lock */
	return klock_options.order;
}

/* What is to be put on the stack for this acquisition. */
static struct klock_held wanted(const struct klock_event *ev)
{
	return (struct klock_held){
		.type = ev->type,
		.map = ev->map,
		.name = klock_map_copy(ev->map),
		.nest = ev->nest,
		.site = ev->site,
		.asked = KLOCK_HELD_ASKED(ev->how),
		.read = ev->how & KLOCK_WRITE ? KLOCK_HELD_WRITE : KLOCK_HELD_READ,
		.trylock = ev->how & KLOCK_TRY,
	};
}

/* Whether the thread holds a lock with this reference: the same one, or one of its class. */
static bool holds_ref(const struct klock_held_stack *stack, const struct klock_held *below)
{
	for (const struct klock_held *h = stack->locks; h < below; h++)
		if (h->name.ref == below->name.ref)
			return true;
	return false;
}

/* What of the acquisition itself is wrong, whatever the order. */
static void check_asked(struct klock_held_stack *stack, const struct klock_held *h,
			unsigned int subclass)
{
	if (KLOCK_UNLIKELY(subclass >= KLOCK_MAX_SUBCLASSES))
		klock_report_assert("a nesting level is at most 7", h->map, h->site, stack);
	if (KLOCK_UNLIKELY(h->nest && !klock_held_find(stack, h->nest)))
		klock_report_assert("the nest lock is held", h->map, h->site, stack);
}

struct klock_held *klock_follow(struct klock_held_stack *stack, struct klock_held *h,
				unsigned int subclass)
{
	uint32_t generation = klock_load_relaxed(&klock_chain_generation); /* before the look-up */
	struct klock_held_stack *again = klock_held_enter(stack);
	struct klock_held *top;

	if (klock_options.order)
		h->class = klock_class_at(h->map, subclass, h->site);
	h->name = klock_map_copy(h->map); /* a static lock may have got its key */
	if (klock_options.order && !h->name.ref)
		klock_own_key_missing(h->type, h->map, h->site);
	if (h->class && h->class->novalidate)
		h->unchecked = true;
	if (klock_options.order)
		check_asked(stack, h, subclass);
	top = klock_held_push(stack, h);
	if (top && top->class && !top->unchecked && !top->trylock)
		klock_validate(stack, top);
	/* An order within the class, or with itself, is a matter of the locks, not of the chain. */
	if (top && top->class && !top->class->cmp_fn && !(top->asked & KLOCK_NON_OWNER) &&
	    !holds_ref(stack, top))
		klock_held_remember(stack, top, generation);
	klock_held_leave(stack, again);
	return top;
}

static void check_may_block(struct klock_held_stack *stack, const struct klock_event *ev)
{
	if (stack->non_block)
		klock_report_blocking("an acquisition that may block, in a section that must not",
				      ev->map, ev->site, stack);
}

static void acquire(struct klock_held_stack *stack, const struct klock_event *ev)
{
	struct klock_held h = wanted(ev), *top;

	if (!klock_held_make_room(stack))
		klock_event_bug(ev, "out of memory for the list of held locks",
				"free memory; releases of this thread are not checked until then");
	if (!h.trylock) {
		check_may_block(stack, ev);
		klock_misuse_recursion(stack, ev);
	}
	if (ev->how & KLOCK_NON_OWNER) {
		if (h.trylock)
			return; /* it did not wait, and nobody holds it */
		top = klock_follow(stack, &h, ev->how >> KLOCK_SUBCLASS_SHIFT);
		if (top)
			klock_held_remove(stack, top);
		return;
	}
	klock_follow(stack, &h, ev->how >> KLOCK_SUBCLASS_SHIFT);
}

/* A try is followed from the beginning too: what fails takes it back. */
static void refused(struct klock_held_stack *stack, const struct klock_event *ev)
{
	struct klock_held *h;

	if (ev->how & KLOCK_NON_OWNER)
		return;
	h = klock_held_find_mode(stack, ev->map, ev->how & KLOCK_WRITE);
	if (h)
		klock_held_remove(stack, h);
}

static bool release(struct klock_held_stack *stack, const struct klock_event *ev)
{
	struct klock_held *h;

	if (ev->how & KLOCK_NON_OWNER)
		return true;
	h = klock_held_find_mode(stack, ev->map, ev->how & KLOCK_WRITE);
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
	h->asked &= ~(uint32_t)KLOCK_WRITE;
	klock_held_rekey(stack, h);
	return true;
}

/* The calling thread's stack, if the checker looks at what the thread does now. */
static inline struct klock_held_stack *looking(void)
{
	struct klock_held_stack *stack = klock_held_self();

	return KLOCK_LIKELY(stack && !stack->off && !klock_shared_depth) ? stack : NULL;
}

/* The same, if this event is to be followed on the stack. */
static inline struct klock_held_stack *following(const struct klock_event *ev)
{
	return KLOCK_UNLIKELY(ev->type->counted) ? NULL : looking();
}

/* All that there is to say of a semaphore, and of a bit that is waited for. */
static void on_wait(const struct klock_event *ev)
{
	struct klock_held_stack *stack = ev->how & KLOCK_TRY ? NULL : looking();

	if (stack)
		check_may_block(stack, ev);
}

/* A semaphore's class is never asked for. */
static void on_counted(const struct klock_event *ev)
{
	if (klock_options.order && !klock_map_copy(ev->map).ref)
		klock_own_key_missing(ev->type, ev->map, ev->site);
	on_wait(ev);
}

/* From here on, unless other watchers want to hear of each event, or nothing may block. */
static void open_short_way(struct klock_held_stack *stack)
{
	klock_again = klock_watches_alone(&klock_watch_lockdep) && !stack->non_block ? stack : NULL;
}

static bool on_acquire(enum klock_event_kind kind, const struct klock_event *ev)
{
	struct klock_held_stack *stack = following(ev);

	(void)kind;
	if (KLOCK_UNLIKELY(ev->type->counted))
		on_counted(ev);
	if (!stack)
		return true;
	if (stack->non_block ||
	    !klock_again_push(stack, ev->map, ev->how, ev->type, ev->nest, ev->site))
		acquire(stack, ev);
	open_short_way(stack);
	return true;
}

static bool on_release(enum klock_event_kind kind, const struct klock_event *ev)
{
	struct klock_held_stack *stack = following(ev);

	(void)kind;
	if (!stack)
		return true;
	if (!klock_again_on_top(stack, ev->map, ev->how))
		return release(stack, ev);
	klock_again_pop(stack);
	return true;
}

static bool on_refused(enum klock_event_kind kind, const struct klock_event *ev)
{
	struct klock_held_stack *stack = following(ev);

	(void)kind;
	if (stack)
		refused(stack, ev);
	return true;
}

static bool on_downgrade(enum klock_event_kind kind, const struct klock_event *ev)
{
	struct klock_held_stack *stack = following(ev);

	(void)kind;
	return !stack || downgrade(stack, ev);
}

static bool on_init(enum klock_event_kind kind, const struct klock_event *ev)
{
	struct klock_held_stack *stack = following(ev);

	(void)kind;
	return !stack || klock_misuse_init(stack, ev);
}

static bool lockdep_present(void)
{
	klock_options_read();
	if (enabled_by_call)
		klock_options.order = klock_options.misuse = true;
	if (klock_options.order)
		klock_classes_used = true;
	if (klock_options.misuse) {
		klock_shared_init();
		klock_exempt(&klock_task_exit_hook, sizeof(klock_task_exit_hook));
		klock_task_exit_hook = klock_misuse_thread_ends;
	}
	klock_order_start();
	klock_export_start();
	return klock_options.misuse;
}

const struct klock_watcher klock_watch_lockdep = {
	.name = "lockdep",
	.present = lockdep_present,
	.on = {
		[KLOCK_EV_INIT] = on_init,
		[KLOCK_EV_ACQUIRE] = on_acquire,
		[KLOCK_EV_REFUSED] = on_refused,
		[KLOCK_EV_RELEASE] = on_release,
		[KLOCK_EV_DOWNGRADE] = on_downgrade,
	},
	.waits = on_wait,
};
