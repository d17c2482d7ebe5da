/* SPDX-License-Identifier: MIT */
/* What spinning needs to know of the machine. */
#ifndef KLOCK_BASE_CPU_H
#define KLOCK_BASE_CPU_H

#include <stdbool.h>

static inline void klock_cpu_relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("isb" ::: "memory"); /* yield is a no-op on most cores */
#elif defined(__arm__)
	__asm__ volatile("yield" ::: "memory");
#elif defined(__powerpc__)
	__asm__ volatile("or 27,27,27" ::: "memory");
#else
	__asm__ volatile("" ::: "memory");
#endif
}

/* Once, before the first question. */
void klock_cpu_init(void);

/*
 * Whether there may be another CPU for the thread that is waited for: a thread of the
 * process that asked may run on several, or they on different ones.
 */
bool klock_cpu_many(void);

#endif
