/* SPDX-License-Identifier: MIT */
/*
 * control SCENARIO LOCK... runs one small program around locks: a right one,
 * that no tool may report, or a wrong one, that it should. controls.tab says
 * which is which. LOCK is a row of locks.c; LOCK/static takes the static locks
 * of its kind, which no call initialises, instead of new ones on the heap.
 * Status 0: it ran; 3: it could not.
 */
#include "scenarios.h"
#include <pthread.h>
#include <string.h>

const struct lock_row *row;
long total;
unsigned long steps;

/*
 * Each thread is known to the library before either starts: a library that is
 * itself built with TSan orders the first calls of threads.
 */
struct start {
	thread_fn fn;
	int number;
};

static unsigned long ready;

static void *start_together(void *arg)
{
	struct start *start = arg;

	klock_current();
	klock_set_bit(start->number, &ready);
	while (!klock_test_bit(!start->number, &ready))
		sched_yield();
	return start->fn(&start->number);
}

void run2(thread_fn first, thread_fn second)
{
	struct start starts[2] = { { first, 0 }, { second, 1 } };
	pthread_t threads[2];

	ready = 0;
	if (pthread_create(&threads[0], NULL, start_together, &starts[0]) ||
	    pthread_create(&threads[1], NULL, start_together, &starts[1]))
		die("no thread could be made");
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
}

void run1(thread_fn fn)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, fn, NULL))
		die("no thread could be made");
	pthread_join(thread, NULL);
}

void expect(bool holds, const char *what)
{
	if (!holds)
		die(what);
}

static void (*find(const struct scenario *s, const char *name))(void)
{
	while (s->name && strcmp(s->name, name))
		s++;
	return s->run;
}

static void run(void (*scenario)(void), char *lock)
{
	char *slash = strchr(lock, '/');

	if (slash)
		*slash = '\0';
	row = find_row(lock);
	if (!row)
		die("no such lock");
	for (int i = 0; i < NR_LOCKS; i++)
		row->kind->choose(i, slash != NULL);
	total = 0;
	steps = 0;
	scenario();
}

int main(int argc, char **argv)
{
	void (*scenario)(void);

	if (argc < 3)
		die("usage: control SCENARIO LOCK[/static]...");
	scenario = find(any_lock_scenarios, argv[1]);
	if (!scenario)
		scenario = find(one_lock_scenarios, argv[1]);
	if (!scenario)
		die("no such scenario");
	klock_bit_word_init(&steps);
	klock_bit_word_init(&ready);
	for (int n = 2; n < argc; n++)
		run(scenario, argv[n]);
	return 0;
}
