/* SPDX-License-Identifier: MIT */
#include "condition.h"
#include "bench.h"
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_NEIGHBOURS 256

static pid_t neighbours[MAX_NEIGHBOURS];
static unsigned int nr_neighbours;
static cpu_set_t all;

static pid_t start_neighbour(unsigned int cpu)
{
	pid_t parent = getpid(), pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EXIT_FAILURE);
	bench_bind(cpu);
	for (;;)
		bench_busy_ns(1000000);
}

void bench_condition_begin(enum bench_condition condition)
{
	sched_getaffinity(0, sizeof(all), &all);
	nr_neighbours = 0;
	if (condition == BENCH_ONE_CPU)
		bench_bind(0); /* the threads inherit it */
	for (unsigned int cpu = 0; condition == BENCH_BUSY && cpu < bench_cpus(); cpu++)
		if (nr_neighbours < MAX_NEIGHBOURS)
			neighbours[nr_neighbours++] = start_neighbour(cpu);
	for (unsigned int i = 0; i < nr_neighbours; i++)
		if (neighbours[i] < 0) {
			perror("fork");
			exit(EXIT_FAILURE);
		}
}

void bench_condition_end(void)
{
	for (unsigned int i = 0; i < nr_neighbours; i++) {
		kill(neighbours[i], SIGKILL);
		waitpid(neighbours[i], NULL, 0);
	}
	sched_setaffinity(0, sizeof(all), &all);
}

void bench_condition_join(enum bench_condition condition, unsigned int i)
{
	if (condition == BENCH_NICE && i % 2)
		setpriority(PRIO_PROCESS, 0, 10); /* of this thread alone */
}
