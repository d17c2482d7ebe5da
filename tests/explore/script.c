/* SPDX-License-Identifier: MIT */
#include "explore/script.h"
#include "explore/locks.h"
#include "explore/world.h"
#include "locks/init.h"
#include "locks/reader_bias.h"
#include "wait/park.h"
#include "wait/slots.h"
#include "wait/task.h"
#include <errno.h>
#include <klock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct klock_task *tasks[XP_THREADS];
static const char *const *scripts; /* of each thread */
static const struct xp_lock *lock;

/* Who is inside, and a place that they touch there, so that they are seen to overlap. */
static int writers, readers;
static int inside;

static bool ended[XP_THREADS];

/* For scenarios in which somebody waits for it. */
static bool entries_matter, entered[XP_THREADS];

void xp_save(struct xp_thread_state *state)
{
	state->words[0] = klock_self_task;
	state->words[1] = (void *)(uintptr_t)klock_self_word;
	state->words[2] = klock_read_slots;
	state->words[3] = (void *)(uintptr_t)klock_reads_left;
}

void xp_restore(const struct xp_thread_state *state)
{
	klock_self_task = state->words[0];
	klock_self_word = (uint32_t)(uintptr_t)state->words[1];
	klock_read_slots = state->words[2];
	klock_reads_left = (uint32_t)(uintptr_t)state->words[3];
}

/* ---- being inside ---- */

static void enter(bool write)
{
	writers += write;
	readers += !write;
	if (write ? writers > lock->at_once || readers : writers > 0)
		xp_fail("%d writers and %d readers are inside at once", writers, readers);
	if (entries_matter) {
		xp_point(XP_WRITE, &entered[xp_self()], "is inside");
		entered[xp_self()] = true;
	}
	xp_point(write ? XP_WRITE : XP_READ, &inside, "inside");
}

static void leave(bool write)
{
	writers -= write;
	readers -= !write;
}

static void keep(const char *word)
{
	const char *mark = word + strcspn(word, " !");

	if (*mark == '!')
		xp_await_end(mark[1] - '0');
}

static bool sleeps_or_has_ended(const void *thread)
{
	const bool *has_ended = thread;

	return *has_ended || xp_asleep((int)(has_ended - ended));
}

/* False: it has ended. */
static bool await_sleep(int thread)
{
	xp_enable_when(sleeps_or_has_ended, &ended[thread]);
	xp_point(XP_RESUME, &tasks[thread]->parker, "thread sleeps");
	return !ended[thread];
}

static bool is_inside_or_has_ended(const void *of)
{
	const bool *is_inside = of;

	return *is_inside || ended[is_inside - entered];
}

/* False: it has ended, without. */
static bool await_entry(int thread)
{
	xp_enable_when(is_inside_or_has_ended, &entered[thread]);
	xp_point(XP_RESUME, &entered[thread], "thread is inside");
	return entered[thread];
}

/* ---- words ---- */

static bool expected(int err, unsigned int how, int64_t ns)
{
	return (err == -EAGAIN && (how & KLOCK_TRY)) ||
	       (err == -EINTR && (how & (KLOCK_KILLABLE | KLOCK_INTERRUPTIBLE))) ||
	       (err == lock->too_late && ns != KLOCK_FOREVER);
}

static void hold(const char *word, unsigned int how, int64_t ns)
{
	bool write = how & KLOCK_WRITE;
	int err = lock->take(how, ns);

	if (err && !expected(err, how, ns))
		xp_fail("refused with %d", err);
	if (err || (lock->only_wait && !write))
		return;
	enter(write);
	keep(word);
	leave(write);
	lock->give(write);
}

/* ---- requests ---- */

static struct klock_waitq requests[XP_THREADS];
static bool told[XP_THREADS];

static void granted(struct klock_waitq *wq)
{
	bool *of = &told[wq - requests];

	xp_point(XP_WRITE, of, "told of a grant");
	if (*of)
		xp_fail("told twice of one grant");
	*of = true;
}

static bool is_told(const void *of)
{
	return *(const bool *)of;
}

static void await_grant(struct klock_waitq *wq, bool *of)
{
	int err;

	xp_enable_when(is_told, of);
	xp_point(XP_RESUME, of, "request is granted");
	*of = false;
	err = klock_waitq_claim(wq);
	if (err)
		xp_fail("the claim of a granted request is refused with %d", err);
}

/* False: it was cancelled. */
static bool ask(bool write, bool cancel)
{
	struct klock_waitq *wq = &requests[xp_self()];
	bool *of = &told[xp_self()];
	int err;

	klock_waitq_init(wq, granted, -1);
	err = lock->ask(write, wq);
	if (err && err != -EIOCBQUEUED)
		xp_fail("refused with %d", err);
	if (err && cancel && !klock_waitq_cancel(wq)) {
		if (*of)
			xp_fail("told of a grant that was cancelled");
		return false;
	}
	if (err)
		await_grant(wq, of);
	return true;
}

static void hold_by_request(const char *word, bool write, bool cancel)
{
	if (!ask(write, cancel) || (lock->only_wait && !write))
		return;
	enter(write);
	keep(word);
	leave(write);
	lock->give(write);
}

static void write_then_read(const char *word)
{
	if (lock->take(KLOCK_WRITE, KLOCK_FOREVER))
		xp_fail("refused");
	enter(true);
	leave(true);
	readers++; /* before others come in */
	lock->downgrade();
	xp_point(XP_READ, &inside, "inside");
	if (writers)
		xp_fail("a writer is inside beside one that has become a reader");
	keep(word);
	leave(false);
	lock->give(false);
}

static void look_late(char kind)
{
	uint32_t *word = (uint32_t *)lock->word;

	switch (kind) {
	case 'b':
		wake_up_bit((unsigned long *)word, 0);
		break;
	case 's':
		klock_bias_left(word);
		klock_bias_left(word - 1); /* its writers wait beside the word */
		break;
	default:
		fprintf(stderr, "scenarios.def: 'l%c' is not known\n", kind);
		exit(2);
	}
}

static unsigned int mode_of(char c)
{
	switch (c) {
	case 'r':
		return KLOCK_READ;
	case 'w':
		return KLOCK_WRITE;
	default:
		fprintf(stderr, "scenarios.def: '%c' is neither r nor w\n", c);
		exit(2);
	}
}

static void act(const char *word)
{
	switch (word[0]) {
	case 'r':
	case 'w':
		hold(word, mode_of(word[0]), KLOCK_FOREVER);
		break;
	case 'g':
		hold(word, mode_of(word[1]), KLOCK_FOREVER);
		break;
	case 'a':
	case 'c':
		hold_by_request(word, mode_of(word[1]) & KLOCK_WRITE, word[0] == 'c');
		break;
	case 'l':
		look_late(word[1]);
		break;
	case 'd':
		write_then_read(word);
		break;
	case 't':
		hold(word, mode_of(word[1]) | KLOCK_TRY, KLOCK_FOREVER);
		break;
	case 'n':
		if (!lock->take(mode_of(word[1]) | KLOCK_TRY, KLOCK_FOREVER))
			xp_fail("a newcomer passes somebody that waits");
		break;
	case 'y':
		if (lock->take(mode_of(word[1]) | KLOCK_TRY, KLOCK_FOREVER))
			xp_fail("a newcomer is refused what nobody has who keeps it out");
		lock->give(mode_of(word[1]) & KLOCK_WRITE);
		break;
	case 'z':
		hold(word, mode_of(word[1]), 0);
		break;
	case 'k':
		hold(word, mode_of(word[1]) | KLOCK_KILLABLE, KLOCK_FOREVER);
		break;
	case 'i':
		hold(word, mode_of(word[1]) | KLOCK_INTERRUPTIBLE, KLOCK_FOREVER);
		break;
	case 'o':
		hold(word, mode_of(word[1]), 10);
		break;
	case 'R':
		klock_self_task = NULL;
		klock_self_word = 0;
		klock_read_slots = klock_no_slots;
		break;
	case 'h':
		if (lock->take(KLOCK_READ, KLOCK_FOREVER))
			xp_fail("refused");
		enter(false);
		break;
	case 'u':
		leave(false);
		lock->give(false);
		break;
	case 'O':
		klock_bias_begin(klock_self_task);
		break;
	case 'X':
		klock_task_end_slots(klock_self_task);
		break;
	case 'U':
		klock_unkill_all();
		break;
	case 'K':
		klock_kill(tasks[word[1] - '0']);
		break;
	case 'A':
		klock_kill_all();
		break;
	case 'I':
		klock_interrupt(tasks[word[1] - '0']);
		break;
	case 'T':
		xp_pass_time(10);
		break;
	case 'G':
		xp_wake_for_nothing(word[1] - '0', &tasks[word[1] - '0']->parker);
		break;
	default:
		fprintf(stderr, "scenarios.def: '%s' is not known\n", word);
		exit(2);
	}
}

static void run_script(void)
{
	for (const char *p = scripts[xp_self()]; *p; p += strspn(p, " ")) {
		if (*p == 'S' ? !await_sleep(p[1] - '0') : *p == 'E' && !await_entry(p[1] - '0'))
			break;
		if (*p != 'S' && *p != 'E')
			act(p);
		p += strcspn(p, " ");
	}
	ended[xp_self()] = true;
}

/* ---- the scenario ---- */

static bool has_slots(int t)
{
	if (lock->watched || (lock->one_counts && !t))
		return false;
	return scripts[t] && *scripts[t] != 'O';
}

static void reset(void)
{
	for (int t = 0; t < XP_THREADS; t++) {
		tasks[t]->many_cpus = lock->spins;
		if (has_slots(t))
			klock_slots_open(tasks[t]->index);
	}
	xp_many_cpus = lock->spins;
	xp_hand_over_ns = lock->due ? 0 : lock->soon ? 10 : KLOCK_FOREVER;
	klock_watched = klock_ready_watched = lock->watched;
	lock->reset();
	memset(entered, 0, sizeof(entered));
}

static void check(void)
{
	lock->check();
}

static void stuck(int thread)
{
	xp_fail("thread %d waits for ever", thread);
}

static void misuse(const struct klock_bug *bug)
{
	xp_fail("%s", bug->what); /* no scenario does anything wrong */
}

void xp_script_init(void)
{
	static struct mutex mutex;
	struct klock_task *own;

	klock_mutex_init(&mutex, "set-up", NULL);
	mutex_lock(&mutex); /* sets the library up, outside of all executions */
	mutex_unlock(&mutex);
	own = klock_self_task;
	for (int t = 0; t < XP_THREADS; t++) {
		klock_self_task = NULL;
		tasks[t] = klock_task_register();
	}
	klock_self_task = own;
	klock_set_bug_fn(misuse);
	/* A long wait looks around, and would find what a lost wake-up has left undone. */
	klock_long_waits.after_ns = klock_long_waits.after_blind_ns = KLOCK_FOREVER;
}

bool xp_script_scenario(struct xp_scenario *s, const char *lock_name,
			const char *const *thread_scripts)
{
	lock = xp_lock_named(lock_name);
	if (!lock)
		return false;
	scripts = thread_scripts;
	entries_matter = false;
	for (s->threads = 0; s->threads < XP_THREADS && scripts[s->threads]; s->threads++) {
		struct klock_task *task = tasks[s->threads];

		entries_matter |= strchr(scripts[s->threads], 'E') != NULL;
		s->run[s->threads] = run_script;
		s->start[s->threads].words[0] = task;
		s->start[s->threads].words[1] =
			(void *)(uintptr_t)(lock->watched ? 0 : task->word);
		s->start[s->threads].words[2] =
			has_slots(s->threads) ? task->reading : klock_no_slots;
		s->start[s->threads].words[3] =
			(void *)(uintptr_t)(lock->watched || lock->samples ? 0 : 1000);
	}
	s->reset = reset;
	s->idle = xp_sleep_till_deadline;
	s->check = check;
	s->stuck = stuck;
	return true;
}
