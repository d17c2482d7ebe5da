/* SPDX-License-Identifier: MIT */
/*
 * The calling thread, and what locks need of a task. A task_struct is klock's struct
 * klock_task: it has no members that a program may use.
 */
#ifndef KLOCK_COMPAT_LINUX_SCHED_H
#define KLOCK_COMPAT_LINUX_SCHED_H

#ifndef __has_include_next /* sparse and cppcheck */
#include_next <linux/sched.h>
#else
#if __has_include_next(<linux/sched.h>)
#include_next <linux/sched.h>
#endif
#endif

#include <klock/lockdep.h>
#include <klock/task.h>
#include <klock/wait_bit.h>
#include <linux/bug.h>
#include <linux/types.h>
#include <sched.h>

#define task_struct klock_task
#define current klock_current()

#define TASK_RUNNING 0

static inline pid_t task_pid_nr(struct task_struct *task)
{
	return klock_task_tid(task);
}

static inline struct task_struct *get_task_struct(struct task_struct *task)
{
	return klock_get_task(task);
}

static inline void put_task_struct(struct task_struct *task)
{
	klock_put_task(task);
}

static inline int cond_resched(void)
{
	might_sleep();
	return sched_yield();
}

static inline void schedule(void)
{
	(void)sched_yield();
}

static inline void yield(void)
{
	(void)sched_yield();
}

#endif
