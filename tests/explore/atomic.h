/* SPDX-License-Identifier: MIT */
/* The atomic accesses of the library, each a point at which the scheduler may switch. */
#include "explore/sched.h"

#define XP_ACCESS(kind, p, access)                                                                 \
	(__extension__({                                                                           \
		xp_point(kind, (p), __func__);                                                     \
		access;                                                                            \
	}))

#define klock_load_relaxed(p) XP_ACCESS(XP_READ, p, __atomic_load_n((p), __ATOMIC_RELAXED))
#define klock_load_acquire(p) XP_ACCESS(XP_READ, p, __atomic_load_n((p), __ATOMIC_RELAXED))
#define klock_load_seq(p) XP_ACCESS(XP_READ, p, __atomic_load_n((p), __ATOMIC_RELAXED))
#define klock_store_relaxed(p, v)                                                                  \
	XP_ACCESS(XP_WRITE, p, __atomic_store_n((p), (v), __ATOMIC_RELAXED))
#define klock_store_release(p, v) klock_store_relaxed(p, v)

#define XP_CAS(p, expected, v)                                                                     \
	XP_ACCESS(XP_WRITE, p,                                                                     \
		  __atomic_compare_exchange_n((p), (expected), (v), false, __ATOMIC_RELAXED,       \
					      __ATOMIC_RELAXED))
#define klock_cas_relaxed(p, expected, v) XP_CAS(p, expected, v)
#define klock_cas_acquire(p, expected, v) XP_CAS(p, expected, v)
#define klock_cas_release(p, expected, v) XP_CAS(p, expected, v)
#define klock_cas_acq_rel(p, expected, v) XP_CAS(p, expected, v)
#define klock_cas_seq(p, expected, v) XP_CAS(p, expected, v)

#define XP_RMW(op, p, v) XP_ACCESS(XP_WRITE, p, __atomic_##op((p), (v), __ATOMIC_RELAXED))
#define klock_xchg_acquire(p, v) XP_RMW(exchange_n, p, v)
#define klock_xchg_release(p, v) XP_RMW(exchange_n, p, v)
#define klock_xchg_acq_rel(p, v) XP_RMW(exchange_n, p, v)
#define klock_xchg_seq(p, v) XP_RMW(exchange_n, p, v)
#define klock_fetch_add_relaxed(p, v) XP_RMW(fetch_add, p, v)
#define klock_fetch_add_acquire(p, v) XP_RMW(fetch_add, p, v)
#define klock_fetch_add_acq_rel(p, v) XP_RMW(fetch_add, p, v)
#define klock_fetch_add_seq(p, v) XP_RMW(fetch_add, p, v)
#define klock_fetch_or_seq(p, v) XP_RMW(fetch_or, p, v)
#define klock_fetch_and_seq(p, v) XP_RMW(fetch_and, p, v)
#define klock_fetch_or_relaxed(p, v) XP_RMW(fetch_or, p, v)
#define klock_fetch_and_relaxed(p, v) XP_RMW(fetch_and, p, v)
#define klock_fetch_or_release(p, v) XP_RMW(fetch_or, p, v)
#define klock_fetch_or_acquire(p, v) XP_RMW(fetch_or, p, v)
#define klock_fetch_and_release(p, v) XP_RMW(fetch_and, p, v)

#define klock_compiler_barrier() __asm__ volatile("" ::: "memory")
