/* SPDX-License-Identifier: MIT */
/* The table of threads, and the marks that end waits. */
#include "genmc/library.h"

/* The number of a thread that comes while the others run. */
#define NEWCOMER 4
static struct klock_task *late;
static int why; /* said before a mark is set, and seen by who finds it */

static void sleep_until_killed(void)
{
	while (!klock_task_signalled(klock_self_task, KLOCK_WAIT_KILLABLE))
		klock_task_sleep(klock_self_task, KLOCK_FOREVER);
	assert(why);
}

static void newcomer(void)
{
	late = klock_task_register();
}

static void newcomer_until_killed(void)
{
	newcomer();
	sleep_until_killed();
}

static void kill_all(void)
{
	why = 1;
	klock_kill_all();
}

/* Pardons what prepare() has done to all. */
static void unkill_all(void)
{
	klock_unkill_all();
}

static void kill_first(void)
{
	why = 1;
	klock_kill(&first_chunk[1]);
}

static void interrupt_first(void)
{
	why = 1;
	klock_interrupt(&first_chunk[1]);
}

static void sleep_until_interrupted(void)
{
	while (!klock_task_signalled(klock_self_task, KLOCK_WAIT_INTERRUPTIBLE))
		klock_task_sleep(klock_self_task, KLOCK_FOREVER);
	assert(why);
	klock_task_take_signal(klock_self_task, KLOCK_WAIT_INTERRUPTIBLE);
}

/* Who finds a task by its number finds it made. */
static void look(void)
{
	struct klock_task *task = klock_task_by_word(NEWCOMER << KLOCK_W_SHIFT);

	if (task) /* the word came after [T3], and is a name */
		assert(task->index == NEWCOMER &&
		       klock_load_relaxed(&task->word) >> KLOCK_W_SHIFT == NEWCOMER);
}

static void prepare(void)
{
	world_futex(&first_chunk[NEWCOMER].parker);
	if (KILLED)
		klock_kill_all();
}

static void judge(void)
{
	if (KILLED)
		assert(!killed(&first_chunk[1]) && !killed(late));
}

#include "genmc/threads.h"
