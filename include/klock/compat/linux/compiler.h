/* SPDX-License-Identifier: MIT */
/*
 * What kernel code writes around its declarations and conditions. Each name gives way to
 * one that is there already.
 */
#ifndef KLOCK_COMPAT_LINUX_COMPILER_H
#define KLOCK_COMPAT_LINUX_COMPILER_H

#include <linux/compiler-context-analysis.h>

#define KLOCK_COMPAT_ATTRIBUTE(...) __attribute__((__VA_ARGS__))

#ifndef likely
#define likely(x) __builtin_expect(!!(x), 1)
#endif
#ifndef unlikely
#define unlikely(x) __builtin_expect(!!(x), 0)
#endif
#ifndef READ_ONCE
#define READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))
#endif
#ifndef WRITE_ONCE
#define WRITE_ONCE(x, value)                                                                       \
	do {                                                                                       \
		*(volatile __typeof__(x) *)&(x) = (value);                                         \
	} while (0)
#endif
#ifndef data_race
#define data_race(expression) (expression)
#endif
#ifndef barrier
#define barrier() __asm__ __volatile__("" : : : "memory")
#endif
#ifndef __same_type
#define __same_type(a, b) __builtin_types_compatible_p(__typeof__(a), __typeof__(b))
#endif

#ifndef __must_check
#define __must_check KLOCK_COMPAT_ATTRIBUTE(__warn_unused_result__)
#endif
#ifndef __maybe_unused
#define __maybe_unused KLOCK_COMPAT_ATTRIBUTE(__unused__)
#endif
#ifndef __always_unused
#define __always_unused KLOCK_COMPAT_ATTRIBUTE(__unused__)
#endif
#ifndef __always_inline
#define __always_inline inline KLOCK_COMPAT_ATTRIBUTE(__always_inline__)
#endif
#ifndef noinline
#define noinline KLOCK_COMPAT_ATTRIBUTE(__noinline__)
#endif
#ifndef __packed
#define __packed KLOCK_COMPAT_ATTRIBUTE(__packed__)
#endif
#ifndef __aligned
#define __aligned(x) KLOCK_COMPAT_ATTRIBUTE(__aligned__(x))
#endif
#ifndef __used
#define __used KLOCK_COMPAT_ATTRIBUTE(__used__)
#endif
#ifndef __printf
#define __printf(format, first) KLOCK_COMPAT_ATTRIBUTE(__format__(__printf__, format, first))
#endif
#ifndef __cold
#define __cold KLOCK_COMPAT_ATTRIBUTE(__cold__)
#endif
#ifndef __noreturn
#define __noreturn KLOCK_COMPAT_ATTRIBUTE(__noreturn__)
#endif
#ifndef fallthrough
#define fallthrough KLOCK_COMPAT_ATTRIBUTE(__fallthrough__)
#endif

/* For tools that read the source; nothing to a compiler. */
#ifndef __user
#define __user
#endif
#ifndef __force
#define __force
#endif
#ifndef __rcu
#define __rcu
#endif
#ifndef __read_mostly
#define __read_mostly
#endif
#ifndef notrace
#define notrace
#endif

#endif
