/* SPDX-License-Identifier: MIT */
/* Who waits sleeps: it uses no CPU time, however long it waits and whatever wakes it in vain. */
#include "contract/contract.h"

#define MS 1000000ll
#define WAIT_MS 100
#define BURNT_MS 10 /* spinning uses a fair share: of two CPUs, among twenty threads */
#define WAITERS 3

static int64_t cpu_ns(const struct actor *a)
{
	struct timespec ts;
	clockid_t clock;

	EXPECT_IS(pthread_getcpuclockid(a->thread, &clock), 0);
	EXPECT_IS(clock_gettime(clock, &ts), 0);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static void waiters_sleep(const struct lock_row *row, long (*how)(void *arg))
{
	union any_lock lock;
	struct attempt hold = { .row = holder_of(row), .lock = &lock };
	struct attempt want = { .row = row, .lock = &lock, .ns = 1000 * 1000 * MS };
	struct actor holder, waiters[WAITERS];
	int64_t used[WAITERS], slept_until;

	row->object->make(&lock);
	actor_init(&holder);
	actors_init(waiters, WAITERS);
	actor_do(&holder, act_lock, &hold);
	for (int i = 0; i < WAITERS; i++) {
		actor_begin(&waiters[i], how, &want);
		await_lock_waiters(row, &lock, i + 1);
	}
	for (int i = 0; i < WAITERS; i++)
		used[i] = cpu_ns(&waiters[i]);
	slept_until = now_ns() + WAIT_MS * MS;
	while (now_ns() < slept_until)
		nap_us(10000);
	for (int i = 0; i < WAITERS; i++) {
		EXPECT(actor_busy(&waiters[i]));
		EXPECT(cpu_ns(&waiters[i]) - used[i] < BURNT_MS * MS);
	}
	actor_do(&holder, act_unlock, &hold);
	for (int served = 0; served < WAITERS;) /* in whichever order they are served */
		for (int i = 0; i < WAITERS; i++)
			if (used[i] >= 0 && !actor_busy(&waiters[i])) {
				EXPECT_IS(actor_end(&waiters[i]), 0);
				actor_do(&waiters[i], act_unlock, &want);
				used[i] = -1;
				served++;
			}
	actor_fini(&holder);
	actors_fini(waiters, WAITERS);
	expect_free(row, &lock);
	row->object->end(&lock);
}

static void plain_waiters_use_no_cpu(const struct lock_row *row)
{
	waiters_sleep(row, act_lock);
}

static void killable_waiters_use_no_cpu(const struct lock_row *row)
{
	waiters_sleep(row, act_killable);
}

static void timed_waiters_use_no_cpu(const struct lock_row *row)
{
	waiters_sleep(row, act_timeout);
}

/* A plain wait under a mark that it may not heed must not turn into a loop. */
static void killed_plain_waiter_uses_no_cpu(const struct lock_row *row)
{
	klock_kill_all();
	waiters_sleep(row, act_lock);
}

static void interrupted_killable_waiter_uses_no_cpu(const struct lock_row *row)
{
	union any_lock lock;
	struct attempt hold = { .row = holder_of(row), .lock = &lock };
	struct attempt want = { .row = row, .lock = &lock };
	struct actor holder, waiter;
	int64_t used;

	row->object->make(&lock);
	actor_init(&holder);
	actor_init(&waiter);
	actor_do(&holder, act_lock, &hold);
	actor_begin(&waiter, act_killable, &want);
	await_lock_waiters(row, &lock, 1);
	used = cpu_ns(&waiter);
	klock_interrupt(waiter.task);
	nap_us(WAIT_MS * 1000);
	EXPECT(actor_busy(&waiter));
	EXPECT(cpu_ns(&waiter) - used < BURNT_MS * MS);
	actor_do(&holder, act_unlock, &hold);
	EXPECT_IS(actor_end(&waiter), 0);
	actor_do(&waiter, act_unlock, &want);
	actor_fini(&holder);
	actor_fini(&waiter);
	expect_free(row, &lock);
	row->object->end(&lock);
}

static const struct rule rules[] = {
	RULE(plain_waiters_use_no_cpu, 0),
	RULE(killable_waiters_use_no_cpu, HAS(killable)),
	RULE(timed_waiters_use_no_cpu, HAS(timeout)),
	RULE(killed_plain_waiter_uses_no_cpu, 0),
	RULE(interrupted_killable_waiter_uses_no_cpu, HAS(killable)),
};

CONTRACT_MAIN(rules)
