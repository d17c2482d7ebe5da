/* SPDX-License-Identifier: MIT */
/*
 * rw_semaphore, from its fast paths down to the sleep. What is protected is a plain
 * variable: two that are inside at once, or one that does not see what the last one did,
 * are a data race, which the tool reports.
 */
#include "genmc/library.h"

#include "locks/lockword.c"
#include "locks/rwsem.c"

static struct rw_semaphore sem;
static int data, writes;
static struct klock_task *tasks[3];

static void writer(void)
{
	down_write(&sem);
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

static void prepare(void)
{
	world_futex(&bucket_of(&sem.word)->lock.state);
}

static void judge(void)
{
	assert(!sem.word);
	assert(!bucket_of(&sem.word)->waiters);
}

#include "genmc/threads.h"
