/* SPDX-License-Identifier: MIT */
/*
 * Scope guards: a lock that is given up where the scope ends, whichever way.
 *
 *	guard(rwsem_read)(&sem);                  until the end of this block
 *	scoped_guard(mutex, &lock) { ... }        for the statement that follows
 *	scoped_cond_guard(rwsem_read_kill, return -EINTR, &sem) { ... }
 *	                                          runs the second argument instead
 *	                                          when the lock was not got
 *
 * guard(name)(lock) names one of:
 *	mutex  rwsem_read  rwsem_write  semaphore  percpu_read  percpu_write
 * and scoped_cond_guard(name, fail, lock) one of these with _try, _kill or _intr
 * (percpu_read_try, percpu_read_kill, percpu_write_kill), or, for the locks of a request,
 *	iocb_read  iocb_write  iocb_mutex         (name, fail, iocb, lock)
 *
 * `return` and `goto` out of a guarded scope give the lock up; longjmp() and
 * thread cancellation do not. Since 0.1.
 */
#ifndef KLOCK_GUARD_H
#define KLOCK_GUARD_H

#include <klock/iocb.h>
#include <klock/mutex.h>
#include <klock/percpu-rwsem.h>
#include <klock/rwsem.h>
#include <klock/semaphore.h>

/*
 * A guard of this kind is a pointer to the lock that it holds, or NULL. `got` is an expression
 * of `held`, where it is: whether the scope may be entered.
 */
#define KLOCK_DEFINE_GUARD(name, type, got, release)                                               \
	typedef type *klock_guard_##name;                                                          \
	KLOCK_INLINE bool klock_guard_##name##_got(type *const *held)                              \
	{                                                                                          \
		(void)held;                                                                        \
		return got;                                                                        \
	}                                                                                          \
	KLOCK_INLINE void klock_guard_##name##_exit(type **held)                                   \
	{                                                                                          \
		if (*held)                                                                         \
			release(*held);                                                            \
	}

/*
 * How the lock is held: `says` is one of KLOCK_ASSERTS*(). Clang does not follow a guard to the
 * end of its scope, and so is told that the lock is held, not that it has been taken.
 */
#define KLOCK_DEFINE_GUARD_LOCK(name, type, says, acquire, release)                                \
	KLOCK_DEFINE_GUARD(name, type, true, release)                                              \
	KLOCK_INLINE type *klock_guard_##name##_enter(type *lock) says(lock)                       \
	{                                                                                          \
		acquire(lock);                                                                     \
		return lock;                                                                       \
	}

/* `got` is an expression of `lock` that is true when the lock was got. */
#define KLOCK_DEFINE_GUARD_COND(name, type, says, got, release)                                    \
	KLOCK_DEFINE_GUARD(name, type, *held, release)                                             \
	KLOCK_INLINE KLOCK_MUST_CHECK type *klock_guard_##name##_enter(type *lock) says(lock)      \
	{                                                                                          \
		return (got) ? lock : NULL;                                                        \
	}

#define KLOCK_DEFINE_GUARD_IOCB(name, type, says, got, release)                                    \
	KLOCK_DEFINE_GUARD(name, type, *held, release)                                             \
	KLOCK_INLINE KLOCK_MUST_CHECK type *klock_guard_##name##_enter(                            \
		const struct KLOCK_TAG(kiocb) *iocb, type *lock) says(lock)                        \
	{                                                                                          \
		return (got) ? lock : NULL;                                                        \
	}

KLOCK_DEFINE_GUARD_LOCK(mutex, struct KLOCK_TAG(mutex), KLOCK_ASSERTS, klock_mutex_lock,
			klock_mutex_unlock)
KLOCK_DEFINE_GUARD_COND(mutex_try, struct KLOCK_TAG(mutex), KLOCK_ASSERTS,
			klock_mutex_trylock(lock), klock_mutex_unlock)
KLOCK_DEFINE_GUARD_COND(mutex_kill, struct KLOCK_TAG(mutex), KLOCK_ASSERTS,
			!klock_mutex_lock_killable(lock), klock_mutex_unlock)
KLOCK_DEFINE_GUARD_COND(mutex_intr, struct KLOCK_TAG(mutex), KLOCK_ASSERTS,
			!klock_mutex_lock_interruptible(lock), klock_mutex_unlock)

KLOCK_DEFINE_GUARD_LOCK(rwsem_read, struct KLOCK_TAG(rw_semaphore), KLOCK_ASSERTS_SHARED,
			klock_down_read, klock_up_read)
KLOCK_DEFINE_GUARD_COND(rwsem_read_try, struct KLOCK_TAG(rw_semaphore), KLOCK_ASSERTS_SHARED,
			klock_down_read_trylock(lock), klock_up_read)
KLOCK_DEFINE_GUARD_COND(rwsem_read_kill, struct KLOCK_TAG(rw_semaphore), KLOCK_ASSERTS_SHARED,
			!klock_down_read_killable(lock), klock_up_read)
KLOCK_DEFINE_GUARD_COND(rwsem_read_intr, struct KLOCK_TAG(rw_semaphore), KLOCK_ASSERTS_SHARED,
			!klock_down_read_interruptible(lock), klock_up_read)

KLOCK_DEFINE_GUARD_LOCK(rwsem_write, struct KLOCK_TAG(rw_semaphore), KLOCK_ASSERTS,
			klock_down_write, klock_up_write)
KLOCK_DEFINE_GUARD_COND(rwsem_write_try, struct KLOCK_TAG(rw_semaphore), KLOCK_ASSERTS,
			klock_down_write_trylock(lock), klock_up_write)
KLOCK_DEFINE_GUARD_COND(rwsem_write_kill, struct KLOCK_TAG(rw_semaphore), KLOCK_ASSERTS,
			!klock_down_write_killable(lock), klock_up_write)
KLOCK_DEFINE_GUARD_COND(rwsem_write_intr, struct KLOCK_TAG(rw_semaphore), KLOCK_ASSERTS,
			!klock_down_write_interruptible(lock), klock_up_write)

KLOCK_DEFINE_GUARD_LOCK(semaphore, struct KLOCK_TAG(semaphore), KLOCK_ASSERTS_NOTHING, klock_down,
			klock_up)
KLOCK_DEFINE_GUARD_COND(semaphore_try, struct KLOCK_TAG(semaphore), KLOCK_ASSERTS_NOTHING,
			!klock_down_trylock(lock), klock_up)
KLOCK_DEFINE_GUARD_COND(semaphore_kill, struct KLOCK_TAG(semaphore), KLOCK_ASSERTS_NOTHING,
			!klock_down_killable(lock), klock_up)
KLOCK_DEFINE_GUARD_COND(semaphore_intr, struct KLOCK_TAG(semaphore), KLOCK_ASSERTS_NOTHING,
			!klock_down_interruptible(lock), klock_up)

KLOCK_DEFINE_GUARD_LOCK(percpu_read, struct KLOCK_TAG(percpu_rw_semaphore), KLOCK_ASSERTS_SHARED,
			klock_percpu_down_read, klock_percpu_up_read)
KLOCK_DEFINE_GUARD_COND(percpu_read_try, struct KLOCK_TAG(percpu_rw_semaphore),
			KLOCK_ASSERTS_SHARED, klock_percpu_down_read_trylock(lock),
			klock_percpu_up_read)
KLOCK_DEFINE_GUARD_COND(percpu_read_kill, struct KLOCK_TAG(percpu_rw_semaphore),
			KLOCK_ASSERTS_SHARED, !klock_percpu_down_read_killable(lock),
			klock_percpu_up_read)
KLOCK_DEFINE_GUARD_LOCK(percpu_write, struct KLOCK_TAG(percpu_rw_semaphore), KLOCK_ASSERTS,
			klock_percpu_down_write, klock_percpu_up_write)
KLOCK_DEFINE_GUARD_COND(percpu_write_kill, struct KLOCK_TAG(percpu_rw_semaphore), KLOCK_ASSERTS,
			!klock_percpu_down_write_killable(lock), klock_percpu_up_write)

KLOCK_DEFINE_GUARD_IOCB(iocb_read, struct KLOCK_TAG(rw_semaphore), KLOCK_ASSERTS_SHARED,
			!klock_iocb_read_lock(iocb, lock), klock_up_read)
KLOCK_DEFINE_GUARD_IOCB(iocb_write, struct KLOCK_TAG(rw_semaphore), KLOCK_ASSERTS,
			!klock_iocb_write_lock(iocb, lock), klock_up_write)
KLOCK_DEFINE_GUARD_IOCB(iocb_mutex, struct KLOCK_TAG(mutex), KLOCK_ASSERTS,
			!klock_iocb_mutex_lock(iocb, lock), klock_mutex_unlock)

#define KLOCK_PASTE_(a, b) a##b
#define KLOCK_PASTE(a, b) KLOCK_PASTE_(a, b)

#define KLOCK_GUARD_VAR(name, var)                                                                 \
	klock_guard_##name var                                                                     \
		__attribute__((cleanup(klock_guard_##name##_exit), unused)) =                      \
			klock_guard_##name##_enter

/* Followed by (lock): the guard lives until the end of the enclosing block. */
#define klock_guard(name) KLOCK_GUARD_VAR(name, KLOCK_PASTE(klock_guard_at_, __COUNTER__))

/*
 * A loop that runs once: `held##_ran` turns from NULL to where the guard is. The name
 * is new each time, so that nested scopes shadow nothing. The lock is taken in the
 * condition, so that clang takes it for held in the body, and nowhere else.
 */
#ifdef __cplusplus
#define KLOCK_NO_GUARD {}
#elif defined(__CHECKER__)
#define KLOCK_NO_GUARD { NULL } /* sparse: a guard may be a pointer */
#else
#define KLOCK_NO_GUARD { 0 } /* or a struct */
#endif
#define KLOCK_SCOPE(name, held, goes_on, ...)                                                      \
	for (klock_guard_##name held                                                               \
		     __attribute__((cleanup(klock_guard_##name##_exit), unused)) = KLOCK_NO_GUARD, \
		     *held##_ran = NULL;                                                           \
	     !held##_ran && (held = klock_guard_##name##_enter(__VA_ARGS__),                       \
			     goes_on(klock_guard_##name##_got(&held)));                            \
	     held##_ran = &held)
#define KLOCK_IF_GOT(got) (got)
#define KLOCK_GOT_OR_NOT(got) true

#define KLOCK_SCOPED_GUARD(name, held, ...) KLOCK_SCOPE(name, held, KLOCK_IF_GOT, __VA_ARGS__)
#define KLOCK_SCOPED_GUARD_AT(name, id, ...)                                                       \
	KLOCK_SCOPED_GUARD(name, KLOCK_PASTE(klock_scope_at_, id), __VA_ARGS__)

#define KLOCK_SCOPED_COND_GUARD(name, fail, held, ...)                                             \
	KLOCK_SCOPE(name, held, KLOCK_GOT_OR_NOT, __VA_ARGS__)                                     \
	if (!klock_guard_##name##_got(&held)) {                                                    \
		fail;                                                                              \
	} else
#define KLOCK_SCOPED_COND_GUARD_AT(name, fail, id, ...)                                            \
	KLOCK_SCOPED_COND_GUARD(name, fail, KLOCK_PASTE(klock_scope_at_, id), __VA_ARGS__)

/* Runs the statement that follows under the lock; skips it when a _try, _kill or _intr fails. */
#define klock_scoped_guard(name, ...) KLOCK_SCOPED_GUARD_AT(name, __COUNTER__, __VA_ARGS__)

/* Runs the statement that follows under the lock, or `fail` without it. */
#define klock_scoped_cond_guard(name, fail, ...)                                                   \
	KLOCK_SCOPED_COND_GUARD_AT(name, fail, __COUNTER__, __VA_ARGS__)

#ifndef KLOCK_NO_KERNEL_NAMES
#define guard(name) klock_guard(name)
#define scoped_guard(name, ...) klock_scoped_guard(name, __VA_ARGS__)
#define scoped_cond_guard(name, fail, ...) klock_scoped_cond_guard(name, fail, __VA_ARGS__)
#endif

#endif
