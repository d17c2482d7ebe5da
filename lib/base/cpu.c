/* SPDX-License-Identifier: MIT */
#include "base/cpu.h"
#include <errno.h>
#include <sched.h>

bool klock_cpu_many(void)
{
	cpu_set_t set;
	int saved = errno;
	/* It fails for machines of more CPUs than the set holds: many indeed. */
	bool many = sched_getaffinity(0, sizeof(set), &set) < 0 || CPU_COUNT(&set) > 1;

	errno = saved;
	return many;
}
