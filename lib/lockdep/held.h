/* SPDX-License-Identifier: MIT */
/* What each thread holds, in the order of acquisition: how entries come and go. */
#ifndef KLOCK_LOCKDEP_HELD_H
#define KLOCK_LOCKDEP_HELD_H

#include "annotate/again.h"
#include "lockdep/class.h"
#include "lockdep/graph.h"
#include "wait/task.h"

/* Makes the calling thread's stack. NULL: no memory for one. */
struct klock_held_stack *klock_held_new(struct klock_task *task);

/* The calling thread's, as above. */
static inline struct klock_held_stack *klock_held_self(void)
{
	struct klock_task *task = klock_task_self();

	return KLOCK_LIKELY(task->held) ? task->held : klock_held_new(task);
}

/*
 * Between the two a signal handler's locks are not followed: it finds the
 * stack, or the tables, in the middle of a change. Both nest.
 */
static inline struct klock_held_stack *klock_held_enter(struct klock_held_stack *stack)
{
	struct klock_held_stack *again = klock_again;

	klock_again = NULL;
	stack->off++;
	klock_compiler_barrier();
	return again;
}

static inline void klock_held_leave(struct klock_held_stack *stack, struct klock_held_stack *again)
{
	klock_compiler_barrier();
	stack->off--;
	klock_again = again;
}

/* The lock that is held, as the program knows it; a map that is no lock's, itself. */
static inline void *klock_held_lock(const struct klock_held *h)
{
	return (char *)h->map - (h->type ? h->type->map : 0);
}

/* Makes room for one more, before the lock is taken. False: no memory. */
bool klock_held_make_room(struct klock_held_stack *stack);

/* Puts it on top, or counts it as unlisted when there is no room. */
struct klock_held *klock_held_push(struct klock_held_stack *stack, const struct klock_held *h);

/* The topmost hold of this lock; with `read`, in this mode only. */
struct klock_held *klock_held_find(struct klock_held_stack *stack, const struct lockdep_map *map);
struct klock_held *klock_held_find_mode(struct klock_held_stack *stack,
					const struct lockdep_map *map, bool write);

/* The next acquisition like this need not be checked, in this generation of the chains. */
void klock_held_remember(struct klock_held_stack *stack, struct klock_held *h, uint32_t generation);

/* Takes it out, from wherever it is, and makes the chain of what remains. */
void klock_held_remove(struct klock_held_stack *stack, struct klock_held *h);

/* Makes the keys anew from `h` upwards, as its mode or class has changed. */
void klock_held_rekey(struct klock_held_stack *stack, struct klock_held *h);

#endif
