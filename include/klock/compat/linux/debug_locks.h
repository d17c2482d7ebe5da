/* SPDX-License-Identifier: MIT */
/* debug_locks, DEBUG_LOCKS_WARN_ON() and kin: see <klock/lockdep.h>. */
#ifndef KLOCK_COMPAT_LINUX_DEBUG_LOCKS_H
#define KLOCK_COMPAT_LINUX_DEBUG_LOCKS_H

#include <klock/lockdep.h>
#include <linux/bug.h>

#endif
