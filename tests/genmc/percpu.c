/* SPDX-License-Identifier: MIT */
/*
 * percpu_rw_semaphore: readers that count in a slot of their own, against a membarrier
 * (MEMBARRIER=1), and those that share a counter, which have to do without.
 */
#include "genmc/library.h"

/* Enough for these threads, and not so many to add up. */
#include <klock/percpu-rwsem.h>
#undef KLOCK_PERCPU_SLOTS
#define KLOCK_PERCPU_SLOTS 4

#include "locks/bias_mode.c"
#include "locks/left_over.c"
#include "locks/lifetime.c"
#include "locks/non_owner.c"
#include "locks/percpu_rwsem.c"
#include "locks/queue.c"
#include "locks/reader_bias.c"
#include "locks/release.c"
#include "locks/slot_readers.c"
#include "locks/take.c"
#include "locks/word_request.c"

NEVER(void klock_rwsem_release(struct rw_semaphore *sem, unsigned int how))

DEFINE_STATIC_PERCPU_RWSEM(sem);
static int data;

static void writer(void)
{
	percpu_down_write(&sem);
	data++;
	percpu_up_write(&sem);
}

static void reader(void)
{
	percpu_down_read(&sem);
	assert(data >= 0);
	percpu_up_read(&sem);
}

/* As where something watches, without the fast paths. */
static void reader_out_of_line(void)
{
	if (klock_percpu_acquire(&sem, KLOCK_READ, KLOCK_FOREVER))
		assert(!"refused");
	assert(data >= 0);
	klock_percpu_release(&sem, KLOCK_READ);
}

static void prepare(void)
{
	world_futex(&bucket_of(&sem.rw.word)->lock.state);
	world_futex(&bucket_of(&sem.block)->lock.state);
	settle(&sem);
#ifdef COUNTED /* by a writer before; the first reader opens the slots */
	sem.block = KLOCK_PERCPU_COUNTED;
	sem.pause_ns = 1;
	sem.nr_slots = 0;
#endif
}

static void judge(void)
{
	assert(!sem.rw.word && !(sem.block & ~KLOCK_PERCPU_COUNTED));
	assert(!readers_in(&sem));
}

#include "genmc/threads.h"
