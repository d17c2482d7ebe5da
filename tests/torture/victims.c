/* SPDX-License-Identifier: MIT */
/* The locks, right and wrong, and what must hold under them. */
#include "torture.h"
#include "support/lock_rows.h"

#define COPIES 2 /* of each lock: threads meet, and also pass each other by */
#define MAX_VICTIMS (COPIES * NR_LOCK_ROWS)

/* One lock. Its rows share it. */
struct arena {
	union any_lock lock;
	const struct lock_object *object;
	int writers, readers;   /* inside now: relaxed atomics, the lock orders nothing of them */
	uint64_t first, second; /* plain, equal whenever nobody writes */
	uint64_t written;       /* relaxed atomic: how often they were */
};

struct victim {
	struct arena *arena;
	const struct lock_row *row;
};

const char *const operation_names[NR_OPERATIONS] = {
	"lock", "trylock", "try_or_lock", "killable", "interruptible", "timeout",
};

static struct arena arenas[MAX_VICTIMS];
static struct victim made[MAX_VICTIMS];
struct victim *victims[MAX_VICTIMS];
int nr_victims;
static int nr_arenas;
static bool violated;

const char *victim_name(const struct victim *v)
{
	return v->row->name;
}

bool victim_has(const struct victim *v, enum operation op)
{
	switch (op) {
	case OP_LOCK:
		return true;
	case OP_TRY:
		return v->row->try_;
	case OP_TRY_OR_LOCK:
		return v->row->try_or_lock;
	case OP_KILLABLE:
		return v->row->killable;
	case OP_INTERRUPTIBLE:
		return v->row->interruptible;
	case OP_TIMEOUT:
		return v->row->timeout;
	default:
		return false;
	}
}

int victim_take(struct victim *v, enum operation op, int64_t ns)
{
	union any_lock *lock = &v->arena->lock;

	switch (op) {
	case OP_TRY:
		return v->row->try_(lock) ? 0 : -EAGAIN;
	case OP_TRY_OR_LOCK:
		return v->row->try_or_lock(lock, ns & 1) ? 0 : -EAGAIN;
	case OP_KILLABLE:
		return v->row->killable(lock);
	case OP_INTERRUPTIBLE:
		return v->row->interruptible(lock);
	case OP_TIMEOUT:
		return v->row->timeout(lock, ns) ? -ETIME : 0;
	default:
		v->row->lock(lock);
		return 0;
	}
}

static void violation(const struct victim *v, const char *what)
{
	if (!__atomic_exchange_n(&violated, true, __ATOMIC_RELAXED))
		fprintf(stderr, "torture: %s: %s\n", v->row->name, what);
}

bool victims_violated(void)
{
	return __atomic_load_n(&violated, __ATOMIC_RELAXED);
}

static int count(int *counter, int n)
{
	return __atomic_add_fetch(counter, n, __ATOMIC_RELAXED);
}

static void inside_alone(struct victim *v, uint32_t random)
{
	struct arena *a = v->arena;

	if (count(&a->writers, 1) != 1 || __atomic_load_n(&a->readers, __ATOMIC_RELAXED))
		violation(v, "somebody else is in an exclusive section");
	a->first++;
	maybe_preempt(random);
	a->second++;
	if (a->first != a->second)
		violation(v, "somebody else wrote in an exclusive section");
	__atomic_add_fetch(&a->written, 1, __ATOMIC_RELAXED);
	count(&a->writers, -1);
}

static void inside_shared(struct victim *v, uint32_t random)
{
	struct arena *a = v->arena;
	uint64_t first;

	count(&a->readers, 1);
	if (__atomic_load_n(&a->writers, __ATOMIC_RELAXED))
		violation(v, "a writer is in a shared section");
	first = a->first;
	maybe_preempt(random);
	if (first != a->second)
		violation(v, "somebody wrote during a shared section");
	count(&a->readers, -1);
}

void victim_inside(struct victim *v, uint32_t random)
{
	if (v->row->shared)
		inside_shared(v, random);
	else
		inside_alone(v, random);
}

void victim_give(struct victim *v, uint32_t random)
{
	/* The one operation that is not in the table, as only one lock has it. */
	if (!strcmp(v->row->name, "rwsem_write") && random % 4 == 0) {
		downgrade_write(&v->arena->lock.rwsem);
		inside_shared(v, random >> 8);
		up_read(&v->arena->lock.rwsem);
		return;
	}
	v->row->unlock(&v->arena->lock);
}

/* ---- Locks that are wrong on purpose: a torture that passes them is no torture --------- */

/* A lock that is always handed over: 0 free, 1 held, 2 the head of the queue may take it. */
static bool handed_check(struct klock_queue *q, struct klock_waiter *w)
{
	uint32_t *word = (uint32_t *)klock_queue_addr(q);
	uint32_t was = klock_queue_first(q) == w ? __atomic_load_n(word, __ATOMIC_SEQ_CST) : 1;

	return was != 1 && __atomic_compare_exchange_n(word, &was, 1, false, __ATOMIC_SEQ_CST,
						       __ATOMIC_SEQ_CST);
}

static void handed_advance(struct klock_queue *q, uint32_t wakes)
{
	struct klock_waiter *head = klock_queue_first(q);

	__atomic_store_n((uint32_t *)klock_queue_addr(q), head ? 2 : 0, __ATOMIC_SEQ_CST);
	if (head && wakes)
		klock_queue_wake(q, head);
}

static const struct klock_wait_ops handed_ops = {
	.check = handed_check,
	.advance = handed_advance,
};

static void handed_lock(union any_lock *lock)
{
	struct klock_waiter w = { .addr = &lock->mutex.word, .ops = &handed_ops };

	klock_park(&w, KLOCK_FOREVER);
}

static void handed_unlock(union any_lock *lock)
{
	klock_unpark(&lock->mutex.word, handed_advance, 1);
}

/* Now and then nobody is told. */
static void lost_wakeup_unlock(union any_lock *lock)
{
	static uint32_t unlocks;
	bool told = __atomic_add_fetch(&unlocks, 1, __ATOMIC_RELAXED) % 1024;

	klock_unpark(&lock->mutex.word, handed_advance, told);
}

/* Tests, and sets only then. */
static void no_exclusion_lock(union any_lock *lock)
{
	while (__atomic_load_n(&lock->mutex.word, __ATOMIC_SEQ_CST))
		sched_yield();
	__atomic_store_n(&lock->mutex.word, 1, __ATOMIC_SEQ_CST);
}

static void make_broken(union any_lock *lock)
{
	memset(lock, 0, sizeof(*lock));
}

static void end_broken(union any_lock *lock)
{
	(void)lock;
}

static const struct lock_object broken_object = {
	.name = "broken",
	.make = make_broken,
	.end = end_broken,
};

/* The last is right: the control of the others. */
static const struct lock_row broken_rows[] = {
	{ .name = "lost-wakeup",
	  .object = &broken_object,
	  .lock = handed_lock,
	  .unlock = lost_wakeup_unlock },
	{ .name = "no-exclusion",
	  .object = &broken_object,
	  .lock = no_exclusion_lock,
	  .unlock = handed_unlock },
	{ .name = "none", .object = &broken_object, .lock = handed_lock, .unlock = handed_unlock },
};

/* ---- The set of locks ------------------------------------------------------------------ */

static struct arena *arena_for(const struct lock_object *object, int copy)
{
	for (int i = 0; i < nr_arenas; i++)
		if (arenas[i].object == object && copy-- == 0)
			return &arenas[i];
	arenas[nr_arenas].object = object;
	object->make(&arenas[nr_arenas].lock);
	return &arenas[nr_arenas++];
}

static void add(const struct lock_row *row)
{
	for (int copy = 0; copy < COPIES; copy++) {
		made[nr_victims] = (struct victim){ arena_for(row->object, copy), row };
		victims[nr_victims] = &made[nr_victims];
		nr_victims++;
	}
}

bool victims_make(const char *broken)
{
	if (!broken) {
		for (int i = 0; i < NR_LOCK_ROWS; i++)
			add(&lock_rows[i]);
		return true;
	}
	for (size_t i = 0; i < sizeof(broken_rows) / sizeof(broken_rows[0]); i++)
		if (!strcmp(broken_rows[i].name, broken))
			add(&broken_rows[i]);
	return nr_victims > 0;
}

bool victims_end(void)
{
	bool right = !victims_violated();

	for (int i = 0; i < nr_victims; i++) {
		struct victim *v = victims[i];

		if (victim_has(v, OP_TIMEOUT) && victim_take(v, OP_TIMEOUT, 0)) {
			fprintf(stderr, "torture: %s: not free at the end\n", v->row->name);
			return false;
		}
		if (victim_has(v, OP_TIMEOUT))
			v->row->unlock(&v->arena->lock);
	}
	for (int i = 0; i < nr_arenas; i++) {
		struct arena *a = &arenas[i];

		if (a->first != a->written || a->second != a->written) {
			fprintf(stderr, "torture: %s: a write was lost\n", a->object->name);
			right = false;
		}
		a->object->end(&a->lock);
	}
	return right;
}
