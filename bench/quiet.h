/* SPDX-License-Identifier: MIT */
/* Whether the machine was ours while something was measured. */
#ifndef BENCH_QUIET_H
#define BENCH_QUIET_H

#include <stdbool.h>
#include <stdint.h>

struct bench_quiet {
	int64_t began_ns;
	double busy, own; /* seconds of CPU since the start: of the machine, of this process */
	long preempted;
};

void bench_quiet_begin(struct bench_quiet *q);

/*
 * Whether other processes ran since then for more than a hundredth of the time, or, if each of
 * our threads has a CPU, took one away more often than the `own_switches` that we cause ourselves
 * and what a kernel does now and then.
 */
bool bench_quiet_disturbed(const struct bench_quiet *q, bool a_cpu_each, unsigned int own_switches);

#endif
