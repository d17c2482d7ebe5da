/* SPDX-License-Identifier: MIT */
/* mutex: the lock word without readers. */
#include "genmc/library.h"

#include "locks/bias_mode.c"
#include "locks/left_over.c"
#include "locks/lifetime.c"
#include "locks/mutex.c"
#include "locks/non_owner.c"
#include "locks/queue.c"
#include "locks/reader_bias.c"
#include "locks/release.c"
#include "locks/slot_readers.c"
#include "locks/take.c"
#include "locks/word_request.c"

NEVER(void klock_rwsem_release(struct rw_semaphore *sem, unsigned int how))

static DEFINE_MUTEX(lock);
static int data;

static void locker(void)
{
	mutex_lock(&lock);
	data++;
	mutex_unlock(&lock);
}

static void tryer(void)
{
	if (mutex_trylock(&lock)) {
		data++;
		mutex_unlock(&lock);
	}
}

static void prepare(void)
{
	world_futex(&bucket_of(&lock.word)->lock.state);
}

static void judge(void)
{
	assert(!lock.word);
	assert(!bucket_of(&lock.word)->waiters);
}

#include "genmc/threads.h"
