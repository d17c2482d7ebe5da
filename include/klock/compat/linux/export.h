/* SPDX-License-Identifier: MIT */
/* Each global symbol of a program is there for the others: nothing to do. */
#ifndef KLOCK_COMPAT_LINUX_EXPORT_H
#define KLOCK_COMPAT_LINUX_EXPORT_H

#define EXPORT_SYMBOL(symbol) _Static_assert(1, #symbol)
#define EXPORT_SYMBOL_GPL(symbol) _Static_assert(1, #symbol)

#endif
