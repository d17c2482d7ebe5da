/* SPDX-License-Identifier: MIT */
/* Waiting for a bit of a word, which cannot say that somebody waits. */
#include "genmc/library.h"

#include "locks/wait_bit.c"

static unsigned long word;
static int data;

NEVER(int klock_refuse_negative(const struct klock_event *ev))

static void locker(void)
{
	if (wait_on_bit_lock(&word, 0, TASK_UNINTERRUPTIBLE))
		assert(!"an error");
	data++;
	clear_bit_unlock(0, &word);
	wake_up_bit(&word, 0);
}

/* Bit 0 is set before it begins. */
static void clearer(void)
{
	data++;
	clear_and_wake_up_bit(0, &word);
}

/* Wakes for a bit that another thread clears. */
static void waker(void)
{
	wake_up_bit(&word, 0);
}

static void sleeper(void)
{
	if (wait_on_bit(&word, 0, TASK_UNINTERRUPTIBLE))
		assert(!"an error");
	assert(data == 1);
}

static void announcer(void)
{
	data++;
	klock_set_bit_release(1, &word);
}

static void observer(void)
{
	if (test_bit_acquire(1, &word))
		assert(data == 1);
}

static void prepare(void)
{
	world_futex(&bucket_of(&word)->lock.state);
	word = SET;
}

static void judge(void)
{
	assert(!(word & 1));
	assert(!bucket_of(&word)->waiters);
}

#include "genmc/threads.h"
