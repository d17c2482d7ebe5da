/* SPDX-License-Identifier: MIT */
#include "lockdep/held.h"
#include "base/bug.h"
#include "lockdep/arena.h"
#include "lockdep/chain.h"
#include <string.h>

#define FIRST_ROOM 16

__thread struct klock_held_stack *klock_again;

/* A thread that got no stack stays without: what it held before is not on a later one. */
static __thread bool has_none __attribute__((tls_model("initial-exec")));

/* What its last thread may have left: memory, and what it knows of chains, stay. */
static void empty(struct klock_held_stack *stack)
{
	stack->count = stack->unlisted = 0;
	stack->off = stack->non_block = 0;
	stack->key = 0;
}

/* That of the task's last thread serves this one. */
struct klock_held_stack *klock_held_new(struct klock_task *task)
{
	static const struct klock_bug no_memory = {
		.what = "out of memory for the list of held locks",
		.advice = "free memory; the locks of this thread are not checked",
		.lock_type = "thread",
		.lock_name = "?",
	};
	struct klock_held_stack *stack;

	if (has_none)
		return NULL;
	stack = task->held_before ? task->held_before : klock_arena_alloc(sizeof(*stack));
	if (stack) {
		empty(stack);
		stack->word = task->word;
		return task->held = stack;
	}
	has_none = true;
	klock_bug(&no_memory);
	return NULL;
}

static bool grow(struct klock_held_stack *stack)
{
	size_t room = stack->room ? stack->room * 2 : FIRST_ROOM;
	struct klock_held *bigger = klock_arena_alloc(room * sizeof(*bigger));

	if (!bigger)
		return false;
	if (stack->count)
		memcpy(bigger, stack->locks, stack->count * sizeof(*bigger));
	stack->locks = bigger;
	stack->room = room;
	return true;
}

bool klock_held_make_room(struct klock_held_stack *stack)
{
	struct klock_held_stack *again;

	if (stack->count + KLOCK_AGAIN_SPARE < stack->room)
		return true;
	again = klock_held_enter(stack);
	grow(stack);
	klock_held_leave(stack, again);
	return stack->count < stack->room;
}

bool klock_again_recall(struct klock_held_stack *stack, struct klock_held *h,
			const struct lockdep_map *map, unsigned int how)
{
	struct klock_held_stack *again;
	const struct klock_held *seen = stack->seen;
	bool same;

	if (!seen)
		return false;
	again = klock_held_enter(stack);
	seen += klock_again_hash(klock_load_relaxed(&map->ref), how, stack->key);
	same = klock_again_same(seen, map, how, stack->key);
	if (same)
		*h = *seen;
	klock_held_leave(stack, again);
	return same;
}

void klock_held_remember(struct klock_held_stack *stack, struct klock_held *h, uint32_t generation)
{
	h->generation = generation;
	h->class_data = klock_class_data(h->name.ref);
	if (!stack->seen)
		stack->seen = klock_arena_alloc(KLOCK_AGAIN_SEEN * sizeof(*h));
	if (stack->seen)
		stack->seen[klock_again_hash(h->name.ref, h->asked, h->key_before)] = *h;
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
	stack->key = top->key = key_after(top);
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
	struct klock_held_stack *again = klock_held_enter(stack);

	stack->key = h > stack->locks ? h[-1].key : 0;
	for (; h < stack->locks + stack->count; h++) {
		h->key_before = stack->key;
		stack->key = h->key = key_after(h);
		h->generation = 0; /* nobody has asked for these locks in this order */
	}
	klock_held_leave(stack, again);
}

void klock_held_remove(struct klock_held_stack *stack, struct klock_held *h)
{
	size_t above = (size_t)(stack->locks + stack->count - (h + 1));
	struct klock_held_stack *again = klock_held_enter(stack);

	stack->count--;
	if (above) {
		memmove(h, h + 1, above * sizeof(*h));
		klock_held_rekey(stack, h);
	} else {
		stack->key = h->key_before;
	}
	klock_held_leave(stack, again);
}
