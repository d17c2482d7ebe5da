/* SPDX-License-Identifier: MIT */
#include "base/minilock.h"
#include "base/cpu.h"

#define SPINS 20 /* the holder is inside for well under a microsecond */

static bool spin(struct klock_minilock *lock)
{
	for (int i = 0; i < SPINS; i++) {
		uint32_t expected = 0;

		/* relaxed: only a guess, the exchange decides */
		if (!klock_load_relaxed(&lock->state) &&
		    klock_cas_acquire(&lock->state, &expected, 1)) /* [M1] */
			return true;
		klock_cpu_relax();
	}
	return false;
}

bool klock_minilock_lock_until(struct klock_minilock *lock, int64_t deadline_ns)
{
	if (spin(lock))
		return true;
	while (klock_xchg_acquire(&lock->state, 2) != 0) /* [M1] */
		if (klock_futex_wait(&lock->state, 2, deadline_ns))
			return false; /* a needless wake-up is all that is left behind */
	return true;
}

void klock_minilock_slow(struct klock_minilock *lock)
{
	(void)klock_minilock_lock_until(lock, KLOCK_FOREVER);
}
