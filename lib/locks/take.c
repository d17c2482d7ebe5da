/* SPDX-License-Identifier: MIT */
/*
 * How a lock word is taken: at once, within a spin, or through the queue (lib/locks/queue.c).
 *
 * Any thread takes a free lock, even if others wait for it: the head of the queue is waking up to
 * compete for it, and the lock is used meanwhile. A newcomer spins for a lock that is held, as long
 * as its holders change, then it queues; in the queue the head spins once more, and the others
 * sleep at once (lib/wait/park.c). With one CPU no thread spins: the holder could not run.
 */
#include "base/clock.h"
#include "base/spin.h"
#include "locks/init.h"
#include "locks/left_over.h"
#include "locks/lockword.h"
#include "locks/reader_bias.h"
#include "locks/take.h"
#include "locks/word_request.h"
#include "wait/park.h"
#include <errno.h>

/*
 * ATTEMPT: a trylock, which does not wait for readers in slots. ATTEMPT_CLOSED: the same, with
 * the slots closed and no reader in them.
 */
enum comer { NEWCOMER, ATTEMPT, ATTEMPT_CLOSED };

/* The lock, if it is to be had now. */
static bool take(uint32_t *word, const struct klock_task *task, bool shared, enum comer who)
{
	uint32_t w = klock_load_relaxed(word); /* only a guess: the exchange decides */
	uint32_t hold = klock_word_hold_of(task, shared);

	while (klock_word_compatible(w, shared)) {
		if (who == ATTEMPT && !shared && (w & KLOCK_W_SLOTS))
			return false;
		if (w & KLOCK_W_WAITERS) { /* readers have it, and a writer is next */
			if (!klock_forget_left_over_waiters(word, &w))
				return false;
			continue;
		}
		if (klock_cas_acquire(word, &w, w + hold)) /* [W1], [W3] */
			return true;
		if (who == NEWCOMER)
			return false; /* another CPU was faster, and is left alone with the line */
	}
	return false;
}

bool klock_word_try(uint32_t *word, const struct klock_task *task, unsigned int how)
{
	return take(word, task, !(how & KLOCK_WRITE), how & KLOCK_TRY ? ATTEMPT : NEWCOMER);
}

bool klock_word_try_closed(uint32_t *word, const struct klock_task *task)
{
	return take(word, task, false, ATTEMPT_CLOSED);
}

/* The lock, if it is to be had within a spin. */
static bool spin_for(uint32_t *word, const struct klock_task *task, bool shared,
		     int64_t deadline_ns)
{
	uint32_t holders = 0, seen;
	struct klock_spin s;

	if (!task->many_cpus)
		return false;
	klock_spin_begin(&s, deadline_ns);
	do {
		if (take(word, task, shared, NEWCOMER))
			return true;
		seen = klock_load_relaxed(word) & (~KLOCK_W_FLAGS | KLOCK_W_WRITER); /* a hint */
		if (seen != holders)
			klock_spin_renew(&s);
		holders = seen;
	} while (klock_spin_once(&s));
	return false;
}

int klock_refuse_negative(const struct klock_event *ev)
{
	klock_event_bug(ev, "a negative timeout", "pass nanoseconds from now, or 0 to try");
	return -EINVAL;
}

bool klock_is_attempt(const struct klock_event *ev, int64_t ns)
{
	return (ev->how & KLOCK_TRY) || ns <= 0 ||
	       klock_task_signalled(klock_thread(), klock_wait_mode_of(ev->how));
}

int klock_refuse_to_wait(const struct klock_event *ev, int64_t ns)
{
	enum klock_wait_mode mode = klock_wait_mode_of(ev->how);
	struct klock_task *task = klock_thread();

	if (ev->how & KLOCK_TRY)
		return -EAGAIN;
	if (ns < 0)
		return klock_refuse_negative(ev);
	if (ns == 0)
		return -ETIME;
	if (KLOCK_LIKELY(!klock_task_signalled(task, mode)))
		return 0;
	klock_task_take_signal(task, mode);
	return -EINTR;
}

/* A request may wait for what its thread holds: the thread goes on, and releases it. */
static void check_not_own(const uint32_t *word, const struct klock_task *task,
			  const struct klock_event *ev)
{
	/* relaxed: our own hold cannot go away meanwhile */
	if (klock_word_owned(klock_load_relaxed(word), task->word))
		klock_event_bug(ev, "a thread waits for a lock that it holds for writing",
				"release the lock first; this wait may never end");
}

static void tell_contended(const uint32_t *word, const struct klock_event *ev)
{
	struct klock_event contended = *ev;
	uint32_t w = klock_load_relaxed(word); /* the owner may be another by now */

	if (w & KLOCK_W_WRITER)
		contended.owner = w & KLOCK_W_OWNER;
	klock_watch(KLOCK_EV_CONTENDED, &contended);
}

/* The lock was not free at once. */
static __attribute__((noinline)) int wait_for(uint32_t *word, const struct klock_event *ev,
					      int64_t ns, int64_t deadline_ns)
{
	struct klock_task *task = klock_thread();
	struct klock_waiter w = {
		.addr = word,
		.ops = &klock_word_ops,
		.what = klock_wait_for(ev),
		.mode = klock_wait_mode_of(ev->how),
		.shared = !(ev->how & KLOCK_WRITE),
	};
	int err;

	if (!(ev->how & KLOCK_TRY) && ns >= 0) {
		klock_word_check_usable(word, ev);
		check_not_own(word, task, ev);
	}
	err = klock_refuse_to_wait(ev, ns);
	if (err)
		return err;
	if (klock_watchers_of[KLOCK_EV_CONTENDED])
		tell_contended(word, ev);
	return spin_for(word, task, w.shared, deadline_ns) ? 0 : klock_park(&w, deadline_ns);
}

/*
 * If a fork() comes before the caller has returned, its child takes the word back. Relaxed: no
 * other thread looks. What it took part of is given back afterwards.
 */
static uint32_t *begin_taking(uint32_t *word, bool write)
{
	uint32_t *outer = klock_self_task->takes;

	if (write)
		klock_store_relaxed(&klock_self_task->takes, word);
	return outer;
}

static int take_slowly(uint32_t *word, const struct klock_event *ev, int64_t ns,
		       bool taken)
{
	int64_t deadline_ns = klock_deadline(ns < 0 ? 0 : ns);
	bool write = ev->how & KLOCK_WRITE;
	int err;

	if (write && !taken && klock_is_attempt(ev, ns) &&
	    (klock_load_relaxed(word) & KLOCK_W_SLOTS) && /* a guess */
	    klock_bias_attempt(word, ev))
		return 0;
	err = taken ? 0 : wait_for(word, ev, ns, deadline_ns);
	/* relaxed: as we have it, only we change those bits */
	if (!err && write && (klock_load_relaxed(word) & KLOCK_W_SLOTS))
		err = klock_bias_await_readers(word, ev, ns, deadline_ns);
	return err;
}

int klock_word_take(uint32_t *word, const struct klock_event *ev, int64_t ns)
{
	bool write = ev->how & KLOCK_WRITE, attempt = klock_is_attempt(ev, ns);
	bool taken = klock_word_try(word, klock_thread(), ev->how | (attempt ? KLOCK_TRY : 0));
	uint32_t *outer;
	int err;

	/* relaxed: once we have it, only we change those bits */
	if (KLOCK_LIKELY(taken && !(write && (klock_load_relaxed(word) & KLOCK_W_SLOTS))))
		return 0;
	outer = begin_taking(word, write);
	err = take_slowly(word, ev, ns, taken);
	klock_store_relaxed(&klock_self_task->takes, outer);
	return err;
}

int klock_word_acquire(uint32_t *word, const struct klock_event *ev, int64_t ns)
{
	struct klock_task *task = klock_thread();
	int err;

	klock_watch(KLOCK_EV_ACQUIRE, ev);
	err = klock_word_take(word, ev, ns);
	klock_watch(err ? KLOCK_EV_REFUSED : KLOCK_EV_ACQUIRED, ev);
	klock_requests_told(task);
	return err;
}

bool klock_word_pass(uint32_t *word, unsigned int how)
{
	bool write = how & KLOCK_WRITE;

	if (!klock_self_word || (write && (klock_load_relaxed(word) & KLOCK_W_SLOTS)) ||
	    !klock_word_try(word, klock_self_task, how))
		return false;
	if (KLOCK_LIKELY(!write || !(klock_load_relaxed(word) & KLOCK_W_SLOTS))) /* ours */
		return true;
	klock_word_drop(word, klock_self_word); /* by slots just now: they are to be waited for */
	klock_requests_told(klock_self_task);
	return false;
}
