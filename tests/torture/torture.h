/* SPDX-License-Identifier: MIT */
/*
 * Torture, as the kernel's locktorture: threads take all locks in all modes at
 * random, while kills, interrupts, signals and changes of CPU rain on them and
 * threads come and go. Each critical section checks that nobody is in it who
 * must not be; a watchdog sees to it that nobody waits for ever.
 */
#ifndef KLOCK_TORTURE_H
#define KLOCK_TORTURE_H

#include <klock/task.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum operation {
	OP_LOCK,
	OP_TRY,
	OP_TRY_OR_LOCK,
	OP_KILLABLE,
	OP_INTERRUPTIBLE,
	OP_TIMEOUT,
	NR_OPERATIONS,
};
extern const char *const operation_names[NR_OPERATIONS];

/* A lock, and what is done under it. */
struct victim;
extern struct victim *victims[];
extern int nr_victims;

const char *victim_name(const struct victim *v);
bool victim_has(const struct victim *v, enum operation op);
/* 0: got it. What else is a reason not to, which the operation may give. */
int victim_take(struct victim *v, enum operation op, int64_t ns);
/* The critical section: says and remembers who is there but must not be. */
void victim_inside(struct victim *v, uint32_t random);
void victim_give(struct victim *v, uint32_t random);

/* Makes the victims of the tests' table of locks, or of one broken lock by name. */
bool victims_make(const char *broken);
/* All are free at the end, and count what was counted. */
bool victims_end(void);
bool victims_violated(void);

/* A thread that works, as the watchdog and the disturbers see it. */
struct worker {
	pthread_t thread;
	unsigned int number;
	uint32_t random;
	pthread_mutex_t lock; /* of `task`, while others use it */
	struct klock_task *task;
	/* Relaxed atomics. */
	uint64_t rounds;
	struct victim *at;
	int doing; /* enum operation, or -1 inside and between */
	uint64_t tried[NR_OPERATIONS], got[NR_OPERATIONS];
	bool failed; /* an operation gave a reason that it may not give */
};

extern struct worker *workers;
extern int nr_workers;
extern int stop; /* relaxed atomic: all come to an end */

uint32_t next_random(uint32_t *state);
/* A place where another thread may come in between. */
void maybe_preempt(uint32_t random);

void *work(void *worker);
void *disturb(void *seed);

#endif
