/* SPDX-License-Identifier: MIT */
/* Makes the report that it is told to make; report.sh reads it. */
#include <klock.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static DEFINE_MUTEX(alpha);
static DEFINE_MUTEX(beta);
static DEFINE_MUTEX(gamma_lock);
static DEFINE_RWSEM(sem);

/* Not inlined and not exported: only debug information has their names. */
static __attribute__((noinline)) void take_in_order(struct mutex *first, struct mutex *second)
{
	mutex_lock(first);
	mutex_lock(second);
	mutex_unlock(second);
	mutex_unlock(first);
}

static void *in_thread(void *arg)
{
	take_in_order(&alpha, &beta);
	return arg;
}

static void circular(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, in_thread, NULL))
		abort();
	pthread_join(thread, NULL);
	for (int i = 0; i < 100; i++)
		take_in_order(&beta, &alpha);
}

static void longer(void)
{
	take_in_order(&alpha, &beta);
	take_in_order(&beta, &gamma_lock);
	take_in_order(&gamma_lock, &alpha);
}

static void readers(void)
{
	down_read(&sem);
	mutex_lock(&alpha);
	mutex_unlock(&alpha);
	up_read(&sem);
	mutex_lock(&alpha);
	down_read(&sem);
	up_read(&sem);
	mutex_unlock(&alpha);
}

static void init_one(struct mutex *lock)
{
	mutex_init(lock);
}

static void recursion(void)
{
	static struct mutex locks[2];

	init_one(&locks[0]);
	init_one(&locks[1]);
	for (int i = 0; i < 100; i++)
		take_in_order(&locks[0], &locks[1]);
}

static __attribute__((noinline)) void needs_alpha(void)
{
	lockdep_assert_held(&alpha);
}

static void assertion(void)
{
	mutex_lock(&beta);
	for (int i = 0; i < 100; i++)
		needs_alpha();
	mutex_unlock(&beta);
}

static void nonblocking(void)
{
	non_block_start();
	for (int i = 0; i < 100; i++) {
		mutex_lock(&alpha);
		mutex_unlock(&alpha);
	}
	non_block_end();
}

static void misuse(void)
{
	struct pin_cookie cookie;

	mutex_lock(&alpha);
	cookie = lockdep_pin_lock(&alpha);
	mutex_unlock(&alpha);
	(void)cookie;
}

static void told(const struct klock_lockdep_report *report)
{
	printf("told: %s: %s: %s\n", report->kind, report->subject, report->title);
	if (!strstr(report->text, report->title))
		abort();
}

static void to_function(void)
{
	if (klock_lockdep_set_report_fn(told))
		abort();
	circular();
	if (klock_lockdep_set_report_fn(NULL) != told)
		abort();
	recursion();
}

/* In a thread with the smallest stack that there may be. */
static void *small(void *arg)
{
	take_in_order(&beta, &alpha);
	return arg;
}

static void small_stack(void)
{
	pthread_attr_t attr;
	pthread_t thread;

	take_in_order(&alpha, &beta);
	pthread_attr_init(&attr);
	if (pthread_attr_setstacksize(&attr, 64 * 1024) ||
	    pthread_create(&thread, &attr, small, NULL))
		abort();
	pthread_join(thread, NULL);
}

static const struct {
	const char *name;
	void (*run)(void);
} reports[] = {
	{ "circular", circular },	{ "longer", longer },
	{ "readers", readers },		{ "recursion", recursion },
	{ "assertion", assertion },	{ "nonblocking", nonblocking },
	{ "misuse", misuse },		{ "to_function", to_function },
	{ "small_stack", small_stack },
};

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IONBF, 0); /* in order with what the checker writes */
	for (size_t i = 0; argc > 1 && i < sizeof(reports) / sizeof(reports[0]); i++)
		if (!strcmp(argv[1], reports[i].name)) {
			reports[i].run();
			return 0;
		}
	fprintf(stderr, "usage: reports NAME\n");
	return 2;
}
