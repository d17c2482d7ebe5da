/* SPDX-License-Identifier: MIT */
/*
 * The atomic accesses klock is made of, public fast paths included: the only
 * place that names the compiler's builtins. A build that checks interleavings
 * defines KLOCK_ATOMIC_HEADER to a header of its own with the same macros.
 */
#ifndef KLOCK_ATOMIC_H
#define KLOCK_ATOMIC_H

#include <stdbool.h>
#include <stdint.h>

#ifdef KLOCK_ATOMIC_HEADER
#include KLOCK_ATOMIC_HEADER
#else

#define klock_load_relaxed(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define klock_load_acquire(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define klock_load_seq(p) __atomic_load_n((p), __ATOMIC_SEQ_CST)
#define klock_store_relaxed(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define klock_store_release(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)

/* *p == *expected ? (*p = v, true) : (*expected = *p, false). Never fails spuriously. */
#define klock_cas_relaxed(p, expected, v)                                                          \
	__atomic_compare_exchange_n((p), (expected), (v), false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)
#define klock_cas_acquire(p, expected, v)                                                          \
	__atomic_compare_exchange_n((p), (expected), (v), false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)
#define klock_cas_release(p, expected, v)                                                          \
	__atomic_compare_exchange_n((p), (expected), (v), false, __ATOMIC_RELEASE, __ATOMIC_RELAXED)
#define klock_cas_acq_rel(p, expected, v)                                                          \
	__atomic_compare_exchange_n((p), (expected), (v), false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)
#define klock_cas_seq(p, expected, v)                                                              \
	__atomic_compare_exchange_n((p), (expected), (v), false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)

#define klock_xchg_acquire(p, v) __atomic_exchange_n((p), (v), __ATOMIC_ACQUIRE)
#define klock_xchg_release(p, v) __atomic_exchange_n((p), (v), __ATOMIC_RELEASE)
#define klock_xchg_acq_rel(p, v) __atomic_exchange_n((p), (v), __ATOMIC_ACQ_REL)
#define klock_xchg_seq(p, v) __atomic_exchange_n((p), (v), __ATOMIC_SEQ_CST)
#define klock_fetch_add_relaxed(p, v) __atomic_fetch_add((p), (v), __ATOMIC_RELAXED)
#define klock_fetch_add_acquire(p, v) __atomic_fetch_add((p), (v), __ATOMIC_ACQUIRE)
#define klock_fetch_add_acq_rel(p, v) __atomic_fetch_add((p), (v), __ATOMIC_ACQ_REL)
#define klock_fetch_add_seq(p, v) __atomic_fetch_add((p), (v), __ATOMIC_SEQ_CST)
#define klock_fetch_or_seq(p, v) __atomic_fetch_or((p), (v), __ATOMIC_SEQ_CST)
#define klock_fetch_and_seq(p, v) __atomic_fetch_and((p), (v), __ATOMIC_SEQ_CST)
#define klock_fetch_or_relaxed(p, v) __atomic_fetch_or((p), (v), __ATOMIC_RELAXED)
#define klock_fetch_and_relaxed(p, v) __atomic_fetch_and((p), (v), __ATOMIC_RELAXED)
#define klock_fetch_or_release(p, v) __atomic_fetch_or((p), (v), __ATOMIC_RELEASE)
#define klock_fetch_or_acquire(p, v) __atomic_fetch_or((p), (v), __ATOMIC_ACQUIRE)
#define klock_fetch_and_release(p, v) __atomic_fetch_and((p), (v), __ATOMIC_RELEASE)

/* Orders this thread's accesses for the compiler only; the other side pays with membarrier(2). */
#define klock_compiler_barrier() __atomic_signal_fence(__ATOMIC_SEQ_CST)

#endif
#endif
