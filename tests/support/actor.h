/* SPDX-License-Identifier: MIT */
/*
 * Threads that do one thing at a time, when told, so that a test puts them in
 * order by steps:
 *
 *	actor_do(&a, take, &lock);        a holds the lock
 *	actor_begin(&b, take, &lock);     b is on its way
 *	await_waiters(&lock.word, 1);     b waits for it
 *	actor_do(&a, give, &lock);
 *	actor_end(&b);                    b holds it
 *
 * All state is under a pthread mutex, which the tools that watch a test know.
 * What does not come about within PATIENCE seconds ends the test.
 */
#ifndef KLOCK_ACTOR_H
#define KLOCK_ACTOR_H

#include "wait/park.h"
#include <klock/task.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PATIENCE 100 /* seconds: a loaded machine under an emulator needs some of them */

#ifdef __has_feature
#if __has_feature(thread_sanitizer)
#define UNDER_TSAN true
#endif
#endif
#ifdef __SANITIZE_THREAD__
#define UNDER_TSAN true
#endif
#ifndef UNDER_TSAN
#define UNDER_TSAN false
#endif

/*
 * Whether the child of a process that has threads can have threads of its own:
 * ThreadSanitizer and qemu's emulation of programs break down there.
 */
static inline bool threads_in_child(void)
{
	FILE *file = fopen("/proc/self/comm", "r");
	char name[32] = "";

	if (file) {
		if (!fgets(name, sizeof(name), file))
			name[0] = '\0';
		fclose(file);
	}
	return !UNDER_TSAN && strncmp(name, "qemu-", 5);
}

struct actor {
	pthread_t thread;
	pthread_mutex_t lock; /* of all below */
	pthread_cond_t changed;
	enum { ACTOR_STARTING, ACTOR_IDLE, ACTOR_BUSY, ACTOR_LEAVING } state;
	long (*what)(void *arg);
	void *arg;
	long result;
	struct klock_task *task; /* a reference: valid until actor_fini() */
};

static inline int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static inline void nap_us(long us)
{
	struct timespec ts = { .tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000 };

	nanosleep(&ts, NULL);
}

static inline void out_of_patience(const char *what) __attribute__((noreturn));
static inline void out_of_patience(const char *what)
{
	fprintf(stderr, "after %d s still waiting for %s\n", PATIENCE, what);
	abort();
}

static inline void *actor_main(void *arg)
{
	struct actor *a = arg;
	struct klock_task *task = klock_get_task(klock_current());

	pthread_mutex_lock(&a->lock);
	a->task = task;
	a->state = ACTOR_IDLE;
	pthread_cond_broadcast(&a->changed);
	for (;;) {
		while (a->state == ACTOR_IDLE)
			pthread_cond_wait(&a->changed, &a->lock);
		if (a->state == ACTOR_LEAVING)
			break;
		pthread_mutex_unlock(&a->lock);
		long result = a->what(a->arg);

		pthread_mutex_lock(&a->lock);
		a->result = result;
		a->state = ACTOR_IDLE;
		pthread_cond_broadcast(&a->changed);
	}
	pthread_mutex_unlock(&a->lock);
	return NULL;
}

/* With the actor's lock held. */
static inline void actor_await_idle(struct actor *a)
{
	struct timespec end;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += PATIENCE;
	while (a->state != ACTOR_IDLE)
		if (pthread_cond_timedwait(&a->changed, &a->lock, &end))
			out_of_patience("a thread");
}

static inline void actor_init(struct actor *a)
{
	pthread_condattr_t monotonic;

	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	a->state = ACTOR_STARTING;
	a->result = 0;
	if (pthread_create(&a->thread, NULL, actor_main, a)) {
		perror("pthread_create");
		abort();
	}
	pthread_mutex_lock(&a->lock);
	actor_await_idle(a);
	pthread_mutex_unlock(&a->lock);
}

static inline void actor_begin(struct actor *a, long (*what)(void *arg), void *arg)
{
	pthread_mutex_lock(&a->lock);
	actor_await_idle(a);
	a->what = what;
	a->arg = arg;
	a->state = ACTOR_BUSY;
	pthread_cond_broadcast(&a->changed);
	pthread_mutex_unlock(&a->lock);
}

/* Waits until what was begun is over; what it returned. */
static inline long actor_end(struct actor *a)
{
	long result;

	pthread_mutex_lock(&a->lock);
	actor_await_idle(a);
	result = a->result;
	pthread_mutex_unlock(&a->lock);
	return result;
}

static inline long actor_do(struct actor *a, long (*what)(void *arg), void *arg)
{
	actor_begin(a, what, arg);
	return actor_end(a);
}

static inline bool actor_busy(struct actor *a)
{
	bool busy;

	pthread_mutex_lock(&a->lock);
	busy = a->state == ACTOR_BUSY;
	pthread_mutex_unlock(&a->lock);
	return busy;
}

static inline void actor_fini(struct actor *a)
{
	pthread_mutex_lock(&a->lock);
	actor_await_idle(a);
	a->state = ACTOR_LEAVING;
	pthread_cond_broadcast(&a->changed);
	pthread_mutex_unlock(&a->lock);
	pthread_join(a->thread, NULL);
	klock_put_task(a->task);
	pthread_cond_destroy(&a->changed);
	pthread_mutex_destroy(&a->lock);
}

static inline void actors_init(struct actor *a, int n)
{
	for (int i = 0; i < n; i++)
		actor_init(&a[i]);
}

static inline void actors_fini(struct actor *a, int n)
{
	for (int i = 0; i < n; i++)
		actor_fini(&a[i]);
}

static __thread int counted_waiters;

static inline void count_waiters(struct klock_queue *q, uint32_t unused)
{
	(void)unused;
	counted_waiters = 0;
	for (struct klock_waiter *w = klock_queue_first(q); w; w = klock_queue_next(q, w))
		counted_waiters++;
}

/* How many threads are queued for this address, asleep or about to be. */
static inline int waiters_for(const void *addr)
{
	klock_unpark(addr, NULL, count_waiters, 0);
	return counted_waiters;
}

static inline void await_waiters(const void *addr, int n)
{
	int64_t end = now_ns() + (int64_t)PATIENCE * 1000000000;

	while (waiters_for(addr) != n) {
		if (now_ns() > end)
			out_of_patience("threads that are to wait for a lock");
		nap_us(50);
	}
}

#endif
