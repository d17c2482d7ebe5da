/* SPDX-License-Identifier: MIT */
/* The minilock: one at a time is inside, and nobody is left asleep. */
#include "genmc/world.h"

#include "base/minilock.c"

static struct klock_minilock lock;
static int inside;

static void *thread(void *arg)
{
	klock_minilock_lock(&lock);
	inside++;
	klock_minilock_unlock(&lock);
	return arg;
}

int main(void)
{
	__VERIFIER_thread_t t[THREADS];

	world_futex(&lock.state);
	t[0] = __VERIFIER_spawn(thread, NULL);
	for (int i = 1; i < THREADS; i++)
		t[i] = __VERIFIER_spawn_symmetric(thread, NULL, t[i - 1]);
	for (int i = 0; i < THREADS; i++)
		__VERIFIER_join(t[i]);
	assert(inside == THREADS && !lock.state);
	return 0;
}
