/* SPDX-License-Identifier: MIT */
/*
 * wait_on_bit() and kin: see <klock/wait_bit.h>. The timeouts count nanoseconds, and the
 * kernel's jiffies.
 */
#ifndef KLOCK_COMPAT_LINUX_WAIT_BIT_H
#define KLOCK_COMPAT_LINUX_WAIT_BIT_H

#include <klock/wait_bit.h>
#include <linux/sched.h>

#endif
