/* SPDX-License-Identifier: MIT */
/* Misuse: what is said of it, and that it changes nothing. */
#include "support/actor.h"
#include "support/ck_main.h"
#include "support/on_purpose.h"
#include <errno.h>
#include <klock.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static struct klock_bug last;
static int bugs;

static void record(const struct klock_bug *bug)
{
	last = *bug;
	__atomic_add_fetch(&bugs, 1, __ATOMIC_SEQ_CST);
}

static struct mutex mutex;
static struct rw_semaphore rwsem;
static struct semaphore semaphore;
static struct percpu_rw_semaphore percpu;

static void set_up(void)
{
	klock_set_bug_fn(record);
	mutex_init(&mutex);
	init_rwsem(&rwsem);
	sema_init(&semaphore, 0);
	ck_assert_int_eq(percpu_init_rwsem(&percpu), 0);
	bugs = 0;
}

/* One report, of this lock, whose text has these words. */
static void expect_bug(const char *words, const char *type, const void *lock)
{
	ck_assert_int_eq(bugs, 1);
	ck_assert_msg(strstr(last.what, words), "'%s' has no '%s'", last.what, words);
	ck_assert_str_eq(last.lock_type, type);
	ck_assert_ptr_eq(last.lock, lock);
	ck_assert_ptr_nonnull(last.advice);
	ck_assert_ptr_nonnull(last.site);
	bugs = 0;
}

START_TEST(mutex_unlock_of_a_free_one_is_refused)
{
	mutex_unlock(&mutex);
	expect_bug("nobody holds", "mutex", &mutex);
	ck_assert_str_eq(last.lock_name, "&mutex");
	mutex_lock(&mutex);
	mutex_unlock(&mutex);
	ck_assert_int_eq(bugs, 0);
}
END_TEST

static long unlock_mutex(void *arg)
{
	mutex_unlock(arg);
	return 0;
}

static long up_write_rwsem(void *arg)
{
	up_write(arg);
	return 0;
}

START_TEST(unlock_by_another_thread_is_refused)
{
	struct actor other;

	actor_init(&other);
	mutex_lock(&mutex);
	actor_do(&other, unlock_mutex, &mutex);
	expect_bug("another thread", "mutex", &mutex);
	ck_assert(mutex_is_locked(&mutex));
	mutex_unlock(&mutex);
	down_write(&rwsem);
	actor_do(&other, up_write_rwsem, &rwsem);
	expect_bug("another thread", "rw_semaphore", &rwsem);
	ck_assert(rwsem_is_locked(&rwsem));
	up_write(&rwsem);
	ck_assert_int_eq(bugs, 0);
	actor_fini(&other);
}
END_TEST

START_TEST(rwsem_release_in_the_wrong_mode_is_refused)
{
	down_read(&rwsem);
	up_write(&rwsem);
	expect_bug("held for reading", "rw_semaphore", &rwsem);
	up_read(&rwsem);
	down_write(&rwsem);
	up_read(&rwsem);
	expect_bug("held for writing", "rw_semaphore", &rwsem);
	up_write(&rwsem);
	ck_assert(!rwsem_is_locked(&rwsem));
	up_read(&rwsem);
	expect_bug("nobody holds", "rw_semaphore", &rwsem);
}
END_TEST

START_TEST(rwsem_downgrade_of_a_read_hold_is_refused)
{
	down_read(&rwsem);
	downgrade_write(&rwsem);
	expect_bug("downgrade", "rw_semaphore", &rwsem);
	up_read(&rwsem);
	ck_assert(!rwsem_is_locked(&rwsem));
}
END_TEST

START_TEST(destroy_of_a_held_lock_is_refused)
{
	mutex_lock(&mutex);
	mutex_destroy(&mutex);
	expect_bug("destroyed", "mutex", &mutex);
	mutex_unlock(&mutex);
	ck_assert_int_eq(bugs, 0);
	mutex_destroy(&mutex);
	ck_assert_int_eq(bugs, 0);
	mutex_destroy(&mutex);
	expect_bug("destroyed twice", "mutex", &mutex);
	down_read(&rwsem);
	klock_rwsem_destroy(&rwsem);
	expect_bug("destroyed", "rw_semaphore", &rwsem);
	up_read(&rwsem);
	percpu_down_read(&percpu);
	percpu_free_rwsem(&percpu);
	expect_bug("freed while it is held", "percpu_rw_semaphore", &percpu);
	percpu_up_read(&percpu);
}
END_TEST

START_TEST(use_of_a_destroyed_lock_is_reported)
{
	mutex_destroy(&mutex);
	ck_assert_int_eq(mutex_trylock(&mutex), 0);
	mutex_unlock(&mutex);
	expect_bug("destroyed", "mutex", &mutex);
	mutex_lock(&mutex);
	expect_bug("after it was destroyed", "mutex", &mutex);
	mutex_unlock(&mutex);
	mutex_init(&mutex);
	mutex_lock(&mutex);
	mutex_unlock(&mutex);
	ck_assert_int_eq(bugs, 0);
}
END_TEST

static long lock_mutex(void *arg)
{
	mutex_lock(arg);
	return 0;
}

START_TEST(destroy_and_init_of_a_lock_that_is_waited_for_are_refused)
{
	struct actor waiter;

	actor_init(&waiter);
	mutex_lock(&mutex);
	actor_begin(&waiter, lock_mutex, &mutex);
	await_waiters(&mutex.word, 1);
	mutex_destroy(&mutex);
	expect_bug("waited for", "mutex", &mutex);
	mutex_init(&mutex);
	expect_bug("threads wait", "mutex", &mutex);
	mutex_unlock(&mutex);
	ck_assert_int_eq(actor_end(&waiter), 0);
	actor_do(&waiter, unlock_mutex, &mutex);
	ck_assert_int_eq(bugs, 0);
	actor_fini(&waiter);
}
END_TEST

/* A wait for one's own lock is reported before it begins; killed, it ends. */
START_TEST(wait_for_a_lock_of_ones_own_is_reported)
{
	klock_kill(klock_current());
	down_write(&rwsem);
	on_purpose_begin();
	ck_assert_int_eq(down_write_killable(&rwsem), -EINTR);
	expect_bug("that it holds", "rw_semaphore", &rwsem);
	ck_assert_int_eq(down_read_killable(&rwsem), -EINTR);
	expect_bug("that it holds", "rw_semaphore", &rwsem);
	on_purpose_end();
	up_write(&rwsem);
	klock_unkill(klock_current());
}
END_TEST

static long down_write_rwsem(void *arg)
{
	down_write(arg);
	return 0;
}

static long percpu_read(void *arg)
{
	percpu_down_read(arg);
	return 0;
}

static long percpu_read_end(void *arg)
{
	percpu_up_read(arg);
	return 0;
}

START_TEST(negative_timeouts_are_refused)
{
	struct actor holder;

	actor_init(&holder);
	actor_do(&holder, down_write_rwsem, &rwsem);
	ck_assert_int_eq(down_read_timeout(&rwsem, -1), -EINVAL);
	expect_bug("negative", "rw_semaphore", &rwsem);
	actor_do(&holder, up_write_rwsem, &rwsem);
	ck_assert_int_eq(down_timeout(&semaphore, -1), -EINVAL);
	expect_bug("negative", "semaphore", &semaphore);
	actor_do(&holder, percpu_read, &percpu);
	ck_assert_int_eq(percpu_down_write_timeout(&percpu, -1), -EINVAL);
	expect_bug("negative", "percpu_rw_semaphore", &percpu);
	actor_do(&holder, percpu_read_end, &percpu);
	actor_fini(&holder);
}
END_TEST

START_TEST(semaphore_counts_out_of_range_are_refused)
{
	struct semaphore full;

	sema_init(&full, -1);
	expect_bug("negative or too high", "semaphore", &full);
	ck_assert_int_eq(down_trylock(&full), 1);
	sema_init(&full, KLOCK_SEM_MAX);
	up(&full);
	expect_bug("highest count", "semaphore", &full);
	ck_assert_int_eq(down_trylock(&full), 0);
	ck_assert_int_eq(bugs, 0);
}
END_TEST

START_TEST(percpu_write_release_without_a_hold_is_refused)
{
	percpu_up_write(&percpu);
	expect_bug("nobody holds", "percpu_rw_semaphore", &percpu);
	percpu_down_read(&percpu);
	percpu_up_read(&percpu);
}
END_TEST

/* A stray release shows in the sum: the next writer adds it up. */
START_TEST(percpu_read_release_without_a_hold_is_reported_by_the_next_writer)
{
	percpu_down_read(&percpu);
	percpu_up_read(&percpu);
	percpu_up_read(&percpu);
	percpu_down_write(&percpu);
	ck_assert_int_ge(bugs, 1);
	percpu_up_write(&percpu);
	bugs = 0;
	percpu_down_write(&percpu);
	percpu_up_write(&percpu);
	ck_assert_int_eq(bugs, 0);
}
END_TEST

START_TEST(wait_on_bit_arguments_are_checked)
{
	unsigned long word = 0;

	ck_assert_int_eq(wait_on_bit(&word, 64, TASK_KILLABLE), -EINVAL);
	expect_bug("no such bit", "bit", &word);
	ck_assert_int_eq(wait_on_bit(&word, 0, 77), -EINVAL);
	expect_bug("way to wait", "bit", &word);
	ck_assert_int_eq(wait_on_bit_timeout(&word, 0, TASK_KILLABLE, -5), -EINVAL);
	expect_bug("negative", "bit", &word);
}
END_TEST

START_TEST(assertions_report_what_is_not_held)
{
	rwsem_assert_held(&rwsem);
	expect_bug("not held", "rw_semaphore", &rwsem);
	down_read(&rwsem);
	rwsem_assert_held(&rwsem);
	ck_assert_int_eq(bugs, 0);
	rwsem_assert_held_write(&rwsem);
	expect_bug("for writing", "rw_semaphore", &rwsem);
	up_read(&rwsem);
	down_write(&rwsem);
	rwsem_assert_held(&rwsem);
	rwsem_assert_held_write(&rwsem);
	ck_assert_int_eq(bugs, 0);
	up_write(&rwsem);
}
END_TEST

/* ---- What is printed, and how the program ends ------------------------------------------ */

static void catch_stderr(int pipe_fds[2])
{
	ck_assert_int_eq(pipe(pipe_fds), 0);
	dup2(pipe_fds[1], STDERR_FILENO);
}

START_TEST(report_goes_to_stderr_with_name_class_site_and_advice)
{
	char text[2048] = "";
	int fds[2];

	klock_set_bug_fn(NULL);
	catch_stderr(fds);
	mutex_unlock(&mutex);
	ck_assert_int_gt((int)read(fds[0], text, sizeof(text) - 1), 0);
	ck_assert_ptr_nonnull(strstr(text, "klock: BUG: release of a lock that nobody holds"));
	ck_assert_ptr_nonnull(strstr(text, "mutex '&mutex' at "));
	ck_assert_ptr_nonnull(strstr(text, "class '&mutex'"));
	ck_assert_ptr_nonnull(strstr(text, "test_bug("));
	ck_assert_ptr_nonnull(strstr(text, "release once"));
}
END_TEST

START_TEST(static_lock_is_named_in_reports)
{
	static DEFINE_MUTEX(named_by_its_definition);

	mutex_unlock(&named_by_its_definition);
	ck_assert_str_eq(last.lock_name, "named_by_its_definition");
}
END_TEST

/* These end with SIGABRT: Check expects the signal. */
START_TEST(bug_abort_stops_the_program)
{
	setenv("KLOCK_BUG", "abort", 1);
	mutex_unlock(&mutex);
}
END_TEST

START_TEST(null_lock_stops_the_program)
{
	klock_mutex_init(NULL, "none", NULL);
}
END_TEST

/* Checked, an operation goes out of line before it touches the lock. */
START_TEST(null_lock_is_reported_in_the_checked_mode)
{
	static struct rw_semaphore *volatile none;

	setenv("KLOCK_CHECK", "1", 1);
#ifdef __SANITIZE_ADDRESS__
	klock_rwsem_release(none, KLOCK_READ); /* its companion sees the NULL in the inline part */
#else
	down_read(none);
#endif
}
END_TEST

static Suite *bug_suite(void)
{
	Suite *suite = suite_create("bug");
	TCase *misuse = tcase_create("misuse"), *reports = tcase_create("reports");
	TCase *checked = tcase_create("checked"); /* without a lock before */
	const char *fork_mode = getenv("CK_FORK");

	tcase_add_checked_fixture(misuse, set_up, NULL);
	tcase_set_timeout(misuse, PATIENCE + 10);
	tcase_add_test(misuse, mutex_unlock_of_a_free_one_is_refused);
	tcase_add_test(misuse, unlock_by_another_thread_is_refused);
	tcase_add_test(misuse, rwsem_release_in_the_wrong_mode_is_refused);
	tcase_add_test(misuse, rwsem_downgrade_of_a_read_hold_is_refused);
	tcase_add_test(misuse, destroy_of_a_held_lock_is_refused);
	tcase_add_test(misuse, use_of_a_destroyed_lock_is_reported);
	tcase_add_test(misuse, destroy_and_init_of_a_lock_that_is_waited_for_are_refused);
	tcase_add_test(misuse, wait_for_a_lock_of_ones_own_is_reported);
	tcase_add_test(misuse, negative_timeouts_are_refused);
	tcase_add_test(misuse, semaphore_counts_out_of_range_are_refused);
	tcase_add_test(misuse, percpu_write_release_without_a_hold_is_refused);
	tcase_add_test(misuse, percpu_read_release_without_a_hold_is_reported_by_the_next_writer);
	tcase_add_test(misuse, wait_on_bit_arguments_are_checked);
	tcase_add_test(misuse, assertions_report_what_is_not_held);
	suite_add_tcase(suite, misuse);
	tcase_add_checked_fixture(reports, set_up, NULL);
	tcase_add_test(reports, static_lock_is_named_in_reports);
	/* They end their process, or its standard error. */
	if (!fork_mode || strcmp(fork_mode, "no")) {
		tcase_add_test(reports, report_goes_to_stderr_with_name_class_site_and_advice);
		tcase_add_test_raise_signal(reports, bug_abort_stops_the_program, SIGABRT);
		tcase_add_test_raise_signal(reports, null_lock_stops_the_program, SIGABRT);
		tcase_add_test_raise_signal(checked, null_lock_is_reported_in_the_checked_mode,
					    SIGABRT);
	}
	suite_add_tcase(suite, reports);
	suite_add_tcase(suite, checked);
	return suite;
}

CK_MAIN(bug_suite())
