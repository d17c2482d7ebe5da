/* SPDX-License-Identifier: MIT */
/* Points in time, as cheap as they can be had; only differences mean anything. */
#ifndef KLOCK_LOCKSTAT_STAMP_H
#define KLOCK_LOCKSTAT_STAMP_H

#include "base/clock.h"

#ifdef __x86_64__
/*
 * Nanoseconds per tick of the CPU's counter, times 2^32. 0: the kernel does not
 * take its own time from it, so it may stop or differ between CPUs.
 */
extern uint64_t klock_stamp_scale;
#endif

static inline uint64_t klock_stamp(void)
{
#ifdef __x86_64__
	if (klock_stamp_scale)
		return __builtin_ia32_rdtsc();
#endif
	return (uint64_t)klock_now_ns();
}

/* Nanoseconds from one to the other; 0 if they come in the wrong order. */
static inline uint64_t klock_stamp_ns(uint64_t from, uint64_t to)
{
	uint64_t passed = to > from ? to - from : 0;

#ifdef __x86_64__
	if (klock_stamp_scale)
		return (uint64_t)(((__uint128_t)passed * klock_stamp_scale) >> 32);
#endif
	return passed;
}

/* Chooses the clock, before the first stamp; takes half a millisecond. */
void klock_stamp_init(void);

#endif
