/* SPDX-License-Identifier: MIT */
/*
 * The scheduler: runs a scenario's threads as coroutines of one thread, one
 * atomic access at a time, and goes through the orders in which they can
 * happen, depth first. It goes on from each state once (states.h), and leaves
 * out orders that differ only in accesses that do not depend on each other:
 * two to different places, or two reads (sleep sets, Godefroid 1996; a state
 * that is come to again is gone on from with those threads that were asleep
 * whenever it was come to before).
 *
 * In an execution that is not pruned all threads end, or those that have not
 * sleep for ever.
 */
#ifndef KLOCK_EXPLORE_SCHED_H
#define KLOCK_EXPLORE_SCHED_H

#include <stdbool.h>
#include <stdint.h>

/* What KLOCK_HAND_OVER_NS is here: the scenario says it. */
extern int64_t xp_hand_over_ns;

#define XP_THREADS 5

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
	void (*reset)(void);       /* before each execution; variables are as they began */
	void (*run[XP_THREADS])(void);
	bool (*idle)(void);        /* nobody can go on: true if something has changed that */
	void (*check)(void);       /* after each that ran to its end */
	void (*stuck)(int thread); /* it sleeps for ever: xp_fail() if it may not */
};

/* Ends the execution as a failure. Does not return to the thread. */
void xp_fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

struct xp_result {
	uint64_t executions, states;
	uint64_t ends; /* different states in which nothing more could happen */
	int longest;   /* in steps */
	bool complete; /* all orders, and not only those within the limits */
	bool failed;
	char why[256];
};

struct xp_limits {
	uint64_t states;
	int preemptions;  /* how often a thread may be stopped that could go on; -1: any number */
	bool apart;       /* states are not recognised: a check on that, for small scenarios */
};

/* Explores until the first failure, or the limit; prints the failing schedule's steps. */
struct xp_result xp_explore(const struct xp_scenario *scenario, const struct xp_limits *limits);

/* Runs one schedule: a digit for the thread of each step, as xp_explore() prints it. */
struct xp_result xp_replay(const struct xp_scenario *scenario, const char *schedule);

#endif
