/* SPDX-License-Identifier: MIT */
/* Points in time, as cheap as they can be had; only differences mean anything. */
#ifndef KLOCK_LOCKSTAT_STAMP_H
#define KLOCK_LOCKSTAT_STAMP_H

#include "base/clock.h"

static inline uint64_t klock_stamp(void)
{
	return (uint64_t)klock_now_ns();
}

/* Nanoseconds from one to the other; 0 if they come in the wrong order. */
static inline uint64_t klock_stamp_ns(uint64_t from, uint64_t to)
{
	return to > from ? to - from : 0;
}

#endif
