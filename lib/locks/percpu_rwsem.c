/* SPDX-License-Identifier: MIT */
/*
 * Readers count in a place of their own thread's; a writer bars them, makes
 * their counts visible, and waits until the sum is zero.
 *
 *	reader                          writer
 *	[P1] counter++                  [P2] block = 1
 *	     (compiler barrier)              membarrier()
 *	[P3] block? back off            [P2] sum of the counters, until it is 0
 *
 * The membarrier falls before or after the reader's two accesses on its CPU:
 * before, and the reader sees block; after, and the sum sees the counter.
 * Giving up works the same way ([P5], [P6]): the sum sees counter--, or the
 * reader sees block and wakes the writer.
 *
 * A writer leaves COUNTED in block: then readers are in `shared`, by exchanges, and the next
 * writer needs no membarrier, since nobody has come in by a slot while block was not 0. The
 * kernel's writers keep readers out of line for a grace period likewise. Here it is as long as the
 * membarrier took: so these take half of the time at most. A reader ends it.
 *
 * Each line is written by one thread. A hold may be given up by another thread
 * than the one that took it: its counter is one too high and the other's one
 * too low, for good; only the sum means anything. The sum is never too low: a
 * reader that got in counted before the membarrier, so each addition over the
 * lines has it, whatever it has seen of those that leave.
 *
 * Who must wait queues on the rw_semaphore inside: writers hold it while they
 * have the lock, readers pass through it, counting while they hold it, when no
 * writer can have the lock. Its order and bounds are this lock's.
 */
#include <klock/percpu-rwsem.h>
#include "base/clock.h"
#include "base/exempt.h"
#include "locks/init.h"
#include "locks/lockword.h"
#include "locks/word_request.h"
#include "wait/park.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct klock_lock_type percpu_type = {
	.type = "percpu_rw_semaphore",
	.size = sizeof(struct percpu_rw_semaphore),
	.map = offsetof(struct percpu_rw_semaphore, dep_map),
};

static struct klock_event event(struct percpu_rw_semaphore *sem, unsigned int how, const void *site)
{
	struct klock_event ev = {
		.type = &percpu_type,
		.lock = sem,
		.map = sem ? &sem->dep_map : NULL,
		.how = how,
		.site = site,
		/* What readers write is their own: nothing of it goes from CPU to CPU. */
		.spin = sem && (how & KLOCK_WRITE) ? &sem->rw.spin : NULL,
	};

	klock_check_null(&ev);
	return ev;
}

/* A tool that looks at memory accesses does not know what a membarrier orders. */
static bool slots_allowed(void)
{
	return klock_membarrier_works() && !klock_watches_memory();
}

/* What is believed of the time that a membarrier takes. */
#define PAUSE_NS_MAX 1000000

/* Thread 0 is nobody: its slot is not used. */
static void use_slots(struct percpu_rw_semaphore *sem)
{
	klock_store_relaxed(&sem->nr_slots, KLOCK_PERCPU_SLOTS - 1); /* a hint */
}

/*
 * Lets readers use their slots: once it is known who watches the locks and that
 * writers can make the slots visible. Until then they count in `shared`.
 */
static void settle(struct percpu_rw_semaphore *sem)
{
	if (sem->slots && !klock_load_relaxed(&sem->nr_slots) && /* hints, both */
	    !klock_load_relaxed(&sem->block) && slots_allowed())
		use_slots(sem);
}

int klock_percpu_init(struct percpu_rw_semaphore *sem, const char *name, struct lock_class_key *key)
{
	struct klock_event ev = event(sem, KLOCK_WRITE, __builtin_return_address(0));
	size_t size = sizeof(struct klock_percpu_slot) * KLOCK_PERCPU_SLOTS;

	if (!klock_word_init(&sem->rw.word, &ev, name, key))
		return 0; /* it is reported, and the lock is what it was */
	sem->nr_slots = 0;
	sem->block = 0;
	sem->shared = 0;
	sem->pause_ns = 0;
	sem->counted_until = 0;
	sem->slots = NULL;
	sem->allocated = aligned_alloc(sizeof(struct klock_percpu_slot), size);
	if (!sem->allocated)
		return -ENOMEM;
	memset(sem->allocated, 0, size);
	sem->slots = sem->allocated;
	settle(sem);
	return 0;
}

/*
 * [P6], [P8]: acquire loads of the slots; after the writer's barrier each is late enough. With
 * `shared` there may be no such barrier, and an exchange is none: all four accesses are seq_cst.
 */
static int32_t readers_in(struct percpu_rw_semaphore *sem)
{
	int32_t sum = klock_load_seq(&sem->shared);

	for (int i = 0; sem->slots && i < KLOCK_PERCPU_SLOTS; i++)
		sum = klock_percpu_sum(sum, klock_load_acquire(&sem->slots[i].readers));
	return sum;
}

void klock_percpu_free(struct percpu_rw_semaphore *sem)
{
	struct klock_event ev = event(sem, KLOCK_WRITE, __builtin_return_address(0));

	klock_thread();
	if (!sem->slots)
		return;
	if ((klock_load_relaxed(&sem->block) & ~KLOCK_PERCPU_COUNTED) || readers_in(sem) ||
	    klock_rwsem_is_locked(&sem->rw)) {
		klock_event_bug(&ev, "a lock is freed while it is held or waited for",
				"release it everywhere first; its memory stays allocated");
		return;
	}
	if (!klock_word_destroy(&sem->rw.word, &ev))
		return;
	klock_store_relaxed(&sem->nr_slots, 0); /* nobody else may use it any more */
	sem->slots = NULL;
	free(sem->allocated);
	sem->allocated = NULL;
}

/* The sum of the counters is what a writer waits for; it alone parks on `block`. */
static struct percpu_rw_semaphore *sem_of(struct klock_queue *q)
{
	char *block = (char *)klock_queue_addr(q);

	return (struct percpu_rw_semaphore *)(block - offsetof(struct percpu_rw_semaphore, block));
}

static bool sum_is_zero(struct klock_queue *q, struct klock_waiter *w)
{
	(void)w;
	return readers_in(sem_of(q)) <= 0;
}

static void wake_writer(struct klock_queue *q, uint32_t drop)
{
	struct klock_waiter *writer = klock_queue_first(q);

	(void)drop;
	if (writer && sum_is_zero(q, writer))
		klock_queue_grant(q, writer);
}

static void holders_in_sum(const struct klock_waiter *w, struct klock_holders *holders)
{
	const char *block = w->addr;
	int32_t n = readers_in((struct percpu_rw_semaphore *)
			       (block - offsetof(struct percpu_rw_semaphore, block)));

	holders->readers = n > 0 ? (uint32_t)n : 0;
}

static const struct klock_wait_ops sum_ops = {
	.check = sum_is_zero,
	.advance = wake_writer,
	.holders = holders_in_sum,
};

void klock_percpu_wake_writer(struct percpu_rw_semaphore *sem)
{
	klock_unpark(&sem->block, &sum_ops, wake_writer, 0);
}

static void count_shared(struct percpu_rw_semaphore *sem, int32_t n)
{
	klock_fetch_add_seq(&sem->shared, n); /* [P1], [P7]; seq: there is no membarrier */
}

static void uncount_reader(struct percpu_rw_semaphore *sem)
{
	int32_t *readers = klock_percpu_counter(sem, klock_thread()->word);

	if (readers)
		klock_store_release(readers, klock_percpu_sum(*readers, -1)); /* [P7] */
	else
		count_shared(sem, -1);
	klock_compiler_barrier();
}

static uint32_t without_attempt(uint32_t block)
{
	return block & KLOCK_PERCPU_COUNTED;
}

/* By a reader that is in `shared`: an attempt to write gives way. False: a writer does not. */
static bool not_barred(struct percpu_rw_semaphore *sem)
{
	uint32_t block = klock_load_seq(&sem->block); /* [P3] */

	while (block != without_attempt(block) && block != KLOCK_PERCPU_BARRED)
		if (klock_cas_seq(&sem->block, &block, without_attempt(block)))
			return true;
	return block != KLOCK_PERCPU_BARRED;
}

/* No write has come for long enough: readers use their slots again. */
static void end_pause(struct percpu_rw_semaphore *sem)
{
	uint32_t counted = KLOCK_PERCPU_COUNTED;

	if (klock_load_relaxed(&sem->block) != counted || /* a guess */
	    klock_now_ns() < klock_load_relaxed(&sem->counted_until)) /* an estimate */
		return;
	use_slots(sem);
	klock_cas_relaxed(&sem->block, &counted, 0); /* a writer that finds 0 issues a barrier */
}

/* Counts, and takes it back if a writer bars the way. */
static bool read_unless_barred(struct percpu_rw_semaphore *sem)
{
	count_shared(sem, 1);
	if (not_barred(sem)) {
		end_pause(sem);
		return true;
	}
	count_shared(sem, -1);
	klock_percpu_wake_writer(sem);
	return false;
}

static int read_acquire(struct percpu_rw_semaphore *sem, const struct klock_event *ev, int64_t ns)
{
	int err;

	settle(sem);
	if (klock_percpu_read_try(sem, klock_thread()->word) ||
	    (sem->slots && read_unless_barred(sem)))
		return 0;
	err = klock_word_take(&sem->rw.word, ev, ns);
	if (err)
		return err;
	count_shared(sem, 1);
	not_barred(sem); /* no writer can have the lock; but an attempt may have added up before */
	klock_word_drop(&sem->rw.word, KLOCK_W_READER);
	return 0;
}

/* [P2] shows who is in a slot. `block` is what the bar, or the number, has replaced. */
static void show_slots(struct percpu_rw_semaphore *sem, const struct klock_event *ev,
		       uint32_t block)
{
	int64_t took;

	if ((block & KLOCK_PERCPU_COUNTED) || !sem->slots || !slots_allowed())
		return;
	took = -klock_now_ns();
	klock_barrier_everywhere(ev);
	took += klock_now_ns() + 1;
	/* relaxed: an estimate */
	klock_store_relaxed(&sem->pause_ns, (uint32_t)(took < PAUSE_NS_MAX ? took : PAUSE_NS_MAX));
}

/* Nobody comes in any more; waits for those that are in to leave. */
static int bar_and_drain(struct percpu_rw_semaphore *sem, const struct klock_event *ev, int64_t ns,
			 int64_t deadline_ns)
{
	struct klock_waiter w = {
		.addr = &sem->block,
		.ops = &sum_ops,
		.what = klock_wait_for(ev),
		.mode = klock_wait_mode_of(ev->how),
	};

	/* [P2]; seq for `shared`, see readers_in() */
	show_slots(sem, ev, klock_xchg_seq(&sem->block, KLOCK_PERCPU_BARRED));
	if (klock_watchers_of[KLOCK_EV_CONTENDED] && ns > 0 && readers_in(sem) > 0)
		klock_watch(KLOCK_EV_CONTENDED, ev);
	return klock_park(&w, deadline_ns);
}

/* A number that no other attempt has had lately, and no writer. */
static uint32_t new_attempt(void)
{
	static uint32_t attempts;

	klock_exempt(&attempts, sizeof(attempts));
	return klock_fetch_add_relaxed(&attempts, 4) | 0x80000000u; /* only a number */
}

/* In `block`: that of this attempt, or of another one, which will do as well. False: a writer's. */
static bool announce(struct percpu_rw_semaphore *sem, uint32_t *number)
{
	uint32_t block = klock_load_relaxed(&sem->block); /* only a guess: the exchange decides */
	uint32_t own = new_attempt();

	while (block == without_attempt(block)) {
		*number = own | block;
		if (klock_cas_seq(&sem->block, &block, *number)) /* [P2] */
			return true;
	}
	*number = block;
	return block != KLOCK_PERCPU_BARRED;
}

/* With the number in `block`: the lock, if no reader is in and none has come since. */
static bool take_announced(struct percpu_rw_semaphore *sem, const struct klock_event *ev,
			   uint32_t *number)
{
	struct klock_event try = *ev;

	try.how |= KLOCK_TRY;
	show_slots(sem, ev, *number);
	if (readers_in(sem) > 0 || klock_word_take(&sem->rw.word, &try, 0)) {
		klock_cas_release(&sem->block, number, without_attempt(*number));
		*number = 0;
		return false;
	}
	if (klock_cas_seq(&sem->block, number, KLOCK_PERCPU_BARRED))
		return true;
	klock_word_drop(&sem->rw.word, klock_thread()->word);
	*number &= ~KLOCK_PERCPU_COUNTED; /* 0: a reader came in between */
	return false;
}

/*
 * A failed attempt leaves no trace, and bars nobody: a reader that finds an attempt's number in
 * `block` takes it away and is in. Each number is used once. An attempt that finds the number
 * still there when the sum is zero therefore knows that no reader has come in since, also if
 * another attempt announced it. Between the acquisition of `rw` and the next exchange an attempt
 * may keep another attempt out; it fails itself if a reader comes in between.
 */
static bool write_attempt(struct percpu_rw_semaphore *sem, const struct klock_event *ev)
{
	uint32_t number;

	while (readers_in(sem) <= 0 && announce(sem, &number)) {
		if (take_announced(sem, ev, &number))
			return true;
		if (!number)
			return false;
	}
	return false;
}

/* Readers come in again: counted for a while, where writers have had to issue a membarrier. */
static void unbar(struct percpu_rw_semaphore *sem)
{
	uint32_t pause_ns = klock_load_relaxed(&sem->pause_ns); /* written by writers */

	if (pause_ns) {
		/* relaxed: hints, and an estimate */
		klock_store_relaxed(&sem->counted_until, klock_now_ns() + pause_ns);
		klock_store_relaxed(&sem->nr_slots, 0);
	}
	/* [P4] release: pairs with [P3] */
	klock_store_release(&sem->block, pause_ns ? KLOCK_PERCPU_COUNTED : 0);
}

static int write_wait(struct percpu_rw_semaphore *sem, const struct klock_event *ev, int64_t ns)
{
	int64_t deadline_ns = klock_deadline(ns);
	int err = klock_word_take(&sem->rw.word, ev, ns);

	if (err)
		return err;
	err = bar_and_drain(sem, ev, ns, deadline_ns);
	if (err) {
		unbar(sem);
		klock_word_drop(&sem->rw.word, klock_thread()->word);
	}
	return err;
}

/* For a writer that has the lock: reports a negative number of readers, and corrects it. */
static void check_sum(struct percpu_rw_semaphore *sem, const struct klock_event *ev)
{
	int32_t surplus = readers_in(sem);

	if (surplus >= 0)
		return;
	klock_event_bug(ev, "more releases for reading than acquisitions",
			"look for a percpu_up_read() without percpu_down_read()");
	klock_fetch_add_seq(&sem->shared, (int32_t)(0u - (uint32_t)surplus));
}

static int write_take(struct percpu_rw_semaphore *sem, const struct klock_event *ev, int64_t ns)
{
	int err;

	if (klock_is_attempt(ev, ns) && write_attempt(sem, ev))
		return 0;
	klock_word_check_usable(&sem->rw.word, ev);
	err = klock_refuse_to_wait(ev, ns);
	return err ? err : write_wait(sem, ev, ns);
}

static int write_acquire(struct percpu_rw_semaphore *sem, const struct klock_event *ev, int64_t ns)
{
	struct klock_task *task = klock_thread();
	int err;

	settle(sem);
	klock_store_relaxed(&task->takes, &sem->rw.word); /* see klock_word_take() */
	klock_store_relaxed(&task->takes_block, &sem->block);
	err = write_take(sem, ev, ns);
	klock_store_relaxed(&task->takes, NULL);
	klock_store_relaxed(&task->takes_block, NULL);
	if (!err)
		check_sum(sem, ev);
	return err;
}

/* As klock_word_acquire_again(), for readers. */
static bool read_again(struct percpu_rw_semaphore *sem, unsigned int how, const void *site)
{
	struct klock_held_stack *stack = klock_again;

	if (!stack || !klock_again_push(stack, &sem->dep_map, how, &percpu_type, NULL, site))
		return false;
	if (klock_percpu_read_try(sem, stack->word))
		return true;
	klock_again_pop(stack);
	return false;
}

static bool read_release_again(struct percpu_rw_semaphore *sem)
{
	struct klock_held_stack *stack = klock_again;

	if (!stack || !klock_again_on_top(stack, &sem->dep_map, KLOCK_READ) ||
	    !klock_percpu_read_drop(sem, stack->word))
		return false;
	klock_again_pop(stack);
	return true;
}

int klock_percpu_acquire(struct percpu_rw_semaphore *sem, unsigned int how, int64_t timeout_ns)
{
	const void *site = __builtin_return_address(0);
	struct klock_event ev;
	int err;

	if (sem && !(how & KLOCK_WRITE) && read_again(sem, how, site))
		return 0;
	ev = event(sem, how, site);
	klock_thread();
	klock_watch(KLOCK_EV_ACQUIRE, &ev);
	err = how & KLOCK_WRITE ? write_acquire(sem, &ev, timeout_ns)
				: read_acquire(sem, &ev, timeout_ns);
	klock_watch(err ? KLOCK_EV_REFUSED : KLOCK_EV_ACQUIRED, &ev);
	return err;
}

/* The hold for writing, of any thread; reports that there is none. */
static bool held_for_writing(const struct percpu_rw_semaphore *sem, const struct klock_event *ev,
			     uint32_t *hold)
{
	uint32_t w = klock_load_relaxed(&sem->rw.word); /* a hold does not go away meanwhile */

	*hold = w & KLOCK_W_OWNER;
	if ((w & KLOCK_W_WRITER) && w != KLOCK_W_DESTROYED && klock_percpu_is_write_locked(sem))
		return true;
	klock_event_bug(ev, "release for writing of a lock that nobody holds so",
			"call percpu_up_write() once for each percpu_down_write()");
	return false;
}

/* As the kernel's, it need not be the thread that took the lock. */
static void write_release(struct percpu_rw_semaphore *sem, const struct klock_event *ev)
{
	uint32_t hold;

	if (!held_for_writing(sem, ev, &hold) || !klock_watch(KLOCK_EV_RELEASE, ev))
		return;
	unbar(sem);
	klock_word_drop(&sem->rw.word, hold);
	klock_watch(KLOCK_EV_RELEASED, ev);
}

/* The hold for writing is from now on that of the thread with this number. */
static void set_owner(struct percpu_rw_semaphore *sem, const struct klock_event *ev, uint32_t owner)
{
	uint32_t w = klock_load_relaxed(&sem->rw.word), hold; /* a guess: the exchange decides */

	if (!held_for_writing(sem, ev, &hold))
		return;
	while (!klock_cas_relaxed(&sem->rw.word, &w, (w & ~KLOCK_W_OWNER) | owner))
		; /* waiters change the bits; the program orders what one thread hands to another */
}

void klock_percpu_hand_over(struct percpu_rw_semaphore *sem, int read, unsigned long ip)
{
	struct klock_event ev = event(sem, read ? KLOCK_READ : KLOCK_WRITE, (const void *)ip);

	klock_thread();
	if (!klock_watch(KLOCK_EV_RELEASE, &ev))
		return;
	if (!read)
		set_owner(sem, &ev, KLOCK_W_NOBODY);
	klock_watch(KLOCK_EV_RELEASED, &ev);
}

void klock_percpu_take_over(struct percpu_rw_semaphore *sem, int read, unsigned long ip)
{
	struct klock_event ev = event(sem, KLOCK_TRY | (read ? KLOCK_READ : KLOCK_WRITE),
				      (const void *)ip);
	struct klock_task *task = klock_thread();

	klock_watch(KLOCK_EV_ACQUIRE, &ev);
	if (!read)
		set_owner(sem, &ev, task->word);
	klock_watch(KLOCK_EV_ACQUIRED, &ev);
}

static void read_release(struct percpu_rw_semaphore *sem, const struct klock_event *ev)
{
	/* No slot was ever used: the one case in which a stray release shows at once. */
	if (!klock_load_relaxed(&sem->nr_slots) && !klock_load_relaxed(&sem->pause_ns) &&
	    klock_load_relaxed(&sem->shared) <= 0) {
		klock_event_bug(ev, "release for reading of a lock that nobody holds so",
				"release once what was acquired once");
		return;
	}
	if (!klock_watch(KLOCK_EV_RELEASE, ev))
		return;
	uncount_reader(sem);
	if (klock_load_seq(&sem->block)) /* [P5] */
		klock_percpu_wake_writer(sem);
	klock_watch(KLOCK_EV_RELEASED, ev);
}

void klock_percpu_release(struct percpu_rw_semaphore *sem, unsigned int how)
{
	struct klock_event ev;

	if (sem && !(how & KLOCK_WRITE) && read_release_again(sem))
		return;
	ev = event(sem, how, __builtin_return_address(0));
	klock_thread();
	if (how & KLOCK_WRITE)
		write_release(sem, &ev);
	else
		read_release(sem, &ev);
}
