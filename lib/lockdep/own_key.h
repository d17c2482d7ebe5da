/* SPDX-License-Identifier: MIT */
/*
 * Keys for locks that were given none: static initialisers leave a name, zeroed memory not even
 * that. In static storage a lock is its own class. Elsewhere its memory is used again by other
 * locks, and one class for each would have no end:
 *
 *	automatic	one key for each variable: the function, its place in the frame, the name
 *	other memory	one for the name and the place of the first acquisition
 *	zeroed, and not in static storage: none, as nothing says what it is
 */
#ifndef KLOCK_LOCKDEP_OWN_KEY_H
#define KLOCK_LOCKDEP_OWN_KEY_H

#include "annotate/watch.h"

/*
 * The key for a lock of this name, or of none (NULL), that is first acquired at `site`. NULL: it
 * has none, or there is no memory.
 */
struct lock_class_key *klock_own_key(const struct lockdep_map *map, const char *name,
				     const void *site);

/* What the program has in place of a key that was made here: the lock, or a place in its code. */
const void *klock_own_key_origin(const struct lock_class_key *key);

/*
 * A lock without a key or a name is used: says so, unless it is in static storage, once for each
 * place and each lock. NULL type: something that behaves like a lock.
 */
void klock_own_key_missing(const struct klock_lock_type *type, const struct lockdep_map *map,
			   const void *site);

#endif
