/* SPDX-License-Identifier: MIT */
/* A waiter that gives up leaves the lock right: nobody behind it is forgotten. */
#include "contract/contract.h"

#define MS 1000000ll
#define RACES 300
#define BEHIND 3

/* How a waiter is made to give up, and with which result. */
enum leave { KILLED, INTERRUPTED, TIMED_OUT, NR_LEAVES };

static bool can_leave(const struct lock_row *row, enum leave how)
{
	if (how == KILLED)
		return row->killable;
	return how == INTERRUPTED ? row->interruptible != NULL : row->timeout != NULL;
}

static void wait_to_leave(struct actor *a, struct attempt *want, enum leave how)
{
	want->ns = 20 * MS;
	actor_begin(a,
		    how == KILLED	? act_killable
		    : how == INTERRUPTED ? act_interruptible
					 : act_timeout,
		    want);
}

static void make_leave(struct actor *a, enum leave how)
{
	if (how == KILLED)
		klock_kill(a->task);
	else if (how == INTERRUPTED)
		klock_interrupt(a->task);
}

static long result_of(const struct lock_row *row, enum leave how)
{
	return how == TIMED_OUT ? row->timed_out : -EINTR;
}

/* Uses up what newcomers may pass the writer by. */
static long pass_until_refused(void *arg)
{
	struct attempt *a = arg;
	int passed = 0;

	while (a->row->try_(a->lock)) {
		a->row->unlock(a->lock);
		EXPECT(++passed < 1000);
	}
	return passed;
}

/* A writer that does not get in keeps readers out; they come in when it gives up. */
static void sharers_behind_a_writer_that_left_go_on(const struct lock_row *row)
{
	const struct lock_row *shared = lock_row_of(row, true);
	union any_lock lock;
	struct attempt read = { .row = shared, .lock = &lock };
	struct attempt write = { .row = row, .lock = &lock };
	struct actor holder, writer, readers[BEHIND];

	row->object->make(&lock);
	actor_init(&holder);
	actor_init(&writer);
	actors_init(readers, BEHIND);
	for (enum leave how = 0; how < NR_LEAVES; how++) {
		if (!can_leave(row, how))
			continue;
		actor_do(&holder, act_lock, &read);
		wait_to_leave(&writer, &write, how);
		if (how != TIMED_OUT) {
			await_lock_waiters(row, &lock, 1);
			actor_do(&holder, pass_until_refused, &read);
		}
		for (int i = 0; i < BEHIND; i++) {
			actor_begin(&readers[i], act_lock, &read);
			if (how != TIMED_OUT)
				await_lock_waiters(row, &lock, 2 + i);
		}
		if (how != TIMED_OUT)
			make_leave(&writer, how);
		EXPECT_IS(actor_end(&writer), result_of(row, how));
		for (int i = 0; i < BEHIND; i++) /* while the first still holds it */
			EXPECT_IS(actor_end(&readers[i]), 0);
		for (int i = 0; i < BEHIND; i++)
			actor_do(&readers[i], act_unlock, &read);
		actor_do(&holder, act_unlock, &read);
		klock_unkill(writer.task);
		expect_free(row, &lock);
	}
	actor_fini(&holder);
	actor_fini(&writer);
	actors_fini(readers, BEHIND);
	row->object->end(&lock);
}

/* Holder, the one that leaves, and one behind: in each place of the queue. */
static void waiter_that_left_is_passed_over(const struct lock_row *row)
{
	union any_lock lock;
	struct attempt hold = { .row = holder_of(row), .lock = &lock };
	struct attempt want = { .row = row, .lock = &lock }, leaver = want;
	struct actor holder, threads[BEHIND];

	row->object->make(&lock);
	actor_init(&holder);
	actors_init(threads, BEHIND);
	for (int place = 0; place < BEHIND * NR_LEAVES; place++) {
		enum leave how = (enum leave)(place / BEHIND);
		int leaves = place % BEHIND;

		if (!can_leave(row, how))
			continue;
		actor_do(&holder, act_lock, &hold);
		for (int i = 0; i < BEHIND; i++) {
			if (i == leaves)
				wait_to_leave(&threads[i], &leaver, how);
			else
				actor_begin(&threads[i], act_pass_through, &want);
			if (how != TIMED_OUT)
				await_lock_waiters(row, &lock, i + 1);
		}
		make_leave(&threads[leaves], how);
		EXPECT_IS(actor_end(&threads[leaves]), result_of(row, how));
		await_lock_waiters(row, &lock, BEHIND - 1);
		actor_do(&holder, act_unlock, &hold);
		for (int i = 0; i < BEHIND; i++)
			if (i != leaves)
				EXPECT_IS(actor_end(&threads[i]), 0);
		klock_unkill(threads[leaves].task);
		expect_free(row, &lock);
	}
	actor_fini(&holder);
	actors_fini(threads, BEHIND);
	row->object->end(&lock);
}

/* The release and the reason to leave at the same time: the head has the lock or passes it on. */
static void head_that_leaves_as_it_is_woken_passes_it_on(const struct lock_row *row)
{
	union any_lock lock;
	struct attempt hold = { .row = holder_of(row), .lock = &lock };
	struct attempt want = { .row = row, .lock = &lock }, leaver = want;
	struct actor holder, head, next;
	long got = 0, left = 0;

	row->object->make(&lock);
	actor_init(&holder);
	actor_init(&head);
	actor_init(&next);
	for (int i = 0; i < RACES; i++) {
		long result;

		actor_do(&holder, act_lock, &hold);
		actor_begin(&head, act_killable, &leaver);
		await_lock_waiters(row, &lock, 1);
		actor_begin(&next, act_lock, &want);
		await_lock_waiters(row, &lock, 2);
		actor_begin(&holder, act_unlock, &hold);
		for (int spin = i * 50 % 4000; spin > 0; spin--)
			__atomic_signal_fence(__ATOMIC_SEQ_CST);
		klock_kill(head.task);
		result = actor_end(&head);
		EXPECT(result == 0 || result == -EINTR);
		if (result == 0)
			actor_do(&head, act_unlock, &leaver);
		got += result == 0;
		left += result != 0;
		actor_end(&holder);
		EXPECT_IS(actor_end(&next), 0);
		actor_do(&next, act_unlock, &want);
		klock_unkill(head.task);
		expect_free(row, &lock);
	}
	printf("    %ld got the lock, %ld left\n", got, left);
	actor_fini(&holder);
	actor_fini(&head);
	actor_fini(&next);
	row->object->end(&lock);
}

/* As time runs out at the moment of the release. */
static void head_whose_time_runs_out_as_it_is_woken_passes_it_on(const struct lock_row *row)
{
	union any_lock lock;
	struct attempt hold = { .row = holder_of(row), .lock = &lock };
	struct attempt want = { .row = row, .lock = &lock }, leaver = want;
	struct actor holder, head, next;
	long got = 0, left = 0;

	row->object->make(&lock);
	actor_init(&holder);
	actor_init(&head);
	actor_init(&next);
	for (int i = 0; i < RACES; i++) {
		long result;

		actor_do(&holder, act_lock, &hold);
		leaver.ns = MS / 5;
		actor_begin(&head, act_timeout, &leaver);
		actor_begin(&next, act_lock, &want);
		nap_us(50 + i % 200);
		actor_do(&holder, act_unlock, &hold);
		result = actor_end(&head);
		EXPECT(result == 0 || result == row->timed_out);
		if (result == 0)
			actor_do(&head, act_unlock, &leaver);
		got += result == 0;
		left += result != 0;
		EXPECT_IS(actor_end(&next), 0);
		actor_do(&next, act_unlock, &want);
		expect_free(row, &lock);
	}
	printf("    %ld got the lock, %ld left\n", got, left);
	actor_fini(&holder);
	actor_fini(&head);
	actor_fini(&next);
	row->object->end(&lock);
}

static const struct rule rules[] = {
	RULE(sharers_behind_a_writer_that_left_go_on, HAS(exclusive) | HAS(both)),
	RULE(waiter_that_left_is_passed_over, 0),
	RULE(head_that_leaves_as_it_is_woken_passes_it_on, HAS(killable)),
	RULE(head_whose_time_runs_out_as_it_is_woken_passes_it_on, HAS(timeout)),
};

CONTRACT_MAIN(rules)
