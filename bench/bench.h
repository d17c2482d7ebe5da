/* SPDX-License-Identifier: MIT */
/*
 * What the rows of the benchmark share. A row is one thing that is measured, of each lock
 * that it applies to; the locks take turns in run.c, and report.c prints what came of it.
 */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include "condition.h"
#include "histogram.h"
#include "lock.h"
#include <pthread.h>
#include <stdio.h>

/* What one turn of one lock at one row gave. */
struct bench_sample {
	double value;                 /* in the row's unit */
	double jain;                  /* how evenly the threads got the lock, 0: not asked */
	double longest;               /* wait, in us, 0: not asked */
	struct bench_histogram waits; /* empty unless the row is one of waits */
};

struct bench_row {
	const char *key, *title, *unit;
	void (*measure)(const struct bench_row *row, const struct bench_lock *lock, double seconds,
			struct bench_sample *sample);
	unsigned int kinds;           /* of the locks it applies to */
	unsigned int without;         /* locks of these kinds */
	unsigned int threads;         /* 0: the calling one */
	unsigned int rounds;          /* for each five of --rounds, 0: one in all */
	double seconds;               /* so many times those of --seconds */
	unsigned int writes;          /* of a thousand turns */
	unsigned int hold_ns, gap_ns; /* what the threads do with the lock, and without it */
	bool gapless;                 /* the threads leave no gap for the one that waits */
	bool one_cpu;                 /* they share one */
	enum bench_condition condition;
};

/* The rows of each file, up to one without a key. */
extern const struct bench_row bench_size_rows[], bench_pairs_rows[], bench_tries_rows[],
	bench_mix_rows[], bench_waits_rows[], bench_handoff_rows[], bench_burn_rows[],
	bench_nowait_rows[];

/* How long one thread waits among others: the rows of waits.c, and portfolio.c's. */
void bench_waits(const struct bench_row *row, const struct bench_lock *lock, double seconds,
		 struct bench_sample *sample);

/* Millions of turns a second: how the rows of mix.c and the cells of portfolio.c are measured. */
void bench_mix(const struct bench_row *row, const struct bench_lock *lock, double seconds,
	       struct bench_sample *sample);

struct bench_options {
	const char *rows, *locks; /* what --rows and --locks say, NULL: all */
	bool portfolio;           /* its cells in place of the rows */
	unsigned int rounds;
	double seconds; /* that each lock has in a round of a row */
	FILE *tsv;      /* NULL: none */
};

/* Measures a row's locks and prints the row, unless no lock is asked for. */
void bench_run_row(const struct bench_row *row, const struct bench_options *options);

/* Whether the list has the key, or the part of it before some dash. */
bool bench_row_wanted(const char *list, const char *key);

/* What the rounds of a row gave for one lock. */
struct bench_result {
	const struct bench_lock *lock;
	double *values, *ratios; /* one for each round */
	double jain, longest;    /* the median, the greatest; 0: not asked */
	const struct bench_histogram *waits;
};

/* The lines of the TSV that say what the locks are. */
void bench_put_lock(FILE *tsv, const struct bench_lock *lock);

/* The rounds of a row: how many, how often one was repeated, and how many stayed disturbed. */
struct bench_rounds {
	unsigned int n, redone, disturbed;
};

/* `control` is the index of the reference's second name, or `n`. */
void bench_report(const struct bench_row *row, const struct bench_result *results, unsigned int n,
		  unsigned int control, const struct bench_rounds *rounds, FILE *tsv);

/* Keeps the CPU busy for about that long without a system call. */
void bench_busy_ns(int64_t ns);

void bench_sleep(double seconds);

/* Sorts, and returns the value below which the share `q` (0..1) of the values lies. */
double bench_quantile(double *values, size_t n, double q);

unsigned int bench_cpus(void);

/* Binds the calling thread to a CPU, so that where the scheduler puts it is not chance. */
void bench_bind(unsigned int cpu);

/* A thread that uses locks. */
void bench_start(pthread_t *thread, void *(*fn)(void *), void *arg);

/* Ends the program: a lock that does not lock is not worth measuring. */
void bench_check(const struct bench_lock *lock, uint64_t wrong);

void bench_lockdep(FILE *tsv);

/* The cells that are asked for; how many they were. */
unsigned int bench_portfolio(const struct bench_options *options);

/* Prints the processor, the kernel, and what the operations that locks are made of cost now. */
void bench_machine(FILE *tsv);

#endif
