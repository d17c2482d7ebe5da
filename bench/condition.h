/* SPDX-License-Identifier: MIT */
/* What the threads of a row have to put up with. */
#ifndef BENCH_CONDITION_H
#define BENCH_CONDITION_H

enum bench_condition {
	BENCH_ALONE,
	BENCH_ONE_CPU, /* all of them share one */
	BENCH_BUSY,    /* on each CPU a process runs that has nothing to do with them */
	BENCH_NICE,    /* every other one has a tenth of the weight of the rest: nice 10 */
};

/* Before the row's threads start, and after they have ended. */
void bench_condition_begin(enum bench_condition condition);
void bench_condition_end(void);

/* By the row's i-th thread. */
void bench_condition_join(enum bench_condition condition, unsigned int i);

#endif
