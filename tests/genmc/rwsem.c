/* SPDX-License-Identifier: MIT */
/*
 * rw_semaphore, from its fast paths down to the sleep. What is protected is a plain
 * variable: two that are inside at once, or one that does not see what the last one did,
 * are a data race, which the tool reports.
 */
#include "genmc/library.h"

#include "locks/bias_mode.c"
#include "locks/left_over.c"
#include "locks/lifetime.c"
#include "locks/non_owner.c"
#include "locks/queue.c"
#include "locks/reader_bias.c"
#include "locks/release.c"
#include "locks/rwsem.c"
#include "locks/slot_readers.c"
#include "locks/take.c"
#include "locks/word_request.c"

static struct rw_semaphore sem;
static int data;

static void writer(void)
{
	down_write(&sem);
	data++;
	up_write(&sem);
}

static void try_writer(void)
{
	if (!down_write_trylock(&sem))
		return;
	data++;
	up_write(&sem);
}

static void reader(void)
{
	down_read(&sem);
	assert(data >= 0);
	up_read(&sem);
}

static void downgrader(void)
{
	down_write(&sem);
	data++;
	downgrade_write(&sem);
	assert(data > 0);
	up_read(&sem);
}

/* The first of the threads, with OWNED: it has the lock from the beginning. */
static void owner(void)
{
	data++;
	up_write(&sem);
}

/* One of HELD that are in from the beginning; or for a STRANGER. */
static void leaver(void)
{
	assert(data >= 0);
	up_read(&sem);
}

/* The first of the threads; killer() is another. */
static void killable_reader(void)
{
	if (down_read_killable(&sem))
		return;
	assert(data >= 0);
	up_read(&sem);
}

static void killable_writer(void)
{
	if (down_write_killable(&sem))
		return;
	data++;
	up_write(&sem);
}

static void killer(void)
{
	klock_kill(&first_chunk[1]);
}

static void prepare(void)
{
	world_futex(&bucket_of(&sem.word)->lock.state);
#ifdef HELD
	sem.word = HELD * KLOCK_W_READER;
#endif
#ifdef BIASED
	sem.word = KLOCK_W_BIASED;
	world_futex(&bucket_of(&sem.spin)->lock.state);
#endif
#ifdef SPLIT
	sem.word = KLOCK_W_SPLIT;
	sem.spin = SPLIT * KLOCK_BIAS_CREDIT_ONE; /* from 4 on, it stays so after a write */
	world_futex(&bucket_of(&sem.spin)->lock.state);
#endif
#ifdef OWNED
	sem.word = first_chunk[OWNED].word;
#endif
#ifdef HOLDER /* this one of the threads has it in its slot */
	first_chunk[HOLDER].reading[klock_slot_number(&sem.word)] = (uintptr_t)&sem.word;
#endif
#ifdef STRANGER /* its hold is given up by another thread */
	first_chunk[STRANGER].reading[klock_slot_number(&sem.word)] = (uintptr_t)&sem.word;
#endif
}

static void judge(void)
{
	assert(!(sem.word & ~KLOCK_W_MODE));
	assert(!klock_bias_is_read(&sem.word));
	assert(!bucket_of(&sem.word)->waiters);
}

#include "genmc/threads.h"
