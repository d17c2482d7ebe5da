/* SPDX-License-Identifier: MIT */
#include "lockdep/class.h"
#include "annotate/watch.h"
#include "base/bug.h"
#include "base/exempt.h"
#include "base/printable.h"
#include "lockdep/arena.h"
#include "lockdep/graph.h"
#include "lockdep/own_key.h"
#include "lockdep/registry.h"
#include "lockdep/shared.h"
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* What a key's class_data points at. */
struct klock_class_set {
	struct klock_class *at[KLOCK_MAX_SUBCLASSES];
};

/*
 * What a lock's map points at when lockdep_set_class() gave it more than a key.
 * Begins as a key does: klock_again_same() looks at class_data in either.
 */
struct lock_alias {
	unsigned char kind; /* KLOCK_REF_ALIAS */
	unsigned char subclass;
	const char *name;
	void *class_data; /* the key's, which may be another when its memory has been used again */
	struct lock_class_key *key;
	struct lock_alias *next;
};

_Static_assert(offsetof(struct lock_alias, class_data) ==
		       offsetof(struct lock_class_key, class_data),
	       "an alias begins as a key does");
_Static_assert(offsetof(struct klock_static_map, name) == offsetof(struct lock_class_key, name) &&
		       offsetof(struct klock_static_map, class_data) ==
			       offsetof(struct lock_class_key, class_data),
	       "what a static map points at begins as a key does");

struct lock_class_key klock_novalidate_key KLOCK_SHARED;
bool klock_classes_used KLOCK_SHARED;

static struct klock_class *classes KLOCK_SHARED;
static uint32_t nr_classes KLOCK_SHARED;

/* One for each key, name and level, by the key. */
#define NR_BUCKETS 1024
static struct lock_alias *aliases[NR_BUCKETS] KLOCK_SHARED;

/* A lock without a key gets one. When another thread was first, that one's stays. */
static void use_own_key(struct lockdep_map *map, const unsigned char *ref, const void *site)
{
	const void *expected = ref;
	struct lock_class_key *own = klock_own_key(map, ref ? (const char *)ref + 1 : NULL, site);

	if (!own)
		return;
	klock_exempt(map, sizeof(*map)); /* another thread may do the same */
	klock_cas_acq_rel(&map->ref, &expected, (const void *)own);
}

/* Without memory for another name nothing changes: what is there says the key too. */
static struct lock_class_key *use_static_map(struct lockdep_map *map,
					     const struct klock_static_map *given)
{
	struct lockdep_map named;

	klock_map_init(&named, given->name, given->key);
	klock_exempt(map, sizeof(*map)); /* another thread may do the same */
	if (strcmp(klock_map_name(&named), given->name))
		klock_class_alias(map, given->name, given->key, 0);
	else
		klock_store_release(&map->ref, named.ref);
	return given->key;
}

static const char *name_of(const struct lockdep_map *map)
{
	const unsigned char *ref = klock_load_acquire(&map->ref);

	return *ref == KLOCK_REF_ALIAS ? ((const struct lock_alias *)ref)->name
				       : ((const struct lock_class_key *)ref)->name;
}

/* The key behind a map, and the nesting level that was set for the lock itself. */
static struct lock_class_key *resolve(struct lockdep_map *map, unsigned int *subclass,
				      const void *site)
{
	const unsigned char *ref = klock_load_acquire(&map->ref);

	if (!ref || *ref == KLOCK_REF_STATIC_NAME) {
		use_own_key(map, ref, site);
		ref = klock_load_acquire(&map->ref);
		if (!ref || *ref == KLOCK_REF_STATIC_NAME)
			return NULL; /* there is none for it, or no memory */
	}
	if (*ref == KLOCK_REF_STATIC_MAP)
		return use_static_map(map, (const struct klock_static_map *)ref);
	if (*ref == KLOCK_REF_ALIAS) {
		const struct lock_alias *alias = (const struct lock_alias *)ref;

		if (!*subclass)
			*subclass = alias->subclass;
		return alias->key;
	}
	return (struct lock_class_key *)ref;
}

static struct klock_class *make_class(struct lockdep_map *map, struct lock_class_key *key,
				      unsigned int subclass)
{
	struct klock_class *class = klock_arena_alloc(sizeof(*class));
	const char *name = name_of(map);

	if (!class)
		return NULL;
	class->name = klock_arena_strdup(name ? name : "?");
	if (!class->name)
		return NULL;
	class->set = key->class_data;
	class->origin = key->kind == KLOCK_REF_STATIC_KEY
				? klock_own_key_origin(key)
				: (const void *)key;
	class->subclass = (unsigned char)subclass;
	class->novalidate = key == &klock_novalidate_key;
	class->id = nr_classes + 1;
	klock_store_relaxed(&nr_classes, class->id); /* a count: nothing is ordered by it */
	class->next = classes;
	klock_store_release(&classes, class);
	return class;
}

/* Under classes_lock. NULL: no memory. */
static struct klock_class_set *find_or_make_set(struct lock_class_key *key)
{
	struct klock_class_set *set = key->class_data;

	if (!set) {
		set = klock_arena_alloc(sizeof(*set));
		/* [L1] release: pairs with [L2]; a set that is seen is seen zeroed. */
		klock_store_release(&key->class_data, (void *)set);
	}
	return set;
}

static struct klock_class *find_or_make(struct lockdep_map *map, struct lock_class_key *key,
					unsigned int subclass)
{
	struct klock_class_set *set = find_or_make_set(key);

	if (!set)
		return NULL;
	if (!set->at[subclass])
		/* [L3] release: pairs with [L4]. */
		klock_store_release(&set->at[subclass], make_class(map, key, subclass));
	return set->at[subclass];
}

/* Memory that is used for something else one day must not pass for the key of a class then. */
static void check_key(const struct lockdep_map *map, const struct lock_class_key *key)
{
	const struct klock_bug bug = {
		.what = "a class key is neither static nor registered",
		.advice = "call lockdep_register_key() before its first lock",
		.lock_type = "lock_class_key",
		.lock_name = klock_map_name(map),
		.lock = key,
	};

	if (key->kind != KLOCK_REF_STATIC_KEY && !klock_registry_knows(key))
		klock_bug(&bug);
}

struct klock_class *klock_class_at(struct lockdep_map *map, unsigned int subclass,
				   const void *site)
{
	struct lock_class_key *key = resolve(map, &subclass, site);
	struct klock_class *class;
	struct klock_class_set *set;

	if (!key || subclass >= KLOCK_MAX_SUBCLASSES)
		return NULL;
	set = klock_load_acquire(&key->class_data); /* [L2] pairs with [L1] */
	if (KLOCK_LIKELY(set)) {
		class = klock_load_acquire(&set->at[subclass]); /* [L4] pairs with [L3] */
		if (KLOCK_LIKELY(class))
			return class;
	}
	if (!set)
		check_key(map, key);
	klock_shared_lock(&klock_classes_lock);
	class = find_or_make(map, key, subclass);
	klock_shared_unlock(&klock_classes_lock);
	return class;
}

struct lock_class_key *klock_class_key_of(struct lockdep_map *map)
{
	unsigned int subclass = 0;

	return resolve(map, &subclass, __builtin_return_address(0));
}

static struct lock_alias **bucket_of(const struct lock_class_key *key)
{
	return &aliases[((uint64_t)(uintptr_t)key * 0x9e3779b97f4a7c15u >> 32) % NR_BUCKETS];
}

/* NULL: no memory. */
static struct lock_alias *make_alias(struct lock_alias **bucket, const char *name,
				     struct klock_class_set *set, struct lock_class_key *key,
				     unsigned char subclass)
{
	struct lock_alias *alias = set ? klock_arena_alloc(sizeof(*alias)) : NULL;

	if (alias && name != key->name) /* another nesting level has the name that is there */
		name = klock_arena_strdup(name);
	if (!alias || !name)
		return NULL;
	*alias = (struct lock_alias){ KLOCK_REF_ALIAS, subclass, name, set, key, *bucket };
	klock_store_release(bucket, alias); /* whole, whenever a fork() comes */
	return alias;
}

void klock_class_alias(struct lockdep_map *map, const char *name, struct lock_class_key *key,
		       unsigned char subclass)
{
	struct lock_alias **bucket = bucket_of(key), *alias;
	struct klock_class_set *set;

	klock_shared_lock(&klock_classes_lock);
	set = find_or_make_set(key);
	for (alias = *bucket; alias; alias = alias->next)
		if (alias->key == key && alias->class_data == set &&
		    alias->subclass == subclass && !strcmp(alias->name, name))
			break;
	if (!alias)
		alias = make_alias(bucket, name, set, key, subclass);
	klock_shared_unlock(&klock_classes_lock);
	if (alias)
		klock_store_release(&map->ref, (const void *)alias);
}

void klock_class_forget(struct klock_class *class)
{
	/* Not through the key, whose memory may be gone with the code that had it. */
	if (class->set->at[class->subclass] == class)
		klock_store_release(&class->set->at[class->subclass], (struct klock_class *)NULL);
}

struct klock_class *klock_classes(void)
{
	return klock_load_acquire(&classes);
}

uint32_t klock_nr_classes(void)
{
	return klock_load_relaxed(&nr_classes);
}

const char *klock_class_name(const struct klock_class *class, char *buf, size_t size)
{
	if (class->subclass)
		snprintf(buf, size, "%s/%d", class->name, class->subclass);
	else
		snprintf(buf, size, "%s", class->name);
	return buf;
}

const char *klock_class_printable(const struct klock_class *class, char *buf, size_t size)
{
	char name[256];

	return klock_printable(klock_class_name(class, name, sizeof(name)), buf, size);
}
