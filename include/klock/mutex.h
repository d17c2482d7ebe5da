/* SPDX-License-Identifier: MIT */
/*
 * Mutual exclusion with an owner: the kernel's struct mutex.
 *
 * Context of every function here: a thread, not a signal handler. Misuse
 * (unlock of what is not held, or is held by another thread; destroy while held
 * or waited for; init while waited for; NULL, in the checked mode) is reported
 * through klock_bug() and refused.
 * Memory order: an unlock is a release, and a successful lock an acquire that
 * pairs with it. A failed trylock orders nothing.
 * lockdep: the watchers hear of each acquisition (lib/annotate/watch.h), and
 * may check the order of classes; _nested() names the subclass, _nest_lock()
 * the outer lock that makes any order within the class safe.
 * Since 0.1.
 */
#ifndef KLOCK_MUTEX_H
#define KLOCK_MUTEX_H

#include <klock/lockdep_types.h>
#include <klock/lockword.h>

KLOCK_BEGIN_DECLS

struct KLOCK_TAG(mutex) {
	uint32_t word; /* see <klock/lockword.h>; never COUNT without WRITER */
	uint32_t spin; /* how often its waiters may be passed */
	struct lockdep_map dep_map;
} KLOCK_CAPABILITY("mutex");

#define KLOCK_MUTEX_INITIALIZER(lockname) { 0, 0, KLOCK_STATIC_MAP(lockname) }

/* The out-of-line part; `how` is one or more of enum klock_how and a subclass. */
void klock_mutex_init(struct KLOCK_TAG(mutex) *lock, const char *name, struct lock_class_key *key);
int klock_mutex_acquire(struct KLOCK_TAG(mutex) *lock, unsigned int how, int64_t timeout_ns,
			const struct lockdep_map *nest);
void klock_mutex_release(struct KLOCK_TAG(mutex) *lock);

/*
 * Ends the life of a mutex: it must be free, with nobody waiting. Any later
 * use is reported until it is initialised again.
 */
void klock_mutex_destroy(struct KLOCK_TAG(mutex) *lock);

/* Sleeps until the caller owns the mutex; neither killed nor interrupted. */
KLOCK_INLINE void klock_mutex_lock(struct KLOCK_TAG(mutex) *lock)
	KLOCK_ACQUIRES(lock)
{
	if (!klock_word_write_fast(&lock->word))
		(void)!klock_mutex_acquire(lock, KLOCK_WRITE, KLOCK_FOREVER, NULL);
}

/* As mutex_lock(), for a lock of a class of which the caller holds another. */
KLOCK_INLINE void klock_mutex_lock_nested(struct KLOCK_TAG(mutex) *lock, unsigned int subclass)
	KLOCK_ACQUIRES(lock)
{
	if (!klock_word_write_fast(&lock->word))
		(void)!klock_mutex_acquire(lock, KLOCK_WRITE | KLOCK_SUBCLASS(subclass),
					   KLOCK_FOREVER, NULL);
}

/* As mutex_lock(); any order within the class is safe while `nest` is held. */
KLOCK_INLINE void klock_mutex_lock_nest_map(struct KLOCK_TAG(mutex) *lock,
					    const struct lockdep_map *nest)
	KLOCK_ACQUIRES(lock)
{
	if (!klock_word_write_fast(&lock->word))
		(void)!klock_mutex_acquire(lock, KLOCK_WRITE, KLOCK_FOREVER, nest);
}

/*
 * 1: the caller owns the mutex. 0: somebody does, or waits for it and comes first. Never
 * sleeps, and enters the kernel only to set up a thread that takes its first lock.
 */
KLOCK_INLINE KLOCK_MUST_CHECK int klock_mutex_trylock(struct KLOCK_TAG(mutex) *lock)
	KLOCK_TRY_ACQUIRES(1, lock)
{
	if (klock_word_write_refused(&lock->word)) /* a load; an exchange would be 2 ns */
		return 0;
	if (klock_word_write_fast(&lock->word))
		return 1;
	return !klock_mutex_acquire(lock, KLOCK_WRITE | KLOCK_TRY, KLOCK_FOREVER, NULL);
}

/* With `try`, as mutex_trylock(); without, sleeps and returns true. true: the caller owns it. */
KLOCK_INLINE KLOCK_MUST_CHECK bool klock_mutex_try_or_lock(struct KLOCK_TAG(mutex) *lock, bool try_)
	KLOCK_TRY_ACQUIRES(1, lock)
{
	if (try_)
		return klock_mutex_trylock(lock);
	klock_mutex_lock(lock);
	return true;
}

/* 0, or -EINTR when the thread is killed while it waits (see <klock/task.h>). */
KLOCK_INLINE KLOCK_MUST_CHECK int klock_mutex_lock_killable(struct KLOCK_TAG(mutex) *lock)
	KLOCK_TRY_ACQUIRES(0, lock)
{
	if (klock_word_write_fast(&lock->word))
		return 0;
	return klock_mutex_acquire(lock, KLOCK_WRITE | KLOCK_KILLABLE, KLOCK_FOREVER, NULL);
}

KLOCK_INLINE KLOCK_MUST_CHECK int klock_mutex_lock_killable_nested(struct KLOCK_TAG(mutex) *lock,
								   unsigned int subclass)
	KLOCK_TRY_ACQUIRES(0, lock)
{
	if (klock_word_write_fast(&lock->word))
		return 0;
	return klock_mutex_acquire(lock, KLOCK_WRITE | KLOCK_KILLABLE | KLOCK_SUBCLASS(subclass),
				   KLOCK_FOREVER, NULL);
}

/* 0, or -EINTR when the thread is killed or interrupted while it waits. */
KLOCK_INLINE KLOCK_MUST_CHECK int klock_mutex_lock_interruptible(struct KLOCK_TAG(mutex) *lock)
	KLOCK_TRY_ACQUIRES(0, lock)
{
	if (klock_word_write_fast(&lock->word))
		return 0;
	return klock_mutex_acquire(lock, KLOCK_WRITE | KLOCK_INTERRUPTIBLE, KLOCK_FOREVER, NULL);
}

KLOCK_INLINE KLOCK_MUST_CHECK int
klock_mutex_lock_interruptible_nested(struct KLOCK_TAG(mutex) *lock, unsigned int subclass)
	KLOCK_TRY_ACQUIRES(0, lock)
{
	if (klock_word_write_fast(&lock->word))
		return 0;
	return klock_mutex_acquire(lock,
				   KLOCK_WRITE | KLOCK_INTERRUPTIBLE | KLOCK_SUBCLASS(subclass),
				   KLOCK_FOREVER, NULL);
}

/*
 * 0, or -ETIME when `ns` nanoseconds of CLOCK_MONOTONIC pass first; 0 ns is one
 * attempt. -EINVAL and a report for a negative time that would have to wait.
 */
KLOCK_INLINE KLOCK_MUST_CHECK int klock_mutex_lock_timeout(struct KLOCK_TAG(mutex) *lock,
							   int64_t ns)
	KLOCK_TRY_ACQUIRES(0, lock)
{
	if (klock_word_write_fast(&lock->word))
		return 0;
	return klock_mutex_acquire(lock, KLOCK_WRITE, ns, NULL);
}

/* Gives the mutex up. Only its owner may. */
KLOCK_INLINE void klock_mutex_unlock(struct KLOCK_TAG(mutex) *lock)
	KLOCK_RELEASES(lock)
{
	if (!klock_word_write_unlock_fast(&lock->word))
		klock_mutex_release(lock);
}

/* Whether anybody owns the mutex; a hint unless the caller knows why it cannot change. */
KLOCK_INLINE bool klock_mutex_is_locked(const struct KLOCK_TAG(mutex) *lock)
{
	return klock_word_is_locked(&lock->word);
}

KLOCK_ASSUME(held, struct KLOCK_TAG(mutex), KLOCK_ASSERTS)
KLOCK_ASSUME(held_write, struct KLOCK_TAG(mutex), KLOCK_ASSERTS)

#ifndef KLOCK_NO_KERNEL_NAMES

#define __MUTEX_INITIALIZER(lockname) KLOCK_MUTEX_INITIALIZER(lockname)
#define DEFINE_MUTEX(mutexname) struct mutex mutexname = KLOCK_MUTEX_INITIALIZER(mutexname)

/* One class for all mutexes initialised by the same line. */
#define mutex_init(lock)                                                                           \
	do {                                                                                       \
		static struct lock_class_key klock_site_key;                                       \
		klock_mutex_init((lock), #lock, &klock_site_key);                                  \
	} while (0)
#define __mutex_init(lock, name, key) klock_mutex_init((lock), (name), (key))
#define mutex_lock_nest_lock(lock, nest) klock_mutex_lock_nest_map((lock), &(nest)->dep_map)

KLOCK_INLINE void mutex_destroy(struct mutex *lock)
{
	klock_mutex_destroy(lock);
}

KLOCK_INLINE void mutex_lock(struct mutex *lock)
	KLOCK_ACQUIRES(lock)
{
	klock_mutex_lock(lock);
}

KLOCK_INLINE void mutex_lock_nested(struct mutex *lock, unsigned int subclass)
	KLOCK_ACQUIRES(lock)
{
	klock_mutex_lock_nested(lock, subclass);
}

KLOCK_INLINE KLOCK_MUST_CHECK int mutex_trylock(struct mutex *lock)
	KLOCK_TRY_ACQUIRES(1, lock)
{
	return klock_mutex_trylock(lock);
}

KLOCK_INLINE KLOCK_MUST_CHECK bool mutex_try_or_lock(struct mutex *lock, bool try_)
	KLOCK_TRY_ACQUIRES(1, lock)
{
	return klock_mutex_try_or_lock(lock, try_);
}

KLOCK_INLINE KLOCK_MUST_CHECK int mutex_lock_killable(struct mutex *lock)
	KLOCK_TRY_ACQUIRES(0, lock)
{
	return klock_mutex_lock_killable(lock);
}

KLOCK_INLINE KLOCK_MUST_CHECK int mutex_lock_killable_nested(struct mutex *lock,
							     unsigned int subclass)
	KLOCK_TRY_ACQUIRES(0, lock)
{
	return klock_mutex_lock_killable_nested(lock, subclass);
}

KLOCK_INLINE KLOCK_MUST_CHECK int mutex_lock_interruptible(struct mutex *lock)
	KLOCK_TRY_ACQUIRES(0, lock)
{
	return klock_mutex_lock_interruptible(lock);
}

KLOCK_INLINE KLOCK_MUST_CHECK int mutex_lock_interruptible_nested(struct mutex *lock,
								  unsigned int subclass)
	KLOCK_TRY_ACQUIRES(0, lock)
{
	return klock_mutex_lock_interruptible_nested(lock, subclass);
}

KLOCK_INLINE KLOCK_MUST_CHECK int mutex_lock_timeout(struct mutex *lock, int64_t ns)
	KLOCK_TRY_ACQUIRES(0, lock)
{
	return klock_mutex_lock_timeout(lock, ns);
}

KLOCK_INLINE void mutex_unlock(struct mutex *lock)
	KLOCK_RELEASES(lock)
{
	klock_mutex_unlock(lock);
}

KLOCK_INLINE bool mutex_is_locked(const struct mutex *lock)
{
	return klock_mutex_is_locked(lock);
}

#ifdef __CHECKER__
#define mutex_lock(lock) KLOCK_SPARSE_TAKES(lock, mutex_lock(lock))
#define klock_mutex_lock_nest_map(lock, nest)                                                      \
	KLOCK_SPARSE_TAKES(lock, klock_mutex_lock_nest_map(lock, nest))
#define mutex_lock_nested(lock, subclass)                                                          \
	KLOCK_SPARSE_TAKES(lock, mutex_lock_nested(lock, subclass))
#define mutex_trylock(lock) KLOCK_SPARSE_TRIES(lock, mutex_trylock(lock))
#define mutex_try_or_lock(lock, try_) KLOCK_SPARSE_TRIES(lock, mutex_try_or_lock(lock, try_))
#define mutex_lock_killable(lock) KLOCK_SPARSE_FAILS(lock, mutex_lock_killable(lock))
#define mutex_lock_killable_nested(lock, subclass)                                                 \
	KLOCK_SPARSE_FAILS(lock, mutex_lock_killable_nested(lock, subclass))
#define mutex_lock_interruptible(lock) KLOCK_SPARSE_FAILS(lock, mutex_lock_interruptible(lock))
#define mutex_lock_interruptible_nested(lock, subclass)                                            \
	KLOCK_SPARSE_FAILS(lock, mutex_lock_interruptible_nested(lock, subclass))
#define mutex_lock_timeout(lock, ns) KLOCK_SPARSE_FAILS(lock, mutex_lock_timeout(lock, ns))
#define mutex_unlock(lock) KLOCK_SPARSE_GIVES(lock, mutex_unlock(lock))
#endif

#endif

KLOCK_END_DECLS

#endif
