/* SPDX-License-Identifier: MIT */
/* How a hold of a lock word is given up, or changed from writing to reading. */
#include "locks/init.h"
#include "locks/lockword.h"
#include "locks/take.h"
#include "locks/word_request.h"
#include "wait/park.h"

/*
 * Whether taking `hold` off the word leaves a free lock with waiters and none of them awake; or it
 * passes one that was woken, and it is time to look whether that is due.
 */
static bool must_advance(uint32_t *word, uint32_t w, uint32_t hold)
{
	if (w & KLOCK_W_WAKING)
		return !klock_word_passes_head(word);
	return (w & KLOCK_W_WAITERS) && klock_word_is_free(w - hold);
}

bool klock_word_drop(uint32_t *word, uint32_t hold)
{
	uint32_t w = klock_load_relaxed(word); /* only a guess: the exchange decides */

	do {
		if (klock_word_lacks(w, hold))
			return false;
		if (must_advance(word, w, hold)) {
			klock_word_begin_passes(word);
			return klock_unpark(word, &klock_word_ops, klock_word_advance, hold);
		}
	} while (!klock_cas_release(word, &w, w - hold)); /* [W2], [W4] */
	return true;
}

bool klock_word_drop_held(uint32_t *word, bool write)
{
	/* relaxed: our own hold for writing cannot go away meanwhile */
	if (!klock_self_word ||
	    (write && !klock_word_owned(klock_load_relaxed(word), klock_self_word)) ||
	    !klock_word_drop(word, write ? klock_self_word : KLOCK_W_READER))
		return false;
	klock_requests_told(klock_self_task);
	return true;
}

static void report_release(const struct klock_event *ev, const char *what)
{
	klock_event_bug(ev, what, "release once, in the mode and thread that acquired it");
}

/* What is wrong with giving this hold up, as far as the word shows it; NULL: nothing. */
static const char *release_misuse(uint32_t w, const struct klock_task *task, bool write)
{
	if (w == KLOCK_W_DESTROYED)
		return "release of a lock that was destroyed";
	if (klock_word_is_free(w))
		return "release of a lock that nobody holds";
	if (write && !(w & KLOCK_W_WRITER))
		return "release for writing of a lock that is held for reading";
	if (klock_word_owned(w, KLOCK_W_REQUEST))
		return "release of a lock that is granted to a request nobody has claimed";
	if (write && !klock_word_owned(w, task->word))
		return "release of a lock that another thread holds";
	if (!write && (w & KLOCK_W_WRITER))
		return "release for reading of a lock that is held for writing";
	return NULL;
}

void klock_word_release(uint32_t *word, const struct klock_event *ev)
{
	struct klock_task *task = klock_thread();
	bool write = ev->how & KLOCK_WRITE;
	const char *misuse;

	/* relaxed: our own hold cannot go away meanwhile */
	misuse = release_misuse(klock_load_relaxed(word), task, write);
	if (misuse) {
		report_release(ev, misuse);
		return;
	}
	if (!klock_watch(KLOCK_EV_RELEASE, ev))
		return;
	if (!klock_word_drop(word, klock_word_hold_of(task, !write)))
		report_release(ev, "release of a lock that nobody holds");
	klock_watch(KLOCK_EV_RELEASED, ev);
	klock_requests_told(task);
}

void klock_word_downgrade(uint32_t *word, const struct klock_event *ev)
{
	struct klock_task *task = klock_thread();
	uint32_t drop = task->word - KLOCK_W_READER, w;

	w = klock_load_relaxed(word); /* our own hold cannot go away meanwhile */
	if (!klock_word_owned(w, task->word)) {
		klock_event_bug(ev,
				"downgrade of a lock that this thread does not hold for writing",
				"call downgrade_write() between down_write() and up_write() only");
		return;
	}
	if (!klock_watch(KLOCK_EV_DOWNGRADE, ev))
		return;
	do {
		if (w & KLOCK_W_QUEUE) {
			klock_unpark(word, &klock_word_ops, klock_word_advance, drop);
			break;
		}
	} while (!klock_cas_release(word, &w, w - drop)); /* [W2] */
	klock_watch(KLOCK_EV_DOWNGRADED, ev);
	klock_requests_told(task);
}
