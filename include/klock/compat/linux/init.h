/* SPDX-License-Identifier: MIT */
/*
 * What the kernel calls when it starts is called before main() here, in the order of the
 * levels. No level may call klock_lockdep_enable() after another has used a lock.
 */
#ifndef KLOCK_COMPAT_LINUX_INIT_H
#define KLOCK_COMPAT_LINUX_INIT_H

#include <linux/compiler.h>
#include <linux/printk.h>

#define __init
#define __exit
#define __initdata
#define __initconst

typedef int (*initcall_t)(void);
typedef void (*exitcall_t)(void);

/* 101 is the first constructor that is not the compiler's own. */
#define KLOCK_COMPAT_INITCALL(level, fn)                                                           \
	__attribute__((__constructor__(200 + (level)), __used__)) static void                      \
		klock_compat_initcall_##fn(void)                                                   \
	{                                                                                          \
		int klock_init_error = fn();                                                       \
		if (klock_init_error)                                                              \
			printk("initcall %s returned %d\n", #fn, klock_init_error);                \
	}                                                                                          \
	_Static_assert(1, #fn)

#define early_initcall(fn) KLOCK_COMPAT_INITCALL(0, fn)
#define pure_initcall(fn) KLOCK_COMPAT_INITCALL(1, fn)
#define core_initcall(fn) KLOCK_COMPAT_INITCALL(2, fn)
#define postcore_initcall(fn) KLOCK_COMPAT_INITCALL(3, fn)
#define arch_initcall(fn) KLOCK_COMPAT_INITCALL(4, fn)
#define subsys_initcall(fn) KLOCK_COMPAT_INITCALL(5, fn)
#define fs_initcall(fn) KLOCK_COMPAT_INITCALL(6, fn)
#define device_initcall(fn) KLOCK_COMPAT_INITCALL(7, fn)
#define late_initcall(fn) KLOCK_COMPAT_INITCALL(8, fn)

#endif
