/* SPDX-License-Identifier: MIT */
/*
 * The scheduler: runs a scenario's threads as coroutines of one thread, one
 * atomic access at a time, and enumerates the orders in which they can happen.
 *
 * Two accesses depend on each other when they are to the same place and one of
 * them writes. Orders that differ only in the order of independent accesses
 * have the same outcome, and one of them is enough: dynamic partial-order
 * reduction (Flanagan and Godefroid, POPL 2005) with sleep sets (Godefroid 1996).
 */
#ifndef KLOCK_EXPLORE_SCHED_H
#define KLOCK_EXPLORE_SCHED_H

#include <stdbool.h>
#include <stdint.h>

#define XP_THREADS 8

enum xp_kind {
	XP_READ,
	XP_WRITE,   /* or read and write */
	XP_LOCK,    /* of a modelled lock: not before it is free */
	XP_UNLOCK,
	XP_RESUME,  /* of a sleeper, once it has been woken */
};

/* Called by a thread before each access: others may come first. */
void xp_point(enum xp_kind kind, const volatile void *addr, const char *what);

/* The number of the running thread; -1 outside of all. */
int xp_self(void);

/* A step that comes when another thread has ended. */
void xp_await_end(int thread);

/* A condition under which the running thread's next XP_LOCK or XP_RESUME can happen. */
void xp_enable_when(bool (*ready)(const void *arg), const void *arg);

/* What a thread has that is not in the scenario's memory: swapped at each switch. */
struct xp_thread_state {
	void *words[4];
};
void xp_save(struct xp_thread_state *state);
void xp_restore(const struct xp_thread_state *state);

struct xp_scenario {
	const char *name;
	int threads;
	struct xp_thread_state start[XP_THREADS];
	void (*reset)(void);       /* before each execution, outside of all threads */
	void (*run[XP_THREADS])(void);
	bool (*idle)(void);        /* nobody can go on: true if something has changed that */
	void (*check)(void);       /* after each that ran to its end */
	void (*stuck)(int thread); /* it sleeps for ever: xp_fail() if it may not */
};

/* Ends the execution as a failure. Does not return to the thread. */
void xp_fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

struct xp_result {
	uint64_t executions, pruned, steps;
	int longest;
	bool complete; /* all orders, and not only those within the limits */
	bool failed;
	char why[256];
};

struct xp_limits {
	uint64_t executions;
	int preemptions; /* -1: no limit */
};

/* Explores until the first failure, or the limit; prints the failing schedule's steps. */
struct xp_result xp_explore(const struct xp_scenario *scenario, const struct xp_limits *limits);

/* Runs one schedule: a digit for the thread of each step, as xp_explore() prints it. */
struct xp_result xp_replay(const struct xp_scenario *scenario, const char *schedule);

#endif
