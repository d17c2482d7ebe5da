/* SPDX-License-Identifier: MIT */
#ifndef KLOCK_LOCKS_INIT_H
#define KLOCK_LOCKS_INIT_H

#include "base/process.h"
#include "wait/task.h"
#include <stdbool.h>

/*
 * The calling thread, ready to take locks. The first call in the process sets
 * the library up; the first in a thread gives it its task. Every out-of-line
 * operation begins with this.
 */
struct klock_task *klock_thread_slow(void);

/* The library is set up, and something watches: klock_self_word stays 0. */
extern bool klock_ready_watched __attribute__((visibility("hidden")));

static inline struct klock_task *klock_thread(void)
{
	struct klock_task *task = klock_self_task;

	klock_process_check();
	/* [A3] acquire: pairs with [A4]; all is set up, and what watches is known. */
	if (KLOCK_LIKELY(task && (klock_self_word || klock_load_acquire(&klock_ready_watched))))
		return task;
	return klock_thread_slow();
}

#endif
