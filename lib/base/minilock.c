/* SPDX-License-Identifier: MIT */
#include "base/minilock.h"
#include "base/cpu.h"

#define SPINS 20 /* the holder is inside for well under a microsecond */

void klock_minilock_slow(struct klock_minilock *lock)
{
	for (int i = 0; i < SPINS; i++) {
		uint32_t expected = 0;

		/* relaxed: only a guess, the exchange decides */
		if (!klock_load_relaxed(&lock->state) &&
		    klock_cas_acquire(&lock->state, &expected, 1))
			return;
		klock_cpu_relax();
	}
	while (klock_xchg_acq_rel(&lock->state, 2) != 0)
		klock_futex_wait(&lock->state, 2, KLOCK_FOREVER);
}
