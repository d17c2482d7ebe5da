/* SPDX-License-Identifier: MIT */
/* What each thread holds, in the order of acquisition. */
#ifndef KLOCK_LOCKDEP_HELD_H
#define KLOCK_LOCKDEP_HELD_H

#include "annotate/watch.h"
#include "lockdep/class.h"
#include "lockdep/graph.h"
#include "wait/task.h"

struct klock_held {
	const struct klock_lock_type *type; /* NULL: something that behaves like a lock */
	struct lockdep_map *map;            /* which lock it is; may be gone, so only an address */
	struct lockdep_map name;            /* a copy: outlives the lock */
	struct klock_class *class;          /* NULL while the order is not checked */
	const struct lockdep_map *nest;
	const void *site;
	uint64_t key_before; /* the chain below this lock */
	enum klock_read read;
	bool trylock;
	bool unchecked; /* held, but no part of any order */
	unsigned int pins;
};

struct klock_held_stack {
	size_t count, room;
	unsigned int off; /* depth of lockdep_off() */
	unsigned int non_block; /* depth of non_block_start() */
	uint64_t key;     /* the chain of all that is held */
	/* Holds for which there was no memory: releases of as many are not reported. */
	size_t unlisted;
	struct klock_held *locks;
};

/* The calling thread's. NULL: no memory for one. */
struct klock_held_stack *klock_held_self(void);

/* Makes room for one more, before the lock is taken. False: no memory. */
bool klock_held_make_room(struct klock_held_stack *stack);

/* Puts it on top, or counts it as unlisted when there is no room. */
struct klock_held *klock_held_push(struct klock_held_stack *stack, const struct klock_held *h);

/* The topmost hold of this lock; with `read`, in this mode only. */
struct klock_held *klock_held_find(struct klock_held_stack *stack, const struct lockdep_map *map);
struct klock_held *klock_held_find_mode(struct klock_held_stack *stack,
					const struct lockdep_map *map, bool write);

/* Takes it out, from wherever it is, and makes the chain of what remains. */
void klock_held_remove(struct klock_held_stack *stack, struct klock_held *h);

/* Makes the keys anew from `h` upwards, as its mode or class has changed. */
void klock_held_rekey(struct klock_held_stack *stack, struct klock_held *h);

#endif
