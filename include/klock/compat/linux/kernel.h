/* SPDX-License-Identifier: MIT */
/* might_sleep() and what kernel code expects beside it. */
#ifndef KLOCK_COMPAT_LINUX_KERNEL_H
#define KLOCK_COMPAT_LINUX_KERNEL_H

#ifndef __has_include_next /* sparse and cppcheck */
#include_next <linux/kernel.h>
#else
#if __has_include_next(<linux/kernel.h>)
#include_next <linux/kernel.h>
#endif
#endif

#include <klock/lockdep.h>
#include <linux/bug.h>
#include <linux/err.h>
#include <linux/printk.h>
#include <linux/types.h>

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#endif
#ifndef container_of
#define container_of(ptr, type, member)                                                            \
	((type *)((char *)(ptr) - offsetof(type, member) +                                         \
		  0 * sizeof((ptr) == &((type *)0)->member)))
#endif
#ifndef min
#define min(a, b)                                                                                  \
	(__extension__({                                                                           \
		__typeof__(a) klock_min_a = (a);                                                   \
		__typeof__(b) klock_min_b = (b);                                                   \
		klock_min_a < klock_min_b ? klock_min_a : klock_min_b;                             \
	}))
#endif
#ifndef max
#define max(a, b)                                                                                  \
	(__extension__({                                                                           \
		__typeof__(a) klock_max_a = (a);                                                   \
		__typeof__(b) klock_max_b = (b);                                                   \
		klock_max_a > klock_max_b ? klock_max_a : klock_max_b;                             \
	}))
#endif
#define might_sleep_if(condition)                                                                  \
	do {                                                                                       \
		if (condition)                                                                     \
			might_sleep();                                                             \
	} while (0)
#define cant_sleep() ((void)0)

#endif
