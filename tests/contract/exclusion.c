/* SPDX-License-Identifier: MIT */
/* Who may hold a lock together, and what the holders see of each other. */
#include "contract/contract.h"

#define ROUNDS 20000
#define THREADS 4

static struct {
	union any_lock lock;
	const struct lock_row *alone, *shared;
	long counts[2]; /* plain memory that the lock protects: equal while nobody writes */
	int in_alone, in_shared; /* atomic, to see what the lock let in */
} s;

static void begin(const struct lock_row *row)
{
	s.alone = holder_of(row);
	s.shared = lock_row_of(row, true);
	row->object->make(&s.lock);
}

static void write_once(void)
{
	EXPECT_IS(__atomic_add_fetch(&s.in_alone, 1, __ATOMIC_RELAXED), 1);
	EXPECT_IS(__atomic_load_n(&s.in_shared, __ATOMIC_RELAXED), 0);
	s.counts[0]++;
	if (s.counts[0] % 64 == 0)
		sched_yield();
	s.counts[1]++;
	EXPECT_IS(s.counts[0], s.counts[1]);
	__atomic_sub_fetch(&s.in_alone, 1, __ATOMIC_RELAXED);
}

static void read_once(unsigned int i)
{
	long seen;

	__atomic_add_fetch(&s.in_shared, 1, __ATOMIC_RELAXED);
	EXPECT_IS(__atomic_load_n(&s.in_alone, __ATOMIC_RELAXED), 0);
	seen = s.counts[0];
	if (i % 64 == 0)
		sched_yield();
	EXPECT_IS(s.counts[1], seen);
	__atomic_sub_fetch(&s.in_shared, 1, __ATOMIC_RELAXED);
}

/* Takes the lock in turn by each way that the row has. */
static bool take(const struct lock_row *row, int i)
{
	switch (i % 5) {
	case 1:
		return row->try_ && row->try_(&s.lock);
	case 2:
		return row->killable && row->killable(&s.lock) == 0;
	case 3:
		return row->timeout && row->timeout(&s.lock, i % 100 * 1000) == 0;
	case 4:
		return row->try_or_lock && row->try_or_lock(&s.lock, i % 2);
	}
	row->lock(&s.lock);
	return true;
}

static long write_often(void *unused)
{
	long got = 0;

	(void)unused;
	for (int i = 0; i < ROUNDS; i++)
		if (take(s.alone, i)) {
			write_once();
			s.alone->unlock(&s.lock);
			got++;
		}
	return got;
}

static long read_often(void *unused)
{
	long got = 0;

	(void)unused;
	for (int i = 0; i < ROUNDS; i++)
		if (take(s.shared, i)) {
			read_once((unsigned int)i);
			s.shared->unlock(&s.lock);
			got++;
		}
	return got;
}

static void holders_alone_exclude_each_other(const struct lock_row *row)
{
	struct actor threads[THREADS];
	long got = 0;

	begin(row);
	actors_init(threads, THREADS);
	for (int i = 0; i < THREADS; i++)
		actor_begin(&threads[i], write_often, NULL);
	for (int i = 0; i < THREADS; i++)
		got += actor_end(&threads[i]);
	EXPECT(got >= THREADS * ROUNDS / 5);
	EXPECT_IS(s.counts[0], got);
	actors_fini(threads, THREADS);
	expect_free(row, &s.lock);
	row->object->end(&s.lock);
}

static void holders_alone_exclude_sharers(const struct lock_row *row)
{
	struct actor threads[THREADS];
	long got[THREADS];

	begin(row);
	actors_init(threads, THREADS);
	for (int i = 0; i < THREADS; i++)
		actor_begin(&threads[i], i % 2 ? read_often : write_often, NULL);
	for (int i = 0; i < THREADS; i++) {
		got[i] = actor_end(&threads[i]);
		EXPECT(got[i] >= ROUNDS / 5);
	}
	EXPECT_IS(s.counts[0], got[0] + got[2]);
	actors_fini(threads, THREADS);
	expect_free(row, &s.lock);
	row->object->end(&s.lock);
}

/* One step after the other: what each mode lets in beside it. */
static void modes_admit_whom_they_should(const struct lock_row *row)
{
	struct actor holder, other;
	struct attempt hold = { .row = row, .lock = &s.lock }, want = hold;

	begin(row);
	actor_init(&holder);
	actor_init(&other);
	actor_do(&holder, act_lock, &hold);
	for (int shared = 0; shared < 2; shared++) {
		want.row = lock_row_of(row, shared);
		if (!want.row || !want.row->timeout)
			continue;
		want.ns = 0;
		if (row->shared && shared) {
			EXPECT_IS(actor_do(&other, act_timeout, &want), 0);
			actor_do(&other, act_unlock, &want);
		} else {
			EXPECT_IS(actor_do(&other, act_timeout, &want), want.row->timed_out);
		}
	}
	actor_do(&holder, act_unlock, &hold);
	actor_fini(&holder);
	actor_fini(&other);
	expect_free(row, &s.lock);
	row->object->end(&s.lock);
}

/* Each waits inside until all are in: none would come out if one were kept waiting. */
static int inside;

static long enter_and_meet(void *arg)
{
	struct attempt *a = arg;

	a->row->lock(a->lock);
	__atomic_add_fetch(&inside, 1, __ATOMIC_ACQ_REL);
	while (__atomic_load_n(&inside, __ATOMIC_ACQUIRE) < THREADS)
		nap_us(50);
	a->row->unlock(a->lock);
	return 0;
}

static void sharers_that_wait_together_enter_together(const struct lock_row *row)
{
	struct attempt hold = { .row = holder_of(row), .lock = &s.lock };
	struct attempt want = { .row = row, .lock = &s.lock };
	struct actor holder, threads[THREADS];

	begin(row);
	actor_init(&holder);
	actors_init(threads, THREADS);
	actor_do(&holder, act_lock, &hold);
	for (int i = 0; i < THREADS; i++) {
		actor_begin(&threads[i], enter_and_meet, &want);
		await_lock_waiters(row, &s.lock, i + 1);
	}
	actor_do(&holder, act_unlock, &hold);
	for (int i = 0; i < THREADS; i++)
		EXPECT_IS(actor_end(&threads[i]), 0);
	actor_fini(&holder);
	actors_fini(threads, THREADS);
	expect_free(row, &s.lock);
	row->object->end(&s.lock);
}

static const struct rule rules[] = {
	RULE(modes_admit_whom_they_should, 0),
	RULE(holders_alone_exclude_each_other, HAS(exclusive)),
	RULE(holders_alone_exclude_sharers, HAS(exclusive) | HAS(both)),
	RULE(sharers_that_wait_together_enter_together, HAS(shared)),
};

CONTRACT_MAIN(rules)
