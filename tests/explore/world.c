/* SPDX-License-Identifier: MIT */
/*
 * In place of the kernel: futexes, the clock and membarrier(2), as far as the
 * library relies on them. A sleep ends by a wake-up, at its deadline, or, where
 * a scenario has a thread that does so, without a reason.
 */
#include "explore/world.h"
#include "base/clock.h"
#include "base/cpu.h"
#include "base/futex.h"
#include "base/membarrier.h"
#include "base/thread_id.h"
#include "explore/sched.h"
#include <klock/lockword.h>
#include <stddef.h>

static struct sleeper {
	const uint32_t *word; /* NULL: awake */
	int64_t deadline_ns;
	unsigned int turn; /* in the order of arrival, from 1 */
} sleepers[XP_THREADS];

static int64_t now_ns = 1;

bool xp_asleep(int thread)
{
	return sleepers[thread].word;
}

static bool awake(const void *arg)
{
	const struct sleeper *s = arg;

	return !s->word || now_ns >= s->deadline_ns;
}

/* Counted anew from those that sleep: how many slept before makes no other state. */
static unsigned int next_turn(void)
{
	unsigned int last = 0;

	for (int t = 0; t < XP_THREADS; t++)
		if (sleepers[t].turn > last)
			last = sleepers[t].turn;
	return last + 1;
}

static void wake(struct sleeper *s)
{
	s->word = NULL;
	s->turn = 0;
}

bool klock_futex_wait(uint32_t *word, uint32_t value, int64_t deadline_ns)
{
	int self = xp_self();
	struct sleeper *s = &sleepers[self];
	bool late;

	xp_point(XP_WRITE, word, "futex_wait");
	if (*word != value)
		return false;
	*s = (struct sleeper){ word, deadline_ns, next_turn() };
	xp_enable_when(awake, s);
	xp_point(deadline_ns == KLOCK_FOREVER ? XP_RESUME : XP_WRITE, word, "futex_wait ends");
	late = s->word;
	*s = (struct sleeper){ 0 };
	return late;
}

void klock_futex_wake(uint32_t *word, int n)
{
	xp_point(XP_WRITE, word, "futex_wake");
	for (; n > 0; n--) {
		struct sleeper *first = NULL;

		for (int t = 0; t < XP_THREADS; t++)
			if (sleepers[t].word == word && (!first || sleepers[t].turn < first->turn))
				first = &sleepers[t];
		if (!first)
			return;
		wake(first);
	}
}

void xp_wake_for_nothing(int thread, const uint32_t *word)
{
	xp_point(XP_WRITE, word, "a sleep ends without a reason");
	if (sleepers[thread].word == word)
		wake(&sleepers[thread]);
}

int64_t klock_now_ns(void)
{
	xp_point(XP_READ, &now_ns, "clock_gettime");
	return now_ns;
}

int64_t klock_deadline(int64_t ns)
{
	if (ns == KLOCK_FOREVER)
		return KLOCK_FOREVER;
	return klock_now_ns() + ns;
}

void xp_pass_time(int64_t ns)
{
	xp_point(XP_WRITE, &now_ns, "time passes");
	now_ns += ns;
}

bool xp_sleep_till_deadline(void)
{
	int64_t first = KLOCK_FOREVER;

	for (int t = 0; t < XP_THREADS; t++)
		if (sleepers[t].word && sleepers[t].deadline_ns < first)
			first = sleepers[t].deadline_ns;
	if (first == KLOCK_FOREVER)
		return false;
	now_ns = first;
	return true;
}

/* One access at a time is what makes a membarrier nothing: each is visible when it is made. */
void klock_membarrier_register(void)
{
}

bool klock_membarrier_works(void)
{
	return true;
}

bool klock_membarrier(void)
{
	return true;
}

/* One thread registers those of a scenario: each registration is of another one. */
int32_t klock_thread_id(void)
{
	static int32_t last;

	return ++last;
}

int32_t klock_first_thread_id(void)
{
	return 1;
}

bool klock_thread_id_is_gone(int32_t id)
{
	(void)id;
	return false;
}

void klock_cpu_init(void)
{
}

/* Spinning is a matter of time, not of order: see the scenarios that do. */
bool klock_cpu_many(void)
{
	return xp_many_cpus;
}

bool xp_many_cpus;
int64_t xp_hand_over_ns;
