/* SPDX-License-Identifier: MIT */
/*
 * Waiting awake. A sleep and a wake-up cost the two threads more than a hundred
 * short holds, and who is woken waits for a CPU besides. So a waiter spins at first,
 * as long as spins for this lock have paid lately; then it yields its CPU a few
 * times, which is all it takes where the holder has been preempted.
 *
 * A writer that yields sets PENDING, and newcomers no longer get in before
 * it, nor do readers that yield until they have seen a writer have its turn. So
 * readers that overlap without a gap let a writer in. PENDING bars nobody who has
 * yielded for it: the lock does not wait for a thread without a CPU.
 *
 * A reader that has seen a writer's turn sets OVERDUE before it yields, and then no writer
 * gets in before it: writers that follow each other would keep the CPU that it has
 * given away for as long as they spin with success, which is a slice. This one does
 * bar those who have yielded, until they sleep: it is they who give it a CPU, and where
 * there is none to be had, the head of the queue goes on.
 */
#include "locks/awake.h"
#include "annotate/watch.h"
#include "base/clock.h"
#include "base/cpu.h"
#include "base/exempt.h"
#include "locks/left_over.h"
#include <sched.h>

/* In pauses. The first is what a lock gets whose spins have failed lately. */
#define SPIN_MIN 10
#define SPIN_MAX 400
/* At most between two looks: who has the lock uses it meanwhile, undisturbed. */
#define SPIN_STEP 64
/* After an exchange that failed, for the same reason; each time twice as many, if it goes on. */
#define BACK_OFF_MIN 128
#define BACK_OFF_MAX 1024
#define BACK_OFF_AGAIN_NS 100000
/* A look at a lock that others have to get first is worth so many: they may need this CPU. */
#define SPIN_BARRED 100
/* Besides: while a writer ends a bias, which takes as long as a membarrier(2) and little more. */
#ifndef KLOCK_SPIN_REVOKED
#define KLOCK_SPIN_REVOKED 800
#endif

/*
 * Writers of the process that yield, and readers that do and are OVERDUE: without any, the bit is
 * left over from before a fork(). See also locks/left_over.h.
 */
static uint32_t pending_writers, overdue_readers;

void klock_awake_prepare(void)
{
	klock_exempt(&pending_writers, sizeof(pending_writers));
	klock_exempt(&overdue_readers, sizeof(overdue_readers));
	/* no other thread runs yet */
	klock_store_relaxed(&pending_writers, 0);
	klock_store_relaxed(&overdue_readers, 0);
}

static void relax(int32_t pauses)
{
	while (pauses--)
		klock_cpu_relax();
}

bool klock_word_is_barred(const uint32_t *word, uint32_t w)
{
	return (w & KLOCK_W_PENDING) && klock_load_relaxed(&pending_writers) && /* a hint */
	       !klock_bars_are_left_over(word);
}

/* Whether a reader comes before any writer, that has yielded or not. */
static bool reader_is_next(const uint32_t *word, uint32_t w)
{
	return (w & KLOCK_W_OVERDUE) && klock_load_relaxed(&overdue_readers) && /* a hint */
	       !klock_bars_are_left_over(word);
}

/*
 * An exchange that fails has found another CPU at the same word, which took it some tens of
 * nanoseconds to get: who stays away for long lets the other one run from its own cache.
 */
static void back_off(void)
{
	struct klock_task *task = klock_self_task;

	if (!task->many_cpus)
		return;
	if (klock_now_ns() - task->backed_off_ns > BACK_OFF_AGAIN_NS)
		task->back_off = BACK_OFF_MIN;
	else if (task->back_off < BACK_OFF_MAX)
		task->back_off *= 2;
	relax(task->back_off);
	task->backed_off_ns = klock_now_ns();
}

/* What goes with who takes the lock: others set it again. */
#define BARS (KLOCK_W_PENDING | KLOCK_W_OVERDUE)

/*
 * YIELDED: a waiter that has yielded, and is barred no more. ATTEMPT: a trylock, which neither
 * backs off nor waits for readers in slots. ATTEMPT_CLOSED: the same, with the slots closed and
 * no reader in them.
 */
enum comer { NEWCOMER, ATTEMPT, ATTEMPT_CLOSED, YIELDED };

/* The lock, if it is to be had now. */
static bool take_turn(uint32_t *word, const struct klock_task *task, bool shared, enum comer who)
{
	uint32_t w = klock_load_relaxed(word); /* only a guess: the exchange decides */

	while (klock_word_compatible(w, shared)) {
		bool bar = klock_word_is_barred(word, w);
		uint32_t new = (w & ~BARS) + klock_word_hold_of(task, shared);

		if ((bar && who != YIELDED) || (!shared && reader_is_next(word, w)))
			return false;
		if (who == ATTEMPT && !shared && (w & KLOCK_W_SLOTS))
			return false;
		if (bar && shared)
			new |= KLOCK_W_PENDING; /* the writer that set it still waits */
		if ((w & (KLOCK_W_WAITERS | KLOCK_W_WAKING)) == KLOCK_W_WAITERS) {
			if (!klock_forget_left_over_waiters(word, &w))
				return false; /* readers have it, a writer sleeps, and is next */
			continue;
		}
		if (klock_cas_acquire(word, &w, new)) /* [W1], [W3] */
			return true;
		if (who == NEWCOMER || who == YIELDED)
			back_off();
	}
	return false;
}

bool klock_word_try(uint32_t *word, const struct klock_task *task, unsigned int how)
{
	return take_turn(word, task, !(how & KLOCK_WRITE), how & KLOCK_TRY ? ATTEMPT : NEWCOMER);
}

bool klock_word_try_closed(uint32_t *word, const struct klock_task *task)
{
	return take_turn(word, task, false, ATTEMPT_CLOSED);
}

/* Whether its owner is waiting for readers, or for their slots to be seen. */
static bool revoking(const uint32_t *word)
{
	uint32_t w = klock_load_relaxed(word); /* a guess */

	return (w & KLOCK_W_WRITER) && (w & KLOCK_W_BIASED);
}

/* With `forget`, also that others have waited in vain. */
static void set_usual(uint32_t *spin, int32_t usual, uint32_t forget)
{
	uint32_t seen = klock_load_relaxed(spin); /* lost updates are fine */

	klock_store_relaxed(spin, (seen & ~(KLOCK_SPIN_LIMIT | forget)) | (uint32_t)usual);
}

/*
 * Short holds are spun for: the limit follows what spins for this lock needed
 * lately, and sinks when they fail. With one CPU the holder could not run.
 */
static bool spin_take(uint32_t *word, uint32_t *spin, const struct klock_task *task, bool shared)
{
	int32_t usual = (int32_t)(klock_load_relaxed(spin) & KLOCK_SPIN_LIMIT); /* an estimate */
	int32_t limit = usual * 2 + SPIN_MIN, step = 1;

	if (!task->many_cpus)
		return false;
	if (limit > SPIN_MAX)
		limit = SPIN_MAX;
	for (int32_t n = 0, more = KLOCK_SPIN_REVOKED; n < limit;) {
		uint32_t seen;

		relax(step);
		if (revoking(word) && more > 0)
			more -= step;
		else
			n += step;
		if (step < SPIN_STEP)
			step *= 2;
		seen = klock_load_relaxed(word); /* a guess */
		if (klock_word_is_barred(word, seen) || (!shared && reader_is_next(word, seen)))
			n += SPIN_BARRED;
		if (take_turn(word, task, shared, NEWCOMER)) {
			set_usual(spin, usual + (n - usual) / 8, KLOCK_VAIN);
			return true;
		}
	}
	set_usual(spin, usual - (usual + 7) / 8, 0);
	return false;
}

/* Has others wait, by this bit, for a lock that the caller cannot have yet. */
static void bar_others(uint32_t *word, uint32_t bit)
{
	uint32_t w = klock_load_relaxed(word); /* only a guess: the exchange decides */

	while (!klock_word_is_free(w) && w != KLOCK_W_DESTROYED && !(w & bit))
		if (klock_cas_relaxed(word, &w, w | bit)) /* orders nothing */
			return;
}

/* The caller does not wait awake any more. */
static void lift(uint32_t *word, uint32_t bit)
{
	if (klock_load_relaxed(word) & bit) /* orders nothing, either */
		klock_fetch_and_relaxed(word, ~bit);
}

#define HOLDERS (~KLOCK_W_FLAGS | KLOCK_W_WRITER)
#define PROBE 16

/* What a thread sees while it yields. */
struct yields {
	const uint32_t *word;
	int left;
	int64_t until_ns;
	uint32_t holders; /* as the word had them at first */
	bool changed;     /* later it had others */
	bool any;         /* it has yielded at all */
};

/*
 * None, where all were in vain: a process that has nothing to do with it may have the CPU for a
 * slice then. But one wait of a thread in PROBE yields once, to see whether things have changed.
 */
static struct yields begin_yields(const uint32_t *word, const uint32_t *spin,
				  const struct klock_task *task, int64_t deadline_ns)
{
	uint32_t vain = klock_load_relaxed(spin) & KLOCK_VAIN; /* an estimate */
	struct yields y = {
		.word = word,
		.left = KLOCK_YIELDS >> 2 * (vain >> KLOCK_VAIN_SHIFT),
		.until_ns = klock_now_ns() + KLOCK_YIELDS_NS,
		.holders = klock_load_relaxed(word) & HOLDERS, /* a guess */
	};

	if (vain == KLOCK_VAIN && task->waits / 2 % PROBE == 0)
		y.left = 1;
	if (y.until_ns > deadline_ns)
		y.until_ns = deadline_ns;
	return y;
}

/* Gives the CPU to who can run. False: that has been enough. */
static bool yield(struct yields *y)
{
	if (--y->left < 0 || klock_now_ns() > y->until_ns)
		return false;
	sched_yield();
	y->any = true;
	if ((klock_load_relaxed(y->word) & HOLDERS) != y->holders)
		y->changed = true;
	return true;
}

/* What those who come after can expect of it. */
static void end_yields(const struct yields *y, uint32_t *spin, bool taken)
{
	uint32_t seen = klock_load_relaxed(spin),
		 next = seen & ~KLOCK_VAIN; /* lost updates are fine */

	if (!taken && !y->any)
		return;
	if (!taken && !y->changed)
		next = (seen & KLOCK_VAIN) == KLOCK_VAIN ? seen : seen + KLOCK_VAIN_ONE;
	if (next != seen)
		klock_store_relaxed(spin, next);
}

/* An owner's plain store wipes PENDING out, and each look sets it again. */
static bool yield_write(uint32_t *word, struct yields *y, const struct klock_task *task)
{
	enum comer who = NEWCOMER;
	bool taken;

	/* All relaxed: the exchange that takes the lock is what orders. */
	klock_fetch_add_relaxed(&pending_writers, 1);
	klock_store_relaxed(&klock_self_task->bars, word);
	for (;; who = YIELDED) {
		bar_others(word, KLOCK_W_PENDING);
		/* What is free is not barred, and a yield would leave it to those who follow. */
		taken = take_turn(word, task, false, who);
		if (taken || !yield(y))
			break;
	}
	klock_store_relaxed(&klock_self_task->bars, NULL);
	klock_fetch_add_relaxed(&pending_writers, (uint32_t)-1);
	if (!taken)
		lift(word, KLOCK_W_PENDING);
	return taken;
}

/* The same for OVERDUE, once a writer has its turn: until then PENDING comes before it. */
static bool yield_read(uint32_t *word, struct yields *y, const struct klock_task *task)
{
	enum comer who = NEWCOMER;
	bool taken;

	do {
		if (who == NEWCOMER && (klock_load_relaxed(word) & KLOCK_W_WRITER)) { /* a hint */
			klock_fetch_add_relaxed(&overdue_readers, 1);
			klock_store_relaxed(&klock_self_task->bars, word);
			who = YIELDED;
		}
		if (who == YIELDED)
			bar_others(word, KLOCK_W_OVERDUE);
		taken = take_turn(word, task, true, who);
	} while (!taken && yield(y));
	if (who != YIELDED)
		return taken;
	klock_store_relaxed(&klock_self_task->bars, NULL);
	klock_fetch_add_relaxed(&overdue_readers, (uint32_t)-1);
	if (!taken)
		lift(word, KLOCK_W_OVERDUE);
	return taken;
}

bool klock_word_wait_awake(uint32_t *word, uint32_t *spin, const struct klock_task *task,
			   bool shared, int64_t deadline_ns)
{
	struct yields y;
	bool taken;

	if (spin_take(word, spin, task, shared))
		return true;
	if (!KLOCK_YIELDS)
		return false;
	y = begin_yields(word, spin, task, deadline_ns);
	if (!y.left)
		return false;
	taken = shared ? yield_read(word, &y, task) : yield_write(word, &y, task);
	end_yields(&y, spin, taken);
	return taken;
}
