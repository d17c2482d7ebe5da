/* SPDX-License-Identifier: MIT */
/*
 * Many readers or one writer, asleep while they wait: the kernel's
 * struct rw_semaphore.
 *
 * Context of every function here: a thread, not a signal handler. Readers are
 * not recursive: a second down_read() may wait behind a writer that waits for
 * the first. No side starves: newcomers pass a thread that waits for a bounded
 * time, then it is handed the lock (KLOCK_HAND_OVER_NS in lib/wait/park.h).
 * Readers that wait together enter together, up to 16 at a time; no reader joins
 * others while a writer waits.
 * Readers of a lock that is mostly read write to memory of their own thread, and a lock that is
 * hardly ever written is biased towards them, see <klock/reader_bias.h>: a write trylock
 * of the latter, if it sees no reader, enters the kernel once, for membarrier(2), and does not
 * sleep. An attempt that fails, by a trylock, with no time, or of a killed thread, refuses nobody.
 * Misuse (up of what is not held, up_write by another thread than the owner,
 * downgrade of a read lock, destroy while held or waited for, init while waited
 * for; NULL, in the checked mode) is reported through klock_bug() and refused. A trylock enters the
 * kernel only to set up a thread that takes its first lock.
 * Memory order: up_read() and up_write() are releases, each successful down an
 * acquire that pairs with them. A failed trylock orders nothing.
 * lockdep: the watchers hear of each acquisition and its mode
 * (lib/annotate/watch.h), and may check the order of classes; _nested() names
 * the subclass, _nest_lock() the outer lock that makes any order within the
 * class safe.
 * Since 0.1.
 */
#ifndef KLOCK_RWSEM_H
#define KLOCK_RWSEM_H

#include <klock/lockdep_types.h>
#include <klock/reader_bias.h>

KLOCK_BEGIN_DECLS

struct KLOCK_TAG(rw_semaphore) {
	uint32_t word; /* see <klock/lockword.h> */
	uint32_t spin; /* how often its waiters may be passed, and what its bias is worth */
	struct lockdep_map dep_map;
} KLOCK_CAPABILITY("rw_semaphore");

#define KLOCK_RWSEM_INITIALIZER(lockname) { 0, 0, KLOCK_STATIC_MAP(lockname) }

/* The out-of-line part; `how` is one or more of enum klock_how and a subclass. */
void klock_rwsem_init(struct KLOCK_TAG(rw_semaphore) *sem, const char *name,
		      struct lock_class_key *key);
int klock_rwsem_acquire(struct KLOCK_TAG(rw_semaphore) *sem, unsigned int how, int64_t timeout_ns,
			const struct lockdep_map *nest);
void klock_rwsem_release(struct KLOCK_TAG(rw_semaphore) *sem, unsigned int how);
void klock_rwsem_downgrade(struct KLOCK_TAG(rw_semaphore) *sem);
void klock_rwsem_report_unheld(const struct KLOCK_TAG(rw_semaphore) *sem, unsigned int how);

/*
 * Ends the life of a rw_semaphore: it must be free, with nobody waiting. Any
 * later use is reported until it is initialised again. The kernel has no such
 * call, and none is needed before the memory of a free lock is reused.
 */
void klock_rwsem_destroy(struct KLOCK_TAG(rw_semaphore) *sem);

/*
 * Whether readers may stay away from the lock itself when it is mostly read: writers look at
 * every thread for them then, and the first one after a long run of reads pays for a
 * membarrier(2), microseconds. They may, unless it is told otherwise, before the lock is
 * shared.
 */
void klock_rwsem_allow_bias(struct KLOCK_TAG(rw_semaphore) *sem, bool allow);

/* Sleeps until the caller holds the lock for reading; neither killed nor interrupted. */
KLOCK_INLINE void klock_down_read(struct KLOCK_TAG(rw_semaphore) *sem)
	KLOCK_ACQUIRES_SHARED(sem)
{
	if (!klock_bias_read_fast(&sem->word, false))
		(void)!klock_rwsem_acquire(sem, KLOCK_READ, KLOCK_FOREVER, NULL);
}

/* As down_read(), for a lock of a class of which the caller holds another. */
KLOCK_INLINE void klock_down_read_nested(struct KLOCK_TAG(rw_semaphore) *sem, unsigned int subclass)
	KLOCK_ACQUIRES_SHARED(sem)
{
	if (!klock_bias_read_fast(&sem->word, false))
		(void)!klock_rwsem_acquire(sem, KLOCK_READ | KLOCK_SUBCLASS(subclass),
					   KLOCK_FOREVER, NULL);
}

/*
 * As down_read(), for a hold that another thread releases with up_read_non_owner(). A plain
 * up_read() in another thread works too, but the watchers report it. Where the hold is in a slot
 * it costs a membarrier(2), and from the lock's next write on its readers are counted.
 */
KLOCK_INLINE void klock_down_read_non_owner(struct KLOCK_TAG(rw_semaphore) *sem)
{
	if (!klock_word_read_fast(&sem->word))
		(void)!klock_rwsem_acquire(sem, KLOCK_READ | KLOCK_NON_OWNER, KLOCK_FOREVER, NULL);
}

/*
 * 1: the caller holds it for reading. 0: a writer does, or is waiting and has been passed
 * often enough. Never sleeps.
 */
KLOCK_INLINE KLOCK_MUST_CHECK int klock_down_read_trylock(struct KLOCK_TAG(rw_semaphore) *sem)
	KLOCK_TRY_ACQUIRES_SHARED(1, sem)
{
	if (klock_bias_read_fast(&sem->word, true))
		return 1;
	if (klock_word_read_refused(&sem->word))
		return 0;
	return !klock_rwsem_acquire(sem, KLOCK_READ | KLOCK_TRY, KLOCK_FOREVER, NULL);
}

/* With `try`, as down_read_trylock(); without, sleeps, and returns true. */
KLOCK_INLINE KLOCK_MUST_CHECK bool klock_down_read_try_or_lock(struct KLOCK_TAG(rw_semaphore) *sem,
							       bool try_)
	KLOCK_TRY_ACQUIRES_SHARED(1, sem)
{
	if (try_)
		return klock_down_read_trylock(sem);
	klock_down_read(sem);
	return true;
}

/* 0, or -EINTR when the thread is killed while it waits (see <klock/task.h>). */
KLOCK_INLINE KLOCK_MUST_CHECK int klock_down_read_killable(struct KLOCK_TAG(rw_semaphore) *sem)
	KLOCK_TRY_ACQUIRES_SHARED(0, sem)
{
	if (klock_bias_read_fast(&sem->word, false))
		return 0;
	return klock_rwsem_acquire(sem, KLOCK_READ | KLOCK_KILLABLE, KLOCK_FOREVER, NULL);
}

KLOCK_INLINE KLOCK_MUST_CHECK int
klock_down_read_killable_nested(struct KLOCK_TAG(rw_semaphore) *sem, unsigned int subclass)
	KLOCK_TRY_ACQUIRES_SHARED(0, sem)
{
	if (klock_bias_read_fast(&sem->word, false))
		return 0;
	return klock_rwsem_acquire(sem, KLOCK_READ | KLOCK_KILLABLE | KLOCK_SUBCLASS(subclass),
				   KLOCK_FOREVER, NULL);
}

/* 0, or -EINTR when the thread is killed or interrupted while it waits. */
KLOCK_INLINE KLOCK_MUST_CHECK int klock_down_read_interruptible(struct KLOCK_TAG(rw_semaphore) *sem)
	KLOCK_TRY_ACQUIRES_SHARED(0, sem)
{
	if (klock_bias_read_fast(&sem->word, false))
		return 0;
	return klock_rwsem_acquire(sem, KLOCK_READ | KLOCK_INTERRUPTIBLE, KLOCK_FOREVER, NULL);
}

/*
 * 0, or -ETIME when `ns` nanoseconds of CLOCK_MONOTONIC pass first; 0 ns is one
 * attempt. -EINVAL and a report for a negative time that would have to wait.
 */
KLOCK_INLINE KLOCK_MUST_CHECK int klock_down_read_timeout(struct KLOCK_TAG(rw_semaphore) *sem,
							  int64_t ns)
	KLOCK_TRY_ACQUIRES_SHARED(0, sem)
{
	if (klock_bias_read_fast(&sem->word, false))
		return 0;
	return klock_rwsem_acquire(sem, KLOCK_READ, ns, NULL);
}

/* Sleeps until the caller holds the lock for writing, alone; neither killed nor interrupted. */
KLOCK_INLINE void klock_down_write(struct KLOCK_TAG(rw_semaphore) *sem)
	KLOCK_ACQUIRES(sem)
{
	if (!klock_word_write_fast(&sem->word))
		(void)!klock_rwsem_acquire(sem, KLOCK_WRITE, KLOCK_FOREVER, NULL);
}

/* As down_write(), for a lock of a class of which the caller holds another. */
KLOCK_INLINE void klock_down_write_nested(struct KLOCK_TAG(rw_semaphore) *sem,
					  unsigned int subclass)
	KLOCK_ACQUIRES(sem)
{
	if (!klock_word_write_fast(&sem->word))
		(void)!klock_rwsem_acquire(sem, KLOCK_WRITE | KLOCK_SUBCLASS(subclass),
					   KLOCK_FOREVER, NULL);
}

/* As down_write(); any order within the class is safe while `nest` is held. */
KLOCK_INLINE void klock_down_write_nest_map(struct KLOCK_TAG(rw_semaphore) *sem,
					    const struct lockdep_map *nest)
	KLOCK_ACQUIRES(sem)
{
	if (!klock_word_write_fast(&sem->word))
		(void)!klock_rwsem_acquire(sem, KLOCK_WRITE, KLOCK_FOREVER, nest);
}

/* 1: the caller holds it for writing. 0: somebody holds it, or waits as above. Never sleeps. */
KLOCK_INLINE KLOCK_MUST_CHECK int klock_down_write_trylock(struct KLOCK_TAG(rw_semaphore) *sem)
	KLOCK_TRY_ACQUIRES(1, sem)
{
	if (klock_word_write_refused(&sem->word)) /* a load; an exchange would be 2 ns */
		return 0;
	if (klock_word_write_fast(&sem->word))
		return 1;
	return !klock_rwsem_acquire(sem, KLOCK_WRITE | KLOCK_TRY, KLOCK_FOREVER, NULL);
}

/* With `try`, as down_write_trylock(); without, sleeps, and returns true. */
KLOCK_INLINE KLOCK_MUST_CHECK bool klock_down_write_try_or_lock(struct KLOCK_TAG(rw_semaphore) *sem,
								bool try_)
	KLOCK_TRY_ACQUIRES(1, sem)
{
	if (try_)
		return klock_down_write_trylock(sem);
	klock_down_write(sem);
	return true;
}

/* 0, or -EINTR when the thread is killed while it waits (see <klock/task.h>). */
KLOCK_INLINE KLOCK_MUST_CHECK int klock_down_write_killable(struct KLOCK_TAG(rw_semaphore) *sem)
	KLOCK_TRY_ACQUIRES(0, sem)
{
	if (klock_word_write_fast(&sem->word))
		return 0;
	return klock_rwsem_acquire(sem, KLOCK_WRITE | KLOCK_KILLABLE, KLOCK_FOREVER, NULL);
}

KLOCK_INLINE KLOCK_MUST_CHECK int
klock_down_write_killable_nested(struct KLOCK_TAG(rw_semaphore) *sem, unsigned int subclass)
	KLOCK_TRY_ACQUIRES(0, sem)
{
	if (klock_word_write_fast(&sem->word))
		return 0;
	return klock_rwsem_acquire(sem, KLOCK_WRITE | KLOCK_KILLABLE | KLOCK_SUBCLASS(subclass),
				   KLOCK_FOREVER, NULL);
}

/* 0, or -EINTR when the thread is killed or interrupted while it waits. */
KLOCK_INLINE KLOCK_MUST_CHECK int
klock_down_write_interruptible(struct KLOCK_TAG(rw_semaphore) *sem)
	KLOCK_TRY_ACQUIRES(0, sem)
{
	if (klock_word_write_fast(&sem->word))
		return 0;
	return klock_rwsem_acquire(sem, KLOCK_WRITE | KLOCK_INTERRUPTIBLE, KLOCK_FOREVER, NULL);
}

/*
 * 0, or -ETIME when `ns` nanoseconds of CLOCK_MONOTONIC pass first; 0 ns is one
 * attempt. -EINVAL and a report for a negative time that would have to wait.
 */
KLOCK_INLINE KLOCK_MUST_CHECK int klock_down_write_timeout(struct KLOCK_TAG(rw_semaphore) *sem,
							   int64_t ns)
	KLOCK_TRY_ACQUIRES(0, sem)
{
	if (klock_word_write_fast(&sem->word))
		return 0;
	return klock_rwsem_acquire(sem, KLOCK_WRITE, ns, NULL);
}

/* Gives up a hold for reading. */
KLOCK_INLINE void klock_up_read(struct KLOCK_TAG(rw_semaphore) *sem)
	KLOCK_RELEASES_SHARED(sem)
{
	if (!klock_bias_read_unlock_fast(&sem->word))
		klock_rwsem_release(sem, KLOCK_READ);
}

/* Gives up a hold for writing. Only the owner may. */
KLOCK_INLINE void klock_up_write(struct KLOCK_TAG(rw_semaphore) *sem)
	KLOCK_RELEASES(sem)
{
	if (!klock_word_write_unlock_fast(&sem->word))
		klock_rwsem_release(sem, KLOCK_WRITE);
}

/* Gives up a hold that down_read_non_owner() took, in this thread or another. */
KLOCK_INLINE void klock_up_read_non_owner(struct KLOCK_TAG(rw_semaphore) *sem)
{
	if (!klock_word_read_unlock_fast(&sem->word))
		klock_rwsem_release(sem, KLOCK_READ | KLOCK_NON_OWNER);
}

/*
 * The owner for writing becomes a reader, with no moment in between; readers
 * at the head of the queue come in with it. Order: a release, as up_write().
 */
KLOCK_INLINE void klock_downgrade_write(struct KLOCK_TAG(rw_semaphore) *sem)
	KLOCK_RELEASES(sem) KLOCK_ACQUIRES_SHARED(sem)
{
	klock_rwsem_downgrade(sem);
}

/* Whether anybody holds it; a hint unless the caller knows why it cannot change. */
KLOCK_INLINE bool klock_rwsem_is_locked(const struct KLOCK_TAG(rw_semaphore) *sem)
{
	return klock_word_is_locked(&sem->word) || klock_bias_is_read(&sem->word);
}

/* Whether anybody waits for it: the moment for a long holder to let go. A hint. */
KLOCK_INLINE bool klock_rwsem_is_contended(const struct KLOCK_TAG(rw_semaphore) *sem)
{
	return klock_word_is_contended(&sem->word) || klock_bias_is_drained(&sem->word);
}

/* Reports, through klock_bug(), a lock that nobody holds. */
KLOCK_INLINE void klock_rwsem_assert_held(const struct KLOCK_TAG(rw_semaphore) *sem)
	KLOCK_ASSERTS_SHARED(sem)
{
	if (!klock_bias_ours(&sem->word) &&
	    KLOCK_UNLIKELY(!klock_self_word || !klock_word_is_locked(&sem->word)))
		klock_rwsem_report_unheld(sem, KLOCK_READ);
}

/* Reports, through klock_bug(), a lock that this thread does not hold for writing. */
KLOCK_INLINE void klock_rwsem_assert_held_write(const struct KLOCK_TAG(rw_semaphore) *sem)
	KLOCK_ASSERTS(sem)
{
	/* relaxed: the owner's part of the word cannot change under the owner */
	if (KLOCK_UNLIKELY(!klock_self_word ||
			   !klock_word_owned(klock_load_relaxed(&sem->word), klock_self_word)))
		klock_rwsem_report_unheld(sem, KLOCK_WRITE);
}

KLOCK_ASSUME(held, struct KLOCK_TAG(rw_semaphore), KLOCK_ASSERTS_SHARED)
KLOCK_ASSUME(held_read, struct KLOCK_TAG(rw_semaphore), KLOCK_ASSERTS_SHARED)
KLOCK_ASSUME(held_write, struct KLOCK_TAG(rw_semaphore), KLOCK_ASSERTS)

#ifndef KLOCK_NO_KERNEL_NAMES

#define __RWSEM_INITIALIZER(lockname) KLOCK_RWSEM_INITIALIZER(lockname)
#define DEFINE_RWSEM(lockname) struct rw_semaphore lockname = KLOCK_RWSEM_INITIALIZER(lockname)
#define DECLARE_RWSEM(lockname) DEFINE_RWSEM(lockname)

/* One class for all rw_semaphores initialised by the same line. */
#define init_rwsem(sem)                                                                            \
	do {                                                                                       \
		static struct lock_class_key klock_site_key;                                       \
		klock_rwsem_init((sem), #sem, &klock_site_key);                                    \
	} while (0)
#define __init_rwsem(sem, name, key) klock_rwsem_init((sem), (name), (key))
#define down_write_nest_lock(sem, nest) klock_down_write_nest_map((sem), &(nest)->dep_map)

KLOCK_INLINE void down_read(struct rw_semaphore *sem)
	KLOCK_ACQUIRES_SHARED(sem)
{
	klock_down_read(sem);
}

KLOCK_INLINE void down_read_nested(struct rw_semaphore *sem, unsigned int subclass)
	KLOCK_ACQUIRES_SHARED(sem)
{
	klock_down_read_nested(sem, subclass);
}

KLOCK_INLINE void down_read_non_owner(struct rw_semaphore *sem)
{
	klock_down_read_non_owner(sem);
}

KLOCK_INLINE KLOCK_MUST_CHECK int down_read_trylock(struct rw_semaphore *sem)
	KLOCK_TRY_ACQUIRES_SHARED(1, sem)
{
	return klock_down_read_trylock(sem);
}

KLOCK_INLINE KLOCK_MUST_CHECK bool down_read_try_or_lock(struct rw_semaphore *sem, bool try_)
	KLOCK_TRY_ACQUIRES_SHARED(1, sem)
{
	return klock_down_read_try_or_lock(sem, try_);
}

KLOCK_INLINE KLOCK_MUST_CHECK int down_read_killable(struct rw_semaphore *sem)
	KLOCK_TRY_ACQUIRES_SHARED(0, sem)
{
	return klock_down_read_killable(sem);
}

KLOCK_INLINE KLOCK_MUST_CHECK int down_read_killable_nested(struct rw_semaphore *sem,
							    unsigned int subclass)
	KLOCK_TRY_ACQUIRES_SHARED(0, sem)
{
	return klock_down_read_killable_nested(sem, subclass);
}

KLOCK_INLINE KLOCK_MUST_CHECK int down_read_interruptible(struct rw_semaphore *sem)
	KLOCK_TRY_ACQUIRES_SHARED(0, sem)
{
	return klock_down_read_interruptible(sem);
}

KLOCK_INLINE KLOCK_MUST_CHECK int down_read_timeout(struct rw_semaphore *sem, int64_t ns)
	KLOCK_TRY_ACQUIRES_SHARED(0, sem)
{
	return klock_down_read_timeout(sem, ns);
}

KLOCK_INLINE void down_write(struct rw_semaphore *sem)
	KLOCK_ACQUIRES(sem)
{
	klock_down_write(sem);
}

KLOCK_INLINE void down_write_nested(struct rw_semaphore *sem, unsigned int subclass)
	KLOCK_ACQUIRES(sem)
{
	klock_down_write_nested(sem, subclass);
}

KLOCK_INLINE KLOCK_MUST_CHECK int down_write_trylock(struct rw_semaphore *sem)
	KLOCK_TRY_ACQUIRES(1, sem)
{
	return klock_down_write_trylock(sem);
}

KLOCK_INLINE KLOCK_MUST_CHECK bool down_write_try_or_lock(struct rw_semaphore *sem, bool try_)
	KLOCK_TRY_ACQUIRES(1, sem)
{
	return klock_down_write_try_or_lock(sem, try_);
}

KLOCK_INLINE KLOCK_MUST_CHECK int down_write_killable(struct rw_semaphore *sem)
	KLOCK_TRY_ACQUIRES(0, sem)
{
	return klock_down_write_killable(sem);
}

KLOCK_INLINE KLOCK_MUST_CHECK int down_write_killable_nested(struct rw_semaphore *sem,
							     unsigned int subclass)
	KLOCK_TRY_ACQUIRES(0, sem)
{
	return klock_down_write_killable_nested(sem, subclass);
}

KLOCK_INLINE KLOCK_MUST_CHECK int down_write_interruptible(struct rw_semaphore *sem)
	KLOCK_TRY_ACQUIRES(0, sem)
{
	return klock_down_write_interruptible(sem);
}

KLOCK_INLINE KLOCK_MUST_CHECK int down_write_timeout(struct rw_semaphore *sem, int64_t ns)
	KLOCK_TRY_ACQUIRES(0, sem)
{
	return klock_down_write_timeout(sem, ns);
}

KLOCK_INLINE void up_read(struct rw_semaphore *sem)
	KLOCK_RELEASES_SHARED(sem)
{
	klock_up_read(sem);
}

KLOCK_INLINE void up_write(struct rw_semaphore *sem)
	KLOCK_RELEASES(sem)
{
	klock_up_write(sem);
}

KLOCK_INLINE void up_read_non_owner(struct rw_semaphore *sem)
{
	klock_up_read_non_owner(sem);
}

KLOCK_INLINE void downgrade_write(struct rw_semaphore *sem)
	KLOCK_RELEASES(sem) KLOCK_ACQUIRES_SHARED(sem)
{
	klock_downgrade_write(sem);
}

KLOCK_INLINE bool rwsem_is_locked(const struct rw_semaphore *sem)
{
	return klock_rwsem_is_locked(sem);
}

KLOCK_INLINE bool rwsem_is_contended(const struct rw_semaphore *sem)
{
	return klock_rwsem_is_contended(sem);
}

KLOCK_INLINE void rwsem_assert_held(const struct rw_semaphore *sem)
	KLOCK_ASSERTS_SHARED(sem)
{
	klock_rwsem_assert_held(sem);
}

KLOCK_INLINE void rwsem_assert_held_write(const struct rw_semaphore *sem)
	KLOCK_ASSERTS(sem)
{
	klock_rwsem_assert_held_write(sem);
}

#ifdef __CHECKER__
#define down_read(sem) KLOCK_SPARSE_TAKES(sem, down_read(sem))
#define down_read_nested(sem, subclass) KLOCK_SPARSE_TAKES(sem, down_read_nested(sem, subclass))
#define down_read_trylock(sem) KLOCK_SPARSE_TRIES(sem, down_read_trylock(sem))
#define down_read_try_or_lock(sem, try_) KLOCK_SPARSE_TRIES(sem, down_read_try_or_lock(sem, try_))
#define down_read_killable(sem) KLOCK_SPARSE_FAILS(sem, down_read_killable(sem))
#define down_read_killable_nested(sem, subclass)                                                   \
	KLOCK_SPARSE_FAILS(sem, down_read_killable_nested(sem, subclass))
#define down_read_interruptible(sem) KLOCK_SPARSE_FAILS(sem, down_read_interruptible(sem))
#define down_read_timeout(sem, ns) KLOCK_SPARSE_FAILS(sem, down_read_timeout(sem, ns))
#define up_read(sem) KLOCK_SPARSE_GIVES(sem, up_read(sem))
#define down_write(sem) KLOCK_SPARSE_TAKES(sem, down_write(sem))
#define klock_down_write_nest_map(sem, nest)                                                       \
	KLOCK_SPARSE_TAKES(sem, klock_down_write_nest_map(sem, nest))
#define down_write_nested(sem, subclass) KLOCK_SPARSE_TAKES(sem, down_write_nested(sem, subclass))
#define down_write_trylock(sem) KLOCK_SPARSE_TRIES(sem, down_write_trylock(sem))
#define down_write_try_or_lock(sem, try_) KLOCK_SPARSE_TRIES(sem, down_write_try_or_lock(sem, try_))
#define down_write_killable(sem) KLOCK_SPARSE_FAILS(sem, down_write_killable(sem))
#define down_write_killable_nested(sem, subclass)                                                  \
	KLOCK_SPARSE_FAILS(sem, down_write_killable_nested(sem, subclass))
#define down_write_interruptible(sem) KLOCK_SPARSE_FAILS(sem, down_write_interruptible(sem))
#define down_write_timeout(sem, ns) KLOCK_SPARSE_FAILS(sem, down_write_timeout(sem, ns))
#define up_write(sem) KLOCK_SPARSE_GIVES(sem, up_write(sem))
#endif

#endif

KLOCK_END_DECLS

#endif
