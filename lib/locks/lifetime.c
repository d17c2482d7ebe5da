/* SPDX-License-Identifier: MIT */
/* How a lock word begins and ends, and the misuse that only a slow path can see. */
#include "locks/init.h"
#include "locks/lockword.h"
#include "locks/slot_readers.h"
#include "locks/take.h"
#include "wait/park.h"

void klock_word_check_usable(uint32_t *word, const struct klock_event *ev)
{
	uint32_t w = klock_load_relaxed(word); /* what is looked for does not change meanwhile */

	if (w == KLOCK_W_DESTROYED) {
		klock_event_bug(ev, "lock used after it was destroyed",
				"initialise it again before its next use");
		klock_cas_relaxed(word, &w, 0);
	} else if (w & KLOCK_W_FULL) {
		klock_event_bug(ev, "more readers than a lock can count",
				"look for a down_read() without up_read()");
	}
}

bool klock_word_init(uint32_t *word, const struct klock_event *ev, const char *name,
		     struct lock_class_key *key)
{
	klock_thread();
	if (klock_park_waited_for(word)) {
		klock_event_bug(ev, "a lock is initialised while threads wait for it",
				"initialise a lock once, before its first use");
		return false;
	}
	if (!klock_watch(KLOCK_EV_INIT, ev))
		return false;
	klock_map_init(ev->map, name, key);
	klock_store_relaxed(klock_word_spin(word), 0); /* the caller publishes the lock */
	klock_store_relaxed(word, 0);
	return true;
}

/* What is wrong with ending this lock, as far as the word shows it; NULL: nothing. */
static const char *destroy_misuse(const uint32_t *word)
{
	uint32_t w = klock_load_relaxed(word); /* the caller is the last to use it */

	if (w == KLOCK_W_DESTROYED)
		return "a lock is destroyed twice";
	if (!klock_word_is_free(w) || klock_park_waited_for(word) || klock_bias_is_read(word))
		return "a lock is destroyed while it is held or waited for";
	return NULL;
}

bool klock_word_destroy(uint32_t *word, const struct klock_event *ev)
{
	const char *misuse;

	klock_thread();
	misuse = destroy_misuse(word);
	if (misuse)
		klock_event_bug(ev, misuse,
				"release it everywhere, join the waiters, destroy it once");
	if (misuse || !klock_watch(KLOCK_EV_DESTROY, ev))
		return false;
	/* Not an exchange: flags may be left there by a fork(), see locks/init.c. */
	klock_store_relaxed(word, KLOCK_W_DESTROYED);
	return true;
}
