/* SPDX-License-Identifier: MIT */
/* The rows of tests/lock_types.def as a table of functions. */
#ifndef KLOCK_LOCK_ROWS_H
#define KLOCK_LOCK_ROWS_H

#include "support/actor.h"
#include <errno.h>
#include <klock.h>
#include <string.h>

union any_lock {
#define LOCK_OBJECT(name, type, ...) type name;
#define LOCK_MODE(...)
#include "lock_types.def"
#undef LOCK_OBJECT
#undef LOCK_MODE
};

struct lock_object {
	const char *name;
	void (*make)(union any_lock *lock);
	void (*end)(union any_lock *lock);
	int (*waiters)(union any_lock *lock);
};

/* A way to hold a lock. What is NULL the lock does not have. */
struct lock_row {
	const char *name;
	const struct lock_object *object;
	bool shared; /* several may hold it so at a time */
	void (*lock)(union any_lock *lock);
	bool (*try_)(union any_lock *lock);
	bool (*try_or_lock)(union any_lock *lock, bool t);
	int (*killable)(union any_lock *lock);
	int (*interruptible)(union any_lock *lock);
	int (*timeout)(union any_lock *lock, int64_t ns);
	int timed_out;
	void (*unlock)(union any_lock *lock);
};

static inline void make_percpu(struct percpu_rw_semaphore *sem)
{
	if (percpu_init_rwsem(sem)) {
		fputs("out of memory\n", stderr);
		abort();
	}
}

static inline void make_bit_word(unsigned long *word)
{
	*word = 0;
	klock_bit_word_init(word);
}

static inline int bit_lock(unsigned long *word, unsigned int mode)
{
	return wait_on_bit_lock(word, 5, mode);
}

static inline void bit_unlock(unsigned long *word)
{
	clear_bit_unlock(5, word);
	wake_up_bit(word, 5);
}

#define NONE 0
#define UNUSED __attribute__((unused))
#define LOCK_OBJECT(name, type, make_, end_, waiters_)                                             \
	static void on_make_##name(union any_lock *any)                                            \
	{                                                                                          \
		type *l = &any->name;                                                              \
		make_;                                                                             \
	}                                                                                          \
	static void on_end_##name(union any_lock *any)                                             \
	{                                                                                          \
		type *l = &any->name;                                                              \
		end_;                                                                              \
	}                                                                                          \
	static int on_waiters_##name(union any_lock *any)                                          \
	{                                                                                          \
		type *l = &any->name;                                                              \
		return waiters_;                                                                   \
	}                                                                                          \
	static const struct lock_object on_object_##name = {                                       \
		#name, on_make_##name, on_end_##name, on_waiters_##name,                           \
	};
#define LOCK_VOID(name, obj_, call_)                                                               \
	static void name(union any_lock *any)                                                      \
	{                                                                                          \
		__typeof__(any->obj_) *l = &any->obj_;                                             \
		(void)(call_);                                                                     \
	}
#define LOCK_VALUE(name, obj_, result_, more_, call_)                                              \
	static UNUSED result_ name(union any_lock *any more_)                                      \
	{                                                                                          \
		__typeof__(any->obj_) *l = &any->obj_;                                             \
		(void)l;                                                                           \
		return (result_)(call_);                                                           \
	}
#define COMMA ,
#define LOCK_MODE(row_, obj_, mode_, lock_, try_, tol_, kill_, intr_, time_, over_, unlock_)       \
	LOCK_VOID(on_lock_##row_, obj_, lock_)                                                     \
	LOCK_VOID(on_unlock_##row_, obj_, unlock_)                                                 \
	LOCK_VALUE(on_try_##row_, obj_, bool, , try_)                                              \
	LOCK_VALUE(on_tol_##row_, obj_, bool, COMMA UNUSED bool t, tol_)                           \
	LOCK_VALUE(on_kill_##row_, obj_, int, , kill_)                                             \
	LOCK_VALUE(on_intr_##row_, obj_, int, , intr_)                                             \
	LOCK_VALUE(on_time_##row_, obj_, int, COMMA UNUSED int64_t ns, time_)
#include "lock_types.def"
#undef LOCK_OBJECT
#undef LOCK_MODE
#undef NONE

/* The function of an operation, or NULL where the table says NONE. */
#define LOCK_IF(op, function) (sizeof(#op) == sizeof("NONE") ? NULL : (function))
#define LOCK_IS_SHARED 1
#define LOCK_IS_EXCLUSIVE 0

static const struct lock_row lock_rows[] = {
#define LOCK_OBJECT(...)
#define LOCK_MODE(row_, obj_, mode_, lock_, try__, tol_, kill_, intr_, time_, over_, unlock_)      \
	{                                                                                          \
		.name = #row_,                                                                     \
		.object = &on_object_##obj_,                                                       \
		.shared = LOCK_IS_##mode_,                                                         \
		.lock = on_lock_##row_,                                                            \
		.try_ = LOCK_IF(try__, on_try_##row_),                                             \
		.try_or_lock = LOCK_IF(tol_, on_tol_##row_),                                       \
		.killable = LOCK_IF(kill_, on_kill_##row_),                                        \
		.interruptible = LOCK_IF(intr_, on_intr_##row_),                                   \
		.timeout = LOCK_IF(time_, on_time_##row_),                                         \
		.timed_out = over_,                                                                \
		.unlock = on_unlock_##row_,                                                        \
	},
#include "lock_types.def"
#undef LOCK_OBJECT
#undef LOCK_MODE
};

#define NR_LOCK_ROWS ((int)(sizeof(lock_rows) / sizeof(lock_rows[0])))

/* The row of the same lock in the other mode, or NULL. */
static inline const struct lock_row *lock_row_of(const struct lock_row *row, bool shared)
{
	for (int i = 0; i < NR_LOCK_ROWS; i++)
		if (lock_rows[i].object == row->object && lock_rows[i].shared == shared)
			return &lock_rows[i];
	return NULL;
}

static inline int lock_waiters(const struct lock_row *row, union any_lock *lock)
{
	return row->object->waiters(lock);
}

static inline void await_lock_waiters(const struct lock_row *row, union any_lock *lock, int n)
{
	int64_t end = now_ns() + (int64_t)PATIENCE * 1000000000;

	while (lock_waiters(row, lock) != n) {
		if (now_ns() > end)
			out_of_patience("threads that are to wait for a lock");
		nap_us(50);
	}
}

#endif
