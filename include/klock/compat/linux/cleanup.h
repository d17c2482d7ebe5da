/* SPDX-License-Identifier: MIT */
/*
 * Scope guards: see <klock/guard.h>; and the means to define more of them. A guard is a class
 * that guard() and its kin know of, so CLASS(mutex, held)(&lock) is one with a name.
 *
 * Different from the kernel: scoped_guard() gives its variable a name of its own, not `scope`.
 */
#ifndef KLOCK_COMPAT_LINUX_CLEANUP_H
#define KLOCK_COMPAT_LINUX_CLEANUP_H

#include <klock/guard.h>
#include <linux/compiler.h>
#include <stddef.h>

/* Takes or gives up for its caller what no tool that reads the source could follow. */
#define KLOCK_COMPAT_MADE __maybe_unused KLOCK_NO_ANALYSIS

#ifndef __cleanup
#define __cleanup(fn) __attribute__((__cleanup__(fn)))
#endif

/* Variables that free what they point at: `free` is a statement about _T. */
#define DEFINE_FREE(name, type, free)                                                              \
	static inline KLOCK_COMPAT_MADE void klock_compat_free_##name(void *klock_variable)        \
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
	typedef type klock_guard_##name;                                                           \
	static inline KLOCK_COMPAT_MADE void klock_guard_##name##_exit(type *klock_variable)       \
	{                                                                                          \
		type _T = *klock_variable;                                                         \
		exit;                                                                              \
	}                                                                                          \
	static inline KLOCK_COMPAT_MADE type klock_guard_##name##_enter(__VA_ARGS__)               \
	{                                                                                          \
		type klock_made = init;                                                            \
		return klock_made;                                                                 \
	}
/* Class name##ext, made in another way. */
#define EXTEND_CLASS(name, ext, init, ...)                                                         \
	typedef klock_guard_##name klock_guard_##name##ext;                                        \
	static inline KLOCK_COMPAT_MADE void klock_guard_##name##ext##_exit(                       \
		klock_guard_##name *klock_variable)                                                \
	{                                                                                          \
		klock_guard_##name##_exit(klock_variable);                                         \
	}                                                                                          \
	static inline KLOCK_COMPAT_MADE klock_guard_##name klock_guard_##name##ext##_enter(        \
		__VA_ARGS__)                                                                       \
	{                                                                                          \
		klock_guard_##name klock_made = init;                                              \
		return klock_made;                                                                 \
	}
#define CLASS(name, variable) KLOCK_GUARD_VAR(name, variable)

/* Whether a scope may be entered with this guard: `got` is an expression of it, *_T. */
#define KLOCK_COMPAT_GOT(name, got)                                                                \
	static inline __maybe_unused bool klock_guard_##name##_got(klock_guard_##name *_T)         \
	{                                                                                          \
		(void)_T;                                                                          \
		return got;                                                                        \
	}

/* guard(name)(lock), where `type` is a pointer, `lock` and `unlock` statements about _T. */
#define DEFINE_GUARD(name, type, lock, unlock)                                                     \
	DEFINE_CLASS(                                                                              \
		name, type,                                                                        \
		if (_T) { unlock; },                                                               \
		({                                                                                 \
			lock;                                                                      \
			_T;                                                                        \
		}),                                                                                \
		type _T)                                                                           \
	KLOCK_COMPAT_GOT(name, true)

/*
 * The guard name##ext by an attempt: nothing is held, and given up, unless `attempt`, an
 * expression of _T, is true; or a further argument, an expression of its result _RET, an int.
 */
#define DEFINE_GUARD_COND(...) KLOCK_COMPAT_COND(KLOCK_COMPAT_GUARD_COND, __VA_ARGS__, _RET, )
#define KLOCK_COMPAT_COND(define, name, ext, attempt, got, ...) define(name, ext, attempt, got)
#define KLOCK_COMPAT_GUARD_COND(name, ext, attempt, got)                                           \
	EXTEND_CLASS(                                                                              \
		name, ext,                                                                         \
		({                                                                                 \
			int _RET = (attempt);                                                      \
			_T && (got) ? _T : NULL;                                                   \
		}),                                                                                \
		klock_guard_##name _T)                                                             \
	KLOCK_COMPAT_GOT(name##ext, *_T != NULL)

/*
 * Guards that are structs: of the lock, which `_T->lock` points at, and of what else the
 * statements need, `_T->...`, whose declarations come last. Those of DEFINE_LOCK_GUARD_0()
 * have no lock, and are taken without an argument: guard(name)().
 */
#define KLOCK_COMPAT_LOCK_GUARD(name, type, giving_up, ...)                                        \
	typedef struct {                                                                           \
		type *lock;                                                                        \
		__VA_ARGS__;                                                                       \
	} klock_guard_##name;                                                                      \
	static inline KLOCK_COMPAT_MADE void klock_guard_##name##_exit(klock_guard_##name *_T)     \
	{                                                                                          \
		if (_T->lock) {                                                                    \
			giving_up;                                                                 \
		}                                                                                  \
	}
#define KLOCK_COMPAT_LOCK_GUARD_ENTER(name, first, taking, ...)                                    \
	static inline KLOCK_COMPAT_MADE klock_guard_##name klock_guard_##name##_enter(__VA_ARGS__) \
	{                                                                                          \
		klock_guard_##name klock_made = { .lock = first };                                 \
		klock_guard_##name *_T __maybe_unused = &klock_made;                               \
		taking;                                                                            \
		return klock_made;                                                                 \
	}
#define DEFINE_LOCK_GUARD_1(name, type, taking, giving_up, ...)                                    \
	KLOCK_COMPAT_LOCK_GUARD(name, type, giving_up, __VA_ARGS__)                                \
	KLOCK_COMPAT_LOCK_GUARD_ENTER(name, klock_lock, taking, type *klock_lock)                  \
	KLOCK_COMPAT_GOT(name, true)
#define DEFINE_LOCK_GUARD_0(name, taking, giving_up, ...)                                          \
	KLOCK_COMPAT_LOCK_GUARD(name, void, giving_up, __VA_ARGS__)                                \
	KLOCK_COMPAT_LOCK_GUARD_ENTER(name, (void *)1, taking, void)                               \
	KLOCK_COMPAT_GOT(name, true)

/* As DEFINE_GUARD_COND(), of a guard by DEFINE_LOCK_GUARD_1(). */
#define DEFINE_LOCK_GUARD_1_COND(...)                                                              \
	KLOCK_COMPAT_COND(KLOCK_COMPAT_LOCK_GUARD_COND, __VA_ARGS__, _RET, )
#define KLOCK_COMPAT_LOCK_GUARD_COND(name, ext, attempt, got)                                      \
	EXTEND_CLASS(                                                                              \
		name, ext,                                                                         \
		({                                                                                 \
			klock_guard_##name klock_tried = { .lock = klock_lock };                   \
			klock_guard_##name *_T = &klock_tried;                                     \
			int _RET = (attempt);                                                      \
			if (_T->lock && !(got))                                                    \
				_T->lock = NULL;                                                   \
			klock_tried;                                                               \
		}),                                                                                \
		__typeof__(((klock_guard_##name *)0)->lock) klock_lock)                            \
	KLOCK_COMPAT_GOT(name##ext, _T->lock != NULL)

#endif
