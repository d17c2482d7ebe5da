/* SPDX-License-Identifier: MIT */
/* Giving locks their classes, and ending classes whose keys go. */
#include "annotate/watch.h"
#include "lockdep/arena.h"
#include "lockdep/chain.h"
#include "lockdep/class.h"
#include "lockdep/graph.h"
#include "lockdep/held.h"
#include "lockdep/options.h"
#include "lockdep/report.h"
#include <string.h>

void klock_lockdep_init_map(struct lockdep_map *map, const char *name, struct lock_class_key *key,
			    int subclass)
{
	klock_watch_prepare();
	klock_map_init(map, name, key);
	if (subclass)
		klock_lockdep_set_class(map, name, key, subclass);
}

void klock_lockdep_set_class(struct lockdep_map *map, const char *name,
			     struct lock_class_key *key, int subclass)
{
	klock_watch_prepare();
	if (!name)
		name = klock_map_name(map);
	if (!key)
		key = klock_classes_used ? klock_class_key_of(map) : NULL;
	if (!key)
		return; /* off: nobody asks for its class */
	klock_map_init(map, name, key);
	if (subclass && klock_classes_used)
		klock_class_alias(map, name, key, (unsigned char)subclass);
}

/* A key's classes are made when a lock of theirs is first used: nothing to prepare. */
void klock_lockdep_register_key(struct lock_class_key *key)
{
	memset(key, 0, sizeof(*key));
}

/* Takes the classes that `doomed` picks out of the graph, and forgets the chains. */
static void zap(bool (*doomed)(const struct klock_class *class, const void *start, size_t size),
		const void *start, size_t size)
{
	bool any = false;

	klock_shared_lock(&klock_graph_lock);
	for (struct klock_class *class = klock_classes(); class; class = class->next) {
		if (class->zapped || !doomed(class, start, size))
			continue;
		klock_graph_zap(class);
		klock_class_forget(class);
		any = true;
	}
	if (any)
		klock_chain_reset();
	klock_shared_unlock(&klock_graph_lock);
}

static bool key_in_range(const struct klock_class *class, const void *start, size_t size)
{
	uintptr_t key = (uintptr_t)class->origin;

	return key >= (uintptr_t)start && key < (uintptr_t)start + size;
}

void klock_lockdep_free_key_range(void *start, unsigned long size)
{
	klock_watch_prepare();
	if (klock_classes_used)
		zap(key_in_range, start, size);
}

void klock_lockdep_unregister_key(struct lock_class_key *key)
{
	klock_lockdep_free_key_range(key, sizeof(*key));
	memset(key, 0, sizeof(*key));
}

void klock_lockdep_reset_lock(struct lockdep_map *map)
{
	struct klock_class *class;

	klock_watch_prepare();
	class = klock_options.order ? klock_class_of(map, 0) : NULL;
	if (class)
		klock_lockdep_free_key_range((void *)class->origin, 1);
}

static bool every_class(const struct klock_class *class, const void *start, size_t size)
{
	(void)class, (void)start, (void)size;
	return true;
}

void klock_lockdep_reset(void)
{
	struct klock_held_stack *stack;

	klock_watch_prepare();
	klock_debug_locks = 1;
	if (!klock_options.order)
		return;
	zap(every_class, NULL, 0);
	stack = klock_held_self();
	if (stack) {
		stack->count = stack->unlisted = 0;
		stack->key = 0;
	}
}
