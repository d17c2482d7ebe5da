/* SPDX-License-Identifier: MIT */
/* Whether the program was built for ThreadSanitizer, whose functions are there then. */
#ifndef KLOCK_BASE_UNDER_TSAN_H
#define KLOCK_BASE_UNDER_TSAN_H

#include <stdbool.h>

extern void __tsan_acquire(void *addr) __attribute__((weak));

static inline bool klock_under_tsan(void)
{
	return __tsan_acquire;
}

#endif
