/* SPDX-License-Identifier: MIT */
/* BUG() ends the program; WARN() says where it is and goes on. Both on standard error. */
#ifndef KLOCK_COMPAT_LINUX_BUG_H
#define KLOCK_COMPAT_LINUX_BUG_H

#include <linux/compiler.h>
#include <linux/printk.h>
#include <stdbool.h>
#include <stdlib.h>

#define BUG()                                                                                      \
	do {                                                                                       \
		printk("kernel BUG at %s:%d!\n", __FILE__, __LINE__);                              \
		abort();                                                                           \
	} while (0)
#define BUG_ON(condition)                                                                          \
	do {                                                                                       \
		if (unlikely(condition))                                                           \
			BUG();                                                                     \
	} while (0)

#define KLOCK_COMPAT_WARNED()                                                                      \
	printk("WARNING: at %s:%d %s()\n", __FILE__, __LINE__, __func__)

#define WARN(condition, ...)                                                                       \
	(__extension__({                                                                           \
		bool klock_warn_cond = !!(condition);                                              \
		if (unlikely(klock_warn_cond)) {                                                   \
			KLOCK_COMPAT_WARNED();                                                     \
			printk(__VA_ARGS__);                                                       \
		}                                                                                  \
		klock_warn_cond;                                                                   \
	}))
#define WARN_ON(condition)                                                                         \
	(__extension__({                                                                           \
		bool klock_warn_cond = !!(condition);                                              \
		if (unlikely(klock_warn_cond))                                                     \
			KLOCK_COMPAT_WARNED();                                                     \
		klock_warn_cond;                                                                   \
	}))
#define KLOCK_COMPAT_FIRST()                                                                       \
	(__extension__({                                                                           \
		static char klock_warned;                                                          \
		!__atomic_exchange_n(&klock_warned, 1, __ATOMIC_RELAXED);                          \
	}))
#define WARN_ONCE(condition, ...)                                                                  \
	(__extension__({                                                                           \
		bool klock_warn_once = !!(condition);                                              \
		if (unlikely(klock_warn_once) && KLOCK_COMPAT_FIRST())                             \
			(void)WARN(1, __VA_ARGS__);                                                \
		klock_warn_once;                                                                   \
	}))
#define WARN_ON_ONCE(condition)                                                                    \
	(__extension__({                                                                           \
		bool klock_warn_once = !!(condition);                                              \
		if (unlikely(klock_warn_once) && KLOCK_COMPAT_FIRST())                             \
			KLOCK_COMPAT_WARNED();                                                     \
		klock_warn_once;                                                                   \
	}))

#define BUILD_BUG_ON(condition) _Static_assert(!(condition), #condition)

#endif
