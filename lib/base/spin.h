/* SPDX-License-Identifier: MIT */
/*
 * A spin that ends in time. It goes on while something changes every KLOCK_SPIN_NS, and then for
 * KLOCK_SPIN_CHANGES times that in all. A sleep and a wake-up cost two threads about as
 * much as one KLOCK_SPIN_NS, so a spin never costs much more than the sleep that it saves. Results
 * do not change by more than a tenth from 2 to 10 us (doc/design/performance.md).
 */
#ifndef KLOCK_BASE_SPIN_H
#define KLOCK_BASE_SPIN_H

#include "base/clock.h"
#include "base/cpu.h"

#ifndef KLOCK_SPIN_NS
#define KLOCK_SPIN_NS 5000
#endif
#define KLOCK_SPIN_CHANGES 4

/* Pauses between two looks, at most: the holder uses the cache line undisturbed meanwhile. */
#ifndef KLOCK_SPIN_PAUSES
#define KLOCK_SPIN_PAUSES 64
#endif

struct klock_spin {
	int pauses;
	int64_t now, until_ns, end_ns;
};

static inline void klock_spin_begin(struct klock_spin *s, int64_t deadline_ns)
{
	s->pauses = 1;
	s->now = klock_now_ns();
	s->until_ns = s->now + KLOCK_SPIN_NS;
	s->end_ns = s->now + KLOCK_SPIN_NS * KLOCK_SPIN_CHANGES;
	if (s->end_ns > deadline_ns)
		s->end_ns = deadline_ns;
}

/* The caller has seen something change. */
static inline void klock_spin_renew(struct klock_spin *s)
{
	s->until_ns = s->now + KLOCK_SPIN_NS;
}

/* Pauses, each time for longer. False: the spin is over. */
static inline bool klock_spin_once(struct klock_spin *s)
{
	for (int i = 0; i < s->pauses; i++)
		klock_cpu_relax();
	if (s->pauses < KLOCK_SPIN_PAUSES)
		s->pauses *= 2;
	s->now = klock_now_ns();
	return s->now < s->until_ns && s->now < s->end_ns;
}

#endif
