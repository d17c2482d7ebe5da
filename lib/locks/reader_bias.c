/* SPDX-License-Identifier: MIT */
/*
 * When a rw_semaphore is biased towards its readers, and how a writer ends it.
 *
 * A bias saves each reader two exchanges, and readers on several CPUs the
 * transfer of a cache line each way. Its end costs a writer a membarrier(2),
 * microseconds. So it has to be paid for: every KLOCK_BIAS_PERIOD-th counted read of a
 * thread comes out of line. These are the lock's credit, and it is given a bias when the
 * credit reaches its price. Reads by slots are not counted, so that they cost nothing;
 * the bias has been worth its end when as many of them, which saved 5 ns each, may have
 * come as fast as the last ones before it. A writer that ends a bias which was not doubles the
 * price, otherwise the price becomes its own root: a lock with one write in a thousand soon
 * has its bias a hundredth of the time, to see whether things have changed. The time of those
 * last reads is too long where the thread had read by slots in between: then the next bias
 * costs twice as many reads, of which the last ones come one after the other.
 *
 * The end. The writer has the word, so with WRITER in it no reader comes in;
 * BIASED is still there, for whoever has to do this work. It finds each
 * reader that is in, see [X1], spins for them to leave, then sleeps; a reader
 * that leaves looks at klock_drains, see [X5]. The writer waits for sections
 * that have begun: no newcomer delays it.
 */
#include "locks/reader_bias.h"
#include "base/clock.h"
#include "base/cpu.h"
#include "locks/awake.h"
#include "locks/init.h"
#include "locks/lockword.h"
#include "locks/word_request.h"
#include "wait/park.h"
#include <errno.h>
#include <klock/rwsem.h>
#include <sched.h>

/* In pauses, for readers that are about to leave. */
#ifndef KLOCK_SPIN_DRAIN
#define KLOCK_SPIN_DRAIN 400
#endif

uint32_t klock_drains;

/* What a read by a slot saves, at least. */
#define SAVED_NS 5
/* What the end of a bias has cost lately: an estimate, that is believed up to a limit. */
static uint32_t end_ns = 10000;
#define END_NS_MAX 100000

_Static_assert(offsetof(struct rw_semaphore, spin) ==
		       offsetof(struct rw_semaphore, word) + sizeof(uint32_t),
	       "the address of one follows from the other's");

static uint32_t *spin_of(uint32_t *word)
{
	return word + 1;
}

/* The address by which a writer waits for readers to leave. */
static uint32_t *drain_of(uint32_t *word)
{
	return spin_of(word);
}

static uint32_t *word_of(const void *drain)
{
	return (uint32_t *)(uintptr_t)drain - 1;
}

void klock_bias_begin(struct klock_task *task)
{
	if (klock_membarrier_works())
		klock_read_slots = task->reading;
	klock_reads_left = KLOCK_BIAS_PERIOD;
}

void klock_bias_after_fork(void)
{
	klock_drains = 0;
	for (struct klock_task *t = klock_task_after(NULL); t; t = klock_task_after(t))
		for (int i = 0; t != klock_self_task && i < KLOCK_READ_SLOTS; i++)
			t->reading[i] = 0;
}

/* The next task after `task` that has the word in its slot; NULL: there is none. */
static struct klock_task *next_reader(const uint32_t *word, struct klock_task *task)
{
	unsigned int slot = klock_slot_number(word);

	do
		task = klock_task_after(task);
	/* [X4] acquire: pairs with [X3]; a slot that is free was left before. */
	while (task && klock_load_acquire(&task->reading[slot]) != (uintptr_t)word);
	return task;
}

/* That one, while it is in; then the next. */
static struct klock_task *still_reading(const uint32_t *word, struct klock_task *reader)
{
	/* [X4] acquire, as in next_reader(). */
	if (klock_load_acquire(&reader->reading[klock_slot_number(word)]) == (uintptr_t)word)
		return reader;
	return next_reader(word, reader);
}

uint32_t klock_bias_readers(const uint32_t *word)
{
	struct klock_task *task = NULL;
	uint32_t n = 0;

	while ((task = next_reader(word, task)))
		n++;
	return n;
}

bool klock_bias_is_read(const uint32_t *word)
{
	return (klock_load_relaxed(word) & KLOCK_W_BIASED) && next_reader(word, NULL);
}

static unsigned int price_of(uint32_t seen)
{
	return (seen & KLOCK_BIAS_PRICE) >> KLOCK_BIAS_PRICE_SHIFT;
}

/* That moment as the lock's `spin` can say it. */
static uint32_t time_field(int64_t ns)
{
	return (uint32_t)(ns >> KLOCK_BIAS_TIME_SHIFT) * KLOCK_BIAS_CREDIT_ONE & KLOCK_BIAS_CREDIT;
}

/*
 * Whether a bias was worth its end at that time: not if the moment lies ahead, for which the
 * field has room many times over. An old bias may meet that part of it by chance.
 */
static bool paid(uint32_t seen, int64_t now)
{
	uint32_t ahead = ((seen & KLOCK_BIAS_CREDIT) - time_field(now)) & KLOCK_BIAS_CREDIT;

	return !ahead || ahead > time_field(KLOCK_BIAS_PAID_NS);
}

/*
 * How long a bias has to last, from how long the thread took for the last PERIOD reads: very long
 * for its first ones.
 */
static int64_t time_to_pay(struct klock_task *task, int64_t now)
{
	int64_t periods = klock_load_relaxed(&end_ns) / (KLOCK_BIAS_PERIOD * SAVED_NS);
	int64_t ns = now - task->sampled_ns;

	task->sampled_ns = now;
	if (ns > KLOCK_BIAS_PAID_NS)
		return KLOCK_BIAS_PAID_NS;
	ns *= periods;
	return ns < KLOCK_BIAS_PAID_NS ? ns : KLOCK_BIAS_PAID_NS;
}

static void set_bias(uint32_t *word)
{
	uint32_t w = klock_load_relaxed(word); /* only a guess: the exchange decides */

	while (!(w & KLOCK_W_FLAGS))
		if (klock_cas_relaxed(word, &w, w | KLOCK_W_BIASED)) /* who enters acquires */
			return;
}

void klock_bias_allow(uint32_t *spin, bool allow)
{
	uint32_t seen = klock_load_relaxed(spin) & KLOCK_SPIN_LIMIT; /* an estimate */
	uint32_t never = (uint32_t)KLOCK_BIAS_NEVER << KLOCK_BIAS_PRICE_SHIFT;

	klock_store_relaxed(spin, seen | (allow ? 0 : never));
}

/* One counted read in KLOCK_BIAS_PERIOD. All accesses are to estimates, or for them: relaxed. */
static void sample(uint32_t *word, uint32_t *spin)
{
	uint32_t seen = klock_load_relaxed(spin), credit;
	int64_t now = klock_now_ns(), pays = time_to_pay(klock_self_task, now);

	if (price_of(seen) == KLOCK_BIAS_NEVER || (klock_load_relaxed(word) & KLOCK_W_BIASED))
		return;
	credit = (seen & KLOCK_BIAS_CREDIT) + KLOCK_BIAS_CREDIT_ONE;
	seen &= ~KLOCK_BIAS_CREDIT;
	if (credit < KLOCK_BIAS_CREDIT_ONE << price_of(seen)) {
		klock_store_relaxed(spin, seen | credit);
		return;
	}
	klock_store_relaxed(spin, seen | time_field(now + pays));
	set_bias(word);
}

void klock_bias_judge(uint32_t *word, int64_t now)
{
	uint32_t *spin = spin_of(word);
	uint32_t seen = klock_load_relaxed(spin); /* an estimate; lost updates are fine */
	unsigned int price = price_of(seen);

	if (price == KLOCK_BIAS_NEVER)
		return;
	if (paid(seen, now))
		price /= 2;
	else if (price < KLOCK_BIAS_PRICE_MAX)
		price++;
	seen &= ~KLOCK_BIAS_PRICE;
	klock_store_relaxed(spin, seen | price << KLOCK_BIAS_PRICE_SHIFT);
}

/* What a barrier has cost lately: what took longer than the most waited for something else, too. */
static void learn_cost(int64_t took)
{
	uint32_t usual = klock_load_relaxed(&end_ns); /* lost updates are fine */

	if (took > END_NS_MAX)
		took = END_NS_MAX;
	klock_store_relaxed(&end_ns, usual - usual / 8 + (uint32_t)took / 8);
}

bool klock_bias_read(uint32_t *word, uint32_t *spin)
{
	if (klock_read_slots == klock_no_slots) {
		klock_reads_left = klock_self_word ? KLOCK_BIAS_PERIOD : 0;
		return false;
	}
	if ((int32_t)klock_reads_left < 0) {
		klock_reads_left = KLOCK_BIAS_PERIOD;
		sample(word, spin);
	}
	return klock_bias_enter(word);
}

/* A hold may be given up by another thread; that is what the search is for. */
bool klock_bias_release(uint32_t *word)
{
	struct klock_task *task = NULL;

	if (klock_bias_ours(word)) {
		klock_bias_leave(word);
		return true;
	}
	if (!(klock_load_relaxed(word) & KLOCK_W_BIASED)) /* it stays while a slot is taken */
		return false;
	while ((task = next_reader(word, task))) {
		uintptr_t expected = (uintptr_t)word;

		/* [X3] for the thread whose slot it is. */
		if (klock_cas_release(&task->reading[klock_slot_number(word)], &expected, 0)) {
			klock_bias_left(word); /* an exchange, not our slot: looks always */
			return true;
		}
	}
	return false;
}

static bool drained(struct klock_queue *q, struct klock_waiter *w)
{
	(void)w;
	return !next_reader(word_of(klock_queue_addr(q)), NULL);
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
	if (writer && writer->ops == &drain_ops && drained(q, writer))
		klock_queue_grant(q, writer);
}

void klock_bias_left(uint32_t *word)
{
	if (klock_park_maybe(drain_of(word))) /* [K4]: after the slot was left */
		klock_unpark(drain_of(word), wake_drainer, 0);
	klock_word_slot_left(word);
}

/*
 * Readers that are about to leave are spun for, those without a CPU are given this one. `reader`
 * is the first that is left: those before it cannot come in any more.
 */
static bool drain_awake(const uint32_t *word, struct klock_task *reader,
			const struct klock_task *task, int64_t until_ns)
{
	int spins = task->many_cpus ? KLOCK_SPIN_DRAIN : 0;

	for (; spins; spins--, klock_cpu_relax())
		if (!(reader = still_reading(word, reader)))
			return true;
	for (int yields = KLOCK_YIELDS; yields && klock_now_ns() < until_ns; yields--) {
		if (!(reader = still_reading(word, reader)))
			return true;
		sched_yield();
	}
	return false;
}

/* [X6] counted, the barrier, then the slots: pairs with [X5]. The barrier orders it. */
void klock_bias_begin_drain(const struct klock_event *ev)
{
	klock_fetch_add_relaxed(&klock_drains, 1);
	klock_barrier_everywhere(ev);
}

void klock_bias_end_drain(void)
{
	klock_fetch_add_relaxed(&klock_drains, (uint32_t)-1); /* others count themselves */
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
	klock_bias_end_drain();
	return err;
}

static int drain(uint32_t *word, const struct klock_event *ev, int64_t began, int64_t ns,
		 int64_t deadline_ns)
{
	int64_t until_ns = began + KLOCK_YIELDS_NS;
	struct klock_task *reader;

	klock_barrier_everywhere(ev); /* [X2]: our word, then the slots */
	learn_cost(klock_now_ns() - began);
	reader = next_reader(word, NULL);
	if (!reader)
		return 0;
	if (ev->how & KLOCK_TRY)
		return -EAGAIN;
	if (ns < 0)
		return klock_refuse_negative(ev);
	if (ns == 0)
		return -ETIME;
	if (until_ns > deadline_ns)
		until_ns = deadline_ns;
	if (drain_awake(word, reader, klock_thread(), until_ns))
		return 0;
	return drain_asleep(word, ev, deadline_ns);
}

void klock_bias_end(uint32_t *word)
{
	uint32_t *spin = spin_of(word);

	klock_fetch_and_relaxed(word, ~KLOCK_W_BIASED); /* nobody looks at it but under WRITER */
	klock_store_relaxed(spin, klock_load_relaxed(spin) & ~KLOCK_BIAS_CREDIT); /* an estimate */
}

int klock_bias_revoke(uint32_t *word, const struct klock_event *ev, int64_t ns, int64_t deadline_ns)
{
	int64_t began = klock_now_ns();
	int err = drain(word, ev, began, ns, deadline_ns);

	if (err) {
		klock_word_drop(word, klock_thread()->word);
		return err;
	}
	klock_bias_judge(word, began);
	klock_bias_end(word);
	return 0;
}
