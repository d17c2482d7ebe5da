/* SPDX-License-Identifier: MIT */
/*
 * What a thread holds, and the short way for what it does again and again.
 *
 * While the checker alone watches, nearly each acquisition is one that the
 * thread has made before: of the same class, in the same way, while it held
 * the same classes. Its entry on the stack is still there, above the top, and
 * the checker has said that there is nothing to check. Then the locks take it
 * up again by themselves, without an event: some dozen plain loads and stores
 * of the thread's own memory.
 *
 * The rest of the stack is the checker's (lib/lockdep/held.h).
 */
#ifndef KLOCK_ANNOTATE_AGAIN_H
#define KLOCK_ANNOTATE_AGAIN_H

#include "annotate/watch.h"
#include <stdint.h>

struct klock_class;

/* How a lock is held or wanted: the kernel's values of `read`. */
enum klock_read { KLOCK_HELD_WRITE, KLOCK_HELD_READ, KLOCK_HELD_RECURSIVE };

struct klock_held {
	struct lockdep_map *map;  /* which lock it is; may be gone, so only an address */
	struct lockdep_map name;  /* a copy: outlives the lock, and says its class */
	const void *class_data;   /* of the key, to tell it from another at its address */
	uint64_t key_before, key; /* the chain below this lock, and with it */
	uint32_t generation; /* klock_chain_generation when it was checked; 0: check each time */
	uint32_t asked;      /* KLOCK_HELD_ASKED of the acquisition */
	const void *site;
	const struct klock_lock_type *type; /* NULL: something that behaves like a lock */
	struct klock_class *class;          /* NULL while the order is not checked */
	const struct lockdep_map *nest;
	enum klock_read read;
	bool trylock;
	bool unchecked; /* held, but no part of any order */
	unsigned int pins;
};

/* What of an acquisition's flags makes a difference to what is held. */
#define KLOCK_HELD_ASKED(how) ((how) & ~(unsigned int)(KLOCK_KILLABLE | KLOCK_INTERRUPTIBLE))

/* What stands in `asked` of something that behaves like a lock: nothing that an event has. */
#define KLOCK_HELD_PSEUDO(subclass, trylock, read, check)                                          \
	(1u << 31 | (unsigned int)(check) << 30 | (unsigned int)(read) << 28 |                     \
	 KLOCK_SUBCLASS(subclass) | (trylock ? KLOCK_TRY : 0) | (read ? KLOCK_READ : KLOCK_WRITE))

struct klock_held_stack {
	size_t count, room;
	uint64_t key; /* the chain of all that is held */
	struct klock_held *locks;
	struct klock_held *seen; /* KLOCK_AGAIN_SEEN acquisitions of late, by hash; may be NULL */
	uint32_t word;          /* klock_self_word of the thread, if it were not watched */
	unsigned int off;       /* depth of lockdep_off() */
	unsigned int non_block; /* depth of non_block_start() */
	/* Holds for which there was no memory: releases of as many are not reported. */
	size_t unlisted;
};

/* The calling thread's stack while the short way is open to it; NULL: each event is told. */
extern __thread struct klock_held_stack *klock_again
	__attribute__((tls_model("initial-exec"), visibility("hidden")));

/* How often all chains have been forgotten, from 1: what was found known may not be now. */
extern uint32_t klock_chain_generation;

/* What the checker keeps in the key, or what begins as one, that a map refers to. */
static inline const void *klock_class_data(const void *ref)
{
	const struct lock_class_key *key = ref;

	return klock_load_relaxed(&key->class_data); /* compared, and not looked into */
}

/* Whether `h` is of an acquisition like this, and there was nothing to check. */
static inline bool klock_again_same(const struct klock_held *h, const struct lockdep_map *map,
				    unsigned int how, uint64_t key_before)
{
	/* relaxed: what is forgotten meanwhile is as if we had been earlier */
	return h->name.ref == klock_load_relaxed(&map->ref) && h->key_before == key_before &&
	       h->asked == KLOCK_HELD_ASKED(how) &&
	       h->generation == klock_load_relaxed(&klock_chain_generation) &&
	       h->class_data == klock_class_data(h->name.ref);
}

#define KLOCK_AGAIN_SEEN 64 /* a power of two */

static inline unsigned int klock_again_hash(const void *ref, unsigned int how, uint64_t key_before)
{
	uint64_t x = (uint64_t)(uintptr_t)ref ^ key_before ^ KLOCK_HELD_ASKED(how);

	return (unsigned int)(x * 0x9e3779b97f4a7c15u >> 58);
}

/* Not the last one from here, but one of late: its entry is put above the top. */
bool klock_again_recall(struct klock_held_stack *stack, struct klock_held *h,
			const struct lockdep_map *map, unsigned int how);

/*
 * A signal handler that tries a lock and releases it leaves the stack as it
 * was, but for what is above the top. So an entry is on the stack before it is
 * looked at, and off it after; and there is room for a few more without growing.
 */
#define KLOCK_AGAIN_SPARE 4

/* Puts the lock on the stack, if such an acquisition was made before. */
static inline bool klock_again_push(struct klock_held_stack *stack, struct lockdep_map *map,
				    unsigned int how, const struct klock_lock_type *type,
				    const struct lockdep_map *nest, const void *site)
{
	struct klock_held *h;

	if (KLOCK_UNLIKELY(stack->count + KLOCK_AGAIN_SPARE >= stack->room))
		return false;
	h = stack->locks + stack->count;
	stack->count++;
	klock_compiler_barrier();
	if (!KLOCK_LIKELY(klock_again_same(h, map, how, stack->key)) &&
	    !klock_again_recall(stack, h, map, how)) {
		stack->count--;
		return false;
	}
	h->map = map;
	h->type = type;
	h->nest = nest;
	h->site = site;
	h->pins = 0;
	stack->key = h->key;
	return true;
}

/* Whether the lock is the last one acquired, and held so that this release fits. */
static inline bool klock_again_on_top(const struct klock_held_stack *stack,
				      const struct lockdep_map *map, unsigned int how)
{
	const struct klock_held *h;

	if (KLOCK_UNLIKELY(!stack->count))
		return false;
	h = &stack->locks[stack->count - 1];
	return KLOCK_LIKELY(h->map == map && !h->pins &&
			    !((h->asked ^ how) & (KLOCK_WRITE | KLOCK_NON_OWNER)));
}

static inline void klock_again_pop(struct klock_held_stack *stack)
{
	stack->key = stack->locks[stack->count - 1].key_before;
	klock_compiler_barrier();
	stack->count--;
}

#endif
