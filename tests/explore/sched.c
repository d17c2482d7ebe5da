/* SPDX-License-Identifier: MIT */
#include "explore/sched.h"
#include "explore/coro.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_MAX 5000 /* of one execution: more is a loop that does not end */
#define PLACES 1024	/* that one execution can touch, a power of two */

struct op {
	enum xp_kind kind;
	const volatile void *addr;
	const char *what;
	bool (*ready)(const void *arg); /* NULL: always */
	const void *arg;
};

/* One choice: what could have been done, and what is still to be tried instead. */
struct choice {
	uint8_t enabled, backtrack, done, sleep; /* sets of threads */
	int8_t chosen;
	int16_t preemptions; /* before it */
	struct op next[XP_THREADS];
};

/* Up to which step of each thread something is known to have come before. */
struct clock {
	int at[XP_THREADS];
};

/* What was done to a place so far; steps count from 1, 0 is none. */
struct place {
	const volatile void *addr;
	uint64_t execution;
	int write, lock, reads[XP_THREADS];
	struct clock written, read;
};

struct thread {
	struct xp_coro coro;
	struct xp_thread_state state;
	struct op next;
	struct clock clock;
	bool finished;
};

static const struct xp_scenario *scenario;
static struct thread threads[XP_THREADS];
static struct xp_coro outside;
static int running = -1;
static struct xp_coro checker;
static bool checking;
static bool (*next_ready)(const void *arg);
static const void *next_arg;

static struct choice choices[STEPS_MAX];
static int depth;  /* steps of this execution so far */
static int given;  /* choices that are made already, from the last execution or by a replay */
static bool verbose;

static struct place places[PLACES];
static struct xp_result result;
static bool failed;

static uint8_t bit(int thread)
{
	return (uint8_t)(1u << thread);
}

int xp_self(void)
{
	return running;
}

/* ---- threads ---- */

static void enter(int t)
{
	struct xp_thread_state own;

	running = t;
	xp_save(&own);
	xp_restore(&threads[t].state);
	xp_coro_switch(&outside, &threads[t].coro);
	xp_restore(&own);
	running = -1;
}

static void leave(void)
{
	int t = running;

	xp_save(&threads[t].state);
	xp_coro_switch(&threads[t].coro, &outside);
}

static void leave_checker(void)
{
	xp_coro_switch(&checker, &outside);
}

void xp_enable_when(bool (*ready)(const void *arg), const void *arg)
{
	next_ready = ready;
	next_arg = arg;
}

void xp_point(enum xp_kind kind, const volatile void *addr, const char *what)
{
	if (running < 0)
		return;
	threads[running].next = (struct op){ kind, addr, what, next_ready, next_arg };
	next_ready = NULL;
	leave();
}

static bool has_ended(const void *thread)
{
	return ((const struct thread *)thread)->finished;
}

void xp_await_end(int t)
{
	xp_enable_when(has_ended, &threads[t]);
	xp_point(XP_RESUME, &threads[t].finished, "thread has ended");
}

void xp_fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(result.why, sizeof(result.why), format, args);
	va_end(args);
	failed = true;
	if (checking)
		leave_checker();
	else
		leave(); /* for good */
	abort();
}

static void thread_main(void)
{
	scenario->run[running]();
	threads[running].finished = true;
	leave();
	abort();
}

/* ---- what depends on what ---- */

static bool dependent(const struct op *a, const struct op *b)
{
	return a->addr == b->addr && (a->kind != XP_READ || b->kind != XP_READ);
}

static void join(struct clock *to, const struct clock *from)
{
	for (int t = 0; t < scenario->threads; t++)
		if (from->at[t] > to->at[t])
			to->at[t] = from->at[t];
}

static struct place *place_of(const volatile void *addr)
{
	uint64_t hash = (uint64_t)(uintptr_t)addr * 0x9e3779b97f4a7c15u;
	struct place *place;

	for (uint64_t i = hash >> 32;; i++) {
		place = &places[i & (PLACES - 1)];
		if (place->execution != result.executions) {
			memset(place, 0, sizeof(*place));
			place->execution = result.executions;
			place->addr = addr;
			return place;
		}
		if (place->addr == addr)
			return place;
	}
}

/*
 * The thread's step depends on step `other` (from 1), and nothing in between
 * says that they come in this order: the other order is to be tried as well.
 */
static void race(int t, int other)
{
	struct choice *c;

	if (!other || choices[other - 1].chosen == t)
		return;
	c = &choices[other - 1];
	if (threads[t].clock.at[c->chosen] >= other)
		return;
	c->backtrack |= c->enabled & bit(t) ? bit(t) : c->enabled;
}

static void find_races(int t, const struct op *op, struct place *place)
{
	switch (op->kind) {
	case XP_READ:
		race(t, place->write);
		break;
	case XP_WRITE:
		race(t, place->write);
		for (int other = 0; other < scenario->threads; other++)
			race(t, place->reads[other]);
		break;
	case XP_LOCK: /* with the unlock it could never change places */
		race(t, place->lock);
		break;
	case XP_UNLOCK:
	case XP_RESUME: /* as with the wake-up, which is all that it depends on */
		break;
	}
}

/* Step number `step` of thread t is done: who comes later can know of it. */
static void note(int t, int step, const struct op *op, struct place *place)
{
	struct clock *clock = &threads[t].clock;

	clock->at[t] = step;
	join(clock, &place->written);
	if (op->kind == XP_READ) {
		place->reads[t] = step;
		join(&place->read, clock);
		return;
	}
	join(clock, &place->read);
	place->written = *clock;
	if (op->kind == XP_LOCK)
		place->lock = step;
	if (op->kind == XP_WRITE || op->kind == XP_RESUME) {
		place->write = step;
		memset(place->reads, 0, sizeof(place->reads));
	}
}

/* ---- one execution ---- */

static uint8_t enabled_now(void)
{
	uint8_t set = 0;

	for (int t = 0; t < scenario->threads; t++) {
		const struct op *op = &threads[t].next;

		if (!threads[t].finished && (!op->ready || op->ready(op->arg)))
			set |= bit(t);
	}
	return set;
}

/* Who need not be tried here: tried before, and nothing that matters to it has happened since. */
static uint8_t asleep_after(const struct choice *before)
{
	uint8_t set = (uint8_t)((before->sleep | before->done) & ~bit(before->chosen)), asleep = 0;

	for (int t = 0; t < scenario->threads; t++)
		if ((set & bit(t)) && !dependent(&before->next[t], &before->next[before->chosen]))
			asleep |= bit(t);
	return asleep;
}

static bool preempts(const struct choice *c, int t)
{
	const struct choice *before = c > choices ? c - 1 : NULL;

	return before && before->chosen != t && (c->enabled & bit(before->chosen));
}

/* The one that ran last, if it may: an execution with few switches is easier to read. */
static int prefer(const struct choice *c, uint8_t set)
{
	if (c > choices && (set & bit(c[-1].chosen)))
		return c[-1].chosen;
	return __builtin_ctz(set);
}

static bool fail_outside(const char *why)
{
	snprintf(result.why, sizeof(result.why), "%s", why);
	failed = true;
	return false;
}

static bool choose(struct choice *c, uint8_t enabled)
{
	uint8_t set;

	if (depth < given) {
		if (c->enabled != enabled && c->enabled)
			return fail_outside("not the same again: more than order matters");
		c->enabled = enabled;
		if (!(enabled & bit(c->chosen)))
			return fail_outside("the thread whose turn it is cannot go on");
		return true;
	}
	memset(c, 0, sizeof(*c));
	c->enabled = enabled;
	if (depth) {
		c->sleep = asleep_after(c - 1);
		c->preemptions = (int16_t)(c[-1].preemptions + preempts(c - 1, c[-1].chosen));
	}
	set = enabled & (uint8_t)~c->sleep;
	if (!set)
		return false;
	c->chosen = (int8_t)prefer(c, set);
	c->backtrack = bit(c->chosen);
	return true;
}

static const char *const kind_names[] = { "read", "write", "lock", "unlock", "resume" };

static void step(struct choice *c)
{
	int t = c->chosen;
	struct op op = threads[t].next;
	struct place *place = place_of(op.addr);

	for (int i = 0; i < scenario->threads; i++)
		c->next[i] = threads[i].next;
	if (verbose)
		printf("  %4d  thread %d  %-7s %p  %s\n", depth + 1, t, kind_names[op.kind],
		       (void *)(uintptr_t)op.addr, op.what);
	find_races(t, &op, place);
	depth++;
	note(t, depth, &op, place);
	enter(t);
}

static void begin(void)
{
	failed = false;
	depth = 0;
	result.executions++;
	scenario->reset();
	for (int t = 0; t < scenario->threads; t++) {
		threads[t].finished = false;
		memset(&threads[t].clock, 0, sizeof(threads[t].clock));
		threads[t].state = scenario->start[t];
		xp_coro_prepare(&threads[t].coro, thread_main);
		enter(t); /* to its first access */
	}
}

/* A coroutine of its own, so that xp_fail() has something to leave; its accesses are no steps. */
static void check_all(void)
{
	for (int t = 0; t < scenario->threads; t++)
		if (!threads[t].finished && scenario->stuck)
			scenario->stuck(t);
	scenario->check();
	leave_checker();
}

static void end(void)
{
	checking = true;
	xp_coro_prepare(&checker, check_all);
	xp_coro_switch(&outside, &checker);
	checking = false;
}

static void run_once(void)
{
	begin();
	while (!failed) {
		uint8_t enabled = enabled_now();

		if (!enabled && scenario->idle())
			continue;
		if (!enabled) {
			end();
			break;
		}
		if (depth == STEPS_MAX - 1) {
			fail_outside("no end to it");
			break;
		}
		if (!choose(&choices[depth], enabled)) {
			result.pruned += !failed;
			break;
		}
		step(&choices[depth]);
	}
	result.steps += (uint64_t)depth;
	if (depth > result.longest)
		result.longest = depth;
}

/* ---- all of them ---- */

/* Goes back to the last choice with something left to try. False: there is none. */
static bool backtrack(const struct xp_limits *limits)
{
	while (depth > 0) {
		struct choice *c = &choices[--depth];
		uint8_t left;

		c->done |= bit(c->chosen);
		left = c->backtrack & (uint8_t) ~(c->done | c->sleep);
		while (left) {
			int t = prefer(c, left);

			if (limits->preemptions < 0 ||
			    c->preemptions + preempts(c, t) <= limits->preemptions) {
				c->chosen = (int8_t)t;
				given = depth + 1;
				return true;
			}
			result.complete = false;
			left &= (uint8_t)~bit(t);
		}
	}
	return false;
}

static void print_schedule(void)
{
	printf("FAIL %s: %s\n  schedule ", scenario->name, result.why);
	for (int i = 0; i < depth; i++)
		putchar('0' + choices[i].chosen);
	putchar('\n');
}

struct xp_result xp_explore(const struct xp_scenario *s, const struct xp_limits *limits)
{
	scenario = s;
	result = (struct xp_result){ .complete = true };
	given = 0;
	memset(places, 0, sizeof(places));
	do {
		run_once();
		if (failed) {
			result.failed = true;
			result.complete = false;
			print_schedule();
			return result;
		}
		if (result.executions >= limits->executions) {
			result.complete = false;
			return result;
		}
	} while (backtrack(limits));
	return result;
}

struct xp_result xp_replay(const struct xp_scenario *s, const char *schedule)
{
	scenario = s;
	result = (struct xp_result){ .complete = false };
	memset(choices, 0, sizeof(choices));
	memset(places, 0, sizeof(places));
	for (given = 0; schedule[given] >= '0' && schedule[given] < '0' + XP_THREADS; given++)
		choices[given].chosen = (int8_t)(schedule[given] - '0');
	verbose = true;
	run_once();
	verbose = false;
	result.failed = failed;
	if (failed)
		printf("FAIL %s: %s\n", s->name, result.why);
	return result;
}
