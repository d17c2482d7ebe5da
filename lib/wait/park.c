/* SPDX-License-Identifier: MIT */
#include "wait/park.h"
#include "base/clock.h"
#include "base/cpu.h"
#include "base/exempt.h"
#include "base/minilock.h"
#include "base/process.h"
#include "base/spin.h"
#include <errno.h>
#include <string.h>

#define BUCKET_BITS 9
#define NR_BUCKETS (1u << BUCKET_BITS)

/*
 * QUEUED -> GRANTED, by who hands over; the record is the waiter's again from
 * that store on. A waiter that gives up or takes the lock itself stays QUEUED
 * in name, but has left the list, under the bucket's lock.
 */
enum klock_waiter_state { WAITER_QUEUED, WAITER_GRANTED };

/*
 * `waiters` counts records in the list, so that those who have nothing else to
 * tell them (wake_up_bit) need not take the lock. Zeroed, a bucket is empty: a
 * list is made when its first waiter comes.
 */
struct bucket {
	struct klock_minilock lock;
	uint32_t waiters;
	struct klock_list list;
	uint32_t queued[2];    /* of them, writers and readers */
	int64_t handed_ns[2];  /* when one of those was last handed a lock as it slept */
} __attribute__((aligned(64)));

struct klock_queue {
	struct bucket *bucket;
	const void *addr;
	const struct klock_wait_ops *ops; /* the kind of waiters that are in it; NULL: all */
	struct klock_list granted; /* out of the list, not yet told */
	struct klock_task *woken;
	bool refused;
};

static struct bucket buckets[NR_BUCKETS];

uint32_t klock_park_generation;

struct klock_long_waits klock_long_waits = {
	.after_ns = KLOCK_FOREVER,
	.after_blind_ns = KLOCK_FOREVER,
};

static struct bucket *bucket_of(const void *addr)
{
	/* Fibonacci hashing: the multiplier is 2^64 over the golden ratio. */
	uint64_t hash = (uint64_t)(uintptr_t)addr * 0x9e3779b97f4a7c15u;

	return &buckets[hash >> (64 - BUCKET_BITS)];
}

void klock_park_init(void)
{
	klock_exempt(buckets, sizeof(buckets));
	klock_exempt(&klock_park_generation, sizeof(klock_park_generation));
	klock_exempt(&klock_long_waits, sizeof(klock_long_waits)); /* as in lib/annotate/watch.c */
}

static void queue_lock(struct klock_queue *q, const void *addr, const struct klock_wait_ops *ops)
{
	klock_process_check();
	q->addr = addr;
	q->ops = ops;
	q->bucket = bucket_of(addr);
	q->woken = NULL;
	q->refused = false;
	klock_list_init(&q->granted);
	klock_minilock_lock(&q->bucket->lock);
	klock_unseen_begin();
	if (!q->bucket->list.next)
		klock_list_init(&q->bucket->list);
}

/* Its own thread tells of it later: a callback may do what cannot be done here. */
static void keep_to_tell(struct klock_waiter *w)
{
	struct klock_task *task = klock_task_self();

	if (!task->granted.next)
		klock_list_init(&task->granted);
	klock_list_add_tail(&task->granted, &w->node);
}

static void tell_granted(struct klock_waiter *w)
{
	struct klock_task *task = w->task;

	/* [K1] release: pairs with [K2]. The record may be gone after this store. */
	klock_store_release(&w->state, WAITER_GRANTED);
	klock_task_wake(task);
}

/* Wakes after the unlock: nobody who is woken has to wait for the bucket. */
static void queue_unlock(struct klock_queue *q)
{
	klock_minilock_unlock(&q->bucket->lock);
	while (!klock_list_empty(&q->granted)) {
		struct klock_waiter *w =
			klock_list_entry(q->granted.next, struct klock_waiter, node);

		klock_list_del(&w->node);
		if (w->request)
			keep_to_tell(w);
		else
			tell_granted(w);
	}
	if (q->woken)
		klock_task_wake(q->woken);
	klock_unseen_end();
}

static void enqueue(struct klock_queue *q, struct klock_waiter *w)
{
	klock_list_add_tail(&q->bucket->list, &w->node);
	w->queued = true;
	q->bucket->queued[w->shared]++;
	/* [K3] queue, then check: pairs with [K4]. */
	klock_fetch_add_seq(&q->bucket->waiters, 1);
}

static void dequeue(struct klock_queue *q, struct klock_waiter *w)
{
	klock_list_del(&w->node);
	w->queued = false;
	q->bucket->queued[w->shared]--;
	if (w->request && w->ops->left)
		w->ops->left(w);
	klock_fetch_add_relaxed(&q->bucket->waiters, (uint32_t)-1); /* too high is only slow */
}

const void *klock_queue_addr(const struct klock_queue *q)
{
	return q->addr;
}

static struct klock_waiter *find(struct klock_queue *q, struct klock_list *from)
{
	for (struct klock_list *node = from; node != &q->bucket->list; node = node->next) {
		struct klock_waiter *w = klock_list_entry(node, struct klock_waiter, node);

		if (w->addr == q->addr && (w->ops == q->ops || !q->ops))
			return w;
	}
	return NULL;
}

struct klock_waiter *klock_queue_first(struct klock_queue *q)
{
	return find(q, q->bucket->list.next);
}

struct klock_waiter *klock_queue_next(struct klock_queue *q, struct klock_waiter *w)
{
	return find(q, w->node.next);
}

void klock_queue_grant(struct klock_queue *q, struct klock_waiter *w)
{
	dequeue(q, w);
	if (!w->request && !klock_load_relaxed(&w->awake))
		q->bucket->handed_ns[w->shared] = klock_now_ns();
	klock_list_add_tail(&q->granted, &w->node);
}

void klock_queue_refuse(struct klock_queue *q)
{
	q->refused = true;
}

void klock_queue_wake(struct klock_queue *q, struct klock_waiter *w)
{
	w->woken = true;
	if (!w->woken_ns)
		w->woken_ns = klock_now_ns();
	q->woken = w->task;
}

static bool long_since(int64_t ns)
{
	return klock_now_ns() - ns >= KLOCK_HAND_OVER_NS;
}

bool klock_queue_is_due(struct klock_queue *q, const struct klock_waiter *w)
{
	if (w->request || klock_load_relaxed(&w->awake)) /* a hint: it may end its spin just now */
		return true;
	return long_since(q->bucket->handed_ns[w->shared]) ||
	       (w->woken_ns && long_since(w->woken_ns));
}

struct klock_waiter *klock_queue_due(struct klock_queue *q)
{
	struct klock_waiter *head = klock_queue_first(q), *w = head;

	if (!head || klock_queue_is_due(q, head))
		return head;
	/* The queue may be long: it is searched for one of the other kind once in a while. */
	if (!q->bucket->queued[!head->shared] ||
	    !long_since(q->bucket->handed_ns[!head->shared]))
		return NULL;
	while (w && w->shared == head->shared)
		w = klock_queue_next(q, w);
	/* A request has its turn at the head only, where it may have to stay (word_request.c). */
	return w && !w->request ? w : NULL;
}

static bool granted(struct klock_waiter *w)
{
	return klock_load_acquire(&w->state) == WAITER_GRANTED; /* [K2] pairs with [K1] */
}

/* From here on only the thread that handed over can end the wait, and it is about to. */
static int await_grant(struct klock_waiter *w)
{
	while (!granted(w))
		klock_task_sleep(w->task, KLOCK_FOREVER);
	return 0;
}

/* Under the bucket's lock, when check() has said no: whether `w` spins before it sleeps. */
static void stay_awake(struct klock_queue *q, struct klock_waiter *w)
{
	klock_store_relaxed(&w->awake, w->task->many_cpus && klock_queue_first(q) == w);
}

/*
 * Looks once more, under the bucket's lock, as one that gives up if `err` is
 * set. True: the wait is over, *err says how.
 */
static bool look_again(struct klock_waiter *w, int *err)
{
	struct klock_queue q;
	bool got, over;

	queue_lock(&q, w->addr, w->ops);
	if (!w->queued) {
		queue_unlock(&q);
		*err = await_grant(w);
		return true;
	}
	got = w->ops->check(&q, w);
	over = got || *err;
	if (over)
		dequeue(&q, w);
	if (got)
		*err = 0;
	else if (over)
		w->ops->advance(&q, w->repair);
	w->woken = false;
	if (!over)
		stay_awake(&q, w);
	queue_unlock(&q);
	return over;
}

static int64_t first_look(const struct klock_waiter *w)
{
	int64_t after = w->ops->holders ? klock_long_waits.after_ns
					: klock_long_waits.after_blind_ns;

	return after == KLOCK_FOREVER ? KLOCK_FOREVER : w->since + after;
}

/* The head of the queue, for a time: the next release is not to take it for asleep. */
static void spin_at_head(struct klock_waiter *w, int64_t deadline_ns)
{
	struct klock_spin s;

	klock_spin_begin(&s, deadline_ns);
	while (!klock_task_is_notified(w->task) && klock_spin_once(&s))
		;
	klock_store_relaxed(&w->awake, false); /* a hint, as above */
}

static int wait_queued(struct klock_waiter *w, int64_t deadline_ns)
{
	int64_t look_at = first_look(w);
	bool late = false;
	int err;

	do {
		err = klock_task_signalled(w->task, w->mode) ? -EINTR : 0;
		if (!err && w->awake)
			spin_at_head(w, deadline_ns);
		if (!err)
			late = klock_task_sleep(w->task,
						look_at < deadline_ns ? look_at : deadline_ns);
		if (granted(w))
			return 0;
		if (!err && deadline_ns != KLOCK_FOREVER && klock_now_ns() >= deadline_ns)
			err = -ETIME;
		else if (!err && late && klock_now_ns() >= look_at)
			look_at = klock_long_waits.look(w);
	} while (!look_again(w, &err));
	if (err == -EINTR)
		klock_task_take_signal(w->task, w->mode);
	return err;
}

int klock_park(struct klock_waiter *w, int64_t deadline_ns)
{
	struct klock_queue q;
	bool got;
	int err = 0;

	w->task = klock_task_self();
	w->task->many_cpus = klock_cpu_many(); /* about to sleep: this hardly counts */
	w->state = WAITER_QUEUED;
	w->since = klock_now_ns();
	w->deadline = deadline_ns;
	w->number = w->task->waits | 1; /* odd already: left so by a thread that fork() lost */
	klock_store_relaxed(&w->task->waits, w->number); /* a hint, for reports */
	w->woken = false;
	w->woken_ns = 0;
	klock_exempt(w, sizeof(*w));
	queue_lock(&q, w->addr, w->ops);
	enqueue(&q, w);
	got = w->ops->check(&q, w);
	if (got)
		dequeue(&q, w);
	else
		stay_awake(&q, w);
	queue_unlock(&q);
	if (!got)
		err = wait_queued(w, deadline_ns);
	klock_store_relaxed(&w->task->waits, w->number + 1);
	klock_exempt_end(w, sizeof(*w));
	return err;
}

bool klock_park_request(struct klock_waiter *w)
{
	struct klock_queue q;
	bool got;

	w->request = true;
	w->since = klock_now_ns();
	w->deadline = KLOCK_FOREVER;
	w->task = klock_task_self();
	queue_lock(&q, w->addr, w->ops);
	enqueue(&q, w);
	got = w->ops->check(&q, w);
	if (got)
		dequeue(&q, w);
	else
		w->task = NULL;
	queue_unlock(&q);
	return got;
}

bool klock_park_withdraw(struct klock_waiter *w)
{
	struct klock_queue q;
	bool queued;

	queue_lock(&q, w->addr, w->ops);
	queued = w->queued;
	if (queued) {
		dequeue(&q, w);
		w->ops->advance(&q, w->repair);
	}
	queue_unlock(&q);
	return queued;
}

bool klock_unpark(const void *addr, const struct klock_wait_ops *ops,
		  void (*advance)(struct klock_queue *q, uint32_t drop), uint32_t drop)
{
	struct klock_queue q;

	queue_lock(&q, addr, ops);
	advance(&q, drop);
	queue_unlock(&q);
	return !q.refused;
}

bool klock_park_maybe(const void *addr)
{
	klock_process_check();
	/* [K4] act, then look: pairs with [K3]. A read-modify-write, for the fence in it. */
	return klock_fetch_add_seq(&bucket_of(addr)->waiters, 0) != 0;
}

bool klock_park_waited_for(const void *addr)
{
	struct klock_queue q;
	bool waited_for;

	queue_lock(&q, addr, NULL);
	waited_for = klock_queue_first(&q) != NULL;
	queue_unlock(&q);
	return waited_for;
}

unsigned int klock_waiters_walk(int64_t patience_ns,
				void (*see)(const struct klock_waiter *w, void *arg), void *arg)
{
	unsigned int left_out = 0;

	klock_process_check();
	for (struct bucket *b = buckets; b < buckets + NR_BUCKETS; b++) {
		struct klock_list *node;

		/* relaxed: a report; who has slept for long has counted itself long ago */
		if (!klock_load_relaxed(&b->waiters))
			continue;
		if (!klock_minilock_lock_until(&b->lock, klock_deadline(patience_ns))) {
			left_out++;
			continue;
		}
		klock_unseen_begin();
		for (node = b->list.next; node && node != &b->list; node = node->next)
			see(klock_list_entry(node, struct klock_waiter, node), arg);
		klock_unseen_end();
		klock_minilock_unlock(&b->lock);
	}
	return left_out;
}

void klock_park_after_fork(void)
{
	memset(buckets, 0, sizeof(buckets));
	klock_park_generation++;
}
