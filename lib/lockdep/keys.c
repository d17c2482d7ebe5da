/* SPDX-License-Identifier: MIT */
/* Giving locks their classes, and ending classes whose keys go. */
#include "annotate/watch.h"
#include "base/bug.h"
#include "lockdep/arena.h"
#include "lockdep/chain.h"
#include "lockdep/class.h"
#include "lockdep/graph.h"
#include "lockdep/held.h"
#include "lockdep/options.h"
#include "lockdep/registry.h"
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

/* Points the map at a key: its own as it is, or another, which may not have a name yet. */
static void point(struct lockdep_map *map, const char *name, struct lock_class_key *key,
		  const struct lock_class_key *own)
{
	if (key == own)
		klock_store_release(&map->ref, (const void *)key);
	else
		klock_map_init(map, name, key);
}

void klock_lockdep_set_class(struct lockdep_map *map, const char *name,
			     struct lock_class_key *key, int subclass)
{
	struct lock_class_key *own;
	const char *named;

	klock_watch_prepare();
	if (!name)
		name = klock_map_name(map);
	own = klock_classes_used && map->ref ? klock_class_key_of(map) : NULL;
	if (!key)
		key = own;
	if (!key)
		return; /* off: nobody asks for its class */
	point(map, name, key, own);
	if (!klock_classes_used)
		return;
	named = klock_map_name(map);
	if ((unsigned int)subclass >= KLOCK_MAX_SUBCLASSES)
		klock_report_assert("a nesting level is at most 7", map,
				    __builtin_return_address(0), klock_held_self());
	else if (subclass || (named && strcmp(name, named)))
		klock_class_alias(map, name, key, (unsigned char)subclass);
}

void klock_lockdep_copy_map(struct lockdep_map *to, const struct lockdep_map *from)
{
	klock_watch_prepare();
	if (klock_classes_used && from->ref)
		(void)klock_class_key_of((struct lockdep_map *)from); /* if static, gets a key */
	to->ref = from->ref;
}

bool klock_lockdep_match_key(const struct lockdep_map *map, const struct lock_class_key *key)
{
	const unsigned char *ref;

	klock_watch_prepare();
	ref = klock_map_copy(map).ref;
	if (!ref || *ref == KLOCK_REF_STATIC_NAME)
		return false; /* a static lock of its own class */
	if (*ref == KLOCK_REF_STATIC_MAP)
		return ((const struct klock_static_map *)ref)->key == key;
	return klock_class_key_of((struct lockdep_map *)map) == key;
}

const char *klock_lockdep_name(const struct lockdep_map *map)
{
	return klock_map_name(map);
}

static void registry_bug(const char *what, const char *advice, const struct lock_class_key *key,
			 const void *site)
{
	const struct klock_bug bug = {
		.what = what,
		.advice = advice,
		.lock_type = "lock_class_key",
		.lock_name = key->name ? key->name : "?",
		.lock = key,
		.site = site,
	};

	klock_bug(&bug);
}

/* A key's classes are made when a lock of theirs is first used. */
void klock_lockdep_register_key(struct lock_class_key *key)
{
	klock_watch_prepare();
	if (klock_classes_used && !klock_registry_add(key)) {
		registry_bug("a class key is registered twice",
			     "register it once, and unregister it before its memory is reused",
			     key, __builtin_return_address(0));
		return;
	}
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

static bool holds_one_of(const struct lock_class_key *key)
{
	const struct klock_held_stack *stack = klock_held_self();

	for (size_t i = 0; stack && i < stack->count; i++)
		if (stack->locks[i].class && stack->locks[i].class->origin == key)
			return true;
	return false;
}

void klock_lockdep_unregister_key(struct lock_class_key *key)
{
	klock_watch_prepare();
	if (klock_classes_used) {
		if (!klock_registry_remove(key))
			registry_bug("a class key is unregistered that is not registered",
				     "call lockdep_register_key() before its first lock", key,
				     __builtin_return_address(0));
		if (holds_one_of(key))
			registry_bug("a class key is unregistered while a lock of it is held",
				     "release it first", key, __builtin_return_address(0));
	}
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
