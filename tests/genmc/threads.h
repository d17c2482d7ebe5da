/* SPDX-License-Identifier: MIT */
/*
 * main() of a client: two threads that run A and B, or three with C, which the table names on
 * the command line. The client says before it includes this what prepare() has to do before
 * there are threads, and what judge() finds when they have ended. Three have a task.
 * With BEGINS the second thread opens its slots itself, with ENDS it closes them at its end.
 */
#include "genmc/library.h"
#include "wait/slots.h"

/* With TURNING a thread's first read counts for a bias, and brings it. */
#ifdef TURNING
#define READS_LEFT 0
#else
#define READS_LEFT 100
#endif

static void as_thread(struct klock_task *task, void (*run)(void))
{
	klock_self_task = task;
	klock_self_word = task->word;
	klock_reads_left = READS_LEFT;
	klock_read_slots = task->reading;
	run();
}

static void *thread_a(void *task)
{
	as_thread(task, A);
	return NULL;
}

static void *thread_b(void *task)
{
#ifdef BEGINS
	klock_slots_open(((struct klock_task *)task)->index);
#endif
	as_thread(task, B);
#ifdef ENDS
	klock_task_end_slots(task);
#endif
	return NULL;
}

#ifdef C
static void *thread_c(void *task)
{
	as_thread(task, C);
	return NULL;
}
#endif

static struct klock_task *new_task(void)
{
	struct klock_task *task = klock_task_register();

#ifdef BEGINS
	if (task->index != 2)
#endif
		klock_slots_open(task->index);
	world_futex(&task->parker);
	return task;
}

int main(void)
{
	struct klock_task *tasks[3];
	pthread_t a, b;

	for (int i = 0; i < 3; i++)
		tasks[i] = new_task();
	prepare();
	pthread_create(&a, NULL, thread_a, tasks[0]);
	pthread_create(&b, NULL, thread_b, tasks[1]);
#ifdef C
	pthread_t c;

	pthread_create(&c, NULL, thread_c, tasks[2]);
	pthread_join(c, NULL);
#endif
	pthread_join(a, NULL);
	pthread_join(b, NULL);
	judge();
	return 0;
}
