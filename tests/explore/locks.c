/* SPDX-License-Identifier: MIT */
/* What the threads of a scenario do, read from a line of scenarios.def. */
#include "explore/locks.h"
#include "explore/sched.h"
#include "explore/world.h"
#include "wait/park.h"
#include "wait/task.h"
#include <errno.h>
#include <klock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct klock_task *tasks[XP_THREADS];
static const char *const *scripts; /* of each thread */

static struct mutex mutex;
static struct rw_semaphore rwsem;
static struct percpu_rw_semaphore percpu;
static struct semaphore sema;
static unsigned long bits;

/* Who is inside, and a place that they touch there, so that they are seen to overlap. */
static int writers, readers;
static int inside;

void xp_save(struct xp_thread_state *state)
{
	state->words[0] = klock_self_task;
	state->words[1] = (void *)(uintptr_t)klock_self_word;
}

void xp_restore(const struct xp_thread_state *state)
{
	klock_self_task = state->words[0];
	klock_self_word = (uint32_t)(uintptr_t)state->words[1];
}

static void enter(bool write, int allowed)
{
	writers += write;
	readers += !write;
	if (write ? writers > allowed || readers : writers > 0)
		xp_fail("%d writers and %d readers are inside at once", writers, readers);
	xp_point(write ? XP_WRITE : XP_READ, &inside, "inside");
}

static void leave(bool write)
{
	writers -= write;
	readers -= !write;
}

/* ---- the locks: `how` as in klock's own functions, ns for a timed wait ---- */

static int mutex_take(unsigned int how, int64_t ns)
{
	if (ns != KLOCK_FOREVER)
		return mutex_lock_timeout(&mutex, ns);
	if (how & KLOCK_TRY)
		return mutex_trylock(&mutex) ? 0 : -EAGAIN;
	if (how & KLOCK_INTERRUPTIBLE)
		return mutex_lock_interruptible(&mutex);
	if (how & KLOCK_KILLABLE)
		return mutex_lock_killable(&mutex);
	mutex_lock(&mutex);
	return 0;
}

static void mutex_give(bool write)
{
	(void)write;
	mutex_unlock(&mutex);
}

static int rwsem_write(unsigned int how, int64_t ns)
{
	if (ns != KLOCK_FOREVER)
		return down_write_timeout(&rwsem, ns);
	if (how & KLOCK_TRY)
		return down_write_trylock(&rwsem) ? 0 : -EAGAIN;
	if (how & KLOCK_INTERRUPTIBLE)
		return down_write_interruptible(&rwsem);
	if (how & KLOCK_KILLABLE)
		return down_write_killable(&rwsem);
	down_write(&rwsem);
	return 0;
}

static int rwsem_read(unsigned int how, int64_t ns)
{
	if (ns != KLOCK_FOREVER)
		return down_read_timeout(&rwsem, ns);
	if (how & KLOCK_TRY)
		return down_read_trylock(&rwsem) ? 0 : -EAGAIN;
	if (how & KLOCK_INTERRUPTIBLE)
		return down_read_interruptible(&rwsem);
	if (how & KLOCK_KILLABLE)
		return down_read_killable(&rwsem);
	down_read(&rwsem);
	return 0;
}

static int rwsem_take(unsigned int how, int64_t ns)
{
	return how & KLOCK_WRITE ? rwsem_write(how, ns) : rwsem_read(how, ns);
}

static void rwsem_give(bool write)
{
	if (write)
		up_write(&rwsem);
	else
		up_read(&rwsem);
}

static int percpu_take(unsigned int how, int64_t ns)
{
	bool write = how & KLOCK_WRITE;

	if (ns != KLOCK_FOREVER)
		return write ? percpu_down_write_timeout(&percpu, ns)
			     : percpu_down_read_timeout(&percpu, ns);
	if (how & KLOCK_TRY)
		return !write && percpu_down_read_trylock(&percpu) ? 0 : -EAGAIN;
	if (how & KLOCK_KILLABLE)
		return write ? percpu_down_write_killable(&percpu)
			     : percpu_down_read_killable(&percpu);
	if (write)
		percpu_down_write(&percpu);
	else
		percpu_down_read(&percpu);
	return 0;
}

static void percpu_give(bool write)
{
	if (write)
		percpu_up_write(&percpu);
	else
		percpu_up_read(&percpu);
}

static int sema_take(unsigned int how, int64_t ns)
{
	if (ns != KLOCK_FOREVER)
		return down_timeout(&sema, ns);
	if (how & KLOCK_TRY)
		return down_trylock(&sema) ? -EAGAIN : 0;
	if (how & KLOCK_INTERRUPTIBLE)
		return down_interruptible(&sema);
	if (how & KLOCK_KILLABLE)
		return down_killable(&sema);
	down(&sema);
	return 0;
}

static void sema_give(bool write)
{
	(void)write;
	up(&sema);
}

static int bit_take(unsigned int how, int64_t ns)
{
	unsigned int state = how & KLOCK_INTERRUPTIBLE ? TASK_INTERRUPTIBLE
			     : how & KLOCK_KILLABLE    ? TASK_KILLABLE
						       : TASK_UNINTERRUPTIBLE;

	(void)ns;
	if (how & KLOCK_TRY)
		return test_and_set_bit_lock(3, &bits) ? -EAGAIN : 0;
	return wait_on_bit_lock(&bits, 3, state);
}

static void bit_give(bool write)
{
	(void)write;
	clear_and_wake_up_bit(3, &bits);
}

static void word_check(const uint32_t *word)
{
	if (*word)
		xp_fail("the word is 0x%x at the end", *word);
	if (klock_park_waited_for(word))
		xp_fail("somebody is left in the queue");
}

static void mutex_check(void)
{
	word_check(&mutex.word);
}

static void rwsem_check(void)
{
	word_check(&rwsem.word);
}

/* PASSES stays until somebody who waited has looked: too high, it makes newcomers queue. */
static void barred_check(void)
{
	rwsem.word &= ~KLOCK_W_PASSES;
	word_check(&rwsem.word);
}

static void percpu_check(void)
{
	int32_t sum = percpu.shared;

	word_check(&percpu.rw.word);
	for (int i = 0; percpu.slots && i < KLOCK_PERCPU_SLOTS; i++)
		sum += percpu.slots[i].readers;
	if (sum || percpu.block)
		xp_fail("%d readers and block %u are left", sum, percpu.block);
}

static void bit_check(void)
{
	if (bits || klock_park_waited_for(&bits))
		xp_fail("the word is 0x%lx at the end, or somebody waits", bits);
}

static void sema1_reset(void)
{
	sema_init(&sema, 1);
}

static void sema2_reset(void)
{
	sema_init(&sema, 2);
}

static void sema_check(void)
{
	if (klock_park_waited_for(&sema.word))
		xp_fail("somebody is left in the queue");
	while (!down_trylock(&sema))
		writers++;
	if (writers != 1 && writers != 2)
		xp_fail("%d units are left", writers);
}

static void mutex_reset(void)
{
	mutex_init(&mutex);
}

static void rwsem_reset(void)
{
	init_rwsem(&rwsem);
}

static void barred_reset(void)
{
	init_rwsem(&rwsem);
	rwsem.word = KLOCK_W_PASSES;
}

static void percpu_reset(void)
{
	if (!percpu.slots && percpu_init_rwsem(&percpu))
		abort();
	/* Not freed and made again: an execution that was given up left it held. */
	memset(percpu.slots, 0, sizeof(*percpu.slots) * KLOCK_PERCPU_SLOTS);
	percpu.rw.word = percpu.shared = percpu.block = 0;
}

static void bit_reset(void)
{
	bits = 0;
}

static const struct lock {
	const char *name;
	int at_once; /* writers that may be inside */
	void (*reset)(void);
	int (*take)(unsigned int how, int64_t ns);
	void (*give)(bool write);
	void (*check)(void);
} locks[] = {
	{ "mutex", 1, mutex_reset, mutex_take, mutex_give, mutex_check },
	{ "rwsem", 1, rwsem_reset, rwsem_take, rwsem_give, rwsem_check },
	{ "rwsem_barred", 1, barred_reset, rwsem_take, rwsem_give, barred_check },
	{ "percpu", 1, percpu_reset, percpu_take, percpu_give, percpu_check },
	{ "semaphore", 1, sema1_reset, sema_take, sema_give, sema_check },
	{ "semaphore2", 2, sema2_reset, sema_take, sema_give, sema_check },
	{ "bit", 1, bit_reset, bit_take, bit_give, bit_check },
};

static const struct lock *lock;

/* ---- scripts ---- */

/* "!2" behind a word: keeps the lock until thread 2 has ended. */
static void keep(const char *word)
{
	const char *p = word + strcspn(word, " !");

	if (*p == '!')
		xp_await_end(p[1] - '0');
}

static void hold(const char *word, unsigned int how, int64_t ns)
{
	bool write = how & KLOCK_WRITE;
	int err = lock->take(how, ns);

	if (err) {
		bool expected = (err == -EAGAIN && (how & KLOCK_TRY)) ||
				(err == -EINTR && (how & (KLOCK_KILLABLE | KLOCK_INTERRUPTIBLE))) ||
				(err == -ETIME && ns != KLOCK_FOREVER);

		if (!expected)
			xp_fail("refused with %d", err);
		return;
	}
	enter(write, lock->at_once);
	keep(word);
	leave(write);
	lock->give(write);
}

static void write_then_read(const char *word)
{
	down_write(&rwsem);
	enter(true, 1);
	leave(true);
	readers++; /* before others come in */
	downgrade_write(&rwsem);
	xp_point(XP_READ, &inside, "inside");
	if (writers)
		xp_fail("a writer is inside beside one that has become a reader");
	keep(word);
	leave(false);
	up_read(&rwsem);
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
	case 'd':
		write_then_read(word);
		break;
	case 't':
		hold(word, mode_of(word[1]) | KLOCK_TRY, KLOCK_FOREVER);
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
		act(p);
		p += strcspn(p, " ");
	}
}

static void reset(void)
{
	xp_world_reset();
	klock_park_after_fork(); /* nobody waits */
	writers = readers = 0;
	klock_unkill_all();
	for (int t = 0; t < XP_THREADS; t++)
		tasks[t]->parker = 0;
	lock->reset();
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

void xp_locks_init(void)
{
	struct klock_task *own = klock_self_task;

	klock_mutex_init(&mutex, "set-up", NULL);
	mutex_lock(&mutex); /* sets the library up, outside of all executions */
	mutex_unlock(&mutex);
	own = klock_self_task;
	for (int t = 0; t < XP_THREADS; t++) {
		klock_self_task = NULL;
		tasks[t] = klock_task_register();
		tasks[t]->many_cpus = false;
	}
	klock_self_task = own;
	klock_set_bug_fn(misuse);
	/* A long wait looks around, and would find what a lost wake-up has left undone. */
	klock_long_waits.after_ns = klock_long_waits.after_blind_ns = KLOCK_FOREVER;
}

bool xp_locks_scenario(struct xp_scenario *s, const char *lock_name,
		       const char *const *thread_scripts)
{
	lock = NULL;
	for (size_t i = 0; i < sizeof(locks) / sizeof(locks[0]); i++)
		if (!strcmp(locks[i].name, lock_name))
			lock = &locks[i];
	if (!lock)
		return false;
	scripts = thread_scripts;
	s->threads = 0;
	while (s->threads < XP_THREADS && scripts[s->threads]) {
		s->run[s->threads] = run_script;
		s->threads++;
	}
	s->reset = reset;
	s->idle = xp_sleep_till_deadline;
	s->check = check;
	s->stuck = stuck;
	for (int t = 0; t < s->threads; t++) {
		s->start[t].words[0] = tasks[t];
		s->start[t].words[1] = (void *)(uintptr_t)tasks[t]->word;
	}
	return true;
}
