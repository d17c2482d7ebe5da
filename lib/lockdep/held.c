/* SPDX-License-Identifier: MIT */
#include "lockdep/held.h"
#include "lockdep/arena.h"
#include "lockdep/chain.h"
#include <string.h>

#define FIRST_ROOM 16

struct klock_held_stack *klock_held_self(void)
{
	struct klock_task *task = klock_task_self();

	/* It stays with the task, and serves the next thread that is given it. */
	if (!task->held)
		task->held = klock_arena_alloc(sizeof(struct klock_held_stack));
	return task->held;
}

bool klock_held_make_room(struct klock_held_stack *stack)
{
	size_t room = stack->room ? stack->room * 2 : FIRST_ROOM;
	struct klock_held *bigger;

	if (stack->count < stack->room)
		return true;
	bigger = klock_arena_alloc(room * sizeof(*bigger));
	if (!bigger)
		return false;
	if (stack->count)
		memcpy(bigger, stack->locks, stack->count * sizeof(*bigger));
	stack->locks = bigger;
	stack->room = room;
	return true;
}

/* The chain with this lock on top of what is below it. */
static uint64_t key_after(const struct klock_held *h)
{
	if (!h->class || h->unchecked)
		return h->key_before;
	return klock_chain_key(h->key_before, h->class->id, h->read);
}

struct klock_held *klock_held_push(struct klock_held_stack *stack, const struct klock_held *h)
{
	struct klock_held *top;

	if (stack->count == stack->room) {
		stack->unlisted++;
		return NULL;
	}
	top = &stack->locks[stack->count++];
	*top = *h;
	top->key_before = stack->key;
	stack->key = key_after(top);
	return top;
}

struct klock_held *klock_held_find(struct klock_held_stack *stack, const struct lockdep_map *map)
{
	for (size_t i = stack->count; i > 0; i--)
		if (stack->locks[i - 1].map == map)
			return &stack->locks[i - 1];
	return NULL;
}

struct klock_held *klock_held_find_mode(struct klock_held_stack *stack,
					const struct lockdep_map *map, bool write)
{
	for (size_t i = stack->count; i > 0; i--) {
		struct klock_held *h = &stack->locks[i - 1];

		if (h->map == map && (h->read == KLOCK_HELD_WRITE) == write)
			return h;
	}
	return NULL;
}

void klock_held_rekey(struct klock_held_stack *stack, struct klock_held *h)
{
	stack->key = h > stack->locks ? key_after(h - 1) : 0;
	for (; h < stack->locks + stack->count; h++) {
		h->key_before = stack->key;
		stack->key = key_after(h);
	}
}

void klock_held_remove(struct klock_held_stack *stack, struct klock_held *h)
{
	size_t above = (size_t)(stack->locks + stack->count - (h + 1));

	memmove(h, h + 1, above * sizeof(*h));
	stack->count--;
	klock_held_rekey(stack, h);
}
