/* SPDX-License-Identifier: MIT */
/*
 * The modes of a rw_semaphore, and what each side pays in them:
 *
 *            a read                          a write
 *   counted  two exchanges of the word       nothing more
 *   SPLIT    a fence, in its own slot        a look at a slot of each thread that reads
 *   BIASED   two stores, in its own slot     that, and a membarrier(2): microseconds
 *
 * So who reads pays less from one to the next, and who writes more. A read in
 * KLOCK_BIAS_PERIOD of a thread is a sample, if they are not too far apart for any of this to
 * matter; and a write that finds slots in use says so here:
 *
 *   counted -> SPLIT   after as many samples as the price says. What counted writes there were
 *                      nobody knows; a trial is cheap.
 *   SPLIT -> counted   when its reads have saved less than its writes have cost; then the price
 *                      doubles.
 *   SPLIT -> BIASED    when the reads since the last write would have paid for the end of a bias:
 *                      who rents until that has cost as much as the thing never pays more
 *                      than twice what it could have.
 *   BIASED -> SPLIT    with the first write.
 *
 *   SPLIT or BIASED -> closed   by a write attempt that sees no reader in a slot; readers are
 *                      counted, so that it keeps nobody out (klock_bias_attempt()).
 *   closed -> SPLIT    with the next sample, or write.
 *
 * Attempts rely on it that what is closed stays closed, and count themselves for that; so slots
 * are opened by one thread at a time, OPENER, while there is no attempt, and in two steps: an
 * attempt that comes between the two takes the first one back.
 *
 * A read that costs nothing is not counted, so BIASED needs no judgement of its own.
 */
#include "locks/bias_mode.h"
#include "base/clock.h"
#include "wait/slots.h"
#include "wait/task.h"
#include <klock/rwsem.h>

/* What a sample stands for, in units of the credit. */
#define SAMPLE (KLOCK_BIAS_PERIOD / 8)

/* What a read by a slot saves where it needs no fence, at least. */
#define SAVED_NS 5
/* What a membarrier(2) has cost lately: an estimate, that is believed up to a limit. */
static uint32_t barrier_ns = 10000;
#define BARRIER_NS_MAX 100000

/* How many write attempts there are in the process, and whether a reader opens slots. */
static uint32_t attempts;
#define OPENER 0x80000000u

_Static_assert(offsetof(struct rw_semaphore, spin) ==
		       offsetof(struct rw_semaphore, word) + sizeof(uint32_t),
	       "the address of one follows from the other's");

static uint32_t credit_of(uint32_t seen)
{
	return (seen & KLOCK_BIAS_CREDIT) / KLOCK_BIAS_CREDIT_ONE;
}

static unsigned int price_of(uint32_t seen)
{
	return (seen & KLOCK_BIAS_PRICE) >> KLOCK_BIAS_PRICE_SHIFT;
}

static void keep(uint32_t *spin, uint32_t credit, unsigned int price)
{
	uint32_t rest = klock_load_relaxed(spin) & ~(KLOCK_BIAS_CREDIT | KLOCK_BIAS_PRICE);

	if (credit > credit_of(~0u)) /* waiters keep the mode from being changed */
		credit = credit_of(~0u);
	/* lost updates are fine */
	klock_store_relaxed(spin, rest | credit * KLOCK_BIAS_CREDIT_ONE |
					  (uint32_t)price << KLOCK_BIAS_PRICE_SHIFT);
}

void klock_bias_allow(uint32_t *spin, bool allow)
{
	keep(spin, 0, allow ? 0 : KLOCK_BIAS_NEVER);
}

void klock_bias_learn_cost(int64_t ns)
{
	uint32_t usual = klock_load_relaxed(&barrier_ns); /* lost updates are fine */

	if (ns > BARRIER_NS_MAX)
		ns = BARRIER_NS_MAX;
	klock_store_relaxed(&barrier_ns, usual - usual / 8 + (uint32_t)ns / 8);
}

/* The credit that the end of a bias takes: the writer's time, and as much of who waits for it. */
static uint32_t end_of_bias(void)
{
	return 2 * klock_load_relaxed(&barrier_ns) / SAVED_NS * SAMPLE / KLOCK_BIAS_PERIOD;
}

/*
 * Only while no writer is there, nor waits: SPLIT may become BIASED, where a read that
 * has a fence too many does not matter; never the other way round, where one would be missing.
 */
static bool change_mode(uint32_t *word, uint32_t from, uint32_t to)
{
	uint32_t w = klock_load_relaxed(word); /* only a guess: the exchange decides */

	while ((w & KLOCK_W_FLAGS) == from)
		if (klock_cas_acquire(word, &w, w - from + to)) /* [X10] */
			return true;
	return false;
}

void klock_bias_begin_attempt(void)
{
	klock_fetch_add_relaxed(&attempts, 1); /* klock_bias_close() orders it */
}

void klock_bias_end_attempt(void)
{
	klock_fetch_add_acq_rel(&attempts, (uint32_t)-1); /* ours before who opens slots */
}

void klock_bias_forget_attempts(void)
{
	klock_store_relaxed(&attempts, 0); /* no other thread runs yet */
}

bool klock_bias_close(uint32_t *word)
{
	uint32_t w = klock_load_relaxed(word), mode; /* only a guess: the exchange decides */

	do {
		if ((w & KLOCK_W_WRITER) || w >= KLOCK_W_READER)
			return false;
		mode = w & KLOCK_W_SPLIT ? KLOCK_W_SPLIT : w & KLOCK_W_BIASED;
		if (mode)
			mode |= KLOCK_W_CLOSED;
	/*
	 * [X9] counted, then the word, by an exchange: pairs with [X10]. What opens it is taken
	 * back here, or finds us counted. Sequentially consistent for [X8].
	 */
	} while (!klock_cas_seq(word, &w, (w & ~KLOCK_W_MODE) | mode));
	return true;
}

void klock_bias_closed(uint32_t *word)
{
	uint32_t *spin = klock_word_spin(word);
	uint32_t w = klock_load_relaxed(word); /* only a guess: the exchange decides */

	while ((w & (KLOCK_W_MODE | KLOCK_W_WRITER)) == (KLOCK_W_BIASED | KLOCK_W_CLOSED))
		if (klock_cas_release(word, &w, w - KLOCK_W_BIASED + KLOCK_W_SPLIT)) {
			keep(spin, KLOCK_BIAS_FULL, price_of(klock_load_relaxed(spin)));
			return;
		}
}

/*
 * From counted or closed to SPLIT, unless there is an attempt.
 * [X10] OPENING, by an exchange, then a look at the attempts: pairs with [X9].
 */
static bool open_slots(uint32_t *word, uint32_t from)
{
	uint32_t none = 0;
	bool opened;

	if (!klock_cas_acquire(&attempts, &none, OPENER))
		return false;
	opened = (from == KLOCK_W_OPENING || change_mode(word, from, KLOCK_W_OPENING)) &&
		 klock_load_relaxed(&attempts) == OPENER && /* ordered by that */
		 change_mode(word, KLOCK_W_OPENING, KLOCK_W_SPLIT);
	klock_fetch_and_release(&attempts, ~OPENER);
	return opened;
}

/*
 * Whether the calling thread reads so seldom that a shared count costs it nothing to speak of, and
 * others find its line free.
 */
static bool reads_are_rare(struct klock_task *task)
{
	int64_t now = klock_now_ns(), ns = now - task->sampled_ns;

	task->sampled_ns = now;
	return ns > KLOCK_BIAS_PERIOD * KLOCK_BIAS_RARE_NS;
}

/* All accesses are to estimates, or only guess: relaxed. */
void klock_bias_sample(uint32_t *word)
{
	uint32_t mode = klock_load_relaxed(word) & KLOCK_W_MODE;
	uint32_t seen = klock_load_relaxed(klock_word_spin(word)), credit = credit_of(seen);
	unsigned int price = price_of(seen);

	if (reads_are_rare(klock_self_task) || price == KLOCK_BIAS_NEVER || mode == KLOCK_W_BIASED)
		return;
	if (mode & KLOCK_W_CLOSED) {
		open_slots(word, mode);
		return;
	}
	if (mode == KLOCK_W_SPLIT) {
		credit += SAMPLE;
		if (credit >= KLOCK_BIAS_FULL + end_of_bias() &&
		    change_mode(word, KLOCK_W_SPLIT, KLOCK_W_BIASED))
			credit = price = 0;
	} else {
		credit++;
		if (credit >= 1u << price && open_slots(word, 0))
			credit = KLOCK_BIAS_FULL;
	}
	keep(klock_word_spin(word), credit, price);
}

/* By the owner: WRITER keeps the mode from being changed by others. */
static void set_mode(uint32_t *word, uint32_t mode)
{
	uint32_t w = klock_load_relaxed(word); /* waiters change other bits */

	while ((w & KLOCK_W_MODE) != mode)
		if (klock_cas_relaxed(word, &w, (w & ~KLOCK_W_MODE) | mode))
			return;
}

/*
 * SPLIT, and open unless there is an attempt: one that comes later finds WRITER.
 * WRITER, by an exchange that acquires, and then the attempts: pairs with [X9] as [X10] does.
 */
static uint32_t mode_after_write(const uint32_t *word)
{
	if (!(klock_load_relaxed(word) & KLOCK_W_CLOSED)) /* attempts do not close what is held */
		return KLOCK_W_SPLIT;
	return KLOCK_W_SPLIT | (klock_load_relaxed(&attempts) ? KLOCK_W_CLOSED : 0);
}

/* In units of the credit: a look at a slot, or at a cache line of wait/slots.c. */
static uint32_t cost_of_write(void)
{
	return 1 + klock_nr_slots_open() + klock_nr_tasks() / 512;
}

void klock_bias_written(uint32_t *word)
{
	uint32_t seen = klock_load_relaxed(klock_word_spin(word)), credit = credit_of(seen);
	uint32_t cost = cost_of_write();
	unsigned int price = price_of(seen);
	bool split = klock_load_relaxed(word) & KLOCK_W_SPLIT;

	if (!split || credit > KLOCK_BIAS_FULL)
		credit = KLOCK_BIAS_FULL;
	if (price == KLOCK_BIAS_NEVER || credit <= cost) {
		set_mode(word, 0);
		credit = 0;
		price += price < KLOCK_BIAS_PRICE_MAX;
	} else {
		credit -= cost;
		set_mode(word, mode_after_write(word));
	}
	keep(klock_word_spin(word), credit, price);
}
