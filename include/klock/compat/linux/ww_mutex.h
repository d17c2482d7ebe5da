/* SPDX-License-Identifier: MIT */
/* Not there. */
#ifndef KLOCK_COMPAT_LINUX_WW_MUTEX_H
#define KLOCK_COMPAT_LINUX_WW_MUTEX_H

#error "klock has no ww_mutex: take the mutexes in one order, and say it with lock_set_cmp_fn()"

#endif
