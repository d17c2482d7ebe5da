/* SPDX-License-Identifier: MIT */
/* The out-of-line half of <klock/lockword.h>: one algorithm for mutex and rw_semaphore. */
#ifndef KLOCK_LOCKS_LOCKWORD_H
#define KLOCK_LOCKS_LOCKWORD_H

#include "annotate/again.h"
#include "base/membarrier.h"
#include "wait/park.h"

/*
 * Takes the lock as ev->how says, within `ns`, and tells the watchers.
 * 0, -EAGAIN (a try), -EINTR, -ETIME, or -EINVAL for a negative time.
 */
int klock_word_acquire(uint32_t *word, const struct klock_event *ev, int64_t ns);

/* The same at once, while nobody watches the locks. False: nothing was done. */
bool klock_word_pass(uint32_t *word, unsigned int how);
bool klock_word_drop_held(uint32_t *word, bool write);

/* Gives a hold up, or reports that there is none. */
void klock_word_release(uint32_t *word, const struct klock_event *ev);

/* Write becomes read, or a report that it was not held for writing. */
void klock_word_downgrade(uint32_t *word, const struct klock_event *ev);

/* Makes a new lock of it: true. Or reports that the old one is held or waited for. */
bool klock_word_init(uint32_t *word, const struct klock_event *ev, const char *name,
		     struct lock_class_key *key);
/* Makes it unusable: true; or reports that it is held or waited for. */
bool klock_word_destroy(uint32_t *word, const struct klock_event *ev);

/*
 * The lock, if nothing watches but the checker, which has nothing to check, and
 * it is free. `word` may be that of a NULL lock. False: nothing was done.
 */
static inline bool klock_word_acquire_again(uint32_t *word, struct lockdep_map *map,
					    unsigned int how, const struct klock_lock_type *type,
					    const struct lockdep_map *nest, const void *site)
{
	struct klock_held_stack *stack = klock_again;
	uint32_t w = 0;

	if (!stack || !klock_again_push(stack, map, how, type, nest, site))
		return false;
	if (how & KLOCK_WRITE ? klock_cas_acquire(word, &w, stack->word) : /* [W1] */
				klock_word_read_try(word)) /* [W3] */
		return true;
	klock_again_pop(stack);
	return false;
}

/* The same for a release. */
static inline bool klock_word_release_again(uint32_t *word, const struct lockdep_map *map,
					    unsigned int how)
{
	struct klock_held_stack *stack = klock_again;
	uint32_t w;

	if (!stack || !klock_again_on_top(stack, map, how))
		return false;
	w = stack->word;
	if (!(how & KLOCK_WRITE ? klock_cas_release(word, &w, 0) : /* [W2] */
				  klock_word_read_drop(word))) /* [W4] */
		return false;
	klock_again_pop(stack);
	return true;
}

/* The same without the watchers and without checks, for locks made of this one. */
int klock_word_take(uint32_t *word, const struct klock_event *ev, int64_t ns);
/* False: it is a read hold, and the word counts none. */
bool klock_word_drop(uint32_t *word, uint32_t hold);
/* Releases may pass the head of the queue some more times before one looks again. */
static inline void klock_word_begin_passes(uint32_t *word)
{
	uint32_t *spin = klock_word_spin(word);

	/* relaxed: lost updates are fine */
	klock_store_relaxed(spin, klock_load_relaxed(spin) | KLOCK_PASSES);
}
/* Under the bucket's lock: takes `drop` off the word and sees to the queue's front. */
void klock_word_advance(struct klock_queue *q, uint32_t drop);
/* Whether a read hold is to be taken off a word that counts none. */
bool klock_word_lacks(uint32_t w, uint32_t drop);

/* Reports misuse that only a slow path can see, before it waits. */
void klock_word_check_usable(uint32_t *word, const struct klock_event *ev);

/* How a wait under these flags may be cut short. */
static inline enum klock_wait_mode klock_wait_mode_of(unsigned int how)
{
	if (how & KLOCK_INTERRUPTIBLE)
		return KLOCK_WAIT_INTERRUPTIBLE;
	return how & KLOCK_KILLABLE ? KLOCK_WAIT_KILLABLE : KLOCK_WAIT_PLAIN;
}

static inline struct klock_wait_for klock_wait_for(const struct klock_event *ev)
{
	return (struct klock_wait_for){
		.type = ev->type,
		.lock = ev->lock,
		.map = ev->map,
		.name = ev->map ? klock_map_copy(ev->map) : (struct lockdep_map){ 0 },
		.subclass = ev->how >> KLOCK_SUBCLASS_SHIFT,
		.site = ev->site,
	};
}

/* Reports a negative timeout; returns -EINVAL. */
int klock_refuse_negative(const struct klock_event *ev);

/* Whether the caller is not going to wait: a try, no time, or killed before. */
bool klock_is_attempt(const struct klock_event *ev, int64_t ns);

/*
 * For a lock that is not to be had now: why the caller gives up at once. -EAGAIN (a try),
 * -EINVAL (reported), -ETIME (no time), -EINTR (killed or interrupted before); 0: it may wait.
 */
int klock_refuse_to_wait(const struct klock_event *ev, int64_t ns);

/* What the other threads did before is seen, and what they do next comes after. */
static inline void klock_barrier_everywhere(const struct klock_event *ev)
{
	if (!klock_membarrier())
		klock_event_bug_fatal(ev, "membarrier(2) was there and is now forbidden",
				      "set seccomp filters up before the first lock is used");
}

/* Reports a NULL lock, which nothing can go on from. */
static inline void klock_check_null(const struct klock_event *ev)
{
	if (KLOCK_UNLIKELY(!ev->lock))
		klock_event_bug_fatal(ev, "NULL is no lock",
				      "pass the address of an initialised lock");
}

#endif
