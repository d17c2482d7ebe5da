/* SPDX-License-Identifier: MIT */
/* struct mutex: see <klock/mutex.h>. */
#ifndef KLOCK_COMPAT_LINUX_MUTEX_H
#define KLOCK_COMPAT_LINUX_MUTEX_H

#include <klock/mutex.h>
#include <linux/cleanup.h>
#include <linux/lockdep.h>
#include <linux/types.h>

#define mutex_init_with_key(lock, key) __mutex_init((lock), #lock, (key))
#define mutex_lock_killable_nest_lock(lock, nest)                                                  \
	klock_mutex_acquire((lock), KLOCK_WRITE | KLOCK_KILLABLE, KLOCK_FOREVER, &(nest)->dep_map)
/* A trylock is in no order that another lock could make safe. */
#define mutex_trylock_nest_lock(lock, nest) ((void)(nest), mutex_trylock(lock))

/* The kernel counts such a wait as one for I/O. */
#define mutex_lock_io(lock) mutex_lock(lock)
#define mutex_lock_io_nested(lock, subclass) mutex_lock_nested((lock), (subclass))

#endif
