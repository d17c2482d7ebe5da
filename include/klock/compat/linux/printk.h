/* SPDX-License-Identifier: MIT */
/*
 * Messages, all on standard error, as they come: there are no levels, and the additions
 * to printf(3)'s formats, %pS and the like, are not known.
 */
#ifndef KLOCK_COMPAT_LINUX_PRINTK_H
#define KLOCK_COMPAT_LINUX_PRINTK_H

#include <linux/compiler.h>
#include <stdio.h>

#define KERN_EMERG ""
#define KERN_ALERT ""
#define KERN_CRIT ""
#define KERN_ERR ""
#define KERN_WARNING ""
#define KERN_NOTICE ""
#define KERN_INFO ""
#define KERN_DEBUG ""
#define KERN_DEFAULT ""
#define KERN_CONT ""

#ifndef pr_fmt
#define pr_fmt(format) format
#endif

#define printk(...) ((int)fprintf(stderr, __VA_ARGS__))
#define no_printk(...) ((void)(0 && printk(__VA_ARGS__)))
#define pr_emerg(format, ...) printk(pr_fmt(format), ##__VA_ARGS__)
#define pr_alert(format, ...) printk(pr_fmt(format), ##__VA_ARGS__)
#define pr_crit(format, ...) printk(pr_fmt(format), ##__VA_ARGS__)
#define pr_err(format, ...) printk(pr_fmt(format), ##__VA_ARGS__)
#define pr_warn(format, ...) printk(pr_fmt(format), ##__VA_ARGS__)
#define pr_notice(format, ...) printk(pr_fmt(format), ##__VA_ARGS__)
#define pr_info(format, ...) printk(pr_fmt(format), ##__VA_ARGS__)
#define pr_cont(format, ...) printk(format, ##__VA_ARGS__)
#ifdef DEBUG
#define pr_debug(format, ...) printk(pr_fmt(format), ##__VA_ARGS__)
#else
#define pr_debug(format, ...) no_printk(pr_fmt(format), ##__VA_ARGS__)
#endif

/* Each place says it once. */
#define printk_once(...)                                                                           \
	do {                                                                                       \
		static char klock_said;                                                            \
		if (!__atomic_exchange_n(&klock_said, 1, __ATOMIC_RELAXED))                        \
			printk(__VA_ARGS__);                                                       \
	} while (0)
#define pr_err_once(format, ...) printk_once(pr_fmt(format), ##__VA_ARGS__)
#define pr_warn_once(format, ...) printk_once(pr_fmt(format), ##__VA_ARGS__)
#define pr_info_once(format, ...) printk_once(pr_fmt(format), ##__VA_ARGS__)

#endif
