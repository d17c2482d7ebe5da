/* SPDX-License-Identifier: MIT */
/* What is known of readers and of locks that nobody waits for, where threads list their holds. */
#include "support/ck_main.h"
#include "support/long_waits.h"
#include "support/shown.h"
#include <errno.h>
#include <klock.h>

static DEFINE_MUTEX(alpha);
static DEFINE_RWSEM(sem);
DEFINE_STATIC_PERCPU_RWSEM(percpu);
static struct actor a, b, c;

static long name_me(void *name)
{
	return pthread_setname_np(pthread_self(), name);
}

static void setup(void)
{
	count_looks();
	actor_init(&a);
	actor_init(&b);
	actor_init(&c);
	actor_do(&a, name_me, (char *)"one");
	actor_do(&b, name_me, (char *)"two");
	actor_do(&c, name_me, (char *)"three");
}

static void teardown(void)
{
	actor_fini(&a);
	actor_fini(&b);
	actor_fini(&c);
	klock_set_bug_fn(NULL);
}

static long take(void *lock)
{
	return mutex_lock_killable(lock);
}

static long give(void *lock)
{
	mutex_unlock(lock);
	return 0;
}

static long read_it(void *arg)
{
	return down_read_killable(arg);
}

static long end_read(void *arg)
{
	up_read(arg);
	return 0;
}

static long use_as_writer(void *arg)
{
	int err = down_write_killable(arg);

	if (!err)
		up_write(arg);
	return err;
}

static long percpu_read(void *arg)
{
	percpu_down_read(arg);
	return 0;
}

static long percpu_end_read(void *arg)
{
	percpu_up_read(arg);
	return 0;
}

static long percpu_use_as_writer(void *arg)
{
	int err = percpu_down_write_killable(arg);

	if (!err)
		percpu_up_write(arg);
	return err;
}

static void kill_and_end(struct actor *actor)
{
	klock_kill(actor->task);
	ck_assert_int_eq(actor_end(actor), -EINTR);
	klock_unkill(actor->task);
}

/* "one/123": the thread as reports have it. */
static const char *thread(const char *name, const struct actor *actor)
{
	static char text[40];

	snprintf(text, sizeof(text), "%s/%d", name, (int)klock_task_tid(actor->task));
	return text;
}

START_TEST(all_holds_of_all_threads_are_shown)
{
	char list[160];

	actor_do(&a, take, &alpha);
	actor_do(&a, read_it, &sem);
	actor_do(&b, percpu_read, &percpu);
	actor_do(&c, read_it, &sem);
	actor_begin(&b, use_as_writer, &sem);
	await_waiters(&sem.word, 1);
	show_locks();
	actor_do(&a, end_read, &sem);
	actor_do(&c, end_read, &sem);
	actor_end(&b);
	actor_do(&b, percpu_end_read, &percpu);
	actor_do(&a, give, &alpha);

	expect_line("klock: rw_semaphore 'sem' at 0x", "held for reading by one/");
	expect_line("klock: rw_semaphore 'sem' at 0x", thread("three", &c));
	snprintf(list, sizeof(list),
		 "klock: locks of %s:\nklock:   #0: mutex 'alpha' at %p (write), at ",
		 thread("one", &a), (void *)&alpha);
	ck_assert_ptr_nonnull(strstr(shown, list));
	expect_line("#1: rw_semaphore 'sem' at 0x", " (read), at test_hang_listed(");
	snprintf(list, sizeof(list), "#0: percpu_rw_semaphore 'percpu' at %p (read), at ",
		 (void *)&percpu);
	ck_assert_ptr_nonnull(strstr(shown, list));
	ck_assert_ptr_nonnull(strstr(shown, " (waits to write), at "));
	ck_assert_ptr_null(strstr(shown, "KLOCK_CHECK=1"));
}
END_TEST

START_TEST(locks_that_are_given_up_are_not_shown)
{
	actor_do(&a, take, &alpha);
	actor_do(&a, read_it, &sem);
	actor_do(&a, give, &alpha);
	show_locks();
	expect_line("#0: ", "rw_semaphore 'sem' at 0x");
	actor_do(&a, end_read, &sem);
	show_locks();
	ck_assert_ptr_null(strstr(shown, "locks of"));
}
END_TEST

START_TEST(deadlock_of_a_reader_and_a_writer_is_reported_once)
{
	actor_do(&a, read_it, &sem);
	actor_do(&b, take, &alpha);
	actor_begin(&a, take, &alpha);
	await_waiters(&alpha.word, 1);
	actor_begin(&b, use_as_writer, &sem);
	await_waiters(&sem.word, 1);
	await_looks(2);
	kill_and_end(&b);
	actor_do(&b, give, &alpha);
	ck_assert_int_eq(actor_end(&a), 0);
	actor_do(&a, give, &alpha);
	actor_do(&a, end_read, &sem);
	ck_assert_int_eq(told.count, 1);
	ck_assert_str_eq(told.what, "deadlock: 2 threads wait for each other");
	expect_details("klock:     held for reading by one/");
	expect_details("klock:     held for writing by two/");
}
END_TEST

/* one reads; two waits to write; three has alpha and waits to read, behind two; one for alpha. */
START_TEST(deadlock_behind_a_writer_in_the_queue_is_reported_once)
{
	int passed = 0;

	actor_do(&a, read_it, &sem);
	actor_do(&c, take, &alpha);
	actor_begin(&b, use_as_writer, &sem);
	await_waiters(&sem.word, 1);
	while (down_read_trylock(&sem)) /* until nobody may pass any more */
		passed++;
	while (passed--)
		up_read(&sem);
	actor_begin(&c, read_it, &sem);
	await_waiters(&sem.word, 2);
	actor_begin(&a, take, &alpha);
	await_waiters(&alpha.word, 1);
	await_looks(3);
	kill_and_end(&a);
	actor_do(&a, end_read, &sem);
	ck_assert_int_eq(actor_end(&b), 0);
	ck_assert_int_eq(actor_end(&c), 0);
	actor_do(&c, end_read, &sem);
	actor_do(&c, give, &alpha);
	ck_assert_int_eq(told.count, 1);
	ck_assert_str_eq(told.what, "deadlock: 3 threads wait for each other");
	expect_details("klock:     behind the writer two/");
	expect_details("klock:     held for reading by one/");
	expect_details("klock:     held for writing by three/");
}
END_TEST

START_TEST(deadlock_of_a_writer_that_waits_for_a_percpu_reader_is_reported_once)
{
	actor_do(&a, percpu_read, &percpu);
	actor_do(&b, take, &alpha);
	actor_begin(&b, percpu_use_as_writer, &percpu);
	await_waiters(&percpu.block, 1);
	actor_begin(&a, take, &alpha);
	await_waiters(&alpha.word, 1);
	await_looks(2);
	kill_and_end(&a);
	actor_do(&a, percpu_end_read, &percpu);
	ck_assert_int_eq(actor_end(&b), 0);
	actor_do(&b, give, &alpha);
	ck_assert_int_eq(told.count, 1);
	ck_assert_str_eq(told.what, "deadlock: 2 threads wait for each other");
	expect_details("percpu_rw_semaphore 'percpu'");
	expect_details("klock:     held for reading by one/");
}
END_TEST

/* Readers that wait for a writer are in their own lists, and hold nothing yet. */
START_TEST(readers_that_wait_for_a_writer_are_no_deadlock)
{
	down_write(&sem);
	actor_begin(&a, read_it, &sem);
	await_waiters(&sem.word, 1);
	actor_begin(&b, use_as_writer, &sem);
	await_waiters(&sem.word, 2);
	actor_begin(&c, read_it, &sem);
	await_waiters(&sem.word, 3);
	await_looks(3);
	ck_assert_int_eq(told_count(), 0);
	downgrade_write(&sem); /* lets all three in, or the writer after them */
	up_read(&sem);
	actor_end(&a);
	actor_do(&a, end_read, &sem);
	actor_end(&c);
	actor_do(&c, end_read, &sem);
	actor_end(&b);
	ck_assert_int_eq(told.count, 0);
}
END_TEST

START_TEST(long_wait_is_reported_with_the_readers)
{
	set_hung("20ms");
	actor_do(&a, read_it, &sem);
	actor_begin(&b, use_as_writer, &sem);
	await_waiters(&sem.word, 1);
	await_looks(1);
	actor_do(&a, end_read, &sem);
	actor_end(&b);
	ck_assert_int_eq(told.count, 1);
	expect_details("klock:     held for reading by one/");
}
END_TEST

static Suite *listed_suite(void)
{
	Suite *suite = suite_create("hang_listed");
	TCase *tc = tcase_create("hang_listed");

	setenv("KLOCK_CHECK", "1", 1); /* before the first lock */
	unsetenv("KLOCK_LOCKDEP");     /* the deadlocks are on purpose */
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, all_holds_of_all_threads_are_shown);
	tcase_add_test(tc, locks_that_are_given_up_are_not_shown);
	tcase_add_test(tc, deadlock_of_a_reader_and_a_writer_is_reported_once);
	tcase_add_test(tc, deadlock_behind_a_writer_in_the_queue_is_reported_once);
	tcase_add_test(tc, deadlock_of_a_writer_that_waits_for_a_percpu_reader_is_reported_once);
	tcase_add_test(tc, readers_that_wait_for_a_writer_are_no_deadlock);
	tcase_add_test(tc, long_wait_is_reported_with_the_readers);
	suite_add_tcase(suite, tc);
	return suite;
}

CK_MAIN(listed_suite())
