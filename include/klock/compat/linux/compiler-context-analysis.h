/* SPDX-License-Identifier: MIT */
/*
 * What functions do with locks, and what data they guard, for tools that read the source:
 * <klock/capability.h> by the kernel's names. sparse counts it; clang -Wthread-safety checks it
 * with -DWARN_CONTEXT_ANALYSIS -fexperimental-late-parse-attributes (clang 22), as the kernel
 * does. To other compilers, and without them, all of it is empty: kernel code also names what is
 * no lock of klock's, or nothing that the compiler knows.
 *
 * __acquire() and __release() say nothing to clang, and sparse is told of no attempt.
 */
#ifndef KLOCK_COMPAT_LINUX_COMPILER_CONTEXT_ANALYSIS_H
#define KLOCK_COMPAT_LINUX_COMPILER_CONTEXT_ANALYSIS_H

#include <klock/capability.h>

#if defined(__CHECKER__)
#define KLOCK_COMPAT_LOCK_OF(lock, ...) lock
#define KLOCK_COMPAT_SAYS(attribute, before, after, ...)                                           \
	KLOCK_SPARSE_SAYS(KLOCK_COMPAT_LOCK_OF(__VA_ARGS__, ), before, after)
#define KLOCK_COMPAT_CLANG(...)
#elif defined(WARN_CONTEXT_ANALYSIS)
#define KLOCK_COMPAT_SAYS(attribute, before, after, ...) KLOCK_CLANG_SAYS(attribute(__VA_ARGS__))
#define KLOCK_COMPAT_CLANG(...) KLOCK_CLANG_SAYS(__VA_ARGS__)
#else
#define KLOCK_COMPAT_SAYS(attribute, before, after, ...)
#define KLOCK_COMPAT_CLANG(...)
#endif

#ifndef __acquires /* all of them give way to a program's own */
/* After a function's parameters: which locks it leaves held, gives up, needs, and must not find. */
#define __acquires(...) KLOCK_COMPAT_SAYS(acquire_capability, 0, 1, __VA_ARGS__)
#define __acquires_shared(...) KLOCK_COMPAT_SAYS(acquire_shared_capability, 0, 1, __VA_ARGS__)
#define __releases(...) KLOCK_COMPAT_SAYS(release_capability, 1, 0, __VA_ARGS__)
#define __releases_shared(...) KLOCK_COMPAT_SAYS(release_shared_capability, 1, 0, __VA_ARGS__)
#define __must_hold(...) KLOCK_COMPAT_SAYS(requires_capability, 1, 1, __VA_ARGS__)
#define __must_hold_shared(...) KLOCK_COMPAT_SAYS(requires_shared_capability, 1, 1, __VA_ARGS__)
#define __must_not_hold(...) KLOCK_COMPAT_CLANG(locks_excluded(__VA_ARGS__))

/*
 * It leaves the lock held, or gives it up, if its result is `got`: true, false, nonzero, 0,
 * nonnull or NULL.
 */
#define __cond_acquires(got, lock)                                                                 \
	KLOCK_COMPAT_CLANG(try_acquire_capability(KLOCK_COMPAT_IF_##got, lock))
#define __cond_acquires_shared(got, lock)                                                          \
	KLOCK_COMPAT_CLANG(try_acquire_shared_capability(KLOCK_COMPAT_IF_##got, lock))
/* Given up, and taken again if the result is another. */
#define __cond_releases(got, lock)                                                                 \
	KLOCK_COMPAT_CLANG(release_capability(lock))                                               \
	KLOCK_COMPAT_CLANG(try_acquire_capability(!KLOCK_COMPAT_IF_##got, lock))
#define __cond_releases_shared(got, lock)                                                          \
	KLOCK_COMPAT_CLANG(release_shared_capability(lock))                                        \
	KLOCK_COMPAT_CLANG(try_acquire_shared_capability(!KLOCK_COMPAT_IF_##got, lock))
#define KLOCK_COMPAT_IF_true 1
#define KLOCK_COMPAT_IF_false 0
#define KLOCK_COMPAT_IF_nonzero 1
#define KLOCK_COMPAT_IF_0 0
#define KLOCK_COMPAT_IF_nonnull 1
#define KLOCK_COMPAT_IF_NULL 0

/* After the name of a member or a variable: it, or what it points at, is used with the lock. */
#define __guarded_by(...) KLOCK_COMPAT_CLANG(guarded_by(__VA_ARGS__))
#define __pt_guarded_by(...) KLOCK_COMPAT_CLANG(pt_guarded_by(__VA_ARGS__))

/* Not looked at: a function, or what stands between the parentheses. */
#define __no_context_analysis KLOCK_COMPAT_CLANG(no_thread_safety_analysis)
#define __context_unsafe(why) __no_context_analysis
#if defined(__clang__)
#define disable_context_analysis()                                                                 \
	_Pragma("clang diagnostic push")                                                           \
	_Pragma("clang diagnostic ignored \"-Wunknown-warning-option\"")                           \
	_Pragma("clang diagnostic ignored \"-Wthread-safety\"")
#define enable_context_analysis() _Pragma("clang diagnostic pop")
#else
#define disable_context_analysis()
#define enable_context_analysis()
#endif
#define context_unsafe(...)                                                                        \
	(__extension__({                                                                           \
		disable_context_analysis() __VA_ARGS__;                                            \
		enable_context_analysis()                                                          \
	}))

#ifdef __CHECKER__
#define __acquire(lock) __context__(lock, 1)
#define __release(lock) __context__(lock, -1)
#define __cond_lock(lock, got) ((got) && ({ __acquire(lock); 1; }))
#else
#define __acquire(lock) ((void)0)
#define __release(lock) ((void)0)
#define __cond_lock(lock, got) (got)
#endif
#endif

#endif
