/* SPDX-License-Identifier: MIT */
/* Accesses that the library does not use, but that check-orderings weakens others to. */
#ifndef GENMC_WEAKER_H
#define GENMC_WEAKER_H

#include <klock/atomic.h>

#define klock_xchg_relaxed(p, v) __atomic_exchange_n((p), (v), __ATOMIC_RELAXED)
#define klock_fetch_sub_relaxed(p, v) __atomic_fetch_sub((p), (v), __ATOMIC_RELAXED)

#endif
