/* SPDX-License-Identifier: MIT */
#include "lockdep/peek.h"
#include "lockdep/held.h"
#include "lockdep/options.h"

bool klock_held_is_listed(void)
{
	return klock_options.misuse;
}

/* Classes stay for ever; without them the name is where the lock's key has it. */
static void name(struct klock_peeked *held, const struct klock_class *class,
		 const struct lockdep_map map)
{
	held->name = class ? class->name : klock_map_name(&map);
	held->subclass = class ? class->subclass : 0;
}

/*
 * Lists live in memory that is never given back. The owner's plain stores are
 * read by volatile loads; what was a lock before and after them is one that was
 * held for a moment in between.
 */
__attribute__((no_sanitize("thread"))) bool
klock_held_peek(const struct klock_task *task, size_t i, struct klock_peeked *held)
{
	const volatile struct klock_held_stack *stack = *(void *const volatile *)&task->held;
	const volatile struct klock_held *h;
	struct lockdep_map map;

	if (!stack || i >= stack->count)
		return false;
	h = stack->locks + i;
	held->type = h->type;
	held->map = h->map;
	map.ref = h->name.ref;
	name(held, h->class, map);
	held->site = h->site;
	held->write = h->read == KLOCK_HELD_WRITE;
	klock_compiler_barrier();
	return i < stack->count && h == stack->locks + i && h->map == held->map &&
	       h->type == held->type && h->name.ref == map.ref;
}
