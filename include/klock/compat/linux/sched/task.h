/* SPDX-License-Identifier: MIT */
/* get_task_struct() and put_task_struct(). */
#ifndef KLOCK_COMPAT_LINUX_SCHED_TASK_H
#define KLOCK_COMPAT_LINUX_SCHED_TASK_H

#include <linux/sched.h>

#endif
