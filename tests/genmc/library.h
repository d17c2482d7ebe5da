/* SPDX-License-Identifier: MIT */
/*
 * What every lock needs, from the library's own sources: threads, parking, and a seam with
 * nobody that watches. The client includes the locks that it is about.
 */
#ifndef GENMC_LIBRARY_H
#define GENMC_LIBRARY_H

#include "genmc/world.h"

#include "base/minilock.h"
#ifndef MINILOCK_IS_A_MODEL
#include "base/minilock.c"
#endif
#include "locks/init.h"
#include "locks/lockword.h"
#include "locks/waitq.c"
#include "wait/park.c"
#include "wait/request.c"
#include "wait/slots.c"
#include "wait/task.c"

bool klock_watched, klock_ready_watched;
klock_watch_fn klock_watchers_of[KLOCK_EV_NR];
__thread struct klock_held_stack *klock_again;
uint32_t klock_chain_generation;

bool klock_watches_memory(void)
{
	return false;
}

void klock_event_bug(const struct klock_event *ev, const char *what, const char *advice)
{
	(void)ev, (void)what, (void)advice;
	assert(!"misuse is reported");
}

void klock_event_bug_fatal(const struct klock_event *ev, const char *what, const char *advice)
{
	klock_event_bug(ev, what, advice);
	abort();
}

/* Called where something watches, where a lock is initialised, or is another one: not here. */
#define NEVER(prototype)                                                                           \
	prototype                                                                                  \
	{                                                                                          \
		assert(!"it is not called");                                                      \
		abort();                                                                           \
	}
NEVER(void klock_bit_released(unsigned long *word))
NEVER(void klock_bit_acquired(unsigned long *word))
NEVER(void klock_map_init(struct lockdep_map *map, const char *name, struct lock_class_key *key))
NEVER(void klock_watch_wait(const struct klock_event *ev))
NEVER(void klock_requests_tell(struct klock_task *task))
NEVER(bool klock_again_recall(struct klock_held_stack *stack, struct klock_held *h,
			      const struct lockdep_map *map, unsigned int how))

struct klock_task *klock_thread_slow(void)
{
	assert(!"a thread has its task before it begins");
	return NULL;
}

#endif
