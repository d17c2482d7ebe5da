/* SPDX-License-Identifier: MIT */
/*
 * A module is a part of the program: module_init() runs before main(), module_exit()
 * when the program ends or its shared object is unloaded.
 */
#ifndef KLOCK_COMPAT_LINUX_MODULE_H
#define KLOCK_COMPAT_LINUX_MODULE_H

#ifndef __has_include_next /* sparse and cppcheck */
#include_next <linux/module.h>
#else
#if __has_include_next(<linux/module.h>)
#include_next <linux/module.h>
#endif
#endif

#include <linux/export.h>
#include <linux/init.h>

#define module_init(fn) device_initcall(fn)
#define module_exit(fn)                                                                            \
	__attribute__((__destructor__, __used__)) static void klock_compat_exitcall_##fn(void)     \
	{                                                                                          \
		fn();                                                                              \
	}                                                                                          \
	_Static_assert(1, #fn)

#define MODULE_LICENSE(text) _Static_assert(1, text)
#define MODULE_AUTHOR(text) _Static_assert(1, text)
#define MODULE_DESCRIPTION(text) _Static_assert(1, text)
#define MODULE_VERSION(text) _Static_assert(1, text)
#define MODULE_ALIAS(text) _Static_assert(1, text)

#define THIS_MODULE ((struct module *)0)
struct module;

#endif
