/* SPDX-License-Identifier: MIT */
/* The semaphore, as a lock, and to hand something over. */
#include "genmc/library.h"

#include "locks/semaphore.c"

/* Of take.c, which has names in common with semaphore.c; here a wait has no time limit. */
int klock_refuse_to_wait(const struct klock_event *ev, int64_t ns)
{
	assert(ns == KLOCK_FOREVER && !(ev->how & KLOCK_TRY));
	if (!klock_task_signalled(klock_self_task, klock_wait_mode_of(ev->how)))
		return 0;
	klock_task_take_signal(klock_self_task, klock_wait_mode_of(ev->how));
	return -EINTR;
}
NEVER(bool klock_word_init(uint32_t *word, const struct klock_event *ev, const char *name,
			   struct lock_class_key *key))

static struct semaphore sem = KLOCK_SEMAPHORE_INITIALIZER(sem, UNITS);
static int data;

static void locker(void)
{
	down(&sem);
	data++;
	up(&sem);
}

static void sender(void)
{
	data++;
	up(&sem);
}

/* Without the fast path, as where something watches. */
static void sender_out_of_line(void)
{
	data++;
	klock_semaphore_release(&sem);
}

static void receiver(void)
{
	down(&sem);
	assert(data == 1);
}

/* The first of the threads, who killer() makes come twice. */
static void stubborn_receiver(void)
{
	if (down_killable(&sem))
		down(&sem);
	assert(data == 1);
}

static void killer(void)
{
	klock_kill(&first_chunk[1]);
}

static void prepare(void)
{
	world_futex(&bucket_of(&sem.word)->lock.state);
}

static void judge(void)
{
	assert(sem.word == UNITS * KLOCK_SEM_UNIT);
	assert(!bucket_of(&sem.word)->waiters);
}

#include "genmc/threads.h"
