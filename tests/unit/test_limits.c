/* SPDX-License-Identifier: MIT */
/*
 * The public inline functions where their numbers end. Compiled so that undefined behaviour stops
 * the program (see local.mk), in each build and not only in that with a sanitizer.
 */
#include "annotate/watch.h"
#include "support/actor.h"
#include "support/bugs.h"
#include "support/ck_main.h"
#include <errno.h>
#include <klock.h>
#include <limits.h>

DEFINE_STATIC_PERCPU_RWSEM(percpu);
static struct actor other;

static void set_up(void)
{
	catch_bugs();
	actor_init(&other);
}

static void tear_down(void)
{
	actor_fini(&other);
	expect_no_bug();
}

static long percpu_read(void *sem)
{
	percpu_down_read(sem);
	return 0;
}

static long percpu_unread(void *sem)
{
	percpu_up_read(sem);
	return 0;
}

static long percpu_counter(void *sem)
{
	percpu_down_read(sem);
	percpu_up_read(sem);
	return (long)(intptr_t)klock_percpu_counter(sem, klock_self_word);
}

/* What one thread takes 2^31 times, and another one gives up, leaves their counters like this. */
static void drift(struct percpu_rw_semaphore *sem, int32_t by)
{
	int32_t *ours = (int32_t *)(intptr_t)percpu_counter(sem);
	int32_t *theirs = (int32_t *)(intptr_t)actor_do(&other, percpu_counter, sem);

	if (!ours || !theirs) /* all readers are in one counter, which such holds leave at zero */
		return;
	*ours = by;
	*theirs = (int32_t)(0u - (uint32_t)by);
}

START_TEST(percpu_counters_wrap_and_tell_readers_from_none)
{
	static const int32_t near[] = { INT32_MAX, INT32_MAX - 1, INT32_MIN, INT32_MIN + 1, -1, 0 };

	drift(&percpu, near[_i]);
	for (int i = 0; i < 4 && !klock_watched; i++) { /* watched, a hold belongs to its thread */
		percpu_down_read(&percpu);
		ck_assert_int_eq(percpu_down_write_timeout(&percpu, 0), -ETIME);
		actor_do(&other, percpu_unread, &percpu);
	}
	ck_assert_int_eq(percpu_down_write_timeout(&percpu, KLOCK_FOREVER), 0);
	percpu_up_write(&percpu);
	for (int i = 0; i < 4 && !klock_watched; i++) {
		actor_do(&other, percpu_read, &percpu);
		ck_assert_int_eq(percpu_down_write_timeout(&percpu, 0), -ETIME);
		percpu_up_read(&percpu);
	}
	ck_assert_int_eq(percpu_down_read_trylock(&percpu), 1);
	percpu_up_read(&percpu);
	ck_assert_int_eq(percpu_down_write_timeout(&percpu, 0), 0);
	percpu_up_write(&percpu);
}
END_TEST

/* Whatever time there is to wait, up to the longest. */
START_TEST(timeouts_may_be_as_long_as_the_type_is)
{
	static const int64_t times[] = { 0, 1, INT64_MAX - 1, INT64_MAX };
	struct rw_semaphore sem;
	struct semaphore units;
	struct mutex mutex;
	int64_t ns = times[_i];

	mutex_init(&mutex);
	init_rwsem(&sem);
	sema_init(&units, KLOCK_SEM_MAX);
	ck_assert_int_eq(mutex_lock_timeout(&mutex, ns), 0);
	mutex_unlock(&mutex);
	ck_assert_int_eq(down_read_timeout(&sem, ns), 0);
	up_read(&sem);
	ck_assert_int_eq(down_write_timeout(&sem, ns), 0);
	downgrade_write(&sem);
	up_read(&sem);
	ck_assert_int_eq(down_timeout(&units, ns), 0);
	up(&units);
	ck_assert_int_eq(percpu_down_read_timeout(&percpu, ns), 0);
	percpu_up_read(&percpu);
	ck_assert_int_eq(percpu_down_write_timeout(&percpu, ns), 0);
	percpu_up_write(&percpu);
}
END_TEST

START_TEST(last_bit_of_a_word_is_a_bit_like_others)
{
	const int last = (int)(sizeof(unsigned long) * CHAR_BIT) - 1;
	unsigned long word = 0;

	klock_bit_word_init(&word);
	set_bit(last, &word);
	ck_assert(test_bit(last, &word));
	clear_bit(last, &word);
	klock_set_bit_release(last, &word);
	ck_assert(test_bit_acquire(last, &word));
	clear_bit_unlock(last, &word);
	ck_assert(!test_and_set_bit_lock(last, &word));
	clear_and_wake_up_bit(last, &word);
	ck_assert_uint_eq(word, 0);
	klock_bit_word_exit(&word);
}
END_TEST

static Suite *limits_suite(void)
{
	Suite *suite = suite_create("limits");
	TCase *tc = tcase_create("limits");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, PATIENCE + 10);
	tcase_add_loop_test(tc, percpu_counters_wrap_and_tell_readers_from_none, 0, 6);
	tcase_add_loop_test(tc, timeouts_may_be_as_long_as_the_type_is, 0, 4);
	tcase_add_test(tc, last_bit_of_a_word_is_a_bit_like_others);
	suite_add_tcase(suite, tc);
	return suite;
}

CK_MAIN(limits_suite())
