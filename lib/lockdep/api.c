/* SPDX-License-Identifier: MIT */
/* The functions of <klock/lockdep.h>. */
#include <klock/lockdep.h>
#include "annotate/watch.h"
#include "lockdep/chain.h"
#include "lockdep/lockdep.h"
#include "lockdep/options.h"
#include "lockdep/report.h"
#include "lockdep/validate.h"

/* The calling thread's stack, if there is anything to be followed. */
static struct klock_held_stack *following(void)
{
	struct klock_held_stack *stack;

	klock_watch_prepare();
	if (!klock_options.misuse)
		return NULL;
	stack = klock_held_self();
	return stack && !stack->off && klock_held_make_room(stack) ? stack : NULL;
}

static struct klock_held pseudo(struct lockdep_map *map, int read, unsigned long ip)
{
	return (struct klock_held){
		.map = map,
		.name = klock_map_copy(map),
		.read = (enum klock_read)read,
		.site = (const void *)ip,
	};
}

/* About a lock that is not on the stack. */
static void misuse(const char *title, struct klock_held_stack *stack, struct lockdep_map *map,
		   unsigned long ip)
{
	struct klock_held absent = pseudo(map, 0, ip);

	absent.class = klock_options.order ? klock_class_of(map, 0) : NULL;
	absent.name = klock_map_copy(map);
	klock_report_misuse(title, &absent, stack);
}

void klock_lock_acquire(struct lockdep_map *map, unsigned int subclass, int trylock, int read,
			int check, const struct lockdep_map *nest, unsigned long ip)
{
	struct klock_held_stack *stack = following();
	struct klock_held h;

	if (!stack)
		return;
	h = pseudo(map, read, ip);
	h.nest = nest;
	h.asked = KLOCK_HELD_PSEUDO(subclass, trylock, read, !!check);
	h.trylock = trylock;
	h.unchecked = !check;
	klock_follow(stack, &h, subclass);
}

void klock_lock_release(struct lockdep_map *map, unsigned long ip)
{
	struct klock_held_stack *stack = following();
	struct klock_held *h;

	if (!stack)
		return;
	h = klock_held_find(stack, map);
	if (!h) {
		if (stack->unlisted)
			stack->unlisted--;
		else
			misuse("bad unlock balance detected: the lock is not held", stack, map, ip);
		return;
	}
	if (h->pins)
		klock_report_misuse("releasing a pinned lock", h, stack);
	klock_held_remove(stack, h);
}

void klock_lock_sync(struct lockdep_map *map, unsigned int subclass, int read, int check,
		     const struct lockdep_map *nest, unsigned long ip)
{
	struct klock_held_stack *stack = following();

	klock_lock_acquire(map, subclass, 0, read, check, nest, ip);
	if (stack && stack->count && stack->locks[stack->count - 1].map == map)
		klock_held_remove(stack, &stack->locks[stack->count - 1]);
}

void klock_lock_downgrade(struct lockdep_map *map, unsigned long ip)
{
	struct klock_held_stack *stack = following();
	struct klock_held *h = stack ? klock_held_find_mode(stack, map, true) : NULL;

	if (h) {
		h->read = KLOCK_HELD_READ;
		klock_held_rekey(stack, h);
	} else if (stack && !stack->unlisted) {
		misuse("downgrading a lock that is not held exclusively", stack, map, ip);
	}
}

void klock_lockdep_off(void)
{
	struct klock_held_stack *stack = klock_held_self();

	klock_again = NULL; /* each event is to be looked at */
	if (stack)
		stack->off++;
}

void klock_lockdep_on(void)
{
	struct klock_held_stack *stack = klock_held_self();

	if (stack && stack->off)
		stack->off--;
}

void klock_lock_set_cmp_fn(struct lockdep_map *map, klock_lock_cmp_fn cmp_fn,
			   klock_lock_print_fn print_fn)
{
	struct klock_class *class;

	klock_watch_prepare();
	class = klock_options.order ? klock_class_of(map, 0) : NULL;
	if (!class)
		return;
	klock_shared_lock(&klock_graph_lock);
	class->print_fn = print_fn;
	class->cmp_fn = cmp_fn;
	klock_chain_reset(); /* what was in no need of a check is in need of one now */
	klock_shared_unlock(&klock_graph_lock);
}

void klock_non_block_start(void)
{
	struct klock_held_stack *stack = klock_held_self();

	klock_watch_prepare();
	klock_again = NULL; /* each event is to be looked at */
	if (stack)
		stack->non_block++;
}

void klock_non_block_end(void)
{
	struct klock_held_stack *stack = klock_held_self();

	if (stack && stack->non_block)
		stack->non_block--;
}

void klock_might_sleep(void)
{
	struct klock_held_stack *stack = following();

	if (stack && stack->non_block)
		klock_report_blocking("a place that may sleep, in a section that must not block",
				      NULL, __builtin_return_address(0), stack);
}
