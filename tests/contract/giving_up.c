/* SPDX-License-Identifier: MIT */
/* Who tries, is killed, interrupted or runs out of time. */
#include "contract/contract.h"
#include <sys/syscall.h>
#include <time.h>
#include <sched.h>

#define MS 1000000ll
#define LONG (1000 * 1000 * MS) /* a time that does not come */

/* A lock that `holder` holds so that nobody of this row gets it, and a thread that wants it. */
struct scene {
	union any_lock lock;
	struct actor holder, waiter;
	struct attempt hold, want;
};

static void scene_begin(struct scene *s, const struct lock_row *row)
{
	s->hold = (struct attempt){ .row = holder_of(row), .lock = &s->lock };
	s->want = (struct attempt){ .row = row, .lock = &s->lock };
	row->object->make(&s->lock);
	actor_init(&s->holder);
	actor_init(&s->waiter);
	actor_do(&s->holder, act_lock, &s->hold);
}

/* The waiter has begun `what` and waits for the lock. */
static void scene_wait(struct scene *s, long (*what)(void *arg))
{
	actor_begin(&s->waiter, what, &s->want);
	await_lock_waiters(s->want.row, &s->lock, 1);
}

/* The waiter still waits, and gets the lock, with this result, when it is given up. */
static void expect_gets_it(struct scene *s, long result)
{
	EXPECT(actor_busy(&s->waiter));
	EXPECT_IS(s->want.row->object->waiters(&s->lock), 1);
	actor_do(&s->holder, act_unlock, &s->hold);
	EXPECT_IS(actor_end(&s->waiter), result);
	actor_do(&s->waiter, act_unlock, &s->want);
	actor_do(&s->holder, act_lock, &s->hold);
}

static void scene_end(struct scene *s)
{
	actor_do(&s->holder, act_unlock, &s->hold);
	actor_fini(&s->holder);
	actor_fini(&s->waiter);
	expect_free(s->want.row, &s->lock);
	s->want.row->object->end(&s->lock);
}

static void try_of_a_held_lock_says_no(const struct lock_row *row)
{
	struct scene s;

	scene_begin(&s, row);
	EXPECT_IS(actor_do(&s.waiter, act_try, &s.want), false);
	if (row->try_or_lock)
		EXPECT_IS(actor_do(&s.waiter, act_try_or_lock_try, &s.want), false);
	scene_end(&s);
}

static void try_of_a_free_lock_gets_it(const struct lock_row *row)
{
	struct scene s;

	scene_begin(&s, row);
	actor_do(&s.holder, act_unlock, &s.hold);
	EXPECT_IS(actor_do(&s.waiter, act_try, &s.want), true);
	/* and holds it: the other cannot have it */
	if (s.hold.row->timeout)
		EXPECT_IS(actor_do(&s.holder, act_timeout, &s.hold), s.hold.row->timed_out);
	actor_do(&s.waiter, act_unlock, &s.want);
	if (row->try_or_lock) {
		EXPECT_IS(actor_do(&s.waiter, act_try_or_lock_try, &s.want), true);
		actor_do(&s.waiter, act_unlock, &s.want);
	}
	actor_do(&s.holder, act_lock, &s.hold);
	scene_end(&s);
}

static void try_or_lock_without_try_waits(const struct lock_row *row)
{
	struct scene s;

	scene_begin(&s, row);
	scene_wait(&s, act_try_or_lock_wait);
	expect_gets_it(&s, true);
	scene_end(&s);
}

static void killed_waiter_gives_up(const struct lock_row *row)
{
	struct scene s;

	scene_begin(&s, row);
	scene_wait(&s, act_killable);
	klock_kill(s.waiter.task);
	EXPECT_IS(actor_end(&s.waiter), -EINTR);
	EXPECT_IS(row->object->waiters(&s.lock), 0);
	/* The mark stays: so does the next wait end, before it began. */
	EXPECT_IS(actor_do(&s.waiter, act_killable, &s.want), -EINTR);
	if (row->interruptible)
		EXPECT_IS(actor_do(&s.waiter, act_interruptible, &s.want), -EINTR);
	/* Until it is cleared. */
	klock_unkill(s.waiter.task);
	scene_wait(&s, act_killable);
	expect_gets_it(&s, 0);
	scene_end(&s);
}

static void kill_all_ends_every_killable_wait(const struct lock_row *row)
{
	struct scene s;
	struct actor late;

	scene_begin(&s, row);
	scene_wait(&s, act_killable);
	klock_kill_all();
	EXPECT_IS(actor_end(&s.waiter), -EINTR);
	actor_init(&late); /* born after it */
	EXPECT_IS(actor_do(&late, act_killable, &s.want), -EINTR);
	klock_unkill_all();
	scene_wait(&s, act_killable);
	expect_gets_it(&s, 0);
	actor_fini(&late);
	scene_end(&s);
}

/* How often the thread has looked at the clock: once to queue, more often to spin or sleep. */
static __thread int looks;

/* In place of the C library's, for the library as well. */
int clock_gettime(clockid_t id, struct timespec *time)
{
	looks++;
	return (int)syscall(SYS_clock_gettime, id, time);
}

static long count_looks(void *arg)
{
	struct attempt *a = arg;
	int before = looks, err;

	err = a->ns ? a->row->interruptible(a->lock) : a->row->killable(a->lock);
	return looks - before <= 1 ? err : looks - before;
}

static long count_looks_of_a_wait(void *arg)
{
	struct attempt *a = arg;
	int before = looks;

	a->row->timeout(a->lock, 1000);
	return looks - before;
}

/* It neither spins nor sleeps, and leaves nothing in the lock. */
static void thread_killed_before_gives_up_without_waiting(const struct lock_row *row)
{
	union any_lock before;
	struct scene s;

	scene_begin(&s, row);
	if (row->timeout)
		EXPECT(actor_do(&s.waiter, count_looks_of_a_wait, &s.want) > 1);
	klock_kill(s.waiter.task);
	before = s.lock;
	for (int i = 0; i < 100; i++)
		EXPECT_IS(actor_do(&s.waiter, count_looks, &s.want), -EINTR);
	EXPECT(!memcmp(&before, &s.lock, sizeof(before)));
	klock_unkill(s.waiter.task);
	if (row->interruptible) {
		s.want.ns = 1;
		klock_interrupt(s.waiter.task);
		EXPECT_IS(actor_do(&s.waiter, count_looks, &s.want), -EINTR);
		EXPECT(!memcmp(&before, &s.lock, sizeof(before)));
	}
	scene_end(&s);
}

static void killed_thread_takes_a_free_lock(const struct lock_row *row)
{
	struct scene s;

	scene_begin(&s, row);
	actor_do(&s.holder, act_unlock, &s.hold);
	klock_kill(s.waiter.task);
	EXPECT_IS(actor_do(&s.waiter, act_killable, &s.want), 0);
	actor_do(&s.waiter, act_unlock, &s.want);
	actor_do(&s.holder, act_lock, &s.hold);
	scene_end(&s);
}

static void kill_and_interrupt_leave_plain_waits(const struct lock_row *row)
{
	struct scene s;

	scene_begin(&s, row);
	scene_wait(&s, act_lock);
	klock_kill(s.waiter.task);
	klock_interrupt(s.waiter.task);
	klock_kill_all();
	for (int i = 0; i < 20; i++) { /* awake and asleep again, if it were to leave */
		klock_interrupt(s.waiter.task);
		nap_us(500);
	}
	expect_gets_it(&s, 0);
	scene_end(&s);
}

static void interrupt_ends_one_wait(const struct lock_row *row)
{
	struct scene s;

	scene_begin(&s, row);
	scene_wait(&s, act_interruptible);
	klock_interrupt(s.waiter.task);
	EXPECT_IS(actor_end(&s.waiter), -EINTR);
	scene_wait(&s, act_interruptible);
	expect_gets_it(&s, 0);
	scene_end(&s);
}

static void interrupt_before_the_wait_ends_it(const struct lock_row *row)
{
	struct scene s;

	scene_begin(&s, row);
	klock_interrupt(s.waiter.task);
	EXPECT_IS(actor_do(&s.waiter, act_interruptible, &s.want), -EINTR);
	scene_wait(&s, act_interruptible);
	expect_gets_it(&s, 0);
	scene_end(&s);
}

static void interrupt_leaves_killable_waits_and_stays(const struct lock_row *row)
{
	struct scene s;

	scene_begin(&s, row);
	scene_wait(&s, act_killable);
	klock_interrupt(s.waiter.task);
	nap_us(2000); /* to leave in, if it were to */
	expect_gets_it(&s, 0);
	EXPECT_IS(actor_do(&s.waiter, act_interruptible, &s.want), -EINTR);
	scene_end(&s);
}

static void interruptible_wait_can_be_killed(const struct lock_row *row)
{
	struct scene s;

	scene_begin(&s, row);
	scene_wait(&s, act_interruptible);
	klock_kill(s.waiter.task);
	EXPECT_IS(actor_end(&s.waiter), -EINTR);
	scene_end(&s);
}

static void time_up_ends_the_wait_not_before(const struct lock_row *row)
{
	struct scene s;
	int64_t began, took;

	scene_begin(&s, row);
	for (int i = 0; i < 5; i++) {
		s.want.ns = i * 3 * MS + 1;
		began = now_ns();
		EXPECT_IS(actor_do(&s.waiter, act_timeout, &s.want), row->timed_out);
		took = now_ns() - began;
		EXPECT(took >= s.want.ns);
		EXPECT(took < 60 * 1000 * MS);
	}
	s.want.ns = LONG;
	scene_wait(&s, act_timeout);
	expect_gets_it(&s, 0);
	s.want.ns = INT64_MAX; /* for ever, and past what a clock can say */
	scene_wait(&s, act_timeout);
	expect_gets_it(&s, 0);
	s.want.ns = INT64_MAX - 1;
	scene_wait(&s, act_timeout);
	expect_gets_it(&s, 0);
	scene_end(&s);
}

/* How often the thread has slept in a refused attempt of no time. */
static long sleeps_of_an_attempt(void *arg)
{
	struct attempt *a = arg;
	struct rusage before, after;

	getrusage(RUSAGE_THREAD, &before);
	EXPECT_IS(a->row->timeout(a->lock, 0), a->row->timed_out);
	getrusage(RUSAGE_THREAD, &after);
	return after.ru_nvcsw - before.ru_nvcsw;
}

static void zero_time_is_one_attempt(const struct lock_row *row)
{
	struct scene s;

	scene_begin(&s, row);
	s.want.ns = 0;
	/* A page that is not there may put it to sleep, but not each time. */
	for (int i = 0; actor_do(&s.waiter, sleeps_of_an_attempt, &s.want); i++)
		EXPECT(i < 20);
	actor_do(&s.holder, act_unlock, &s.hold);
	EXPECT_IS(actor_do(&s.waiter, act_timeout, &s.want), 0);
	actor_do(&s.waiter, act_unlock, &s.want);
	actor_do(&s.holder, act_lock, &s.hold);
	scene_end(&s);
}

static int reports;

static void count_report(const struct klock_bug *bug)
{
	(void)bug;
	reports++;
}

static void negative_time_is_refused(const struct lock_row *row)
{
	struct scene s;

	scene_begin(&s, row);
	klock_set_bug_fn(count_report);
	s.want.ns = -1;
	EXPECT_IS(actor_do(&s.waiter, act_timeout, &s.want), -EINVAL);
	EXPECT_IS(reports, 1);
	s.want.ns = INT64_MIN;
	EXPECT_IS(actor_do(&s.waiter, act_timeout, &s.want), -EINVAL);
	EXPECT_IS(reports, 2);
	scene_end(&s);
}

static const struct rule rules[] = {
	RULE(try_of_a_held_lock_says_no, HAS(try_)),
	RULE(try_of_a_free_lock_gets_it, HAS(try_)),
	RULE(try_or_lock_without_try_waits, HAS(try_or_lock)),
	RULE(killed_waiter_gives_up, HAS(killable)),
	RULE(kill_all_ends_every_killable_wait, HAS(killable)),
	RULE(thread_killed_before_gives_up_without_waiting, HAS(killable)),
	RULE(killed_thread_takes_a_free_lock, HAS(killable)),
	RULE(kill_and_interrupt_leave_plain_waits, 0),
	RULE(interrupt_ends_one_wait, HAS(interruptible)),
	RULE(interrupt_before_the_wait_ends_it, HAS(interruptible)),
	RULE(interrupt_leaves_killable_waits_and_stays, HAS(interruptible) | HAS(killable)),
	RULE(interruptible_wait_can_be_killed, HAS(interruptible)),
	RULE(time_up_ends_the_wait_not_before, HAS(timeout)),
	RULE(zero_time_is_one_attempt, HAS(timeout)),
	RULE(negative_time_is_refused, HAS(timeout)),
};

CONTRACT_MAIN(rules)
