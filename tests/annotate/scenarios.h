/* SPDX-License-Identifier: MIT */
/* The small programs of the controls, and what they share. See control.c. */
#ifndef KLOCK_ANNOTATE_SCENARIOS_H
#define KLOCK_ANNOTATE_SCENARIOS_H

#include "locks.h"
#include <sched.h>

#define ROUNDS 20

typedef void *(*thread_fn)(void *number);

extern const struct lock_row *row; /* the lock that the program is about */
extern long total;                 /* what the locks protect */

/* Runs both threads at once, each with a pointer to its number, 0 or 1, and waits for them. */
void run2(thread_fn first, thread_fn second);

/* Runs a thread and waits for it. */
void run1(thread_fn fn);

/* Ends the program unless it holds. */
void expect(bool holds, const char *what);

/*
 * Steps order the threads of wrong programs, so that the verdict does not hang
 * on luck and the mistake does no harm. No tool takes them for an order.
 */
extern unsigned long steps;

static inline void step_done(int n)
{
	klock_set_bit(n, &steps);
}

static inline void step_await(int n)
{
	while (!klock_test_bit(n, &steps))
		sched_yield();
}

struct scenario {
	const char *name;
	void (*run)(void);
};

extern const struct scenario any_lock_scenarios[]; /* of any_lock.c: for each row */
extern const struct scenario one_lock_scenarios[]; /* of one_lock.c: of one kind of lock each */

#endif
