/* SPDX-License-Identifier: MIT */
/* Not there. */
#ifndef KLOCK_COMPAT_LINUX_RTMUTEX_H
#define KLOCK_COMPAT_LINUX_RTMUTEX_H

#error "klock has no rt_mutex, as it does not pass on priorities: a pthread mutex can"

#endif
