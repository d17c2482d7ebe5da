/* SPDX-License-Identifier: MIT */
/*
 * What the order checker and the statistics cost: uncontended pairs with
 * neither and with each, beside the pair of a pthread mutex. Off or on is for a
 * whole process, so workers take turns, one row at a time. A ratio is to the
 * pthread row of the same worker and round.
 */
#include "bench.h"
#include <klock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS 31
#define PAIRS 100000
#define NEW_CHAINS 100

static pthread_mutex_t glibc_mutex = PTHREAD_MUTEX_INITIALIZER;
static DEFINE_MUTEX(a);
static DEFINE_MUTEX(b);
static DEFINE_MUTEX(c);
static DEFINE_MUTEX(d);
static DEFINE_RWSEM(sem);
DEFINE_STATIC_PERCPU_RWSEM(percpu);

#define TIMES(n, code)                                                                             \
	for (int i = 0; i < (n); i++) {                                                            \
		code;                                                                              \
	}

static void pthread_pair(void)
{
	TIMES(PAIRS, pthread_mutex_lock(&glibc_mutex); pthread_mutex_unlock(&glibc_mutex));
}

static void mutex_pair(void)
{
	TIMES(PAIRS, mutex_lock(&c); mutex_unlock(&c));
}

static void mutex_third(void)
{
	mutex_lock(&a);
	mutex_lock(&b);
	mutex_pair();
	mutex_unlock(&b);
	mutex_unlock(&a);
}

static void mutexes_in_turn(void)
{
	TIMES(PAIRS / 2, mutex_lock(&c); mutex_unlock(&c); mutex_lock(&d); mutex_unlock(&d));
}

static void read_third(void)
{
	mutex_lock(&a);
	mutex_lock(&b);
	TIMES(PAIRS, down_read(&sem); up_read(&sem));
	mutex_unlock(&b);
	mutex_unlock(&a);
}

static void percpu_read(void)
{
	TIMES(PAIRS, percpu_down_read(&percpu); percpu_up_read(&percpu));
}

static void *own_mutex(void *arg)
{
	struct mutex *mutex = arg;

	TIMES(PAIRS, mutex_lock(mutex); mutex_unlock(mutex));
	return NULL;
}

/* Each thread its own lock: what they share is only what the checker shares. */
static void two_threads(void)
{
	static struct {
		struct mutex mutex;
		char apart[128];
	} own[2];
	pthread_t thread;

	mutex_init(&own[0].mutex);
	mutex_init(&own[1].mutex);
	if (pthread_create(&thread, NULL, own_mutex, &own[0].mutex))
		abort();
	own_mutex(&own[1].mutex);
	pthread_join(thread, NULL);
}

/* Each lock is of a class never seen, taken under another: a class, an edge, a chain. */
static void new_chains(void)
{
	static struct lock_class_key keys[ROUNDS][NEW_CHAINS];
	static struct mutex mutexes[NEW_CHAINS];
	static int round;

	mutex_lock(&a);
	for (int i = 0; i < NEW_CHAINS; i++) {
		__mutex_init(&mutexes[i], "new", &keys[round][i]);
		mutex_lock(&mutexes[i]);
		mutex_unlock(&mutexes[i]);
	}
	mutex_unlock(&a);
	round++;
}

static const struct bench_lock *absl(void)
{
	const struct bench_lock *lock = bench_cxx_locks;

	while (lock->name && strcmp(lock->from, "absl"))
		lock++;
	return lock->name ? lock : NULL;
}

static void absl_pair(void)
{
	if (absl())
		absl()->write_pairs(PAIRS);
}

static const struct row {
	const char *name;
	void (*run)(void);
	int pairs;
} rows[] = {
	{ "pthread mutex", pthread_pair, PAIRS },
	{ "mutex", mutex_pair, PAIRS },
	{ "mutex, the third lock held", mutex_third, PAIRS },
	{ "two mutexes in turn", mutexes_in_turn, PAIRS },
	{ "rwsem read, the third held", read_third, PAIRS },
	{ "percpu rwsem read", percpu_read, PAIRS },
	{ "two threads, a mutex each", two_threads, PAIRS },
	{ "a chain never seen before", new_chains, NEW_CHAINS },
	{ "absl Mutex, its detector", absl_pair, PAIRS }, /* last: it may not be there */
};

#define NR_ROWS (sizeof(rows) / sizeof(rows[0]))

static bool detectors_off(void)
{
	bench_cxx_detector(false);
	return true;
}

static bool detectors_on(void)
{
	bench_cxx_detector(true);
	return klock_lockdep_enable();
}

static bool statistics_on(void)
{
	bench_cxx_detector(false);
	return klock_lockstat_enable();
}

struct worker {
	pid_t pid;
	int ask, answer;
	double ns[NR_ROWS][ROUNDS];
};

static void work(int ask, int answer)
{
	unsigned char row;

	while (read(ask, &row, 1) == 1) {
		int64_t start = bench_now_ns();
		double ns;

		rows[row].run();
		ns = (double)(bench_now_ns() - start) / rows[row].pairs;
		if (write(answer, &ns, sizeof(ns)) != sizeof(ns))
			abort();
	}
}

static void start(struct worker *w, bool (*enable)(void))
{
	int ask[2], answer[2];

	if (pipe(ask) || pipe(answer) || (w->pid = fork()) < 0)
		abort();
	if (!w->pid) {
		close(ask[1]);
		close(answer[0]);
		if (!enable())
			abort();
		work(ask[0], answer[1]);
		_exit(0);
	}
	close(ask[0]);
	close(answer[1]);
	w->ask = ask[1];
	w->answer = answer[0];
}

static double run(struct worker *w, unsigned char row)
{
	double ns;

	if (write(w->ask, &row, 1) != 1 || read(w->answer, &ns, sizeof(ns)) != sizeof(ns))
		abort();
	return ns;
}

static void finish(struct worker *w)
{
	close(w->ask);
	waitpid(w->pid, NULL, 0);
}

static void print_row(const char *name, double *off, double *on, double *ratio, double *stat,
		      FILE *tsv)
{
	double values[] = { bench_quantile(off, ROUNDS, 0.5), bench_quantile(on, ROUNDS, 0.5),
			    bench_quantile(ratio, ROUNDS, 0.5), bench_quantile(stat, ROUNDS, 0.5) };

	printf("%-28s %8.2f %8.2f %22.2f %9.2f\n", name, values[0], values[1], values[2],
	       values[3]);
	if (tsv)
		fprintf(tsv, "checker\t%s\t%.4g\t%.4g\t%.4g\t%.4g\n", name, values[0], values[1],
			values[2], values[3]);
}

void bench_lockdep(FILE *tsv)
{
	static struct worker off, on, stat;
	static double ratios[NR_ROWS][ROUNDS];
	size_t n = absl() ? NR_ROWS : NR_ROWS - 1;

	fflush(stdout); /* the workers have a copy */
	start(&off, detectors_off);
	start(&on, detectors_on);
	start(&stat, statistics_on);
	for (int round = 0; round < ROUNDS; round++)
		for (size_t i = 0; i < n; i++) {
			off.ns[i][round] = run(&off, (unsigned char)i);
			on.ns[i][round] = run(&on, (unsigned char)i);
			stat.ns[i][round] = run(&stat, (unsigned char)i);
			ratios[i][round] = on.ns[i][round] / on.ns[0][round];
		}
	finish(&stat); /* first: it has a copy of what the others are asked through */
	finish(&on);
	finish(&off);
	printf("\nThe checkers: lock and unlock, ns (%d rounds, medians)\n", ROUNDS);
	printf("%-28s %8s %8s %22s %9s\n", "", "off", "lockdep", "to a pthread pair", "lockstat");
	for (size_t i = 0; i < n; i++)
		print_row(rows[i].name, off.ns[i], on.ns[i], ratios[i], stat.ns[i], tsv);
}
