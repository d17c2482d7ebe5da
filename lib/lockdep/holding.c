/* SPDX-License-Identifier: MIT */
/* What a program asks of the locks it holds, or says of them: assertions, pins, a new class. */
#include <klock/lockdep.h>
#include "annotate/watch.h"
#include "lockdep/lockdep.h"
#include "lockdep/options.h"
#include "lockdep/report.h"
#include "lockdep/shared.h"

/* Where `asked` has the nesting level that an acquisition gave. */
#define LEVELS 0xfffffu

/* Whether it is of something that behaves like a lock and takes no part in the order. */
#define IS_UNCHECKED(asked) ((asked) >> 30 == 2)

/* The calling thread's stack, if it says what the thread holds. */
static struct klock_held_stack *listed(void)
{
	struct klock_held_stack *stack;

	klock_watch_prepare();
	stack = klock_options.misuse ? klock_held_self() : NULL;
	return stack && !stack->off ? stack : NULL;
}

int klock_lockdep_holds(const struct lockdep_map *map, int read)
{
	struct klock_held_stack *stack = listed();

	if (!stack)
		return -1;
	return read < 0 ? klock_held_find(stack, map) != NULL
			: klock_held_find_mode(stack, map, !read) != NULL;
}

int klock_lockdep_depth(void)
{
	struct klock_held_stack *stack = listed();

	return stack ? (int)stack->count : 0;
}

void klock_lockdep_assert_failed(const struct lockdep_map *map, const char *what)
{
	klock_report_assert(what, map, __builtin_return_address(0), klock_held_self());
}

void klock_lockdep_check_freed(const void *from, unsigned long size)
{
	struct klock_held_stack *stack = listed();

	for (size_t i = 0; stack && i < stack->count; i++)
		if ((uintptr_t)stack->locks[i].map - (uintptr_t)from < size)
			klock_report_misuse("held lock freed", &stack->locks[i], stack);
}

void klock_lockdep_check_none_held(void)
{
	struct klock_held_stack *stack = listed();

	if (stack && stack->count)
		klock_report_assert("no lock is held here", NULL, __builtin_return_address(0),
				    stack);
}

/* The hold of this lock that a pin is about; without, that is reported. */
static struct klock_held *to_be_pinned(struct klock_held_stack *stack,
				       const struct lockdep_map *map, const char *title,
				       const void *site)
{
	struct klock_held *h = klock_held_find(stack, map);

	if (!h && !stack->unlisted)
		klock_report_assert(title, map, site, stack);
	return h;
}

struct pin_cookie klock_lock_pin(struct lockdep_map *map)
{
	static unsigned int last KLOCK_SHARED;
	struct klock_held_stack *stack = listed();
	struct pin_cookie cookie = { 0 };
	struct klock_held *h;

	if (!stack)
		return cookie;
	h = to_be_pinned(stack, map, "pinning a lock that is not held",
			 __builtin_return_address(0));
	if (!h)
		return cookie;
	/* Seldom the same twice, so that another pin's is told apart; relaxed: only a number. */
	cookie.val = 1 + (klock_fetch_add_relaxed(&last, 40503) & 0xffff);
	h->pins += cookie.val;
	return cookie;
}

void klock_lock_repin(struct lockdep_map *map, struct pin_cookie cookie)
{
	struct klock_held_stack *stack = listed();
	struct klock_held *h = stack ? to_be_pinned(stack, map, "pinning a lock that is not held",
						    __builtin_return_address(0))
				     : NULL;

	if (h)
		h->pins += cookie.val;
}

void klock_lock_unpin(struct lockdep_map *map, struct pin_cookie cookie)
{
	struct klock_held_stack *stack = listed();
	struct klock_held *h = stack ? to_be_pinned(stack, map, "unpinning a lock that is not held",
						    __builtin_return_address(0))
				     : NULL;

	if (!h)
		return;
	if (!h->pins || h->pins < cookie.val) {
		klock_report_misuse(h->pins ? "unpinning with the cookie of another pin"
					    : "unpinning an unpinned lock",
				    h, stack);
		h->pins = 0;
		return;
	}
	h->pins -= cookie.val;
}

/* As if it, and all that came after it, were acquired again. */
static void follow_again(struct klock_held_stack *stack, struct klock_held *h)
{
	struct klock_held *end = stack->locks + stack->count;

	while (stack->locks + stack->count > h)
		klock_held_remove(stack, &stack->locks[stack->count - 1]);
	h->asked &= ~KLOCK_SUBCLASS(LEVELS);
	h->unchecked = IS_UNCHECKED(h->asked);
	for (; h < end; h++) {
		struct klock_held again = *h; /* above the top, and about to be the top */

		klock_follow(stack, &again, again.asked >> KLOCK_SUBCLASS_SHIFT & LEVELS);
	}
}

void klock_lock_set_class(struct lockdep_map *map, const char *name, struct lock_class_key *key,
			  unsigned int subclass, unsigned long ip)
{
	struct klock_held_stack *stack = listed();
	struct klock_held *h = stack ? klock_held_find(stack, map) : NULL;

	if (h) {
		klock_lockdep_set_class(map, name, key, (int)subclass);
		if (klock_options.order)
			follow_again(stack, h);
	} else if (stack && !stack->unlisted) {
		klock_report_assert("a class is set for a lock that is not held", map,
				    (const void *)ip, stack);
	}
}
