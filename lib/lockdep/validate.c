/* SPDX-License-Identifier: MIT */
/*
 * The rules. A lock that is tried makes no order for itself, as its taker does
 * not wait; while it is held it does for those taken after it. A new lock gets an
 * edge from each held lock, from the top down to the first that carries those below
 * it: they have their edges to that one, and the graph is searched transitively.
 */
#include "lockdep/validate.h"
#include "lockdep/chain.h"
#include "lockdep/export.h"
#include "lockdep/order.h"
#include "lockdep/report.h"
#include <klock/lockdep.h>

enum recursion { NOT_HELD, SAFE_BY_NEST, DEADLOCK };

static bool ordered_within_class(const struct klock_held *prev, const struct klock_held *next)
{
	return prev->class->cmp_fn && prev->class->cmp_fn(prev->map, next->map) < 0;
}

/* Whether the lock that makes orders within the class safe was taken before `h`. */
static bool nested_in(const struct klock_held_stack *stack, const struct klock_held *h,
		      const struct lockdep_map *nest)
{
	while (nest && h-- > stack->locks)
		if (h->map == nest)
			return true;
	return false;
}

/* The class is held already: by itself a deadlock, unless something says otherwise. */
static enum recursion check_recursion(struct klock_held_stack *stack, struct klock_held *next,
				      struct klock_held **held)
{
	enum recursion found = NOT_HELD;

	for (struct klock_held *h = stack->locks; h < next; h++) {
		if (h->class != next->class || h->unchecked)
			continue;
		if (next->read == KLOCK_HELD_RECURSIVE && h->read != KLOCK_HELD_WRITE)
			continue;
		if (ordered_within_class(h, next))
			continue;
		*held = h;
		if (!nested_in(stack, h, next->nest))
			return DEADLOCK;
		found = SAFE_BY_NEST;
	}
	return found;
}

static void add_order(const struct klock_held *prev, const struct klock_held *next, bool bad)
{
	klock_graph_add(prev->class, prev->read, next->class, next->read, next->site, bad);
}

/*
 * One new order. If it closes a circle, that is reported, unless one was already: then the
 * order stays unknown, so that a later chain can report its circle.
 */
static void check_order(const struct klock_held *prev, const struct klock_held *next,
			struct klock_report *report)
{
	bool circle;

	if (prev->class == next->class && ordered_within_class(prev, next))
		return;
	if (klock_graph_known(prev->class, prev->read, next->class, next->read))
		return;
	circle = klock_graph_search(next->class, next->read, prev->class, prev->read);
	if (circle && report->kind != KLOCK_REPORT_NONE)
		return;
	if (circle)
		klock_report_circle(report, prev, next);
	add_order(prev, next, circle);
}

/*
 * Whether there is a way from each lock below `h` through it to `next`. There is none through a
 * lock that was tried, or that got no edges as a nest lock made it safe; nor through a recursive
 * reader, as the reader who holds it does not keep another one waiting; nor along an order that
 * was reported, which searches leave out.
 */
static bool carries(const struct klock_held *h, const struct klock_held *next)
{
	return !h->trylock && !h->nest && h->read != KLOCK_HELD_RECURSIVE &&
	       !klock_graph_bad(h->class, next->class);
}

static void check_orders(struct klock_held_stack *stack, struct klock_held *next,
			 struct klock_report *report)
{
	for (struct klock_held *h = next; h-- > stack->locks;) {
		if (!h->class || h->unchecked)
			continue; /* has no edge of its own, which those below could rely on */
		check_order(h, next, report);
		if (carries(h, next))
			return;
	}
}

static void validate_new(struct klock_held_stack *stack, struct klock_held *next)
{
	struct klock_report report = { .kind = KLOCK_REPORT_NONE };
	struct klock_held *held = NULL;

	klock_shared_lock(&klock_graph_lock);
	klock_order_bind(stack->locks, next + 1);
	switch (check_recursion(stack, next, &held)) {
	case DEADLOCK:
		if (!next->class->reported_recursion)
			klock_report_recursion(&report, held, next);
		next->class->reported_recursion = true;
		break;
	case NOT_HELD:
		if (klock_order_allows(stack->locks, next, &report))
			check_orders(stack, next, &report);
		break;
	case SAFE_BY_NEST:
		break;
	}
	if (!klock_chain_known(stack->key))
		klock_export_chain(stack);
	klock_chain_add(stack->key);
	klock_shared_unlock(&klock_graph_lock);
	klock_order_tell();
	if (report.kind != KLOCK_REPORT_NONE)
		klock_report_print(&report, stack);
}

/* Another lock of the class is held, and nothing is said of it this time. */
static bool unexplained(const struct klock_held_stack *stack, const struct klock_held *next)
{
	if (next->nest)
		return false;
	for (const struct klock_held *h = stack->locks; h < next; h++)
		if (h->class == next->class)
			return true;
	return false;
}

void klock_validate(struct klock_held_stack *stack, struct klock_held *next)
{
	/* An order within the class depends on the locks, not on the chain of classes. */
	if (KLOCK_LIKELY(!next->class->cmp_fn && klock_chain_known(stack->key) &&
			 !unexplained(stack, next)))
		return;
	validate_new(stack, next);
}
