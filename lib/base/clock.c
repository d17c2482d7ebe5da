/* SPDX-License-Identifier: MIT */
#include "base/clock.h"
#include <klock/lockword.h>
#include <time.h>

int64_t klock_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

int64_t klock_deadline(int64_t ns)
{
	int64_t now;

	if (ns == KLOCK_FOREVER)
		return KLOCK_FOREVER;
	now = klock_now_ns();
	return ns < KLOCK_FOREVER - now ? now + ns : KLOCK_FOREVER;
}
