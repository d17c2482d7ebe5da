/* SPDX-License-Identifier: MIT */
/*
 * Readers in slots of their own, and what a writer does about them. When that is, and in which
 * of its two ways, says lib/locks/bias_mode.c.
 *
 * A writer has the word, so with WRITER in it no reader comes in; BIASED or SPLIT is still
 * there, for whoever has to do this work. It finds each reader that is in, see [X1] and
 * [X7], spins for them to leave, then sleeps; a reader that leaves looks at klock_drains,
 * see [X5]. The writer waits for sections that have begun: no newcomer delays it.
 */
#include "locks/reader_bias.h"
#include "base/clock.h"
#include "base/spin.h"
#include "locks/bias_mode.h"
#include "locks/init.h"
#include "locks/lockword.h"
#include "locks/non_owner.h"
#include "locks/slot_readers.h"
#include "locks/take.h"
#include "locks/word_request.h"
#include "wait/park.h"
#include "wait/slots.h"
#include <errno.h>
#include <klock/rwsem.h>

/* The address by which a writer waits for readers to leave. */
static uint32_t *drain_of(uint32_t *word)
{
	return klock_word_spin(word);
}

static uint32_t *word_of(const void *drain)
{
	return (uint32_t *)(uintptr_t)drain - 1;
}

static struct rw_semaphore *rwsem_of(uint32_t *word)
{
	return (struct rw_semaphore *)((char *)word - offsetof(struct rw_semaphore, word));
}

void klock_bias_begin(struct klock_task *task)
{
	if (klock_membarrier_works()) {
		for (unsigned int i = 0; i < KLOCK_READ_SLOTS; i++)
			klock_non_owner_clear(task, i); /* left by the thread before */
		klock_slots_open(task->index);
		klock_read_slots = task->reading;
	}
	klock_reads_left = KLOCK_BIAS_PERIOD;
}

void klock_bias_after_fork(void)
{
	klock_store_relaxed(&klock_drains, 0);
	klock_non_owner_after_fork();
	klock_bias_forget_attempts();
}

bool klock_bias_is_fenced(uint32_t *word)
{
	/* [X8] our word, written once more, then the slots: pairs with [X7]. */
	return klock_fetch_or_seq(word, 0) & KLOCK_W_SPLIT;
}

/*
 * [X7] the slot, then a look at the word: pairs with [X8]. Where the word was SPLIT at first and is
 * something else by now, this has been more than is needed, or the reader is not in.
 */
bool klock_bias_enter_split(uint32_t *word)
{
	uint32_t w;

	if ((int32_t)--klock_reads_left < 0) {
		klock_reads_left = KLOCK_BIAS_PERIOD;
		klock_bias_sample(word);
	}
	if (klock_load_relaxed(word) & KLOCK_W_NO_SLOTS) /* a guess: it would only be looked at */
		return false;
	klock_xchg_seq(&klock_read_slots[klock_slot_number(word)], (uintptr_t)word); /* [X7] */
	w = klock_load_seq(word); /* [X7]; [W3], as in klock_bias_enter() */
	if ((w & KLOCK_W_SLOTS) && !(w & KLOCK_W_NO_SLOTS))
		return true;
	klock_bias_leave(word); /* not in, after all */
	return false;
}

bool klock_bias_read(uint32_t *word, bool attempt)
{
	if (klock_read_slots == klock_no_slots) {
		klock_reads_left = klock_self_word ? KLOCK_BIAS_PERIOD : 0;
		return false;
	}
	if ((int32_t)klock_reads_left < 0) {
		klock_reads_left = KLOCK_BIAS_PERIOD;
		klock_bias_sample(word);
	}
	klock_non_owner_clear(klock_self_task, klock_slot_number(word));
	return klock_bias_enter(word, attempt);
}

static bool drained(struct klock_queue *q, struct klock_waiter *w)
{
	(void)w;
	return !klock_slot_reader_after(word_of(klock_queue_addr(q)), NULL);
}

static void wake_drainer(struct klock_queue *q, uint32_t drop);

static void readers_of(const struct klock_waiter *w, struct klock_holders *holders)
{
	holders->readers = klock_bias_readers(word_of(w->addr));
}

static const struct klock_wait_ops drain_ops = {
	.check = drained,
	.advance = wake_drainer,
	.holders = readers_of,
};

/* Nobody is there: the lock is gone, or something else. */
static void wake_drainer(struct klock_queue *q, uint32_t drop)
{
	struct klock_waiter *writer = klock_queue_first(q);

	(void)drop;
	if (writer && drained(q, writer))
		klock_queue_grant(q, writer);
}

static void wake_drainers(uint32_t *word)
{
	if (klock_park_maybe(drain_of(word))) /* [K4]: after the slot was left */
		klock_unpark(drain_of(word), &drain_ops, wake_drainer, 0);
	klock_word_slot_left(word);
}

void klock_bias_left(uint32_t *word)
{
	if (klock_non_owner_owes(word)) /* then the lock is still held: it is there */
		klock_rwsem_release(rwsem_of(word), KLOCK_READ);
	wake_drainers(word);
}

bool klock_bias_release(uint32_t *word, const struct klock_event *ev)
{
	if (klock_bias_ours(word)) {
		klock_bias_leave(word);
		return true;
	}
	if (!(klock_load_relaxed(word) & KLOCK_W_SLOTS)) /* they stay while a slot is taken */
		return false;
	klock_bias_allow(klock_word_spin(word), false); /* before the hold goes */
	if (!klock_non_owner_release(word, ev))
		return false;
	wake_drainers(word);
	return true;
}

/*
 * Readers that are about to leave are spun for. `reader` is the first that is left: those before
 * it cannot come in any more.
 */
static bool drain_awake(const uint32_t *word, struct klock_task *reader,
			const struct klock_task *task, int64_t deadline_ns)
{
	struct klock_spin s;

	if (!task->many_cpus)
		return false;
	klock_spin_begin(&s, deadline_ns);
	do {
		struct klock_task *left = klock_slot_still_read(word, reader);

		if (!left)
			return true;
		if (left != reader)
			klock_spin_renew(&s);
		reader = left;
	} while (klock_spin_once(&s));
	return false;
}

/* [X6] counted, the barrier, then the slots: pairs with [X5]. The barrier orders it. */
void klock_bias_begin_drain(const struct klock_event *ev)
{
	klock_drain_begins();
	klock_barrier_everywhere(ev);
}

static int drain_asleep(uint32_t *word, const struct klock_event *ev, int64_t deadline_ns)
{
	struct klock_waiter w = {
		.addr = drain_of(word),
		.ops = &drain_ops,
		.what = klock_wait_for(ev),
		.mode = klock_wait_mode_of(ev->how),
	};
	int err;

	klock_bias_begin_drain(ev);
	err = klock_park(&w, deadline_ns);
	klock_drain_ends();
	return err;
}

/* From here on each reader is seen that is in, or that comes in. */
static void fence(uint32_t *word, const struct klock_event *ev)
{
	int64_t began;

	if (klock_bias_is_fenced(word))
		return;
	began = klock_now_ns();
	klock_barrier_everywhere(ev); /* [X2]: our word, then the slots */
	klock_bias_learn_cost(klock_now_ns() - began);
}

static int drain(uint32_t *word, const struct klock_event *ev, int64_t ns, int64_t deadline_ns)
{
	struct klock_task *reader;
	int err;

	fence(word, ev);
	reader = klock_slot_reader_after(word, NULL);
	if (!reader)
		return 0;
	err = klock_refuse_to_wait(ev, ns);
	if (err)
		return err;
	if (drain_awake(word, reader, klock_thread(), deadline_ns))
		return 0;
	return drain_asleep(word, ev, deadline_ns);
}

int klock_bias_await_readers(uint32_t *word, const struct klock_event *ev, int64_t ns,
			     int64_t deadline_ns)
{
	int err = drain(word, ev, ns, deadline_ns);

	if (err)
		klock_word_drop(word, klock_thread()->word);
	else
		klock_bias_written(word);
	return err;
}

/*
 * It must not be seen to have been there. So it looks at the slots first, and gives way to a
 * reader. With none to be seen it closes the slots: readers that come are counted, and get in. If
 * the lock is free after that, slots and word, it takes the word; so no reader meets a writer
 * that has not got the lock.
 */
bool klock_bias_attempt(uint32_t *word, const struct klock_event *ev)
{
	bool taken = false;

	if (!klock_bias_is_read(word)) {
		klock_bias_begin_attempt();
		if (klock_bias_close(word)) {
			if (klock_load_relaxed(word) & KLOCK_W_SLOTS) {
				fence(word, ev);
				klock_bias_closed(word);
			}
			taken = !klock_slot_reader_after(word, NULL) &&
				klock_word_try_closed(word, klock_thread());
		}
		klock_bias_end_attempt();
	}
	if (taken && (klock_load_relaxed(word) & KLOCK_W_SLOTS)) /* ours: they stay */
		klock_bias_written(word);
	return taken;
}
