/* SPDX-License-Identifier: MIT */
/*
 * What the headers, and programs, tell tools that read the source about locks: which
 * function takes, gives up or needs which lock. clang -Wthread-safety and sparse understand
 * it; to other compilers all of it is empty.
 *
 *	static DEFINE_MUTEX(lock);
 *	static int table[8] KLOCK_GUARDED_BY(lock);
 *	static void table_add(int n) KLOCK_REQUIRES(lock);
 *
 * doc/design/static-analysis.md says what is found, and what is not. Since 0.1.
 */
#ifndef KLOCK_CAPABILITY_H
#define KLOCK_CAPABILITY_H

#if defined(__clang__) && defined(__has_attribute)
#if __has_attribute(try_acquire_capability)
#define KLOCK_CLANG_SAYS(...) __attribute__((__VA_ARGS__))
#endif
#endif
#ifndef KLOCK_CLANG_SAYS
#define KLOCK_CLANG_SAYS(...)
#endif

/* sparse only counts: how many locks a function finds held, and how many it leaves. */
#ifdef __CHECKER__
#define KLOCK_SPARSE_SAYS(lock, before, after) __attribute__((context(lock, before, after)))
#else
#define KLOCK_SPARSE_SAYS(lock, before, after)
#endif

/* After the } of a struct: a type of lock, by the name that warnings give it. */
#define KLOCK_CAPABILITY(name) KLOCK_CLANG_SAYS(capability(name))

/* After a function's parameters: the lock is held when it returns, and was not before. */
#define KLOCK_ACQUIRES(lock)                                                                       \
	KLOCK_CLANG_SAYS(acquire_capability(lock)) KLOCK_SPARSE_SAYS(lock, 0, 1)
#define KLOCK_ACQUIRES_SHARED(lock)                                                                \
	KLOCK_CLANG_SAYS(acquire_shared_capability(lock)) KLOCK_SPARSE_SAYS(lock, 0, 1)
/* It is held when it is called, and no longer when it returns. */
#define KLOCK_RELEASES(lock)                                                                       \
	KLOCK_CLANG_SAYS(release_capability(lock)) KLOCK_SPARSE_SAYS(lock, 1, 0)
#define KLOCK_RELEASES_SHARED(lock)                                                                \
	KLOCK_CLANG_SAYS(release_shared_capability(lock)) KLOCK_SPARSE_SAYS(lock, 1, 0)
/* The lock is held if the result is true (`got` is 1), or zero (`got` is 0: 0 or -errno). */
#define KLOCK_TRY_ACQUIRES(got, lock) KLOCK_CLANG_SAYS(try_acquire_capability(got, lock))
#define KLOCK_TRY_ACQUIRES_SHARED(got, lock)                                                       \
	KLOCK_CLANG_SAYS(try_acquire_shared_capability(got, lock))
/* The caller holds it, before and after. */
#define KLOCK_REQUIRES(lock)                                                                       \
	KLOCK_CLANG_SAYS(requires_capability(lock)) KLOCK_SPARSE_SAYS(lock, 1, 1)
#define KLOCK_REQUIRES_SHARED(lock)                                                                \
	KLOCK_CLANG_SAYS(requires_shared_capability(lock)) KLOCK_SPARSE_SAYS(lock, 1, 1)
/* The caller does not hold it. */
#define KLOCK_EXCLUDES(lock) KLOCK_CLANG_SAYS(locks_excluded(lock))
/* Once it has returned, the lock is known to be held. */
#define KLOCK_ASSERTS(lock) KLOCK_CLANG_SAYS(assert_capability(lock))
#define KLOCK_ASSERTS_SHARED(lock) KLOCK_CLANG_SAYS(assert_shared_capability(lock))
#define KLOCK_ASSERTS_NOTHING(lock)
/* The body is not looked at: it does what cannot be said here. */
#define KLOCK_NO_ANALYSIS KLOCK_CLANG_SAYS(no_thread_safety_analysis)

/*
 * klock_assume_held(lock) and its kin have clang believe it from there on: one function for
 * each type of lock and way to hold it, and one that says nothing, for what has no annotations.
 */
#ifdef __clang__
#define KLOCK_ASSUME(way, type, says)                                                              \
	static inline __attribute__((overloadable, always_inline, unused)) KLOCK_NO_ANALYSIS void  \
	klock_assume_##way(const volatile type *lock) says(lock)                                   \
	{                                                                                          \
		(void)lock;                                                                        \
	}
KLOCK_ASSUME(held, void, KLOCK_ASSERTS_NOTHING)
KLOCK_ASSUME(held_read, void, KLOCK_ASSERTS_NOTHING)
KLOCK_ASSUME(held_write, void, KLOCK_ASSERTS_NOTHING)
#else
#define KLOCK_ASSUME(way, type, says)
#define klock_assume_held(lock) ((void)0)
#define klock_assume_held_read(lock) ((void)0)
#define klock_assume_held_write(lock) ((void)0)
#endif

/*
 * For sparse, which forgets what an inlined function says, each name of the kernel is a macro
 * too: it calls the function, and counts.
 */
#ifdef __CHECKER__
#define KLOCK_SPARSE_TAKES(lock, call) ({ call; __context__(lock, 1); })
#define KLOCK_SPARSE_GIVES(lock, call) ({ __context__(lock, -1); call; })
#define KLOCK_SPARSE_TRIES(lock, call) ((call) && ({ __context__(lock, 1); 1; }))
#define KLOCK_SPARSE_FAILS(lock, call) ((call) || ({ __context__(lock, 1); 0; }))
#endif

/* After a variable's name: it, or what it points at, is used with the lock held only. */
#define KLOCK_GUARDED_BY(lock) KLOCK_CLANG_SAYS(guarded_by(lock))
#define KLOCK_PT_GUARDED_BY(lock) KLOCK_CLANG_SAYS(pt_guarded_by(lock))
/*
 * The same for a member of a struct and a lock that is a member too, which C cannot say
 * without a compiler of its own mind: it counts in C++, and with
 * clang -fexperimental-late-parse-attributes -DKLOCK_LATE_ATTRIBUTES (clang 20 and later).
 */
#if defined(__cplusplus) || defined(KLOCK_LATE_ATTRIBUTES)
#define KLOCK_MEMBER_GUARDED_BY(lock) KLOCK_GUARDED_BY(&lock)
#define KLOCK_MEMBER_PT_GUARDED_BY(lock) KLOCK_PT_GUARDED_BY(&lock)
#else
#define KLOCK_MEMBER_GUARDED_BY(lock)
#define KLOCK_MEMBER_PT_GUARDED_BY(lock)
#endif

#endif
