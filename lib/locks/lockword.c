/* SPDX-License-Identifier: MIT */
/*
 * How a lock word is waited for and handed over. The bits are in
 * <klock/lockword.h>.
 *
 * Who gets in. A newcomer takes a lock that is free for it at once, while nobody
 * waits, or while the head of the queue is waking up to look for itself (WAKING):
 * the lock is used meanwhile. A reader does not join others past a writer that sleeps.
 * How long one waits awake before it queues here, and whom it may pass then, says
 * lib/locks/awake.c.
 * A release that leaves the lock free, with waiters, looks at the head:
 *   a reader   it is granted the lock, and all other readers that wait with it;
 *   a writer   a reader that leaves grants it the lock, so that readers and writers
 *              take turns. A writer that leaves wakes it to take the lock itself, and
 *              once it has found it taken KLOCK_HANDOFF_AFTER times, it is granted.
 *
 * The bound. A waiter at the head is granted the lock by the next release, but a
 * writer among writers: it is woken KLOCK_HANDOFF_AFTER times at the most, and
 * passed by those that come while it wakes up. A waiter behind n others waits
 * for n turns like that.
 *
 * Invariants, under the bucket's lock:
 *   I1  somebody is queued => WAITERS
 *   I2  somebody is queued and the word is free => WAKING, and the head is
 *       awake or about to be woken
 * or an owner whose plain store has wiped the bits out is on its way to the
 * bucket, see klock_word_write_unlock_try(). So no release may leave the word free
 * and WAITERS without WAKING: klock_word_drop() goes to the queue for it.
 */
#include "locks/lockword.h"
#include "base/clock.h"
#include "locks/awake.h"
#include "locks/init.h"
#include "locks/reader_bias.h"
#include "locks/slot_readers.h"
#include "locks/word_request.h"
#include "wait/park.h"
#include <errno.h>

uint32_t klock_sleepers;

/* In klock_sleepers, above the count: a sleeper's barrier has ended since the word was 0. */
#define FENCED 0x80000000u

void klock_word_prepare(void)
{
	/* Without membarrier(2) every owner looks: [K3], [K4] are enough for who does. */
	klock_store_relaxed(&klock_sleepers, !klock_membarrier_works()); /* no thread runs yet */
	klock_awake_prepare();
}

/* What waiters and releases leave as it is. */
#define KEPT (KLOCK_W_MODE | KLOCK_W_PENDING | KLOCK_W_OVERDUE)

/* Whether a reader may not join those that are in: a writer that is awake comes first. */
static bool barred(const uint32_t *word, uint32_t w, bool shared)
{
	return shared && w >= KLOCK_W_READER && klock_word_is_barred(word, w);
}

/* The word after a waiter has looked in vain: the next release is to wake the head again. */
static uint32_t missed(uint32_t w, bool first)
{
	w |= KLOCK_W_WAITERS;
	return first ? w & ~KLOCK_W_WAKING : w;
}

/* Under the bucket's lock: the lock, if this waiter may have it, or the bits that bring it. */
static bool check(struct klock_queue *q, struct klock_waiter *me)
{
	uint32_t *word = (uint32_t *)klock_queue_addr(q);
	bool first = klock_queue_first(q) == me;
	bool alone = first && !klock_queue_next(q, me);
	uint32_t w = klock_load_relaxed(word), new; /* only a guess: the exchange decides */
	bool taken, drains;

	do {
		taken = first && klock_word_compatible(w, me->shared) &&
			!barred(word, w, me->shared);
		drains = taken && klock_request_drains(w, me);
		if (drains)
			new = (w & KEPT) + KLOCK_W_REQUEST + KLOCK_W_WAITERS;
		else if (taken)
			new = (w & ~(KLOCK_W_FLAGS & ~KEPT) & ~KLOCK_W_OVERDUE) +
			      klock_word_hold_of(me->task, me->shared) +
			      (alone ? 0 : KLOCK_W_WAITERS);
		else
			new = missed(w, first);
	} while (!klock_cas_acquire(word, &w, new)); /* [W1] */
	return drains ? klock_request_drain_here(q, me) : taken;
}

static uint32_t count_readers(struct klock_queue *q, bool *writers)
{
	uint32_t readers = 0;

	*writers = false;
	for (struct klock_waiter *w = klock_queue_first(q); w; w = klock_queue_next(q, w)) {
		if (w->shared)
			readers++;
		else
			*writers = true;
	}
	return readers;
}

static void grant_readers(struct klock_queue *q)
{
	struct klock_waiter *w = klock_queue_first(q);

	while (w) {
		struct klock_waiter *next = klock_queue_next(q, w);

		if (w->shared)
			klock_queue_grant(q, w);
		w = next;
	}
}

enum turn { TURN_NOBODY, TURN_READERS, TURN_WAKE, TURN_HANDOFF, TURN_DRAIN };

/* What is to become of the word after `drop` is taken off, and whose turn it is. */
static enum turn next_turn(struct klock_queue *q, uint32_t w, uint32_t drop, uint32_t *new)
{
	struct klock_waiter *head = klock_queue_first(q);
	uint32_t n = w - drop;
	uint32_t holds = n & (KLOCK_W_OWNER | KEPT), readers;
	bool more;

	if (!head) {
		*new = holds;
		return TURN_NOBODY;
	}
	if (!klock_word_compatible(n, head->shared)) {
		*new = holds | KLOCK_W_WAITERS;
		return TURN_NOBODY;
	}
	if (head->shared) {
		readers = count_readers(q, &more);
		*new = (holds + readers * KLOCK_W_READER) | (more ? KLOCK_W_WAITERS : 0);
		return TURN_READERS;
	}
	if (head->tries < KLOCK_HANDOFF_AFTER && drop != KLOCK_W_READER && !head->request) {
		*new = holds | KLOCK_W_WAITERS | KLOCK_W_WAKING;
		return TURN_WAKE;
	}
	if (klock_request_drains(n, head)) {
		*new = holds | KLOCK_W_REQUEST | KLOCK_W_WAITERS;
		return TURN_DRAIN;
	}
	more = klock_queue_next(q, head) != NULL;
	*new = holds | (head->request ? KLOCK_W_REQUEST : head->task->word) |
	       (more ? KLOCK_W_WAITERS : 0);
	return TURN_HANDOFF;
}

/* Whether a read hold is to be taken off a word that counts none. */
static bool lacks(uint32_t w, uint32_t drop)
{
	return drop == KLOCK_W_READER && ((w & KLOCK_W_WRITER) || w < KLOCK_W_READER);
}

/* Under the bucket's lock: takes `drop` off the word and sees to the queue's front. */
static void advance(struct klock_queue *q, uint32_t drop)
{
	uint32_t *word = (uint32_t *)klock_queue_addr(q);
	uint32_t w = klock_load_relaxed(word), new; /* only a guess: the exchange decides */
	enum turn turn;

	do {
		if (lacks(w, drop)) {
			klock_queue_refuse(q);
			return;
		}
		turn = next_turn(q, w, drop, &new);
	/* [W2], [W4]; the granted see it through [K1]. */
	} while (!klock_cas_acq_rel(word, &w, new));

	switch (turn) {
	case TURN_READERS:
		grant_readers(q);
		break;
	case TURN_WAKE:
		klock_queue_wake(q, klock_queue_first(q));
		break;
	case TURN_DRAIN:
		if (klock_request_drain(q, klock_queue_first(q)))
			klock_queue_grant(q, klock_queue_first(q));
		break;
	case TURN_HANDOFF:
		klock_queue_grant(q, klock_queue_first(q));
		break;
	case TURN_NOBODY:
		break;
	}
}

/* COUNT is the owner's number or that of readers. A request that waits for slots has the word. */
static void holders(const struct klock_waiter *me, struct klock_holders *holders)
{
	uint32_t w = klock_load_relaxed((const uint32_t *)me->addr); /* a report, not an access */

	if (klock_word_owned(w, KLOCK_W_REQUEST) && klock_bias_is_read(me->addr))
		holders->readers = klock_bias_readers(me->addr);
	else if (w & KLOCK_W_WRITER)
		holders->writer = w & KLOCK_W_OWNER;
	else
		holders->readers = (w >> KLOCK_W_SHIFT) + klock_bias_readers(me->addr);
}

const struct klock_wait_ops klock_word_ops = {
	.check = check,
	.advance = advance,
	.holders = holders,
	.claim = klock_request_take_word,
	.left = klock_request_left,
};

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

void klock_word_check_usable(uint32_t *word, const struct klock_event *ev)
{
	uint32_t w = klock_load_relaxed(word); /* what is looked for does not change meanwhile */

	if (w == KLOCK_W_DESTROYED) {
		klock_event_bug(ev, "lock used after it was destroyed",
				"initialise it again before its next use");
		klock_cas_relaxed(word, &w, 0);
	} else if (w & KLOCK_W_FULL) {
		klock_event_bug(ev, "more readers than a lock can count",
				"look for a down_read() without up_read()");
	}
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

void klock_word_count_sleeper(const struct klock_event *ev)
{
	if (klock_watched)
		return;
	/*
	 * [W6] counted, then the barrier, then check(): pairs with [W5]. The barrier orders it.
	 * [W7] acquire: pairs with [W8]. The barrier may be another sleeper's, if the word has
	 * not been 0 since: what owners have stored before it is seen, and those that look
	 * after it find the word to be something.
	 */
	if (klock_fetch_add_acquire(&klock_sleepers, 1) & FENCED)
		return;
	if (klock_membarrier_works()) {
		klock_barrier_everywhere(ev);
		klock_fetch_or_relaxed(&klock_sleepers, FENCED); /* [W8]: the barrier orders it */
	}
}

void klock_word_uncount_sleeper(void)
{
	uint32_t n = FENCED;

	if (klock_watched)
		return;
	/* relaxed: others count themselves; a read-modify-write passes [W8] on */
	if (klock_fetch_add_relaxed(&klock_sleepers, (uint32_t)-1) == FENCED + 1)
		klock_cas_relaxed(&klock_sleepers, &n, 0); /* the last one, unless another came */
}

/* Parks as one of klock_sleepers. */
static int sleep_counted(struct klock_waiter *w, const struct klock_event *ev, int64_t deadline_ns)
{
	int err;

	klock_word_count_sleeper(ev);
	err = klock_park(w, deadline_ns);
	klock_word_uncount_sleeper();
	return err;
}

/* The lock was not free at once. */
static __attribute__((noinline)) int wait_for(uint32_t *word, uint32_t *spin,
					      const struct klock_event *ev, int64_t ns,
					      int64_t deadline_ns)
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
	if (klock_word_wait_awake(word, spin, task, w.shared, deadline_ns))
		return 0;
	return sleep_counted(&w, ev, deadline_ns);
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

static int take_slowly(uint32_t *word, uint32_t *spin, const struct klock_event *ev, int64_t ns,
		       bool taken)
{
	int64_t deadline_ns = klock_deadline(ns < 0 ? 0 : ns);
	bool write = ev->how & KLOCK_WRITE;
	int err;

	if (write && !taken && klock_is_attempt(ev, ns) &&
	    (klock_load_relaxed(word) & KLOCK_W_SLOTS) && /* a guess */
	    klock_bias_attempt(word, ev))
		return 0;
	err = taken ? 0 : wait_for(word, spin, ev, ns, deadline_ns);
	/* relaxed: as we have it, only we change those bits */
	if (!err && write && (klock_load_relaxed(word) & KLOCK_W_SLOTS))
		err = klock_bias_await_readers(word, ev, ns, deadline_ns);
	return err;
}

int klock_word_take(uint32_t *word, uint32_t *spin, const struct klock_event *ev, int64_t ns)
{
	bool write = ev->how & KLOCK_WRITE, attempt = klock_is_attempt(ev, ns);
	bool taken = klock_word_try(word, klock_thread(), ev->how | (attempt ? KLOCK_TRY : 0));
	uint32_t *outer;
	int err;

	/* relaxed: once we have it, only we change those bits */
	if (KLOCK_LIKELY(taken && !(write && (klock_load_relaxed(word) & KLOCK_W_SLOTS))))
		return 0;
	outer = begin_taking(word, write);
	err = take_slowly(word, spin, ev, ns, taken);
	klock_store_relaxed(&klock_self_task->takes, outer);
	return err;
}

int klock_word_acquire(uint32_t *word, uint32_t *spin, const struct klock_event *ev, int64_t ns)
{
	struct klock_task *task = klock_thread();
	int err;

	klock_watch(KLOCK_EV_ACQUIRE, ev);
	err = klock_word_take(word, spin, ev, ns);
	klock_watch(err ? KLOCK_EV_REFUSED : KLOCK_EV_ACQUIRED, ev);
	klock_requests_told(task);
	return err;
}

/* Whether taking `hold` off the word leaves a free lock with waiters and none of them awake. */
static bool must_advance(uint32_t w, uint32_t hold)
{
	return (w & (KLOCK_W_WAITERS | KLOCK_W_WAKING)) == KLOCK_W_WAITERS &&
	       klock_word_is_free(w - hold);
}

bool klock_word_drop(uint32_t *word, uint32_t hold)
{
	uint32_t w = klock_load_relaxed(word); /* only a guess: the exchange decides */

	do {
		if (lacks(w, hold))
			return false;
		if (must_advance(w, hold))
			return klock_unpark(word, &klock_word_ops, advance, hold);
	} while (!klock_cas_release(word, &w, w - hold)); /* [W2], [W4] */
	return true;
}

/* For an owner that has stored its zero. Nobody is there: the lock is gone, or something else. */
static void look(struct klock_queue *q, uint32_t drop)
{
	if (klock_queue_first(q))
		advance(q, drop);
}

void klock_word_look(uint32_t *word)
{
	if (klock_park_maybe(word)) /* [K4]: after the owner's store */
		klock_unpark(word, &klock_word_ops, look, 0);
	klock_requests_told(klock_thread());
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

bool klock_word_drop_held(uint32_t *word, bool write)
{
	/* relaxed: our own hold for writing cannot go away meanwhile */
	if (!klock_self_word ||
	    (write && !klock_word_owned(klock_load_relaxed(word), klock_self_word)) ||
	    !klock_word_drop(word, write ? klock_self_word : KLOCK_W_READER))
		return false;
	klock_requests_told(klock_self_task);
	return true;
}

static void report_release(const struct klock_event *ev, const char *what)
{
	klock_event_bug(ev, what, "release once, in the mode and thread that acquired it");
}

/* What is wrong with giving this hold up, as far as the word shows it; NULL: nothing. */
static const char *release_misuse(uint32_t w, const struct klock_task *task, bool write)
{
	if (w == KLOCK_W_DESTROYED)
		return "release of a lock that was destroyed";
	if (klock_word_is_free(w))
		return "release of a lock that nobody holds";
	if (write && !(w & KLOCK_W_WRITER))
		return "release for writing of a lock that is held for reading";
	if (klock_word_owned(w, KLOCK_W_REQUEST))
		return "release of a lock that is granted to a request nobody has claimed";
	if (write && !klock_word_owned(w, task->word))
		return "release of a lock that another thread holds";
	if (!write && (w & KLOCK_W_WRITER))
		return "release for reading of a lock that is held for writing";
	return NULL;
}

void klock_word_release(uint32_t *word, const struct klock_event *ev)
{
	struct klock_task *task = klock_thread();
	bool write = ev->how & KLOCK_WRITE;
	const char *misuse;

	/* relaxed: our own hold cannot go away meanwhile */
	misuse = release_misuse(klock_load_relaxed(word), task, write);
	if (misuse) {
		report_release(ev, misuse);
		return;
	}
	if (!klock_watch(KLOCK_EV_RELEASE, ev))
		return;
	if (!klock_word_drop(word, klock_word_hold_of(task, !write)))
		report_release(ev, "release of a lock that nobody holds");
	klock_watch(KLOCK_EV_RELEASED, ev);
	klock_requests_told(task);
}

void klock_word_downgrade(uint32_t *word, const struct klock_event *ev)
{
	struct klock_task *task = klock_thread();
	uint32_t drop = task->word - KLOCK_W_READER, w;

	w = klock_load_relaxed(word); /* our own hold cannot go away meanwhile */
	if (!klock_word_owned(w, task->word)) {
		klock_event_bug(ev,
				"downgrade of a lock that this thread does not hold for writing",
				"call downgrade_write() between down_write() and up_write() only");
		return;
	}
	if (!klock_watch(KLOCK_EV_DOWNGRADE, ev))
		return;
	do {
		if (w & KLOCK_W_WAITERS) {
			klock_unpark(word, &klock_word_ops, advance, drop);
			break;
		}
	} while (!klock_cas_release(word, &w, w - drop)); /* [W2] */
	klock_watch(KLOCK_EV_DOWNGRADED, ev);
	klock_requests_told(task);
}

bool klock_word_init(uint32_t *word, uint32_t *spin, const struct klock_event *ev, const char *name,
		     struct lock_class_key *key)
{
	klock_thread();
	if (klock_park_waited_for(word)) {
		klock_event_bug(ev, "a lock is initialised while threads wait for it",
				"initialise a lock once, before its first use");
		return false;
	}
	if (!klock_watch(KLOCK_EV_INIT, ev))
		return false;
	klock_map_init(ev->map, name, key);
	klock_store_relaxed(spin, 0); /* the caller publishes the lock */
	klock_store_relaxed(word, 0);
	return true;
}

/* What is wrong with ending this lock, as far as the word shows it; NULL: nothing. */
static const char *destroy_misuse(const uint32_t *word)
{
	uint32_t w = klock_load_relaxed(word); /* whoever ends it is the last to use it */

	if (w == KLOCK_W_DESTROYED)
		return "a lock is destroyed twice";
	if (!klock_word_is_free(w) || klock_park_waited_for(word) || klock_bias_is_read(word))
		return "a lock is destroyed while it is held or waited for";
	return NULL;
}

bool klock_word_destroy(uint32_t *word, const struct klock_event *ev)
{
	const char *misuse;

	klock_thread();
	misuse = destroy_misuse(word);
	if (misuse)
		klock_event_bug(ev, misuse,
				"release it everywhere, join the waiters, destroy it once");
	if (misuse || !klock_watch(KLOCK_EV_DESTROY, ev))
		return false;
	/* Not an exchange: flags may be left there by a fork(), see locks/init.c. */
	klock_store_relaxed(word, KLOCK_W_DESTROYED);
	return true;
}
