/* SPDX-License-Identifier: MIT */
/*
 * Torture, as the kernel's locktorture: threads take all locks in all modes at
 * random, while features (kills, signals, forks, ...) rain on them. Each critical
 * section checks that nobody is in it who must not be; a watchdog sees to it that
 * nobody waits longer than a bound.
 *
 * What is done is chosen by the seed and by three lists: of locks, operations and
 * features. "shrink" makes all of them as short as a failure allows.
 */
#ifndef KLOCK_TORTURE_H
#define KLOCK_TORTURE_H

#include "support/lock_rows.h"
#include <klock/task.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#define MAX_THREADS 256
#define MAX_CHOICES 32 /* in each list: as bits of a mask */

struct options {
	uint32_t seed;
	int64_t seconds, bound; /* the bound: how long a thread may wait */
	int threads;
	uint32_t locks, operations, features; /* masks */
};
extern struct options options;

void options_parse(int argc, char **argv);
/* As a command line that does the same. */
void options_print(FILE *out);

/* ---- Locks: victims.c, and broken.c has some that are wrong on purpose ----------------- */

struct victim;
extern const struct lock_row broken_rows[];
extern const int nr_broken_rows;

/* The rows of the tests' table of locks, then the broken ones, which only -l chooses. */
const struct lock_row *row_at(int i); /* NULL: there are no more */
void victims_make(void);
extern int nr_victims;
struct victim *victim_at(int i);
const struct lock_row *victim_row(const struct victim *v);
union any_lock *victim_lock(const struct victim *v);
/* A critical section: says and remembers who is there but must not be. */
void victim_inside(struct victim *v, bool shared, uint32_t random);
/* All are free at the end, and count what was counted. */
void victims_end(void);

/* ---- Operations ------------------------------------------------------------------------ */

enum reason {
	BUSY = 1,	 /* -EAGAIN */
	LATE = 2,	 /* -ETIME */
	KILLED = 4,	 /* -EINTR */
	INTERRUPTED = 8, /* the same */
};

struct worker;

struct operation {
	const char *name;
	bool (*has)(const struct lock_row *row);
	/* 0, or a reason not to: one of those that the operation may give. */
	int (*take)(struct victim *v, int64_t ns);
	unsigned int reasons;
	/* The critical section, and the end of the hold. */
	void (*hold)(struct worker *w, struct victim *v);
};
extern const struct operation operations[];
extern const int nr_operations;

/* Ends a hold that another worker has left to whoever comes. */
void take_over(unsigned int worker);

/* ---- Workers --------------------------------------------------------------------------- */

struct tally {
	uint64_t tried, busy, late, ended; /* refused: -EAGAIN, -ETIME, -EINTR */
	int64_t longest;		   /* ns */
};

struct worker {
	pthread_t thread;
	unsigned int number;
	uint32_t random;
	pthread_mutex_t lock; /* of `task`, while others use it: the thread cannot end meanwhile */
	struct klock_task *task;
	/* Relaxed atomics. */
	int64_t since; /* the last sign of life */
	struct victim *at;
	const struct operation *doing; /* NULL inside and between */
	bool leave;		       /* another thread is to go on */
	/* Its own, read when it is over. */
	struct tally by_operation[MAX_CHOICES], by_lock[MAX_CHOICES];
};
extern struct worker workers[MAX_THREADS];

/* False: with these options there is nothing to do. */
bool workers_plan(void);
void workers_start(void);
/* Starts the next thread of those that have left, and fails if one waits for too long. */
void workers_watch(void);
/* False: one does not come to an end. */
bool workers_join(void);
void workers_summary(void);

/* ---- Features -------------------------------------------------------------------------- */

struct feature {
	const char *name;
	unsigned int every_us; /* at most, between two steps */
	unsigned int marks;    /* KILLED, INTERRUPTED: with which waits may now end */
	bool (*step)(uint32_t random); /* false: the system does not let us */
};
extern const struct feature features[];
extern const int nr_features;

bool churn(uint32_t random);
bool kill_one(uint32_t random);
bool kill_all(uint32_t random);
bool interrupt_one(uint32_t random);
bool send_signal(uint32_t random);
bool send_deaf_signal(uint32_t random);
bool send_killing_signal(uint32_t random);
bool change_cpus(uint32_t random);
bool change_priority(uint32_t random);
bool press_memory(uint32_t random);
bool fork_child(uint32_t random);

/* Of the features that are chosen. */
unsigned int features_marks(void);
void features_start(void);
void features_join(void);
void features_summary(void);
/* Any worker; locked, so that its thread is alive, or NULL. */
struct worker *any_worker(uint32_t random);
void any_worker_end(struct worker *w);

/*
 * A kill or a signal makes a waiter look again, and so mends a wake-up that was
 * lost. So all of it stops now and then until every worker has come to the end of
 * its round by itself; for one that does not, the watchdog barks. To be called by
 * each worker and feature when it holds nothing and waits for nothing.
 */
void pause_while_quiet(int64_t *since);

/* ---- The end --------------------------------------------------------------------------- */

extern bool stop;   /* relaxed atomic: all come to an end */
extern bool failed; /* atomic; why is known before */

/* Only the first counts. `kind` is a word that shrink compares. */
void fail(const char *kind, const char *format, ...) __attribute__((format(printf, 2, 3)));

uint32_t next_random(uint32_t *state);
/* A place where another thread may come in between. */
void maybe_preempt(uint32_t random);

static inline bool stopped(void)
{
	return __atomic_load_n(&stop, __ATOMIC_RELAXED) ||
	       __atomic_load_n(&failed, __ATOMIC_ACQUIRE);
}

#endif
