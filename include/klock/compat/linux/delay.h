/* SPDX-License-Identifier: MIT */
/* Delays. All of them sleep: there is nothing that must not. */
#ifndef KLOCK_COMPAT_LINUX_DELAY_H
#define KLOCK_COMPAT_LINUX_DELAY_H

#include <errno.h>
#include <linux/kernel.h>
#include <time.h>

static inline void klock_compat_sleep(u64 ns)
{
	struct timespec left = { (time_t)(ns / 1000000000), (long)(ns % 1000000000) };

	while (nanosleep(&left, &left) && errno == EINTR)
		;
}

static inline void msleep(unsigned int ms)
{
	might_sleep();
	klock_compat_sleep(ms * 1000000ull);
}

static inline void ssleep(unsigned int seconds)
{
	might_sleep();
	klock_compat_sleep(seconds * 1000000000ull);
}

static inline void usleep_range(unsigned long min_us, unsigned long max_us)
{
	might_sleep();
	(void)max_us;
	klock_compat_sleep(min_us * 1000ull);
}

/* In the kernel these three spin, and may be called where sleeping is forbidden. */
static inline void ndelay(unsigned long ns)
{
	klock_compat_sleep(ns);
}

static inline void udelay(unsigned long us)
{
	klock_compat_sleep(us * 1000ull);
}

static inline void mdelay(unsigned long ms)
{
	klock_compat_sleep(ms * 1000000ull);
}

#endif
