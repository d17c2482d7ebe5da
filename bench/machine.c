/* SPDX-License-Identifier: MIT */
/*
 * What machine this is, and in what state: the operations of the processor and the kernel that
 * locks are made of. Figures of two runs can be compared where these are alike.
 */
#include "bench.h"
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

static uint32_t word;

static void exchange(void)
{
	__atomic_exchange_n(&word, 1, __ATOMIC_SEQ_CST);
}

static void wake_nobody(void)
{
	syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void yield(void)
{
	sched_yield();
}

static void barrier(void)
{
	syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
}

static const struct operation {
	const char *name;
	void (*run)(void);
	int times;
} operations[] = {
	{ "exchange", exchange, 100000 },
	{ "futex-wake", wake_nobody, 10000 },
	{ "yield", yield, 10000 },
	{ "membarrier", barrier, 1000 },
};

#define NR_OPERATIONS (sizeof(operations) / sizeof(operations[0]))

/* The median of some runs, in ns. */
static double cost_of(const struct operation *op)
{
	double ns[9];

	for (int i = 0; i < 9; i++) {
		int64_t began = bench_now_ns();

		for (int n = 0; n < op->times; n++)
			op->run();
		ns[i] = (double)(bench_now_ns() - began) / op->times;
	}
	return bench_quantile(ns, 9, 0.5);
}

/* Another thread runs meanwhile, if there is a CPU for it: a barrier has to interrupt it. */
static void *keep_busy(void *stop)
{
	while (!__atomic_load_n((int *)stop, __ATOMIC_RELAXED))
		bench_busy_ns(1000);
	return NULL;
}

static void processor(char *name, size_t size)
{
	FILE *file = fopen("/proc/cpuinfo", "re");
	char line[256];

	snprintf(name, size, "unknown processor");
	while (file && fgets(line, sizeof(line), file)) {
		char *colon = strchr(line, ':');

		if (!colon || (strncmp(line, "model name", 10) && strncmp(line, "CPU part", 8)))
			continue;
		snprintf(name, size, "%s", colon + 1 + strspn(colon + 1, " \t"));
		name[strcspn(name, "\n")] = '\0';
		break;
	}
	if (file)
		fclose(file);
}

void bench_machine(FILE *tsv)
{
	char name[128];
	struct utsname kernel;
	pthread_t busy;
	int stop = 0;

	processor(name, sizeof(name));
	uname(&kernel);
	printf("%s, %u CPUs, %s %s %s\n", name, bench_cpus(), kernel.sysname, kernel.release,
	       kernel.machine);
	if (tsv)
		fprintf(tsv, "machine\t%s\t%u\t%s %s %s\n", name, bench_cpus(), kernel.sysname,
			kernel.release, kernel.machine);
	syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0);
	bench_start(&busy, keep_busy, &stop);
	for (size_t i = 0; i < NR_OPERATIONS; i++) {
		double ns = cost_of(&operations[i]);

		printf("%s%s %.3g ns", i ? ", " : "", operations[i].name, ns);
		if (tsv)
			fprintf(tsv, "operation\t%s\t%.4g\n", operations[i].name, ns);
	}
	printf("\n");
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	pthread_join(busy, NULL);
}
