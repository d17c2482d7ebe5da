/* SPDX-License-Identifier: MIT */
/* In place of lib/base/cpu.h: a pause orders nothing, and has no instruction here. */
#ifndef KLOCK_BASE_CPU_H
#define KLOCK_BASE_CPU_H

#include <stdbool.h>

static inline void klock_cpu_relax(void)
{
}

/* Spinning only delays: nobody does before it sleeps. */
static inline void klock_cpu_init(void)
{
}

static inline bool klock_cpu_many(void)
{
	return false;
}

#endif
