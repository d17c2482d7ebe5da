/* SPDX-License-Identifier: MIT */
/* Locks before main() and after it, while another thread goes on. */
#include "lockdep/on.h"
#include <klock/lockdep.h>
#include <klock/mutex.h>
#include <pthread.h>

static DEFINE_MUTEX(a);
static DEFINE_MUTEX(b);
static DEFINE_MUTEX(c);

static void nest(struct mutex *outer, struct mutex *inner)
{
	mutex_lock(outer);
	mutex_lock(inner);
	mutex_unlock(inner);
	mutex_unlock(outer);
}

static void say(const char *text)
{
	if (write(STDOUT_FILENO, text, strlen(text)) < 0)
		_exit(1);
}

__attribute__((constructor(101))) static void first(void)
{
	nest(&a, &b);
}

/* The last word: the status with which the program ends. */
__attribute__((destructor(101))) static void last(void)
{
	nest(&b, &c);
	nest(&a, &c);
	if (!klock_lockdep_enabled() || !debug_locks || lockdep_depth(NULL))
		_exit(2);
	/* An order that is known since the constructor; the thread that goes on waits meanwhile. */
	mutex_lock(&b);
	if (!mutex_lock_timeout(&a, 1))
		mutex_unlock(&a);
	mutex_unlock(&b);
	if (debug_locks)
		_exit(3);
	say("a report in a destructor, and none before\n");
}

static void at_exit(void)
{
	nest(&a, &b);
	nest(&b, &c);
}

static void *goes_on(void *arg)
{
	for (;;) {
		nest(&a, &b);
		nest(&b, &c);
	}
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	(void)argc;
	run_with_lockdep(argv, "log=/dev/null");
	if (atexit(at_exit) || pthread_create(&thread, NULL, goes_on, NULL))
		return 1;
	nest(&a, &b);
	return 0;
}
