/* SPDX-License-Identifier: MIT */
#include "quiet.h"
#include "bench.h"
#include <sys/resource.h>
#include <unistd.h>

#define SWITCHES_PER_SECOND 100

/* Seconds that all CPUs were busy, also for other guests of the host; 0 where none can tell. */
static double machine_busy(void)
{
	unsigned long long user, nice, system, idle, iowait, irq, softirq, steal = 0;
	FILE *file = fopen("/proc/stat", "re");
	int n = 0;

	if (file) {
		n = fscanf(file, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &user, &nice,
			   &system, &idle, &iowait, &irq, &softirq, &steal);
		fclose(file);
	}
	if (n < 7)
		return 0;
	return (double)(user + nice + system + irq + softirq + steal) /
	       (double)sysconf(_SC_CLK_TCK);
}

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

void bench_quiet_begin(struct bench_quiet *q)
{
	struct rusage own;

	getrusage(RUSAGE_SELF, &own);
	q->busy = machine_busy();
	q->own = seconds(own.ru_utime) + seconds(own.ru_stime);
	q->preempted = own.ru_nivcsw;
	q->began_ns = bench_now_ns();
}

bool bench_quiet_disturbed(const struct bench_quiet *q, bool a_cpu_each, unsigned int own_switches)
{
	struct bench_quiet now;
	double passed, others, preempted;

	bench_quiet_begin(&now);
	passed = (double)(now.began_ns - q->began_ns) / 1e9;
	others = now.busy - q->busy - (now.own - q->own);
	preempted = (double)(now.preempted - q->preempted);
	/* Each CPU's time is told in ticks, and some of them are cut off. */
	if (others > passed * bench_cpus() / 100 + 3.0 / (double)sysconf(_SC_CLK_TCK))
		return true;
	return a_cpu_each && preempted > own_switches + 4 + SWITCHES_PER_SECOND * passed;
}
