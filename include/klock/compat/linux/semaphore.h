/* SPDX-License-Identifier: MIT */
/*
 * struct semaphore: see <klock/semaphore.h>. down_timeout() counts nanoseconds, and
 * the kernel jiffies: it has to be looked at in what is ported.
 */
#ifndef KLOCK_COMPAT_LINUX_SEMAPHORE_H
#define KLOCK_COMPAT_LINUX_SEMAPHORE_H

#include <klock/semaphore.h>
#include <linux/lockdep.h>
#include <linux/types.h>

#endif
