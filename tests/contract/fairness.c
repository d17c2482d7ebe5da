/* SPDX-License-Identifier: MIT */
/*
 * Nobody starves: how long a waiter is passed over is bounded. The rules are those that
 * lib/locks/queue.c and lib/wait/park.h state. No reader joins others past a writer that waits. A
 * thread that waits now and then is handed the lock by the next release. So is one that was woken
 * KLOCK_HAND_OVER_NS ago and had no CPU since. Until then the lock is refused to nobody while it is
 * free, whatever the scheduling classes.
 */
#include "contract/contract.h"
#include <sched.h>

#define ROUNDS 10 /* in which a waiter was passed, at least */
#define BOUND_NS (1000 * (int64_t)KLOCK_HAND_OVER_NS) /* this thread may lose its CPU, too */

static union any_lock lock;

/* Among readers that would leave no gap: the next is to come in before the last has left. */
static void reader_does_not_pass_a_writer_that_sleeps(const struct lock_row *row)
{
	const struct lock_row *shared = lock_row_of(row, true);
	struct attempt read = { .row = shared, .lock = &lock };
	struct attempt write = { .row = row, .lock = &lock };
	struct actor readers[2], writer;

	row->object->make(&lock);
	actors_init(readers, 2);
	actor_init(&writer);
	actor_do(&readers[0], act_lock, &read);
	actor_begin(&writer, act_lock, &write);
	await_lock_waiters(row, &lock, 1);
	EXPECT(!actor_do(&readers[1], act_try, &read));
	EXPECT(actor_busy(&writer));
	actor_do(&readers[0], act_unlock, &read);
	EXPECT_IS(actor_end(&writer), 0);
	actor_do(&writer, act_unlock, &write);
	actors_fini(readers, 2);
	actor_fini(&writer);
	expect_free(row, &lock);
	row->object->end(&lock);
}

static cpu_set_t cpu;
static const struct sched_param no_priority, high_priority = { .sched_priority = 50 };

/* On the one CPU, and it runs there when no other thread wants to. */
static long wait_behind_all(void *arg)
{
	(void)arg;
	sched_setaffinity(0, sizeof(cpu), &cpu);
	return sched_setscheduler(0, SCHED_IDLE, &no_priority);
}

static long wait_on_the_cpu(void *arg)
{
	(void)arg;
	return sched_setaffinity(0, sizeof(cpu), &cpu);
}

/*
 * Gives the lock up and takes it back at once, while the waiter has no CPU: until that is handed
 * the lock. How often that was.
 */
static int pass_a_waiter(const struct lock_row *row, struct actor *waiter, struct attempt *hold)
{
	int64_t began;
	int passes = 0;

	row->lock(&lock);
	actor_begin(waiter, act_lock, hold);
	await_lock_waiters(row, &lock, 1);
	began = now_ns();
	for (;;) {
		row->unlock(&lock);
		if (!row->try_(&lock))
			break;
		passes++;
		EXPECT(now_ns() < began + BOUND_NS);
	}
	EXPECT_IS(lock_waiters(row, &lock), 0); /* it is refused since it was handed over */
	EXPECT_IS(actor_end(waiter), 0);
	actor_do(waiter, act_unlock, hold);
	return passes;
}

/* Where the last hand-over is some time ago, there is another one at once: not in all rounds. */
static void pass_waiters(const struct lock_row *row, long (*be_slow)(void *))
{
	int64_t end = now_ns() + (int64_t)PATIENCE * 1000000000;
	struct attempt hold = { .row = row, .lock = &lock };
	int rounds = 0, most = 0;
	struct actor waiter;

	row->object->make(&lock);
	actor_init(&waiter);
	EXPECT_IS(actor_do(&waiter, be_slow, NULL), 0);
	while (rounds < ROUNDS) {
		int passes = pass_a_waiter(row, &waiter, &hold);

		rounds += passes > 0;
		most = passes > most ? passes : most;
		EXPECT(now_ns() < end);
	}
	printf("    passed %d times at most\n", most);
	actor_fini(&waiter);
	expect_free(row, &lock);
	row->object->end(&lock);
}

/* This thread, too. False: it may not. */
static bool use_one_cpu(int policy, const struct sched_param *priority)
{
	CPU_ZERO(&cpu);
	CPU_SET((size_t)sched_getcpu(), &cpu);
	sched_setaffinity(0, sizeof(cpu), &cpu);
	return !sched_setscheduler(0, policy, priority);
}

static void waiter_of_the_idle_class_is_handed_the_lock(const struct lock_row *row)
{
	EXPECT(use_one_cpu(SCHED_OTHER, &no_priority));
	pass_waiters(row, wait_behind_all);
}

static void waiter_beside_a_real_time_thread_is_handed_the_lock(const struct lock_row *row)
{
	if (!use_one_cpu(SCHED_FIFO, &high_priority))
		printf("    without a real-time thread: that is not allowed here\n");
	pass_waiters(row, wait_on_the_cpu);
}

/* Not even the thread that gave the lock up gets in before. */
static void who_waits_now_and_then_comes_in_at_the_next_release(const struct lock_row *row)
{
	const struct lock_row *alone = holder_of(row);
	struct attempt read = { .row = row, .lock = &lock };
	struct actor reader;

	row->object->make(&lock);
	actor_init(&reader);
	for (int i = 0; i < 20; i++) {
		nap_us(2 * KLOCK_HAND_OVER_NS / 1000);
		alone->lock(&lock);
		actor_begin(&reader, act_lock, &read);
		await_lock_waiters(row, &lock, 1);
		alone->unlock(&lock);
		EXPECT_IS(alone->timeout(&lock, 0), alone->timed_out);
		EXPECT_IS(actor_end(&reader), 0);
		actor_do(&reader, act_unlock, &read);
	}
	actor_fini(&reader);
	expect_free(row, &lock);
	row->object->end(&lock);
}

#define READERS 20 /* more than one release hands the lock to */

/* None of them leaves before all of them are in. */
static void readers_that_wait_come_in_together(const struct lock_row *row)
{
	const struct lock_row *alone = holder_of(row);
	struct attempt read = { .row = row, .lock = &lock };
	struct actor readers[READERS];

	row->object->make(&lock);
	actors_init(readers, READERS);
	for (int round = 0; round < 5; round++) {
		alone->lock(&lock);
		for (int i = 0; i < READERS; i++) {
			actor_begin(&readers[i], act_lock, &read);
			await_lock_waiters(row, &lock, i + 1);
		}
		alone->unlock(&lock);
		for (int i = 0; i < READERS; i++)
			EXPECT_IS(actor_end(&readers[i]), 0);
		for (int i = 0; i < READERS; i++)
			actor_do(&readers[i], act_unlock, &read);
	}
	actors_fini(readers, READERS);
	expect_free(row, &lock);
	row->object->end(&lock);
}

/* Threads that take the lock again and again, with no pause in between. */
static int over;  /* atomic */
static long took; /* atomic */

static long take_again_and_again(void *arg)
{
	struct attempt *a = arg;

	while (!__atomic_load_n(&over, __ATOMIC_RELAXED)) {
		a->row->lock(a->lock);
		__atomic_add_fetch(&took, 1, __ATOMIC_RELAXED);
		a->row->unlock(a->lock);
	}
	return 0;
}

/* How many others have taken the lock meanwhile. */
static long take_once(void *arg)
{
	struct attempt *a = arg;
	long before = __atomic_load_n(&took, __ATOMIC_RELAXED);

	a->row->lock(a->lock);
	before = __atomic_load_n(&took, __ATOMIC_RELAXED) - before;
	a->row->unlock(a->lock);
	return before;
}

#define CROWD 3
#define TURNS 50

static void one_gets_in_among_a_crowd(const struct lock_row *row, const struct lock_row *crowd)
{
	struct attempt once = { .row = row, .lock = &lock };
	struct attempt often = { .row = crowd, .lock = &lock };
	struct actor one, many[CROWD];
	long longest = 0;

	row->object->make(&lock);
	actor_init(&one);
	actors_init(many, CROWD);
	for (int i = 0; i < CROWD; i++)
		actor_begin(&many[i], take_again_and_again, &often);
	while (__atomic_load_n(&took, __ATOMIC_RELAXED) < CROWD)
		nap_us(100);
	for (int i = 0; i < TURNS; i++) {
		long others = actor_do(&one, take_once, &once);

		longest = others > longest ? others : longest;
	}
	__atomic_store_n(&over, 1, __ATOMIC_RELAXED);
	for (int i = 0; i < CROWD; i++)
		actor_end(&many[i]);
	printf("    waited for %ld others at most\n", longest);
	actor_fini(&one);
	actors_fini(many, CROWD);
	expect_free(row, &lock);
	row->object->end(&lock);
}

static void one_gets_in_among_holders_alone(const struct lock_row *row)
{
	one_gets_in_among_a_crowd(row, holder_of(row));
}

static void writer_gets_in_among_readers(const struct lock_row *row)
{
	one_gets_in_among_a_crowd(row, lock_row_of(row, true));
}

/* Readers that leave only when another has come in: the lock is never free by chance. */
static int readers_in;

static long overlap(void *arg)
{
	struct attempt *a = arg;

	while (!__atomic_load_n(&over, __ATOMIC_RELAXED)) {
		a->row->lock(a->lock);
		__atomic_add_fetch(&readers_in, 1, __ATOMIC_RELAXED);
		/* If nobody comes, the next is kept waiting: the one thing that may end it. */
		for (int i = 0; i < 200; i++) {
			if (__atomic_load_n(&readers_in, __ATOMIC_RELAXED) >= 2)
				break;
			nap_us(50);
		}
		__atomic_sub_fetch(&readers_in, 1, __ATOMIC_RELAXED);
		a->row->unlock(a->lock);
	}
	return 0;
}

static void writer_gets_in_while_readers_overlap_without_a_gap(const struct lock_row *row)
{
	struct attempt read = { .row = lock_row_of(row, true), .lock = &lock };
	struct actor readers[CROWD];
	int64_t began, longest = 0;

	row->object->make(&lock);
	actors_init(readers, CROWD);
	for (int i = 0; i < CROWD; i++)
		actor_begin(&readers[i], overlap, &read);
	for (int i = 0; i < 10; i++) {
		while (__atomic_load_n(&readers_in, __ATOMIC_RELAXED) < 2)
			nap_us(50);
		began = now_ns();
		row->lock(&lock); /* the case ends by its alarm if this does not */
		row->unlock(&lock);
		began = now_ns() - began;
		longest = began > longest ? began : longest;
	}
	__atomic_store_n(&over, 1, __ATOMIC_RELAXED);
	for (int i = 0; i < CROWD; i++)
		actor_end(&readers[i]);
	printf("    waited for %lld us at most\n", (long long)longest / 1000);
	actors_fini(readers, CROWD);
	expect_free(row, &lock);
	row->object->end(&lock);
}

static const struct rule rules[] = {
	RULE(reader_does_not_pass_a_writer_that_sleeps, HAS(exclusive) | HAS(both)),
	RULE(waiter_of_the_idle_class_is_handed_the_lock, HAS(exclusive) | HAS(try_)),
	RULE(waiter_beside_a_real_time_thread_is_handed_the_lock, HAS(exclusive) | HAS(try_)),
	RULE(who_waits_now_and_then_comes_in_at_the_next_release, HAS(timeout)),
	RULE(readers_that_wait_come_in_together, HAS(shared)),
	RULE(one_gets_in_among_holders_alone, 0),
	RULE(writer_gets_in_among_readers, HAS(exclusive) | HAS(both)),
	RULE(writer_gets_in_while_readers_overlap_without_a_gap, HAS(exclusive) | HAS(both)),
};

CONTRACT_MAIN(rules)
