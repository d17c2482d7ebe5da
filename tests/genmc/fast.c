/* SPDX-License-Identifier: MIT */
/* The fast paths alone: whoever does not get in tries again. */
#include "genmc/library.h"

#include <klock/rwsem.h>
#include <klock/semaphore.h>

static struct rw_semaphore sem;
static struct semaphore units = KLOCK_SEMAPHORE_INITIALIZER(units, 1);
static int data;

/* Never called: the fast paths suffice here. */
void klock_semaphore_release(struct semaphore *s)
{
	(void)s;
	assert(!"the way out of line");
}

static void writer(void)
{
	AWAIT(klock_word_write_fast(&sem.word));
	data++;
	AWAIT(klock_word_write_unlock_fast(&sem.word));
}

static void reader(void)
{
	AWAIT(klock_word_read_fast(&sem.word));
	assert(data >= 0);
	AWAIT(klock_word_read_unlock_fast(&sem.word));
}

static void downer(void)
{
	AWAIT(klock_semaphore_take_fast(&units));
	data++;
	klock_up(&units);
}

static void prepare(void)
{
}

static void judge(void)
{
	assert(!sem.word);
	assert(units.word == KLOCK_SEM_UNIT);
}

#include "genmc/threads.h"
