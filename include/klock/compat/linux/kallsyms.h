/* SPDX-License-Identifier: MIT */
/* Addresses stay addresses: addr2line(1) gives them names, and the reports of lockdep do. */
#ifndef KLOCK_COMPAT_LINUX_KALLSYMS_H
#define KLOCK_COMPAT_LINUX_KALLSYMS_H

#include <linux/printk.h>

#define KSYM_NAME_LEN 128
#define KSYM_SYMBOL_LEN (KSYM_NAME_LEN + 64)

static inline int sprint_symbol(char *buffer, unsigned long address)
{
	return snprintf(buffer, KSYM_SYMBOL_LEN, "0x%lx", address);
}

static inline void print_ip_sym(const char *level, unsigned long ip)
{
	printk("%s[<%lx>]\n", level, ip);
}

#endif
