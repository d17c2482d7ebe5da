/* SPDX-License-Identifier: MIT */
/* Deadlocks that have happened and waits that last long, as the waiters themselves report them. */
#include "hang/options.h"
#include "support/ck_main.h"
#include "support/long_waits.h"
#include "support/shown.h"
#include <errno.h>
#include <klock.h>
#include <sys/wait.h>

static DEFINE_MUTEX(alpha);
static DEFINE_MUTEX(beta);
static DEFINE_RWSEM(sem);
static DEFINE_SEMAPHORE(units, 0);
static struct actor actors[5];
static struct actor *a = &actors[0], *b = &actors[1], *c = &actors[2];

static long name_me(void *name)
{
	return pthread_setname_np(pthread_self(), name);
}

static void setup(void)
{
	count_looks();
	actor_init(a);
	actor_init(b);
	actor_init(c);
	actor_do(a, name_me, (char *)"one");
	actor_do(b, name_me, (char *)"two");
	actor_do(c, name_me, (char *)"three");
}

static void teardown(void)
{
	actor_fini(a);
	actor_fini(b);
	actor_fini(c);
	klock_set_bug_fn(NULL);
}

static long take(void *lock)
{
	mutex_lock(lock);
	return 0;
}

static long take_killable(void *lock)
{
	return mutex_lock_killable(lock);
}

static long take_for_an_hour(void *lock)
{
	return mutex_lock_timeout(lock, INT64_C(3600) * 1000000000);
}

static long give(void *lock)
{
	mutex_unlock(lock);
	return 0;
}

static long take_as_writer(void *arg)
{
	down_write(arg);
	return 0;
}

static long give_as_writer(void *arg)
{
	up_write(arg);
	return 0;
}

static long take_unit(void *arg)
{
	down(arg);
	return 0;
}

static void begin_wait(struct actor *actor, long (*how)(void *), struct mutex *lock)
{
	actor_begin(actor, how, lock);
	await_waiters(&lock->word, 1);
}

/* a has alpha and waits for beta, b has beta and waits for alpha, and that is the last wait. */
static void close_circle(long (*how_a)(void *), long (*how_b)(void *))
{
	actor_do(a, take, &alpha);
	actor_do(b, take, &beta);
	begin_wait(a, how_a, &beta);
	begin_wait(b, how_b, &alpha);
}

/* b is got out of its wait for alpha, and gives beta to a. */
static void open_circle(void)
{
	klock_kill(b->task);
	ck_assert_int_eq(actor_end(b), -EINTR);
	actor_do(b, give, &beta);
	ck_assert_int_eq(actor_end(a), 0);
	actor_do(a, give, &beta);
	actor_do(a, give, &alpha);
}

START_TEST(two_threads_in_a_deadlock_are_reported_once)
{
	close_circle(take, take_killable);
	await_looks(2);
	open_circle();
	ck_assert_int_eq(told.count, 1);
	ck_assert_str_eq(told.what, "deadlock: 2 threads wait for each other");
	ck_assert_str_eq(told.lock_name, "alpha"); /* the wait that closed the circle */
	expect_details("two/");
	expect_details(" waits for mutex 'alpha' at 0x");
	expect_details(" (write, killable) for ");
	expect_details("klock:     held for writing by one/");
	expect_details(" waits for mutex 'beta' at 0x");
	expect_details("klock:     held for writing by two/");
}
END_TEST

START_TEST(three_threads_in_a_deadlock_are_reported_once)
{
	actor_do(a, take, &alpha);
	actor_do(b, take, &beta);
	actor_do(c, take_as_writer, &sem);
	begin_wait(a, take, &beta);
	actor_begin(b, take_as_writer, &sem);
	await_waiters(&sem.word, 1);
	begin_wait(c, take_killable, &alpha);
	await_looks(3);
	klock_kill(c->task);
	ck_assert_int_eq(actor_end(c), -EINTR);
	actor_do(c, give_as_writer, &sem);
	actor_end(b);
	actor_do(b, give_as_writer, &sem);
	actor_do(b, give, &beta);
	actor_end(a);
	actor_do(a, give, &beta);
	actor_do(a, give, &alpha);
	ck_assert_int_eq(told.count, 1);
	ck_assert_str_eq(told.what, "deadlock: 3 threads wait for each other");
	expect_details("rw_semaphore 'sem'");
}
END_TEST

/* Also those that wait for a deadlock without being part of it do not report it. */
START_TEST(waiter_behind_a_deadlock_is_no_deadlock)
{
	close_circle(take, take_killable);
	actor_begin(c, take_killable, &alpha);
	await_waiters(&alpha.word, 2);
	await_looks(3);
	klock_kill(c->task);
	ck_assert_int_eq(actor_end(c), -EINTR);
	open_circle();
	ck_assert_int_eq(told.count, 1);
}
END_TEST

START_TEST(long_waits_without_a_circle_are_not_reported)
{
	actor_do(a, take, &alpha);
	actor_do(b, take, &beta);
	begin_wait(b, take, &alpha);
	begin_wait(c, take, &beta);
	await_looks(2);
	actor_do(a, give, &alpha);
	actor_end(b);
	actor_do(b, give, &beta);
	actor_do(b, give, &alpha);
	actor_end(c);
	actor_do(c, give, &beta);
	ck_assert_int_eq(told.count, 0);
}
END_TEST

START_TEST(circle_with_a_deadline_in_it_is_not_reported)
{
	close_circle(take_for_an_hour, take_killable);
	await_looks(2);
	open_circle();
	ck_assert_int_eq(told.count, 0);
}
END_TEST

START_TEST(circle_closed_by_a_wait_with_a_deadline_is_not_reported)
{
	close_circle(take_killable, take_for_an_hour);
	await_looks(2);
	ck_assert_int_eq(told.count, 0);
	klock_kill(a->task);
	ck_assert_int_eq(actor_end(a), -EINTR);
	actor_do(a, give, &alpha);
	ck_assert_int_eq(actor_end(b), 0);
	actor_do(b, give, &alpha);
	actor_do(b, give, &beta);
}
END_TEST

START_TEST(long_wait_is_reported_once_with_the_chain_of_holders)
{
	set_hung("20ms");
	actor_do(a, take, &alpha);
	actor_do(b, take, &beta);
	begin_wait(b, take, &alpha);
	await_looks(1);
	ck_assert_int_eq(told_count(), 1);
	ck_assert_str_eq(told.what, "hung: a thread waits for more than 0.020s");
	ck_assert_str_eq(told.lock_name, "alpha");
	begin_wait(c, take, &beta);
	await_looks(2);
	actor_do(a, give, &alpha);
	actor_end(b);
	actor_do(b, give, &alpha);
	actor_do(b, give, &beta);
	actor_end(c);
	actor_do(c, give, &beta);
	ck_assert_int_eq(told.count, 2);
	ck_assert_str_eq(told.lock_name, "beta");
	expect_details("klock:   three/");
	expect_details(" waits for mutex 'beta' at 0x");
	expect_details("klock:     held for writing by two/");
	expect_details("klock:   two/");
	expect_details(" waits for mutex 'alpha' at 0x");
	expect_details("klock:     held for writing by one/");
	ck_assert_ptr_null(strstr(told.details, "klock:   one/")); /* it does not wait */
}
END_TEST

START_TEST(long_wait_looks_for_a_circle_before_it_is_reported)
{
	set_hung("40ms");
	klock_long_waits.after_ns = 1000000; /* as a second is to a KLOCK_HUNG of 40 */
	actor_do(a, take, &alpha);
	begin_wait(b, take, &alpha);
	actor_begin(c, take_unit, &units); /* nothing to be looked for: it looks once */
	await_told(&told.count, 2);
	actor_do(a, give, &alpha);
	actor_end(b);
	actor_do(b, give, &alpha);
	up(&units);
	actor_end(c);
	ck_assert_int_eq(told.count, 2);
	ck_assert_int_le(told.looks, 3);
}
END_TEST

START_TEST(long_wait_for_a_unit_is_reported)
{
	set_hung("20ms");
	actor_begin(a, take_unit, &units);
	await_looks(1);
	up(&units);
	actor_end(a);
	ck_assert_int_eq(told.count, 1);
	ck_assert_str_eq(told.lock_name, "units");
	expect_details("without units; nobody owns those that were taken");
}
END_TEST

START_TEST(members_of_a_deadlock_are_not_reported_as_hung)
{
	set_hung("20ms");
	close_circle(take, take_killable);
	await_looks(2);
	open_circle();
	/* The first to wait may have done so for 20 ms before the second closed the circle. */
	ck_assert_int_ge(told.count, 1);
	ck_assert_int_le(told.count, 2);
	ck_assert_str_eq(told.what, "deadlock: 2 threads wait for each other");
}
END_TEST

START_TEST(circle_with_a_deadline_is_reported_as_hung)
{
	set_hung("20ms");
	close_circle(take_for_an_hour, take_killable);
	await_looks(2);
	open_circle();
	ck_assert_int_eq(told.count, 2);
	ck_assert_str_eq(told.what, "hung: a thread waits for more than 0.020s");
	expect_details(", gives up in 3");
	expect_details("klock:   a circle, until one of them gives up\n");
}
END_TEST

START_TEST(switched_off_nobody_looks)
{
	set_hung("off");
	ck_assert_int_eq(klock_long_waits.after_ns, KLOCK_FOREVER);
	ck_assert_int_eq(klock_long_waits.after_blind_ns, KLOCK_FOREVER);
	set_hung("0");
	ck_assert_int_eq(klock_long_waits.after_ns, KLOCK_FOREVER);
}
END_TEST

START_TEST(variable_sets_when_waits_look)
{
	const int64_t second = 1000000000;

	klock_hang_set(NULL);
	ck_assert_int_eq(klock_long_waits.after_ns, second);
	ck_assert_int_eq(klock_long_waits.after_blind_ns, KLOCK_FOREVER);
	klock_hang_set("10s");
	ck_assert_int_eq(klock_long_waits.after_ns, second);
	ck_assert_int_eq(klock_long_waits.after_blind_ns, 10 * second);
	klock_hang_set("200ms");
	ck_assert_int_eq(klock_long_waits.after_ns, second / 5);
	ck_assert_int_eq(klock_long_waits.after_blind_ns, second / 5);
}
END_TEST

START_TEST(wrong_value_of_the_variable_is_said_and_changes_nothing)
{
	capture();
	klock_hang_set("10 s");
	uncapture();
	ck_assert_str_eq(shown, "klock: KLOCK_HUNG=10 s: not a time like 10s, 500ms or 2m, nor "
				"off; only deadlocks are looked for\n");
	ck_assert_int_eq(klock_long_waits.after_ns, 1000000000);
	ck_assert_int_eq(klock_long_waits.after_blind_ns, KLOCK_FOREVER);
}
END_TEST

START_TEST(durations_are_understood)
{
	static const struct {
		const char *text;
		int64_t ns;
	} right[] = {
		{ "off", 0 },	  { "0", 0 },	       { "10", 10000000000 },
		{ "3s", 3000000000 }, { "7ms", 7000000 },  { "8us", 8000 },
		{ "9ns", 9 },	  { "2m", 120000000000 },
	};
	static const char *const wrong[] = {
		"", "on", "s", "-1", "1h", "1 s", "1.5s", "1sec", "99999999999999999999",
		"99999999999m",
	};
	int64_t ns;

	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
		ck_assert_msg(klock_parse_duration(right[i].text, &ns), "%s", right[i].text);
		ck_assert_int_eq(ns, right[i].ns);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ck_assert_msg(!klock_parse_duration(wrong[i], &ns), "%s", wrong[i]);
}
END_TEST

static long deadlock_in_child(void)
{
	a = &actors[3];
	b = &actors[4];
	actor_init(a);
	actor_init(b);
	close_circle(take, take_killable);
	await_looks(2);
	open_circle();
	actor_fini(a);
	actor_fini(b);
	return told.count == 1 ? 0 : 1;
}

START_TEST(deadlock_in_a_child_is_reported)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		alarm(60);
		_exit((int)deadlock_in_child());
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

static Suite *hang_suite(void)
{
	Suite *suite = suite_create("hang");
	TCase *tc = tcase_create("hang");

	/* The deadlocks are on purpose: no checker of orders is to say so, too. */
	unsetenv("KLOCK_CHECK");
	unsetenv("KLOCK_LOCKDEP");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, two_threads_in_a_deadlock_are_reported_once);
	tcase_add_test(tc, three_threads_in_a_deadlock_are_reported_once);
	tcase_add_test(tc, waiter_behind_a_deadlock_is_no_deadlock);
	tcase_add_test(tc, long_waits_without_a_circle_are_not_reported);
	tcase_add_test(tc, circle_with_a_deadline_in_it_is_not_reported);
	tcase_add_test(tc, circle_closed_by_a_wait_with_a_deadline_is_not_reported);
	tcase_add_test(tc, long_wait_is_reported_once_with_the_chain_of_holders);
	tcase_add_test(tc, long_wait_looks_for_a_circle_before_it_is_reported);
	tcase_add_test(tc, long_wait_for_a_unit_is_reported);
	tcase_add_test(tc, members_of_a_deadlock_are_not_reported_as_hung);
	tcase_add_test(tc, circle_with_a_deadline_is_reported_as_hung);
	tcase_add_test(tc, switched_off_nobody_looks);
	tcase_add_test(tc, variable_sets_when_waits_look);
	tcase_add_test(tc, wrong_value_of_the_variable_is_said_and_changes_nothing);
	tcase_add_test(tc, durations_are_understood);
	if (threads_in_child())
		tcase_add_test(tc, deadlock_in_a_child_is_reported);
	suite_add_tcase(suite, tc);
	return suite;
}

CK_MAIN(hang_suite())
