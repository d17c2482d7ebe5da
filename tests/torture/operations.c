/* SPDX-License-Identifier: MIT */
/* What can be done with a lock: one table. */
#include "torture.h"
#include <semaphore.h>

/* Locks that a request's flags ask for, which the tests' table of locks does not have. */
static const struct by_flags {
	const char *row;
	int (*iocb)(const struct kiocb *iocb, union any_lock *lock);
	int (*iomap)(unsigned int flags, union any_lock *lock);
} by_flags[];

static const struct by_flags *flags_of(const struct lock_row *row)
{
	for (const struct by_flags *f = by_flags; f->row; f++)
		if (!strcmp(f->row, row->name))
			return f;
	return NULL;
}

#define BY_FLAGS(row, object, name)                                                                \
	static int iocb_##row(const struct kiocb *iocb, union any_lock *lock)                      \
	{                                                                                          \
		return iocb_##name(iocb, &lock->object);                                           \
	}                                                                                          \
	static int iomap_##row(unsigned int flags, union any_lock *lock)                           \
	{                                                                                          \
		return iomap_##name(flags, &lock->object);                                         \
	}
BY_FLAGS(mutex, mutex, mutex_lock)
BY_FLAGS(rwsem_read, rwsem, read_lock)
BY_FLAGS(rwsem_write, rwsem, write_lock)
BY_FLAGS(semaphore, semaphore, down)

static const struct by_flags by_flags[] = {
	{ "mutex", iocb_mutex, iomap_mutex },
	{ "rwsem_read", iocb_rwsem_read, iomap_rwsem_read },
	{ "rwsem_write", iocb_rwsem_write, iomap_rwsem_write },
	{ "semaphore", iocb_semaphore, iomap_semaphore },
	{ NULL, NULL, NULL },
};

/* ---- Which locks have it --------------------------------------------------------------- */

#define HAS(name, condition)                                                                       \
	static bool has_##name(const struct lock_row *row)                                         \
	{                                                                                          \
		return condition;                                                                  \
	}
HAS(lock, row->lock)
HAS(try, row->try_)
HAS(try_or_lock, row->try_or_lock)
HAS(killable, row->killable)
HAS(interruptible, row->interruptible)
HAS(timeout, row->timeout)
HAS(flags, flags_of(row))
HAS(downgrade, !strcmp(row->name, "rwsem_write"))
HAS(non_owner, !strcmp(row->name, "rwsem_read"))
HAS(bit_wait, !strcmp(row->name, "bit"))

/* ---- How it is taken: `v`, and `ns` where there is a choice -------------------------- */

#define TAKE(name, result)                                                                         \
	static int take_##name(struct victim *v, int64_t ns)                                       \
	{                                                                                          \
		const struct lock_row *row = victim_row(v);                                        \
		union any_lock *lock = victim_lock(v);                                             \
                                                                                                   \
		(void)row, (void)lock, (void)ns;                                                   \
		return result;                                                                     \
	}
#define IOCB(flags) (&(const struct kiocb){ .ki_flags = (flags) })
TAKE(lock, (row->lock(lock), 0))
TAKE(try, row->try_(lock) ? 0 : -EAGAIN)
TAKE(try_or_lock, row->try_or_lock(lock, true) ? 0 : -EAGAIN)
TAKE(or_lock, row->try_or_lock(lock, false) ? 0 : -EAGAIN)
TAKE(killable, row->killable(lock))
TAKE(interruptible, row->interruptible(lock))
TAKE(iocb, flags_of(row)->iocb(IOCB(0), lock))
TAKE(iocb_nowait, flags_of(row)->iocb(IOCB(IOCB_NOWAIT), lock))
TAKE(iomap, flags_of(row)->iomap(0, lock))
TAKE(iomap_nowait, flags_of(row)->iomap(IOMAP_NOWAIT, lock))
TAKE(non_owner, (down_read_non_owner(&lock->rwsem), 0))
TAKE(bit_wait, wait_on_bit(&lock->bit, 5, TASK_KILLABLE))

/* Bits say -EAGAIN, as in the kernel. */
static int take_timeout(struct victim *v, int64_t ns)
{
	int err = victim_row(v)->timeout(victim_lock(v), ns);

	return err == victim_row(v)->timed_out ? -ETIME : err;
}

/* A request, and where its grant is announced: not by a lock of klock's. */
struct told {
	struct klock_waitq waitq;
	sem_t granted;
};

static void granted(struct klock_waitq *wq)
{
	sem_post(&((struct told *)wq)->granted);
}

/* False: not within this time. Signals rain meanwhile. */
static bool await_told(struct told *t, int64_t ns)
{
	struct timespec end;
	int err;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += (ns + end.tv_nsec) / 1000000000;
	end.tv_nsec = (ns + end.tv_nsec) % 1000000000;
	do
		err = sem_timedwait(&t->granted, &end);
	while (err && errno == EINTR);
	return !err;
}

/* Queued, and cancelled when the time has passed; a grant may come before that. */
static int take_waitq(struct victim *v, int64_t ns)
{
	struct told t;
	struct kiocb iocb = { .ki_flags = IOCB_WAITQ, .ki_waitq = &t.waitq };
	int err;

	klock_waitq_init(&t.waitq, granted, -1);
	sem_init(&t.granted, 0, 0);
	err = flags_of(victim_row(v))->iocb(&iocb, victim_lock(v));
	if (err == -EIOCBQUEUED) {
		if (await_told(&t, ns))
			err = klock_waitq_claim(&t.waitq);
		else if (!klock_waitq_cancel(&t.waitq))
			err = -ETIME;
		else if (await_told(&t, options.bound * 1000000000))
			err = klock_waitq_claim(&t.waitq);
	}
	sem_destroy(&t.granted);
	return err;
}

/* ---- And held -------------------------------------------------------------------------- */

static void hold(struct worker *w, struct victim *v)
{
	victim_inside(v, victim_row(v)->shared, next_random(&w->random));
	victim_row(v)->unlock(victim_lock(v));
}

static void hold_and_downgrade(struct worker *w, struct victim *v)
{
	struct rw_semaphore *sem = &victim_lock(v)->rwsem;

	victim_inside(v, false, next_random(&w->random));
	downgrade_write(sem);
	victim_inside(v, true, next_random(&w->random));
	up_read(sem);
}

/*
 * Holds that were left to others, one for each worker at most. Whoever passes
 * ends it, at the latest the worker itself before it does anything else: so it
 * never waits for a lock while its own is left there.
 */
static struct victim *left[MAX_THREADS];

static void hold_and_leave(struct worker *w, struct victim *v)
{
	victim_inside(v, true, next_random(&w->random));
	__atomic_store_n(&left[w->number], v, __ATOMIC_RELEASE);
	maybe_preempt(next_random(&w->random));
}

void take_over(unsigned int worker)
{
	struct victim *v = __atomic_exchange_n(&left[worker], NULL, __ATOMIC_ACQUIRE);

	if (v)
		up_read_non_owner(&victim_lock(v)->rwsem);
}

/* A wait that takes nothing. */
static void hold_nothing(struct worker *w, struct victim *v)
{
	(void)w, (void)v;
}

const struct operation operations[] = {
	{ "lock", has_lock, take_lock, 0, hold },
	{ "trylock", has_try, take_try, BUSY, hold },
	{ "try_or_lock", has_try_or_lock, take_try_or_lock, BUSY, hold },
	{ "or_lock", has_try_or_lock, take_or_lock, 0, hold },
	{ "killable", has_killable, take_killable, KILLED, hold },
	{ "interruptible", has_interruptible, take_interruptible, KILLED | INTERRUPTED, hold },
	{ "timeout", has_timeout, take_timeout, LATE, hold },
	{ "iocb", has_flags, take_iocb, KILLED, hold },
	{ "iocb_nowait", has_flags, take_iocb_nowait, BUSY, hold },
	{ "iomap", has_flags, take_iomap, KILLED, hold },
	{ "iomap_nowait", has_flags, take_iomap_nowait, BUSY, hold },
	{ "waitq", has_flags, take_waitq, LATE, hold },
	{ "downgrade", has_downgrade, take_killable, KILLED, hold_and_downgrade },
	{ "non_owner", has_non_owner, take_non_owner, 0, hold_and_leave },
	{ "wait_on_bit", has_bit_wait, take_bit_wait, KILLED, hold_nothing },
};
const int nr_operations = sizeof(operations) / sizeof(operations[0]);
