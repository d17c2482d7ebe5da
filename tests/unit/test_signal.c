/* SPDX-License-Identifier: MIT */
/* Killing and interrupting, by calls and by real signals. */
#include "support/actor.h"
#include "support/ck_main.h"
#include <errno.h>
#include <klock.h>
#include <signal.h>
#include <unistd.h>

#define NR 4

static struct rw_semaphore rwsem;
static struct mutex mutex;
static struct actor threads[NR];

static void set_up(void)
{
	init_rwsem(&rwsem);
	mutex_init(&mutex);
	actors_init(threads, NR);
	klock_unkill_all();
}

static void tear_down(void)
{
	klock_unkill_all();
	actors_fini(threads, NR);
}

static long killable(void *arg)
{
	return down_read_killable(arg);
}

static long interruptible(void *arg)
{
	return down_read_interruptible(arg);
}

static long plain(void *arg)
{
	down_read(arg);
	return 0;
}

static long give(void *arg)
{
	up_read(arg);
	return 0;
}

/* Every thread waits for the lock that we hold: so many of them so that they may be killed. */
static void begin_waits(int nr_killable)
{
	down_write(&rwsem);
	for (int i = 0; i < NR; i++)
		actor_begin(&threads[i], i < nr_killable ? killable : plain, &rwsem);
	await_waiters(&rwsem.word, NR);
}

/* The killable ones are out, the others still wait and get the lock. */
static void expect_killed(int nr_killable)
{
	for (int i = 0; i < nr_killable; i++)
		ck_assert_int_eq(actor_end(&threads[i]), -EINTR);
	ck_assert_int_eq(waiters_for(&rwsem.word), NR - nr_killable);
	up_write(&rwsem);
	for (int i = nr_killable; i < NR; i++) {
		ck_assert_int_eq(actor_end(&threads[i]), 0);
		actor_do(&threads[i], give, &rwsem);
	}
	ck_assert(!rwsem_is_locked(&rwsem));
}

START_TEST(kill_all_gets_killable_waiters_out_and_leaves_plain_ones)
{
	begin_waits(NR / 2);
	klock_kill_all();
	expect_killed(NR / 2);
}
END_TEST

START_TEST(sigterm_gets_killable_waiters_out_and_leaves_plain_ones)
{
	ck_assert_int_eq(klock_catch_signal(SIGTERM, KLOCK_KILL), 0);
	begin_waits(NR / 2);
	ck_assert_int_eq(kill(getpid(), SIGTERM), 0);
	expect_killed(NR / 2);
}
END_TEST

START_TEST(sigterm_handled_by_a_waiter_gets_all_out)
{
	ck_assert_int_eq(klock_catch_signal(SIGTERM, KLOCK_KILL), 0);
	for (int i = 0; i < NR; i++) {
		begin_waits(NR - 1);
		ck_assert_int_eq(pthread_kill(threads[i].thread, SIGTERM), 0);
		expect_killed(NR - 1);
		klock_unkill_all();
	}
}
END_TEST

START_TEST(kill_is_lasting_until_cleared)
{
	down_write(&rwsem);
	klock_kill(threads[0].task);
	ck_assert_int_eq(actor_do(&threads[0], killable, &rwsem), -EINTR);
	ck_assert_int_eq(actor_do(&threads[0], interruptible, &rwsem), -EINTR);
	ck_assert_int_eq(actor_do(&threads[0], killable, &rwsem), -EINTR);
	klock_unkill(threads[0].task);
	actor_begin(&threads[0], killable, &rwsem);
	await_waiters(&rwsem.word, 1);
	up_write(&rwsem);
	ck_assert_int_eq(actor_end(&threads[0]), 0);
	actor_do(&threads[0], give, &rwsem);
}
END_TEST

START_TEST(killed_thread_takes_a_free_lock)
{
	klock_kill(threads[0].task);
	ck_assert_int_eq(actor_do(&threads[0], killable, &rwsem), 0);
	actor_do(&threads[0], give, &rwsem);
}
END_TEST

static void *wait_killable(void *arg)
{
	int err = down_read_killable(arg);

	if (!err)
		up_read(arg);
	return (void *)(intptr_t)err;
}

START_TEST(kill_all_is_seen_by_threads_that_start_later)
{
	pthread_t thread;
	void *result;

	down_write(&rwsem);
	klock_kill_all();
	ck_assert_int_eq(pthread_create(&thread, NULL, wait_killable, &rwsem), 0);
	pthread_join(thread, &result);
	ck_assert_int_eq((intptr_t)result, -EINTR);
	klock_unkill_all();
	ck_assert_int_eq(pthread_create(&thread, NULL, wait_killable, &rwsem), 0);
	await_waiters(&rwsem.word, 1);
	up_write(&rwsem);
	pthread_join(thread, &result);
	ck_assert_int_eq((intptr_t)result, 0);
}
END_TEST

START_TEST(interrupt_ends_one_wait)
{
	down_write(&rwsem);
	actor_begin(&threads[0], interruptible, &rwsem);
	await_waiters(&rwsem.word, 1);
	klock_interrupt(threads[0].task);
	ck_assert_int_eq(actor_end(&threads[0]), -EINTR);
	actor_begin(&threads[0], interruptible, &rwsem);
	await_waiters(&rwsem.word, 1);
	up_write(&rwsem);
	ck_assert_int_eq(actor_end(&threads[0]), 0);
	actor_do(&threads[0], give, &rwsem);
}
END_TEST

START_TEST(interrupt_before_the_wait_ends_it)
{
	down_write(&rwsem);
	klock_interrupt(threads[0].task);
	ck_assert_int_eq(actor_do(&threads[0], interruptible, &rwsem), -EINTR);
	up_write(&rwsem);
}
END_TEST

START_TEST(interrupt_is_kept_by_a_wait_that_it_does_not_end)
{
	down_write(&rwsem);
	actor_begin(&threads[0], killable, &rwsem);
	await_waiters(&rwsem.word, 1);
	klock_interrupt(threads[0].task);
	up_write(&rwsem);
	ck_assert_int_eq(actor_end(&threads[0]), 0);
	actor_do(&threads[0], give, &rwsem);
	down_write(&rwsem);
	ck_assert_int_eq(actor_do(&threads[0], interruptible, &rwsem), -EINTR);
	up_write(&rwsem);
}
END_TEST

START_TEST(signal_interrupts_the_thread_it_is_delivered_to)
{
	ck_assert_int_eq(klock_catch_signal(SIGUSR1, KLOCK_INTERRUPT), 0);
	down_write(&rwsem);
	actor_begin(&threads[0], interruptible, &rwsem);
	actor_begin(&threads[1], interruptible, &rwsem);
	await_waiters(&rwsem.word, 2);
	ck_assert_int_eq(pthread_kill(threads[1].thread, SIGUSR1), 0);
	ck_assert_int_eq(actor_end(&threads[1]), -EINTR);
	ck_assert_int_eq(waiters_for(&rwsem.word), 1);
	up_write(&rwsem);
	ck_assert_int_eq(actor_end(&threads[0]), 0);
	actor_do(&threads[0], give, &rwsem);
}
END_TEST

static void *interrupted_before_its_first_lock(void *arg)
{
	raise(SIGUSR1);
	return (void *)(intptr_t)down_read_interruptible(arg);
}

START_TEST(signal_before_a_threads_first_lock_is_not_lost)
{
	pthread_t thread;
	void *result;

	ck_assert_int_eq(klock_catch_signal(SIGUSR1, KLOCK_INTERRUPT), 0);
	down_write(&rwsem);
	ck_assert_int_eq(pthread_create(&thread, NULL, interrupted_before_its_first_lock, &rwsem),
			 0);
	pthread_join(thread, &result);
	ck_assert_int_eq((intptr_t)result, -EINTR);
	up_write(&rwsem);
}
END_TEST

static void on_usr2(int signo)
{
	(void)signo;
}

/* A signal of the program's own, that has nothing to do with locks, ends no wait. */
START_TEST(other_signals_end_no_wait)
{
	struct sigaction sa = { .sa_handler = on_usr2 }; /* without SA_RESTART */

	sigaction(SIGUSR2, &sa, NULL);
	begin_waits(NR);
	for (int i = 0; i < 100; i++) {
		pthread_kill(threads[i % NR].thread, SIGUSR2);
		nap_us(200);
	}
	ck_assert_int_eq(waiters_for(&rwsem.word), NR);
	up_write(&rwsem);
	for (int i = 0; i < NR; i++) {
		ck_assert_int_eq(actor_end(&threads[i]), 0);
		actor_do(&threads[i], give, &rwsem);
	}
}
END_TEST

static void *lock_with_a_cancel_pending(void *arg)
{
	int err;

	pthread_cancel(pthread_self());
	down_write(arg);
	up_write(arg);
	err = down_write_killable(arg);
	if (!err)
		up_write(arg);
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	return (void *)(intptr_t)(err + 1);
}

START_TEST(wait_is_no_cancellation_point)
{
	pthread_t thread;
	void *result;

	down_write(&rwsem);
	ck_assert_int_eq(pthread_create(&thread, NULL, lock_with_a_cancel_pending, &rwsem), 0);
	await_waiters(&rwsem.word, 1);
	up_write(&rwsem);
	pthread_join(thread, &result);
	ck_assert_int_eq((intptr_t)result, 1);
}
END_TEST

START_TEST(wait_leaves_errno_alone)
{
	actor_do(&threads[0], plain, &rwsem);
	errno = 4711;
	ck_assert_int_eq(down_write_timeout(&rwsem, 1000000), -ETIME);
	klock_kill_all();
	ck_assert_int_eq(down_write_killable(&rwsem), -EINTR);
	klock_unkill_all();
	ck_assert_int_eq(errno, 4711);
	actor_do(&threads[0], give, &rwsem);
}
END_TEST

static long race_killable(void *arg)
{
	int err = mutex_lock_killable(arg);

	if (!err)
		mutex_unlock(arg);
	return err;
}

/* The mark falls anywhere between the call and the sleep: it always gets the waiter out. */
START_TEST(kill_at_any_moment_is_not_lost)
{
	mutex_lock(&mutex);
	for (int i = 0; i < 3000; i++) {
		actor_begin(&threads[0], race_killable, &mutex);
		for (volatile int spin = 0; spin < i % 300 * 10; spin++)
			;
		if (i % 2)
			klock_kill(threads[0].task);
		else
			klock_kill_all();
		ck_assert_int_eq(actor_end(&threads[0]), -EINTR);
		klock_unkill_all();
	}
	mutex_unlock(&mutex);
	ck_assert(!mutex_is_locked(&mutex));
}
END_TEST

START_TEST(catch_signal_refuses_what_it_cannot_do)
{
	ck_assert_int_eq(klock_catch_signal(SIGKILL, KLOCK_KILL), -EINVAL);
	ck_assert_int_eq(klock_catch_signal(0, KLOCK_KILL), -EINVAL);
	ck_assert_int_eq(klock_catch_signal(4000, KLOCK_KILL), -EINVAL);
	ck_assert_int_eq(klock_catch_signal(SIGUSR1, 0), -EINVAL);
	ck_assert_int_eq(klock_catch_signal(SIGUSR1, 4), -EINVAL);
}
END_TEST

START_TEST(pending_marks_can_be_asked_for)
{
	ck_assert(!klock_fatal_signal_pending() && !klock_signal_pending());
	klock_interrupt(klock_current());
	ck_assert(!klock_fatal_signal_pending() && klock_signal_pending());
	klock_unkill(klock_current());
	klock_kill(klock_current());
	ck_assert(klock_fatal_signal_pending() && klock_signal_pending());
	klock_unkill(klock_current());
	ck_assert(!klock_fatal_signal_pending() && !klock_signal_pending());
}
END_TEST

static Suite *signal_suite(void)
{
	Suite *suite = suite_create("signal");
	TCase *tc = tcase_create("signal");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, PATIENCE + 10);
	tcase_add_test(tc, kill_all_gets_killable_waiters_out_and_leaves_plain_ones);
	tcase_add_test(tc, kill_is_lasting_until_cleared);
	tcase_add_test(tc, killed_thread_takes_a_free_lock);
	tcase_add_test(tc, kill_all_is_seen_by_threads_that_start_later);
	tcase_add_test(tc, interrupt_ends_one_wait);
	tcase_add_test(tc, interrupt_before_the_wait_ends_it);
	tcase_add_test(tc, interrupt_is_kept_by_a_wait_that_it_does_not_end);
	tcase_add_test(tc, signal_before_a_threads_first_lock_is_not_lost);
	tcase_add_test(tc, wait_is_no_cancellation_point);
	tcase_add_test(tc, wait_leaves_errno_alone);
	tcase_add_test(tc, kill_at_any_moment_is_not_lost);
	tcase_add_test(tc, catch_signal_refuses_what_it_cannot_do);
	tcase_add_test(tc, pending_marks_can_be_asked_for);
	/* ThreadSanitizer holds a signal back from a thread that sleeps in a system call. */
	if (!UNDER_TSAN) {
		tcase_add_test(tc, sigterm_gets_killable_waiters_out_and_leaves_plain_ones);
		tcase_add_test(tc, sigterm_handled_by_a_waiter_gets_all_out);
		tcase_add_test(tc, signal_interrupts_the_thread_it_is_delivered_to);
		tcase_add_test(tc, other_signals_end_no_wait);
	}
	suite_add_tcase(suite, tc);
	return suite;
}

CK_MAIN(signal_suite())
