/* SPDX-License-Identifier: MIT */
/* Threads that take locks at random, and threads that disturb them. */
#include "torture.h"
#include "support/actor.h"
#include <errno.h>
#include <sched.h>
#include <signal.h>

#define RAIN_NS 50000000 /* from one quiet moment to the next */

uint32_t next_random(uint32_t *state)
{
	uint32_t x = *state;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return *state = x;
}

void maybe_preempt(uint32_t random)
{
	switch (random % 16) {
	case 0:
		sched_yield();
		break;
	case 1:
		if (random >> 8 & 1)
			nap_us(random >> 9 & 63);
		break;
	case 2:
		for (volatile uint32_t i = 0; i < (random >> 8 & 1023); i++)
			;
		break;
	}
}

/* Whether the operation may say this. */
static bool may_return(enum operation op, int64_t ns, int err)
{
	switch (err) {
	case 0:
		return true;
	case -EAGAIN:
		return op == OP_TRY || (op == OP_TRY_OR_LOCK && (ns & 1));
	case -EINTR:
		return op == OP_KILLABLE || op == OP_INTERRUPTIBLE;
	case -ETIME:
		return op == OP_TIMEOUT;
	}
	return false;
}

static void one_round(struct worker *w)
{
	uint32_t random = next_random(&w->random);
	struct victim *v = victims[random % (uint32_t)nr_victims];
	enum operation op = (random >> 8) % NR_OPERATIONS;
	int64_t ns = next_random(&w->random) % 200000;
	int err;

	if (!victim_has(v, op))
		op = OP_LOCK;
	__atomic_store_n(&w->at, v, __ATOMIC_RELAXED);
	__atomic_store_n(&w->doing, (int)op, __ATOMIC_RELAXED);
	err = victim_take(v, op, ns);
	__atomic_store_n(&w->doing, -1, __ATOMIC_RELAXED);
	w->tried[op]++;
	if (!may_return(op, ns, err)) {
		fprintf(stderr, "torture: %s, %s: returned %d\n", victim_name(v),
			operation_names[op], err);
		__atomic_store_n(&w->failed, true, __ATOMIC_RELAXED);
	}
	if (err == 0) {
		w->got[op]++;
		victim_inside(v, next_random(&w->random));
		victim_give(v, next_random(&w->random));
	}
	maybe_preempt(next_random(&w->random));
	__atomic_add_fetch(&w->rounds, 1, __ATOMIC_RELAXED);
}

static void set_task(struct worker *w, struct klock_task *task)
{
	struct klock_task *old;

	pthread_mutex_lock(&w->lock);
	old = w->task;
	w->task = task;
	pthread_mutex_unlock(&w->lock);
	if (old)
		klock_put_task(old);
}

/*
 * A kill or a signal makes a waiter look again, and so mends a wake-up that was
 * lost. So the rain stops now and then until every worker has come to the end of
 * its round by itself; for one that does not, the watchdog barks.
 */
static int quiet;  /* relaxed atomic */
static int paused; /* relaxed atomic: workers that hold nothing and wait for nothing */

static void pause_while_quiet(struct worker *w)
{
	if (!__atomic_load_n(&quiet, __ATOMIC_RELAXED))
		return;
	__atomic_add_fetch(&paused, 1, __ATOMIC_RELAXED);
	while (__atomic_load_n(&quiet, __ATOMIC_RELAXED) &&
	       !__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		nap_us(200);
		__atomic_add_fetch(&w->rounds, 1, __ATOMIC_RELAXED); /* for the watchdog */
	}
	__atomic_sub_fetch(&paused, 1, __ATOMIC_RELAXED);
}

static void await_paused(int n)
{
	while (__atomic_load_n(&paused, __ATOMIC_RELAXED) != n &&
	       !__atomic_load_n(&stop, __ATOMIC_RELAXED))
		nap_us(200);
}

static void be_quiet(void)
{
	__atomic_store_n(&quiet, 1, __ATOMIC_RELAXED);
	await_paused(nr_workers);
	__atomic_store_n(&quiet, 0, __ATOMIC_RELAXED);
	await_paused(0);
}

/* Some thousand rounds: then another thread goes on with the same worker. */
void *work(void *worker)
{
	struct worker *w = worker;
	uint32_t rounds = 1000 + next_random(&w->random) % 20000;

	set_task(w, klock_get_task(klock_current()));
	while (rounds-- && !__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		one_round(w);
		pause_while_quiet(w);
	}
	set_task(w, NULL);
	return NULL;
}

/* On all CPUs, or on one. */
static void change_cpus(pthread_t thread, uint32_t random)
{
	cpu_set_t all, one;

	if (sched_getaffinity(getpid(), sizeof(all), &all))
		return;
	CPU_ZERO(&one);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &all) && random-- % 4 == 0)
			CPU_SET(cpu, &one);
	pthread_setaffinity_np(thread, sizeof(one), CPU_COUNT(&one) ? &one : &all);
}

static void disturb_one(struct worker *w, uint32_t random)
{
	pthread_mutex_lock(
		&w->lock); /* the thread cannot end, nor its task be another's, meanwhile */
	if (w->task) {
		switch (random % 8) {
		case 0:
			klock_kill(w->task);
			break;
		case 1:
		case 2:
			klock_unkill(w->task);
			break;
		case 3:
			klock_interrupt(w->task);
			break;
		case 4:
			change_cpus(w->thread, random >> 8);
			break;
		default:
			pthread_kill(w->thread, SIGUSR1);
			break;
		}
	}
	pthread_mutex_unlock(&w->lock);
}

void *disturb(void *seed)
{
	uint32_t random = *(uint32_t *)seed;
	int64_t rain_until = now_ns() + RAIN_NS;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		uint32_t r = next_random(&random);

		if (now_ns() > rain_until) {
			be_quiet();
			rain_until = now_ns() + RAIN_NS;
		}
		disturb_one(&workers[r % (uint32_t)nr_workers], next_random(&random));
		if (r >> 8 & 127)
			nap_us(r >> 16 & 255);
		else if (r >> 15 & 1)
			klock_kill_all();
		else
			klock_unkill_all();
	}
	return NULL;
}
