/* SPDX-License-Identifier: MIT */
/*
 * The child of a fork() in a process with threads: it can use every lock that
 * no thread held, whatever the others were at, and threads of its own.
 */
#include "contract/contract.h"

#define ROUNDS 40
#define THREADS 3

/* What a child does with a lock that was free. It does not call exit(): that is the parent's. */
static void use_in_child(const struct lock_row *row, union any_lock *lock)
{
	struct attempt want = { .row = row, .lock = lock };
	struct attempt hold = { .row = holder_of(row), .lock = lock };
	struct actor other;

	expect_free(row, lock);
	if (!threads_in_child())
		return;
	/* With a wait and a hand-over among its own threads. */
	actor_init(&other);
	hold.row->lock(lock);
	actor_begin(&other, act_pass_through, &want);
	await_lock_waiters(row, lock, 1);
	hold.row->unlock(lock);
	EXPECT_IS(actor_end(&other), 0);
	if (row->killable) {
		hold.row->lock(lock);
		actor_begin(&other, act_killable, &want);
		await_lock_waiters(row, lock, 1);
		klock_kill(other.task);
		EXPECT_IS(actor_end(&other), -EINTR);
		hold.row->unlock(lock);
	}
	actor_fini(&other);
	expect_free(row, lock);
	row->object->end(lock);
}

static void in_child(const struct lock_row *row, union any_lock *lock)
{
	int status;
	pid_t pid = fork();

	EXPECT(pid >= 0);
	if (pid == 0) {
		alarm(PATIENCE);
		use_in_child(row, lock);
		_exit(EXIT_SUCCESS);
	}
	EXPECT_IS(waitpid(pid, &status, 0), pid);
	EXPECT_IS(status, 0);
}

static void free_lock_is_used_in_a_child(const struct lock_row *row)
{
	union any_lock lock;

	row->object->make(&lock);
	expect_free(row, &lock); /* used, and by this thread */
	in_child(row, &lock);
	expect_free(row, &lock);
	row->object->end(&lock);
}

/* Others wait for a lock meanwhile, and use the tables that the child inherits. */
static void child_of_a_process_with_waiters_uses_other_locks(const struct lock_row *row)
{
	union any_lock busy, lock;
	struct attempt hold = { .row = holder_of(row), .lock = &busy };
	struct attempt want = { .row = row, .lock = &busy };
	struct actor holder, waiters[THREADS];

	row->object->make(&busy);
	row->object->make(&lock);
	actor_init(&holder);
	actors_init(waiters, THREADS);
	actor_do(&holder, act_lock, &hold);
	for (int i = 0; i < THREADS; i++) {
		actor_begin(&waiters[i], act_pass_through, &want);
		await_lock_waiters(row, &busy, i + 1);
	}
	in_child(row, &lock);
	EXPECT_IS(row->object->waiters(&busy), THREADS); /* none was lost here */
	actor_do(&holder, act_unlock, &hold);
	for (int i = 0; i < THREADS; i++)
		EXPECT_IS(actor_end(&waiters[i]), 0);
	actor_fini(&holder);
	actors_fini(waiters, THREADS);
	expect_free(row, &busy);
	row->object->end(&busy);
	row->object->end(&lock);
}

static int over; /* atomic */

static long use_again_and_again(void *arg)
{
	struct attempt *a = arg;

	while (!__atomic_load_n(&over, __ATOMIC_RELAXED)) {
		a->row->lock(a->lock);
		a->row->unlock(a->lock);
	}
	return 0;
}

/* fork() at any moment of others' hand-overs: the bits that they left behind are no harm. */
static void child_of_a_process_in_the_middle_of_it_uses_other_locks(const struct lock_row *row)
{
	union any_lock busy, lock;
	struct attempt often = { .row = holder_of(row), .lock = &busy };
	struct actor threads[THREADS];

	row->object->make(&busy);
	row->object->make(&lock);
	actors_init(threads, THREADS);
	/*
	 * Once before: a thread's first lock in the checked mode calls malloc(), and that of
	 * AddressSanitizer hangs in the child of a fork() in the middle of it.
	 */
	for (int i = 0; i < THREADS; i++)
		actor_do(&threads[i], act_pass_through, &often);
	for (int i = 0; i < THREADS; i++)
		actor_begin(&threads[i], use_again_and_again, &often);
	for (int i = 0; i < ROUNDS; i++)
		in_child(row, &lock);
	__atomic_store_n(&over, 1, __ATOMIC_RELAXED);
	for (int i = 0; i < THREADS; i++)
		actor_end(&threads[i]);
	actors_fini(threads, THREADS);
	expect_free(row, &busy);
	row->object->end(&busy);
	row->object->end(&lock);
}

/* A lock that is free at the moment of the fork() but was waited for a moment ago. */
static void child_uses_a_lock_that_waiters_just_left(const struct lock_row *row)
{
	union any_lock lock;
	struct attempt hold = { .row = holder_of(row), .lock = &lock };
	struct attempt want = { .row = row, .lock = &lock };
	struct actor holder, waiter;

	row->object->make(&lock);
	actor_init(&holder);
	actor_init(&waiter);
	for (int i = 0; i < ROUNDS; i++) {
		actor_do(&holder, act_lock, &hold);
		actor_begin(&waiter, act_pass_through, &want);
		await_lock_waiters(row, &lock, 1);
		actor_do(&holder, act_unlock, &hold);
		if (row->object->waiters(&lock) || actor_busy(&waiter)) {
			EXPECT_IS(actor_end(&waiter), 0);
			continue; /* it may hold the lock: nothing is promised */
		}
		in_child(row, &lock);
	}
	actor_end(&waiter);
	in_child(row, &lock);
	actor_fini(&holder);
	actor_fini(&waiter);
	expect_free(row, &lock);
	row->object->end(&lock);
}

/*
 * What this thread holds, it holds in the child as well; a thread that waited for it is not
 * there, and does not have it, even where it has taken its place already: the writer of a
 * percpu_rw_semaphore, which waits for readers to leave.
 */
static void child_gives_up_what_its_thread_held(const struct lock_row *row)
{
	const struct lock_row *alone = holder_of(row);
	union any_lock lock;
	struct attempt want = { .row = alone, .lock = &lock };
	struct actor waiter;
	int status;
	pid_t pid;

	row->object->make(&lock);
	actor_init(&waiter);
	row->lock(&lock);
	actor_begin(&waiter, act_pass_through, &want);
	await_lock_waiters(row, &lock, 1);
	pid = fork();
	EXPECT(pid >= 0);
	if (pid == 0) {
		alarm(PATIENCE);
		if (alone->try_)
			EXPECT_IS(alone->try_(&lock), false);
		row->unlock(&lock);
		use_in_child(row, &lock);
		_exit(EXIT_SUCCESS);
	}
	EXPECT_IS(waitpid(pid, &status, 0), pid);
	EXPECT_IS(status, 0);
	row->unlock(&lock);
	EXPECT_IS(actor_end(&waiter), 0);
	actor_fini(&waiter);
	expect_free(row, &lock);
	row->object->end(&lock);
}

/* The usual handlers: what they protect is whole in the child, and the lock is free there. */
static struct guarded {
	const struct lock_row *row;
	union any_lock lock;
	struct actor waiter;
	struct attempt want;
} early, late;

static void watch_over(struct guarded *g, const struct lock_row *row)
{
	g->row = row;
	row->object->make(&g->lock);
	g->want = (struct attempt){ .row = holder_of(row), .lock = &g->lock };
	actor_init(&g->waiter);
}

/* When the fork() comes a thread waits for the lock. */
static void take(struct guarded *g)
{
	g->row->lock(&g->lock);
	actor_begin(&g->waiter, act_pass_through, &g->want);
	await_lock_waiters(g->row, &g->lock, 1);
}

static void give(struct guarded *g)
{
	g->row->unlock(&g->lock);
}

static void end_watch(struct guarded *g)
{
	EXPECT_IS(actor_end(&g->waiter), 0);
	actor_fini(&g->waiter);
	expect_free(g->row, &g->lock);
	g->row->object->end(&g->lock);
}

/* Under the other lock, which is of the same class: lockdep would rightly say so. */
static void take_early(void)
{
	klock_lockdep_off();
	take(&early);
	klock_lockdep_on();
}

static void give_early(void)
{
	klock_lockdep_off();
	give(&early);
	klock_lockdep_on();
}

static void take_late(void)
{
	take(&late);
}

static void give_late(void)
{
	give(&late);
}

static void handlers_set_before_and_after_the_first_lock_leave_it_free(const struct lock_row *row)
{
	int status;
	pid_t pid;

	pthread_atfork(take_early, give_early, give_early);
	watch_over(&early, row); /* the first lock */
	watch_over(&late, row);
	pthread_atfork(take_late, give_late, give_late);
	pid = fork();
	EXPECT(pid >= 0);
	if (pid == 0) {
		alarm(PATIENCE);
		use_in_child(row, &early.lock);
		use_in_child(row, &late.lock);
		_exit(EXIT_SUCCESS);
	}
	EXPECT_IS(waitpid(pid, &status, 0), pid);
	EXPECT_IS(status, 0);
	end_watch(&early);
	end_watch(&late);
}

static long fork_in_a_thread(void *arg)
{
	struct attempt *a = arg;

	klock_lockdep_off(); /* as above: it holds another lock of the class */
	in_child(a->row, a->lock);
	klock_lockdep_on();
	return 0;
}

/* The thread that forks is not the first one, which waits for the lock itself. */
static void child_of_another_thread_uses_a_lock_that_it_held(const struct lock_row *row)
{
	union any_lock lock, other;
	struct attempt hold = { .row = row, .lock = &lock }, use = { .row = row, .lock = &other };
	struct attempt want = { .row = holder_of(row), .lock = &lock };
	struct actor forks, waiter;

	row->object->make(&lock);
	row->object->make(&other);
	actor_init(&forks);
	actor_init(&waiter);
	actor_do(&forks, act_lock, &hold);
	actor_begin(&waiter, act_pass_through, &want);
	await_lock_waiters(row, &lock, 1);
	actor_do(&forks, fork_in_a_thread, &use);
	actor_do(&forks, act_unlock, &hold);
	EXPECT_IS(actor_end(&waiter), 0);
	actor_fini(&forks);
	actor_fini(&waiter);
	row->object->end(&lock);
	row->object->end(&other);
}

/* Held is held: for reading as for writing, counted or not, and whatever the lock is. */
static void child_finds_held_what_another_thread_held(const struct lock_row *row)
{
	const struct lock_row *alone = holder_of(row);
	union any_lock lock;
	struct attempt hold = { .row = row, .lock = &lock };
	struct actor holder;
	int status;
	pid_t pid;

	row->object->make(&lock);
	actor_init(&holder);
	actor_do(&holder, act_lock, &hold);
	pid = fork();
	EXPECT(pid >= 0);
	if (pid == 0) {
		alarm(PATIENCE);
		for (int i = 0; i < 2; i++)
			EXPECT_IS(alone->timeout(&lock, 1000000), alone->timed_out);
		_exit(EXIT_SUCCESS);
	}
	EXPECT_IS(waitpid(pid, &status, 0), pid);
	EXPECT_IS(status, 0);
	actor_do(&holder, act_unlock, &hold);
	actor_fini(&holder);
	expect_free(row, &lock);
	row->object->end(&lock);
}

static const struct rule rules[] = {
	RULE(free_lock_is_used_in_a_child, 0),
	RULE(child_of_a_process_with_waiters_uses_other_locks, 0),
	RULE(child_of_a_process_in_the_middle_of_it_uses_other_locks, HAS(exclusive)),
	RULE(child_uses_a_lock_that_waiters_just_left, 0),
	RULE(child_gives_up_what_its_thread_held, 0),
	RULE(handlers_set_before_and_after_the_first_lock_leave_it_free, 0),
	RULE(child_of_another_thread_uses_a_lock_that_it_held, 0),
	RULE(child_finds_held_what_another_thread_held, HAS(timeout)),
};

CONTRACT_MAIN(rules)
