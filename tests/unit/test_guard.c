/* SPDX-License-Identifier: MIT */
/* Scope guards. test_guard_cxx.cc runs the same from C++. */
#include "support/ck_main.h"
#include <klock.h>
#include <pthread.h>

static struct mutex mutex, other;
static struct rw_semaphore rwsem;
static struct semaphore semaphore;
static struct percpu_rw_semaphore percpu;

static void set_up(void)
{
	mutex_init(&mutex);
	mutex_init(&other);
	init_rwsem(&rwsem);
	sema_init(&semaphore, 1);
	ck_assert_int_eq(percpu_init_rwsem(&percpu), 0);
}

static void tear_down(void)
{
	ck_assert(!mutex_is_locked(&mutex));
	ck_assert(!mutex_is_locked(&other));
	ck_assert(!rwsem_is_locked(&rwsem));
	percpu_free_rwsem(&percpu); /* reports when it is held */
}

static int units(void)
{
	int n = 0;

	while (!down_trylock(&semaphore))
		n++;
	for (int i = 0; i < n; i++)
		up(&semaphore);
	return n;
}

static int return_early(bool early)
{
	guard(mutex)
		(&mutex);

	if (early)
		return mutex_is_locked(&mutex) ? 1 : -1;
	return mutex_is_locked(&mutex) ? 2 : -2;
}

START_TEST(guard_return_gives_the_lock_up)
{
	ck_assert_int_eq(return_early(true), 1);
	ck_assert(!mutex_is_locked(&mutex));
	ck_assert_int_eq(return_early(false), 2);
	ck_assert(!mutex_is_locked(&mutex));
}
END_TEST

START_TEST(guard_goto_and_break_give_the_lock_up)
{
	for (;;) {
		guard(rwsem_write)
			(&rwsem);
		rwsem_assert_held_write(&rwsem);
		break;
	}
	ck_assert(!rwsem_is_locked(&rwsem));
	{
		guard(rwsem_read)
			(&rwsem);
		ck_assert(rwsem_is_locked(&rwsem));
		goto out;
	}
out:
	ck_assert(!rwsem_is_locked(&rwsem));
}
END_TEST

START_TEST(guard_each_type_holds_its_lock)
{
	{
		guard(semaphore)
			(&semaphore);
		ck_assert_int_eq(units(), 0);
	}
	ck_assert_int_eq(units(), 1);
	{
		guard(percpu_write)
			(&percpu);
		ck_assert(!percpu_down_read_trylock(&percpu));
	}
	{
		guard(percpu_read)
			(&percpu);
		ck_assert(!percpu_is_write_locked(&percpu));
	}
}
END_TEST

START_TEST(guard_two_in_one_block_end_in_reverse)
{
	guard(mutex)
		(&mutex);
	guard(mutex)
		(&other);
	ck_assert(mutex_is_locked(&mutex) && mutex_is_locked(&other));
}
END_TEST

START_TEST(scoped_guard_covers_one_statement)
{
	int ran = 0;

	scoped_guard(mutex, &mutex)
		ran += mutex_is_locked(&mutex);
	ck_assert_int_eq(ran, 1);
	ck_assert(!mutex_is_locked(&mutex));
	scoped_guard(rwsem_read, &rwsem) {
		scoped_guard(rwsem_read_try, &rwsem)
			ran++;
	}
	ck_assert_int_eq(ran, 2);
}
END_TEST

START_TEST(scoped_guard_that_fails_skips_its_statement)
{
	bool ran = false;

	mutex_lock(&mutex);
	scoped_guard(mutex_try, &mutex)
		ran = true;
	ck_assert(!ran);
	mutex_unlock(&mutex);
}
END_TEST

static int cond(bool *ran)
{
	scoped_cond_guard(rwsem_write_try, return -EBUSY, &rwsem) {
		*ran = true;
		rwsem_assert_held_write(&rwsem);
	}
	return 0;
}

START_TEST(scoped_cond_guard_runs_its_body_or_the_other_statement)
{
	bool ran = false;

	down_read(&rwsem);
	ck_assert_int_eq(cond(&ran), -EBUSY);
	ck_assert(!ran);
	up_read(&rwsem);
	ck_assert_int_eq(cond(&ran), 0);
	ck_assert(ran);
}
END_TEST

static int cond_kill(void)
{
	scoped_cond_guard(rwsem_read_kill, return -EINTR, &rwsem)
		return 1;
	return 2;
}

static void *read_killed(void *arg)
{
	klock_kill(klock_current());
	*(int *)arg = cond_kill();
	klock_unkill(klock_current());
	return NULL;
}

START_TEST(scoped_cond_guard_killed_runs_the_other_statement)
{
	pthread_t thread;
	int result = 0;

	down_write(&rwsem);
	ck_assert_int_eq(pthread_create(&thread, NULL, read_killed, &result), 0);
	pthread_join(thread, NULL);
	ck_assert_int_eq(result, -EINTR);
	up_write(&rwsem);
	ck_assert_int_eq(cond_kill(), 1);
}
END_TEST

static int cond_iocb(const struct kiocb *iocb)
{
	scoped_cond_guard(iocb_read, return -EAGAIN, iocb, &rwsem)
		return 0;
	return 1;
}

START_TEST(scoped_cond_guard_by_request_flags)
{
	struct kiocb nowait = { .ki_flags = IOCB_NOWAIT };

	ck_assert_int_eq(cond_iocb(&nowait), 0);
	down_write(&rwsem);
	ck_assert_int_eq(cond_iocb(&nowait), -EAGAIN);
	up_write(&rwsem);
}
END_TEST

static Suite *guard_suite(void)
{
	Suite *suite = suite_create("guard");
	TCase *tc = tcase_create("guard");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, guard_return_gives_the_lock_up);
	tcase_add_test(tc, guard_goto_and_break_give_the_lock_up);
	tcase_add_test(tc, guard_each_type_holds_its_lock);
	tcase_add_test(tc, guard_two_in_one_block_end_in_reverse);
	tcase_add_test(tc, scoped_guard_covers_one_statement);
	tcase_add_test(tc, scoped_guard_that_fails_skips_its_statement);
	tcase_add_test(tc, scoped_cond_guard_runs_its_body_or_the_other_statement);
	tcase_add_test(tc, scoped_cond_guard_killed_runs_the_other_statement);
	tcase_add_test(tc, scoped_cond_guard_by_request_flags);
	suite_add_tcase(suite, tc);
	return suite;
}

CK_MAIN(guard_suite())
