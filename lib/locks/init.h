/* SPDX-License-Identifier: MIT */
#ifndef KLOCK_LOCKS_INIT_H
#define KLOCK_LOCKS_INIT_H

#include "wait/task.h"

/*
 * The calling thread, ready to take locks. The first call in the process sets
 * the library up; the first in a thread gives it its task. Every out-of-line
 * operation begins with this.
 */
struct klock_task *klock_thread(void);

#endif
