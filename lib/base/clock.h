/* SPDX-License-Identifier: MIT */
/* Time as the waits count it. */
#ifndef KLOCK_BASE_CLOCK_H
#define KLOCK_BASE_CLOCK_H

#include <stdint.h>

/* Nanoseconds of CLOCK_MONOTONIC. Async-signal-safe. */
int64_t klock_now_ns(void);

/* The moment `ns` from now, KLOCK_FOREVER for that and for what would overflow. */
int64_t klock_deadline(int64_t ns);

#endif
