/* SPDX-License-Identifier: MIT */
/* struct mutex: see <klock/mutex.h>. */
#ifndef KLOCK_COMPAT_LINUX_MUTEX_H
#define KLOCK_COMPAT_LINUX_MUTEX_H

#include <klock/mutex.h>
#include <linux/cleanup.h>
#include <linux/lockdep.h>
#include <linux/types.h>

/* The kernel counts such a wait as one for I/O. */
#define mutex_lock_io(lock) mutex_lock(lock)
#define mutex_lock_io_nested(lock, subclass) mutex_lock_nested((lock), (subclass))

#endif
