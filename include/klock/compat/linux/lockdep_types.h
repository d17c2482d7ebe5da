/* SPDX-License-Identifier: MIT */
/* struct lockdep_map and struct lock_class_key: see <klock/lockdep.h>. */
#ifndef KLOCK_COMPAT_LINUX_LOCKDEP_TYPES_H
#define KLOCK_COMPAT_LINUX_LOCKDEP_TYPES_H

#include <klock/lockdep.h>
#include <linux/types.h>

#endif
