/* SPDX-License-Identifier: MIT */
/*
 * control SCENARIO LOCK... runs one small program around locks: a right one,
 * that no tool may report, or a wrong one, that it should. controls.tab says
 * which is which. LOCK is a row of locks.c; LOCK/static takes the static locks
 * of its kind, which no call initialises, instead of new ones on the heap.
 * Status 0: it ran; 3: it could not.
 *
 * Without arguments it reads such programs, one on each line, and runs each in a process
 * of its own: to fork takes a fraction of what a tool takes to start. What is said of a
 * program stands before a line "-- status N".
 */
#include "scenarios.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

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

static void run_lock(void (*scenario)(void), char *lock)
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

static void run(const char *name, char **locks)
{
	void (*scenario)(void) = find(any_lock_scenarios, name);

	if (!scenario)
		scenario = find(one_lock_scenarios, name);
	if (!scenario)
		die("no such scenario");
	klock_bit_word_init(&steps);
	klock_bit_word_init(&ready);
	while (*locks)
		run_lock(scenario, *locks++);
}

#define MOST_LOCKS 20

static void run_line(char *line)
{
	char *words[MOST_LOCKS + 2], *next = line;
	int n = 0;

	while (n <= MOST_LOCKS && (words[n] = strsep(&next, " ")))
		n += *words[n] != '\0';
	words[n] = NULL;
	if (next || n < 2)
		die("a line of input is no SCENARIO LOCK...");
	run(words[0], words + 1);
}

static void run_in_child(char *line)
{
	pid_t child = fork();
	int status;

	if (!child) {
		run_line(line);
		exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		die("no process could be made");
	status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	fprintf(stderr, "-- status %d\n", status);
}

int main(int argc, char **argv)
{
	char *all = NULL, *next, *line;
	size_t size = 0;

	if (argc == 2)
		die("usage: control [SCENARIO LOCK[/static]...]");
	if (argc > 2)
		run(argv[1], argv + 2);
	else if (getdelim(&all, &size, '\0', stdin) > 0) /* exit() rewinds the rest */
		for (next = all; (line = strsep(&next, "\n")) && *line;)
			run_in_child(line);
	free(all);
	return 0;
}
