/* SPDX-License-Identifier: MIT */
#include "lockdep/own_key.h"
#include "base/bug.h"
#include "base/loaded.h"
#include "lockdep/arena.h"
#include "lockdep/seen_sites.h"
#include "lockdep/shared.h"
#include "lockdep/trace.h"
#include <string.h>

struct own_key {
	struct lock_class_key key; /* its name is a copy: the program's may go with its code */
	const void *origin;
	const char *given; /* the name where the program has it, only an address */
	intptr_t offset;   /* in the frame of the function at `origin` */
	struct own_key *next;
};

#define BUCKETS 256 /* a power of two */

/* Of locks that are not in static storage. Under klock_classes_lock. */
static struct own_key *buckets[BUCKETS] KLOCK_SHARED;

static struct own_key *make(const char *name, const void *origin)
{
	struct own_key *made = klock_arena_alloc(sizeof(*made));

	if (!made)
		return NULL;
	made->key.kind = KLOCK_REF_STATIC_KEY;
	made->key.name = klock_arena_strdup(name);
	made->origin = origin;
	return made->key.name ? made : NULL;
}

static struct own_key **bucket_of(const struct own_key *like)
{
	uint64_t x = (uint64_t)(uintptr_t)like->given ^ (uint64_t)(uintptr_t)like->origin << 1 ^
		     (uint64_t)like->offset << 7;

	return &buckets[x * 0x9e3779b97f4a7c15u >> 56 & (BUCKETS - 1)];
}

/* The strings too: other code may have been loaded at these addresses since. */
static bool same(const struct own_key *a, const struct own_key *like)
{
	return a->given == like->given && a->origin == like->origin && a->offset == like->offset &&
	       !strcmp(a->key.name, like->given);
}

static struct own_key *find_or_make(const struct own_key *like)
{
	struct own_key **bucket = bucket_of(like), *found;

	klock_shared_lock(&klock_classes_lock);
	for (found = *bucket; found; found = found->next)
		if (same(found, like))
			break;
	if (!found && (found = make(like->given, like->origin))) {
		found->given = like->given;
		found->offset = like->offset;
		found->next = *bucket;
		klock_store_release(bucket, found); /* whole, whenever a fork() comes */
	}
	klock_shared_unlock(&klock_classes_lock);
	return found;
}

static struct own_key *key_elsewhere(const void *map, const char *name, const void *site)
{
	struct own_key like = { .given = name };

	like.origin = klock_trace_frame_of(map, &like.offset);
	if (!like.origin)
		like.origin = site;
	return find_or_make(&like);
}

struct lock_class_key *klock_own_key(const struct lockdep_map *map, const char *name,
				     const void *site)
{
	struct own_key *own = NULL;
	char place[160];

	if (!klock_in_loaded_object(map)) {
		own = name ? key_elsewhere(map, name, site) : NULL;
	} else if (name) {
		own = make(name, map);
	} else {
		klock_describe_site(map, place, sizeof(place));
		own = make(place, map);
	}
	return own ? &own->key : NULL;
}

const void *klock_own_key_origin(const struct lock_class_key *key)
{
	return ((const struct own_key *)key)->origin;
}

void klock_own_key_missing(const struct klock_lock_type *type, const struct lockdep_map *map,
			   const void *site)
{
	const struct klock_bug bug = {
		.what = "a lock that nobody initialised is used",
		.advice = "initialise it, as with mutex_init(): zeroed memory outside of static "
			  "storage does not say of which class a lock is, and no order is checked",
		.lock_type = type ? type->type : "lockdep_map",
		.lock_name = klock_map_name(map),
		.lock = (const char *)map - (type ? type->map : 0),
		.site = site,
	};

	if (!klock_in_loaded_object(map) && klock_site_first_seen(site) &&
	    klock_site_first_seen(map))
		klock_bug_note(&bug);
}
