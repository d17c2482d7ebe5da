/* SPDX-License-Identifier: MIT */
/*
 * Scope guards: see <klock/guard.h>; and the means to define more of them. Of the
 * DEFINE_LOCK_GUARD_ macros there is none: their guards are structs, and klock's are
 * pointers.
 */
#ifndef KLOCK_COMPAT_LINUX_CLEANUP_H
#define KLOCK_COMPAT_LINUX_CLEANUP_H

#include <klock/guard.h>
#include <linux/compiler.h>
#include <stddef.h>

#ifndef __cleanup
#define __cleanup(fn) __attribute__((__cleanup__(fn)))
#endif

/* Variables that free what they point at: `free` is a statement about _T. */
#define DEFINE_FREE(name, type, free)                                                              \
	static inline __maybe_unused void klock_compat_free_##name(void *klock_variable)           \
	{                                                                                          \
		type _T = *(type *)klock_variable;                                                 \
		free;                                                                              \
	}
#define __free(name) __cleanup(klock_compat_free_##name)
/* The value of the variable, which is NULL from now on, so that nothing is freed. */
#define no_free_ptr(p)                                                                             \
	(__extension__({                                                                           \
		__typeof__(p) klock_taken = (p);                                                   \
		(p) = NULL;                                                                        \
		klock_taken;                                                                       \
	}))
#define return_ptr(p) return no_free_ptr(p)

/* CLASS(name, variable)(arguments): made by `init`, undone by `exit`, a statement about _T. */
#define DEFINE_CLASS(name, type, exit, init, ...)                                                  \
	typedef type klock_compat_class_##name;                                                    \
	static inline __maybe_unused void klock_compat_class_##name##_exit(type *klock_variable)   \
	{                                                                                          \
		type _T = *klock_variable;                                                         \
		exit;                                                                              \
	}                                                                                          \
	static inline __maybe_unused type klock_compat_class_##name##_enter(__VA_ARGS__)           \
	{                                                                                          \
		return init;                                                                       \
	}
#define CLASS(name, variable)                                                                      \
	klock_compat_class_##name variable __cleanup(klock_compat_class_##name##_exit)             \
		__maybe_unused = klock_compat_class_##name##_enter

/* guard(name)(lock), where `type` is a pointer, `lock` and `unlock` statements about _T. */
#define DEFINE_GUARD(name, type, lock, unlock)                                                     \
	typedef type klock_guard_##name;                                                           \
	static inline __maybe_unused void klock_guard_##name##_exit(type *klock_held)              \
	{                                                                                          \
		type _T = *klock_held;                                                             \
		if (_T) {                                                                          \
			unlock;                                                                    \
		}                                                                                  \
	}                                                                                          \
	static inline __maybe_unused type klock_guard_##name##_enter(type _T)                      \
	{                                                                                          \
		lock;                                                                              \
		return _T;                                                                         \
	}

/*
 * The same guard by an attempt: NULL unless `attempt`, an expression of _T, is true, or a
 * further argument, an expression of its result _RET.
 */
#define DEFINE_GUARD_COND(...)                                                                     \
	KLOCK_COMPAT_GUARD_COND_PICK(__VA_ARGS__, KLOCK_COMPAT_GUARD_COND_4,                       \
				     KLOCK_COMPAT_GUARD_COND_3, )(__VA_ARGS__)
#define KLOCK_COMPAT_GUARD_COND_PICK(a, b, c, d, pick, ...) pick
#define KLOCK_COMPAT_GUARD_COND_3(name, ext, attempt)                                              \
	KLOCK_COMPAT_GUARD_COND_4(name, ext, attempt, _RET)
#define KLOCK_COMPAT_GUARD_COND_4(name, ext, attempt, got)                                         \
	typedef klock_guard_##name klock_guard_##name##ext;                                        \
	static inline __maybe_unused void klock_guard_##name##ext##_exit(                          \
		klock_guard_##name *klock_held)                                                    \
	{                                                                                          \
		klock_guard_##name##_exit(klock_held);                                             \
	}                                                                                          \
	static inline __must_check klock_guard_##name klock_guard_##name##ext##_enter(             \
		klock_guard_##name _T)                                                             \
	{                                                                                          \
		__typeof__(attempt) _RET = (attempt);                                              \
		return (got) ? _T : NULL;                                                          \
	}

#endif
