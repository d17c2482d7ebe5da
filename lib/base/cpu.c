/* SPDX-License-Identifier: MIT */
#include "base/cpu.h"
#include "base/exempt.h"
#include <errno.h>
#include <klock/atomic.h>
#include <sched.h>

/*
 * Where those that asked may run: 0, nobody asked; the number of the only CPU, plus one; or
 * SEVERAL, from then on. A thread that is bound to a CPU waits for others that may not be.
 */
#define SEVERAL 0xffffffffu
static uint32_t cpus;

static uint32_t only_cpu(const cpu_set_t *set)
{
	uint32_t cpu = 0;

	while (!CPU_ISSET(cpu, set))
		cpu++;
	return cpu + 1;
}

void klock_cpu_init(void)
{
	klock_exempt(&cpus, sizeof(cpus));
}

bool klock_cpu_many(void)
{
	uint32_t known = klock_load_relaxed(&cpus), own; /* a hint: who spins in vain learns it */
	cpu_set_t set;
	int saved = errno;

	if (known == SEVERAL)
		return true;
	/* It fails for machines of more CPUs than the set holds: several indeed. */
	if (sched_getaffinity(0, sizeof(set), &set) < 0 || CPU_COUNT(&set) != 1)
		own = SEVERAL;
	else
		own = only_cpu(&set);
	errno = saved;
	if (known && known != own)
		own = SEVERAL;
	klock_store_relaxed(&cpus, own);
	return own == SEVERAL;
}
