/* SPDX-License-Identifier: MIT */
/* Not there: klock's locks sleep, and code that has to spin is code that must not sleep. */
#ifndef KLOCK_COMPAT_LINUX_SPINLOCK_H
#define KLOCK_COMPAT_LINUX_SPINLOCK_H

#error "klock has sleeping locks only: use a mutex where the code may sleep"

#endif
