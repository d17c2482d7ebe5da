/* SPDX-License-Identifier: MIT */
/*
 * Lock classes: all locks of one initialisation site, at one nesting level.
 * A class outlives its key: the memory of a key may go (dlclose(), free after
 * lockdep_unregister_key()), and what a zeroed key at the same address makes
 * next is another class.
 */
#ifndef KLOCK_LOCKDEP_CLASS_H
#define KLOCK_LOCKDEP_CLASS_H

#include <klock/lockdep.h>
#include <stdbool.h>
#include <stdint.h>

struct klock_edge;
struct klock_class_set;

struct klock_class {
	uint32_t id; /* from 1; never given out twice */
	unsigned char subclass;
	bool novalidate; /* held locks are tracked, their order is not checked */
	bool reported_recursion;
	bool zapped;     /* its key is gone: no path leads through it any more */
	const char *name;
	struct klock_class_set *set; /* where its key has it */
	const void *origin; /* the key, or the static lock, as the program has it */
	klock_lock_cmp_fn cmp_fn; /* order within the class */
	klock_lock_print_fn print_fn;
	struct klock_edge *after;  /* classes acquired while this one was held */
	struct klock_edge *before; /* classes held while this one was acquired */
	struct klock_class *next;  /* of all */
	uint32_t bound; /* the declared names that it was compared with (order.h) */
	/* The search's (graph.c): for paths whose last step arrives recursively or not. */
	uint32_t seen[2];
	struct klock_edge *via[2];
	bool via_xr[2];
};

/* Set before the first lock is used: somebody asks for the classes of locks. */
extern bool klock_classes_used;

/*
 * The class of a lock at this nesting level, made on first sight, for an acquisition at `site`.
 * NULL: no memory, or the lock is in zeroed memory that nobody initialised (own_key.h).
 */
struct klock_class *klock_class_at(struct lockdep_map *map, unsigned int subclass,
				   const void *site);

/* The same where nothing is acquired. */
static inline struct klock_class *klock_class_of(struct lockdep_map *map, unsigned int subclass)
{
	return klock_class_at(map, subclass, NULL);
}

/* The key behind a map. NULL: none, or no memory. */
struct lock_class_key *klock_class_key_of(struct lockdep_map *map);

/* Points the map at the key through an alias that adds a name and a nesting level. */
void klock_class_alias(struct lockdep_map *map, const char *name, struct lock_class_key *key,
		       unsigned char subclass);

/* The next lock of this key makes another class. Under klock_graph_lock. */
void klock_class_forget(struct klock_class *class);

/* All of them, newest first. */
struct klock_class *klock_classes(void);
uint32_t klock_nr_classes(void);

/* "name" or "name/1", into the buffer, which is returned. */
const char *klock_class_name(const struct klock_class *class, char *buf, size_t size);
/* The same as it may stand in a text (base/printable.h). */
const char *klock_class_printable(const struct klock_class *class, char *buf, size_t size);

#endif
