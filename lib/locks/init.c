/* SPDX-License-Identifier: MIT */
/*
 * Set-up, by the first thread that comes: there is no constructor whose turn would
 * have to come before that of a program's own.
 *
 * fork() copies one thread and all memory. What the others had queued, and the
 * minilocks that they held, would be there for ever: the child starts with
 * empty queues (base/process.h says when). A lock that no thread held at fork() may have bits
 * left that speak of waiters: they are not believed, see locks/left_over.h. A lock that another
 * thread held stays held, for reading or writing, whether a hold is counted or in a slot.
 */
#include "locks/init.h"
#include "annotate/watch.h"
#include "base/block_signals.h"
#include "base/exempt.h"
#include "base/membarrier.h"
#include "hang/hang.h"
#include "locks/left_over.h"
#include "locks/lockword.h"
#include "locks/reader_bias.h"
#include "wait/park.h"
#include <pthread.h>

bool klock_ready_watched;

/* In the child of a fork(). */
static void mend(void)
{
	klock_park_after_fork();
	klock_bias_after_fork();
	klock_left_over_mend();
}

static void init(void)
{
	klock_process_on_fork(mend);
	klock_membarrier_register();
	klock_park_init();
	klock_watch_prepare();
	klock_hang_init();
	klock_exempt(&klock_ready_watched, sizeof(klock_ready_watched));
	/* [A4] release: pairs with [A3]. Not klock_watched: a call may have set that before. */
	klock_store_release(&klock_ready_watched, klock_watched);
}

struct klock_task *klock_thread_slow(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct klock_task *task;
	sigset_t old;

	klock_block_signals(&old);
	task = klock_self_task ? klock_self_task : klock_task_register_blocked();
	pthread_once(&once, init);
	if (!klock_watched) {
		klock_bias_begin(task);
		klock_self_word = task->word;
	}
	klock_restore_signals(&old);
	return task;
}
