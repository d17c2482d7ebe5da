/* SPDX-License-Identifier: MIT */
/* _THIS_IP_ and _RET_IP_. */
#ifndef KLOCK_COMPAT_LINUX_INSTRUCTION_POINTER_H
#define KLOCK_COMPAT_LINUX_INSTRUCTION_POINTER_H

#include <klock/lockdep.h>

#endif
