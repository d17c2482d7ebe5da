/* SPDX-License-Identifier: MIT */
/* Compiler attributes that the public headers share. */
#ifndef KLOCK_ATTRIBUTES_H
#define KLOCK_ATTRIBUTES_H

#include <klock/capability.h>
#include <stddef.h>

/* Around all declarations: what the library exports, also when compiled -fvisibility=hidden. */
#ifdef __cplusplus
#define KLOCK_BEGIN_DECLS _Pragma("GCC visibility push(default)") extern "C" {
#define KLOCK_END_DECLS } _Pragma("GCC visibility pop")
#else
#define KLOCK_BEGIN_DECLS _Pragma("GCC visibility push(default)")
#define KLOCK_END_DECLS _Pragma("GCC visibility pop")
#endif

/*
 * Always inlined, also at -O0, so that a report names the caller and not the wrapper. The
 * bodies make the locks, and use none that a tool could follow.
 */
#define KLOCK_INLINE static inline __attribute__((always_inline, unused)) KLOCK_NO_ANALYSIS

#define KLOCK_MUST_CHECK __attribute__((warn_unused_result))
#define KLOCK_LIKELY(x) __builtin_expect(!!(x), 1)
#define KLOCK_UNLIKELY(x) __builtin_expect(!!(x), 0)

/*
 * The tag of a lock's struct. A program that already has a `struct mutex` of
 * its own defines KLOCK_NO_KERNEL_NAMES and gets `struct klock_mutex`.
 */
#ifdef KLOCK_NO_KERNEL_NAMES
#define KLOCK_TAG(name) klock_##name
#else
#define KLOCK_TAG(name) name
#endif

#endif
