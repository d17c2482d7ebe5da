/* SPDX-License-Identifier: MIT */
/* The bit operations of <klock/wait_bit.h>. */
#ifndef KLOCK_COMPAT_LINUX_BITOPS_H
#define KLOCK_COMPAT_LINUX_BITOPS_H

#include <klock/wait_bit.h>
#include <linux/types.h>

#define BIT(n) (1ul << (n))
#define BITS_PER_LONG (8 * (int)sizeof(long))

#endif
