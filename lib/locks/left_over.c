/* SPDX-License-Identifier: MIT */
#include "locks/left_over.h"
#include "base/process.h"
#include <klock/lockword.h>

static void forget_waiters(struct klock_queue *q, uint32_t drop)
{
	(void)drop;
	if (!klock_queue_first(q)) /* relaxed: the bucket's lock orders it */
		klock_fetch_and_relaxed((uint32_t *)klock_queue_addr(q),
					~KLOCK_W_QUEUE);
}

bool klock_left_over_forget(uint32_t *word, uint32_t *w)
{
	klock_unpark(word, NULL, forget_waiters, 0);
	*w = klock_load_relaxed(word); /* a guess */
	return !(*w & KLOCK_W_QUEUE);
}

bool klock_word_is_waited_for(const uint32_t *word)
{
	uint32_t w = klock_load_relaxed(word); /* a hint */

	return (w & KLOCK_W_QUEUE) && (!klock_park_generation || klock_park_waited_for(word));
}

/*
 * The thread had not returned from the call that takes the lock. Its memory may be gone, if
 * a handler of the program's has freed it in the child: so it is looked at carefully, and then
 * has this number in it only if it is still the lock.
 */
static void take_back(struct klock_task *task)
{
	uint32_t *word = task->takes, *block = task->takes_block, w;

	if (!klock_process_may_read(word))
		return;
	w = klock_load_relaxed(word); /* a guess: the exchange decides */
	while (klock_word_owned(w, task->word)) {
		uint32_t rest = w & KLOCK_W_MODE; /* nobody waits here */

		if (block)
			klock_store_release(block, 0);
		if (klock_cas_acq_rel(word, &w, rest))
			return;
	}
}

void klock_left_over_mend(void)
{
	for (struct klock_task *t = klock_task_after(NULL); t; t = klock_task_after(t)) {
		if (t == klock_self_task || !t->takes)
			continue;
		take_back(t);
		t->takes = t->takes_block = NULL;
	}
}
