/* SPDX-License-Identifier: MIT */
/*
 * Nobody starves: how often a waiter is passed over is bounded. The rules are
 * those that the head of lib/locks/lockword.c states: no reader joins others past a
 * writer that sleeps, and once the head has looked in vain LOOKS times, the next
 * release hands it the lock.
 */
#include "contract/contract.h"
#include <sched.h>

#define LOOKS 4
#define MANY 100 /* rounds in which a waiter without a bound would still wait */

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

static struct sched_param idle_param;

/* Runs when nobody else on its CPU wants to: loses every race for the lock. */
static long be_slow(void *arg)
{
	cpu_set_t one;

	(void)arg;
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one), &one);
	sched_setscheduler(0, SCHED_IDLE, &idle_param);
	return 0;
}

static __thread int looks_seen;

static void see_looks(struct klock_queue *q, uint32_t unused)
{
	struct klock_waiter *head = klock_queue_first(q);

	(void)unused;
	looks_seen = head ? head->tries : -1;
}

static const void *word_of(const struct lock_row *row)
{
	if (!strcmp(row->object->name, "mutex"))
		return &lock.mutex.word;
	return !strcmp(row->object->name, "rwsem") ? &lock.rwsem.word : &lock.semaphore.word;
}

/* Gives the lock up and takes it back at once, while the one that was woken has yet to look. */
static void head_that_is_always_too_late_is_handed_the_lock(const struct lock_row *row)
{
	struct attempt hold = { .row = row, .lock = &lock };
	struct actor slow;
	int rounds;

	row->object->make(&lock);
	actor_init(&slow);
	row->lock(&lock);
	actor_do(&slow, be_slow, NULL);
	be_slow(NULL);
	actor_begin(&slow, act_lock, &hold);
	await_lock_waiters(row, &lock, 1);
	sched_setscheduler(0, SCHED_OTHER, &idle_param);
	for (rounds = 0; rounds < MANY; rounds++) {
		int64_t end = now_ns() + (int64_t)PATIENCE * 1000000000;

		row->unlock(&lock);
		if (!row->try_(&lock))
			break;
		do { /* until it has seen that it came too late */
			nap_us(100);
			klock_unpark(word_of(row), NULL, see_looks, 0);
			EXPECT(now_ns() < end);
		} while (looks_seen <= rounds && looks_seen >= 0 && looks_seen < LOOKS);
	}
	printf("    handed over after %d rounds\n", rounds);
	EXPECT(rounds <= LOOKS);
	EXPECT_IS(actor_end(&slow), 0);
	actor_do(&slow, act_unlock, &hold);
	actor_fini(&slow);
	expect_free(row, &lock);
	row->object->end(&lock);
}

/* The release hands over: not even the thread that gave the lock up gets in before. */
static void sharer_that_waits_comes_in_at_the_next_release(const struct lock_row *row)
{
	const struct lock_row *alone = holder_of(row);
	struct attempt read = { .row = row, .lock = &lock };
	struct actor reader;

	row->object->make(&lock);
	actor_init(&reader);
	for (int i = 0; i < 20; i++) {
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
	RULE(head_that_is_always_too_late_is_handed_the_lock, HAS(exclusive) | HAS(try_)),
	RULE(sharer_that_waits_comes_in_at_the_next_release, HAS(shared)),
	RULE(one_gets_in_among_holders_alone, 0),
	RULE(writer_gets_in_among_readers, HAS(exclusive) | HAS(both)),
	RULE(writer_gets_in_while_readers_overlap_without_a_gap, HAS(exclusive) | HAS(both)),
};

CONTRACT_MAIN(rules)
