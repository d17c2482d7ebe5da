/* SPDX-License-Identifier: MIT */
/*
 * signal_pending() and fatal_signal_pending(), of the calling thread only: what ends its
 * waits, see <klock/task.h>.
 */
#ifndef KLOCK_COMPAT_LINUX_SCHED_SIGNAL_H
#define KLOCK_COMPAT_LINUX_SCHED_SIGNAL_H

#include <linux/sched.h>

static inline int signal_pending(struct task_struct *task)
{
	WARN_ON_ONCE(task != current);
	return klock_signal_pending();
}

static inline int fatal_signal_pending(struct task_struct *task)
{
	WARN_ON_ONCE(task != current);
	return klock_fatal_signal_pending();
}

static inline int signal_pending_state(unsigned int state, struct task_struct *task)
{
	if (state == TASK_KILLABLE)
		return fatal_signal_pending(task);
	return state == TASK_INTERRUPTIBLE && signal_pending(task);
}

#endif
