/* SPDX-License-Identifier: MIT */
/* Its header is read first: with its guard set, that of the model is not. */
#include "../../lib/base/minilock.h"
#include "../../lib/base/minilock.c"
#include "base/clock.h"
#include "explore/real_minilock.h"
#include "explore/sched.h"

static struct klock_minilock lock;

bool xp_real_minilock_lock(int64_t ns)
{
	if (ns != KLOCK_FOREVER)
		return klock_minilock_lock_until(&lock, klock_deadline(ns));
	klock_minilock_lock(&lock);
	return true;
}

void xp_real_minilock_unlock(void)
{
	klock_minilock_unlock(&lock);
}

void xp_real_minilock_check(void)
{
	if (lock.state)
		xp_fail("the state is %u at the end", lock.state);
}
