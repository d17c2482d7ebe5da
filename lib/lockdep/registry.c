/* SPDX-License-Identifier: MIT */
#include "lockdep/registry.h"
#include "base/loaded.h"
#include "lockdep/arena.h"
#include "lockdep/shared.h"
#include <stddef.h>
#include <stdint.h>

struct entry {
	const void *key; /* NULL: free to be used again */
	struct entry *next;
};

#define BUCKETS 1024 /* a power of two */

/* Under klock_classes_lock. */
static struct entry *buckets[BUCKETS] KLOCK_SHARED;

static struct entry **bucket_of(const void *key)
{
	return &buckets[(uintptr_t)key * 0x9e3779b97f4a7c15u >> 54 & (BUCKETS - 1)];
}

static struct entry *find(const void *key, const void *of)
{
	struct entry *e = *bucket_of(of);

	while (e && e->key != key)
		e = e->next;
	return e;
}

bool klock_registry_add(const void *key)
{
	struct entry *e;
	bool added = false;

	klock_shared_lock(&klock_classes_lock);
	if (!find(key, key)) {
		e = find(NULL, key);
		if (!e && (e = klock_arena_alloc(sizeof(*e)))) {
			e->next = *bucket_of(key);
			klock_store_release(bucket_of(key), e); /* a fork() may come */
		}
		if (e) {
			e->key = key;
			added = true;
		}
	}
	klock_shared_unlock(&klock_classes_lock);
	return added;
}

bool klock_registry_remove(const void *key)
{
	struct entry *e;

	klock_shared_lock(&klock_classes_lock);
	e = find(key, key);
	if (e)
		e->key = NULL;
	klock_shared_unlock(&klock_classes_lock);
	return e;
}

bool klock_registry_knows(const void *key)
{
	bool known;

	klock_shared_lock(&klock_classes_lock);
	known = find(key, key);
	klock_shared_unlock(&klock_classes_lock);
	return known || klock_in_loaded_object(key);
}
