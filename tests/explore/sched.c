/* SPDX-License-Identifier: MIT */
#include "explore/sched.h"
#include "explore/coro.h"
#include "explore/states.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_MAX 5000 /* of one execution: more is a loop that does not end */

struct op {
	enum xp_kind kind;
	const volatile void *addr;
	const char *what;
	bool (*ready)(const void *arg); /* NULL: always */
	const void *arg;
};

/* One choice: what could have been done, and what is still to be tried instead. */
struct choice {
	uint8_t enabled, left, done, sleep; /* sets of threads */
	int8_t chosen;
	int16_t preemptions; /* before it */
	struct op next[XP_THREADS];
};

struct thread {
	struct xp_coro coro;
	struct xp_thread_state state;
	struct op next;
	bool finished;
};

static XP_OWN const struct xp_scenario *scenario = NULL;
static XP_OWN struct thread threads[XP_THREADS] = { 0 };
static XP_OWN struct xp_coro outside = { 0 };
static XP_OWN int running = -1;
static XP_OWN struct xp_coro checker = { 0 };
static XP_OWN bool checking = false;
static XP_OWN bool (*next_ready)(const void *arg) = NULL;
static XP_OWN const void *next_arg = NULL;

static XP_OWN struct choice choices[STEPS_MAX] = { 0 };
static XP_OWN int depth = 0; /* steps of this execution so far */
static XP_OWN int given = 0; /* choices made already, by the last execution or a replay */
static XP_OWN bool verbose = false;

static XP_OWN const struct xp_limits *limits = NULL;
static XP_OWN struct xp_result result = { 0 };
static XP_OWN bool failed = false;

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
	if (running >= 0)
		threads[running].next = (struct op){ kind, addr, what, next_ready, next_arg };
	next_ready = NULL;
	if (running >= 0)
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

/* Whose step it is, of those left to try. False: there is none. */
static bool choose_among(struct choice *c)
{
	while (c->left) {
		int t = prefer(c, c->left);

		c->left &= (uint8_t)~bit(t);
		c->chosen = (int8_t)t;
		if (limits->preemptions < 0 ||
		    c->preemptions + preempts(c, t) <= limits->preemptions)
			return true;
		result.complete = false;
	}
	return false;
}

static bool fail_outside(const char *why)
{
	snprintf(result.why, sizeof(result.why), "%s", why);
	failed = true;
	return false;
}

static uint64_t hash_thread(uint64_t hash, const struct thread *t)
{
	hash = xp_hash(hash, &t->finished, sizeof(t->finished));
	if (t->finished)
		return hash;
	hash = xp_hash(hash, &t->next.kind, sizeof(t->next.kind));
	hash = xp_hash(hash, &t->next.addr, sizeof(t->next.addr));
	return xp_coro_hash(hash, &t->coro);
}

static uint64_t hash_state(void)
{
	uint64_t hash = xp_hash_variables();

	for (int t = 0; t < scenario->threads; t++)
		hash = hash_thread(hash, &threads[t]);
	return hash;
}

/*
 * Of the threads of `set`, those that have not gone on from this state before.
 * A state keeps who was asleep whenever it was come to.
 */
static uint8_t not_tried_from_here(const struct choice *c, uint8_t set)
{
	uint64_t hash = hash_state();
	uint8_t *slept;
	bool seen;

	if (limits->preemptions >= 0) { /* then they decide what can happen next, too */
		hash = xp_hash(hash, &c->preemptions, sizeof(c->preemptions));
		hash = xp_hash(hash, depth ? &c[-1].chosen : &c->chosen, sizeof(c->chosen));
	}
	slept = xp_state(hash, &seen);
	if (seen)
		set &= *slept;
	*slept = seen ? *slept & c->sleep : c->sleep;
	return set;
}

/* As the last execution did, or a replay is told. */
static bool choose_again(struct choice *c, uint8_t enabled)
{
	if (c->enabled != enabled && c->enabled)
		return fail_outside("not the same again: more than order matters");
	c->enabled = enabled;
	if (!(enabled & bit(c->chosen)))
		return fail_outside("the thread whose turn it is cannot go on");
	return true;
}

/* False: all that can follow has been seen, or it is a failure. */
static bool choose(struct choice *c, uint8_t enabled)
{
	if (depth < given)
		return choose_again(c, enabled);
	memset(c, 0, sizeof(*c));
	c->enabled = enabled;
	if (depth) {
		c->sleep = asleep_after(c - 1);
		c->preemptions = (int16_t)(c[-1].preemptions + preempts(c - 1, c[-1].chosen));
	}
	c->left = enabled & (uint8_t)~c->sleep;
	if (c->left && !limits->apart)
		c->left = not_tried_from_here(c, c->left);
	return choose_among(c);
}

static const char *const kind_names[] = { "read", "write", "lock", "unlock", "resume" };

static void step(struct choice *c)
{
	int t = c->chosen;
	struct op op = threads[t].next;

	for (int i = 0; i < scenario->threads; i++)
		c->next[i] = threads[i].next;
	if (verbose)
		printf("  %4d  thread %d  %-7s %p  %s\n", depth + 1, t, kind_names[op.kind],
		       (void *)(uintptr_t)op.addr, op.what);
	depth++;
	enter(t);
}

static void begin(void)
{
	failed = false;
	depth = 0;
	result.executions++;
	xp_restore_variables();
	scenario->reset();
	for (int t = 0; t < scenario->threads; t++) {
		threads[t].finished = false;
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
	bool seen;

	(void)xp_state(xp_hash(hash_state(), "end", 3), &seen);
	result.ends += !seen;
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
		if (!choose(&choices[depth], enabled))
			break;
		step(&choices[depth]);
	}
	if (depth > result.longest)
		result.longest = depth;
}

/* ---- all of them ---- */

/* Goes back to the last choice with something left to try. False: there is none. */
static bool backtrack(void)
{
	while (depth > 0) {
		struct choice *c = &choices[--depth];

		c->done |= bit(c->chosen);
		if (choose_among(c)) {
			given = depth + 1;
			return true;
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

static void prepare(const struct xp_scenario *s, const struct xp_limits *l)
{
	scenario = s;
	limits = l;
	result = (struct xp_result){ .complete = true };
	given = 0;
	xp_states_reset();
}

struct xp_result xp_explore(const struct xp_scenario *s, const struct xp_limits *l)
{
	prepare(s, l);
	do {
		run_once();
		if (failed) {
			print_schedule();
			break;
		}
		if (xp_states_count() > limits->states) {
			result.complete = false;
			break;
		}
	} while (backtrack());
	xp_restore_variables(); /* the next scenario is to begin as this one did */
	result.failed = failed;
	result.complete &= !failed;
	result.states = xp_states_count() - result.ends;
	return result;
}

struct xp_result xp_replay(const struct xp_scenario *s, const char *schedule)
{
	static const struct xp_limits none = { .states = UINT64_MAX, .preemptions = -1 };

	prepare(s, &none);
	memset(choices, 0, sizeof(choices));
	for (; schedule[given] >= '0' && schedule[given] < '0' + XP_THREADS; given++)
		choices[given].chosen = (int8_t)(schedule[given] - '0');
	verbose = true;
	run_once();
	verbose = false;
	result.failed = failed;
	if (failed)
		printf("FAIL %s: %s\n", s->name, result.why);
	return result;
}
