/* SPDX-License-Identifier: MIT */
/* Threads that end and others in their place, CPUs and priorities. */
#include "torture.h"
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

bool churn(uint32_t random)
{
	struct worker *w = any_worker(random);

	if (w) {
		__atomic_store_n(&w->leave, true, __ATOMIC_RELAXED);
		any_worker_end(w);
	}
	return true;
}

/* On all CPUs, or on some. */
static bool set_cpus(pid_t tid, uint32_t random)
{
	cpu_set_t all, some;

	if (sched_getaffinity(getpid(), sizeof(all), &all))
		return false;
	CPU_ZERO(&some);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &all) && random-- % 4 == 0)
			CPU_SET(cpu, &some);
	return !sched_setaffinity(tid, sizeof(some), CPU_COUNT(&some) ? &some : &all);
}

/*
 * With a policy, or a nice value under the usual one. Who is not privileged may
 * only go down; the thread that comes in its place is as before.
 */
static bool set_priority(pid_t tid, uint32_t random)
{
	static const int policies[] = { SCHED_OTHER, SCHED_BATCH, SCHED_IDLE, SCHED_RR };
	int policy = policies[random % 4];
	struct sched_param param = { .sched_priority = policy == SCHED_RR };

	if (random >> 2 & 1)
		return !setpriority(PRIO_PROCESS, (id_t)tid, (int)(random >> 3 & 15) - 5);
	return !sched_setscheduler(tid, policy, &param);
}

static bool with_any_worker(uint32_t random, bool (*what)(pid_t tid, uint32_t random))
{
	struct worker *w = any_worker(random);
	bool done = true;

	if (w) {
		done = what(klock_task_tid(w->task), random >> 8);
		any_worker_end(w);
	}
	return done;
}

bool change_cpus(uint32_t random)
{
	return with_any_worker(random, set_cpus);
}

bool change_priority(uint32_t random)
{
	return with_any_worker(random, set_priority);
}
