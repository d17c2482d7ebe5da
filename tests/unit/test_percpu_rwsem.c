/* SPDX-License-Identifier: MIT */
#include "support/actor.h"
#include "support/bugs.h"
#include "support/ck_main.h"
#include <errno.h>
#include <klock/percpu-rwsem.h>
#include <klock/wait_bit.h>

DEFINE_STATIC_PERCPU_RWSEM(sem);
static struct actor a, b, c;

static long read_lock(void *s)
{
	percpu_down_read(s);
	return 0;
}

static long read_try(void *s)
{
	return percpu_down_read_trylock(s);
}

static long read_killable(void *s)
{
	return percpu_down_read_killable(s);
}

static long read_unlock(void *s)
{
	percpu_up_read(s);
	return 0;
}

static long write_lock(void *s)
{
	percpu_down_write(s);
	return 0;
}

static long write_killable(void *s)
{
	return percpu_down_write_killable(s);
}

static long write_briefly(void *s)
{
	return percpu_down_write_timeout(s, 2000000);
}

static long write_unlock(void *s)
{
	percpu_up_write(s);
	return 0;
}

static void setup(void)
{
	catch_bugs();
	percpu_down_read(&sem); /* the first lock: klock_watched says what it is from here on */
	percpu_up_read(&sem);
	actor_init(&a);
	actor_init(&b);
	actor_init(&c);
}

static void teardown(void)
{
	actor_fini(&a);
	actor_fini(&b);
	actor_fini(&c);
}

START_TEST(percpu_readers_share_and_a_writer_is_alone)
{
	actor_do(&a, read_lock, &sem);
	ck_assert_int_eq(actor_do(&b, read_try, &sem), 1);
	ck_assert_int_eq(actor_do(&c, write_briefly, &sem), -ETIME);
	ck_assert(!percpu_is_write_locked(&sem)); /* it has taken its bar away */
	actor_do(&a, read_unlock, &sem);
	ck_assert_int_eq(actor_do(&c, write_briefly, &sem), -ETIME);
	actor_do(&b, read_unlock, &sem);
	ck_assert_int_eq(actor_do(&c, write_briefly, &sem), 0);
	ck_assert(percpu_is_write_locked(&sem));
	ck_assert_int_eq(actor_do(&a, read_try, &sem), 0);
	ck_assert_int_eq(actor_do(&b, write_briefly, &sem), -ETIME);
	actor_do(&c, write_unlock, &sem);
	ck_assert_int_eq(actor_do(&a, read_try, &sem), 1);
	actor_do(&a, read_unlock, &sem);
	expect_no_bug();
}
END_TEST

START_TEST(percpu_writer_that_drains_bars_new_readers)
{
	actor_do(&a, read_lock, &sem);
	actor_begin(&b, write_lock, &sem);
	await_waiters(&sem.block, 1);
	ck_assert_int_eq(actor_do(&c, read_try, &sem), 0);
	actor_begin(&c, read_lock, &sem);
	await_waiters(&sem.rw.word, 1);
	actor_do(&a, read_unlock, &sem);
	actor_end(&b);
	ck_assert(actor_busy(&c));
	actor_do(&b, write_unlock, &sem);
	actor_end(&c);
	actor_do(&c, read_unlock, &sem);
}
END_TEST

/* The bar, the queue behind it, and the readers' way round it are all as they were. */
START_TEST(percpu_killed_writer_lets_the_readers_behind_it_go_on)
{
	actor_do(&a, read_lock, &sem);
	actor_begin(&b, write_killable, &sem);
	await_waiters(&sem.block, 1);
	actor_begin(&c, read_lock, &sem);
	await_waiters(&sem.rw.word, 1);
	klock_kill(b.task);
	ck_assert_int_eq(actor_end(&b), -EINTR);
	actor_end(&c); /* while the first still reads */
	actor_do(&c, read_unlock, &sem);
	klock_unkill(b.task);
	actor_do(&a, read_unlock, &sem);
	ck_assert_int_eq(actor_do(&b, write_killable, &sem), 0);
	actor_do(&b, write_unlock, &sem);
}
END_TEST

START_TEST(percpu_killed_reader_gives_up)
{
	actor_do(&a, write_lock, &sem);
	actor_begin(&b, read_killable, &sem);
	await_waiters(&sem.rw.word, 1);
	klock_kill(b.task);
	ck_assert_int_eq(actor_end(&b), -EINTR);
	klock_unkill(b.task);
	actor_do(&a, write_unlock, &sem);
	/* It left no count behind that would keep a writer waiting. */
	ck_assert_int_eq(actor_do(&a, write_briefly, &sem), 0);
	actor_do(&a, write_unlock, &sem);
}
END_TEST

START_TEST(percpu_read_hold_is_given_up_by_another_thread)
{
	if (klock_watched)
		return; /* those who watch take a hold for its thread's own */
	for (int i = 0; i < 100; i++) {
		actor_do(&a, read_lock, &sem);
		actor_do(&b, read_unlock, &sem);
	}
	ck_assert_int_eq(actor_do(&c, write_briefly, &sem), 0);
	actor_do(&c, write_unlock, &sem);
	actor_do(&a, read_lock, &sem);
	actor_begin(&c, write_lock, &sem);
	await_waiters(&sem.block, 1);
	actor_do(&b, read_unlock, &sem); /* wakes the writer all the same */
	actor_end(&c);
	actor_do(&c, write_unlock, &sem);
	expect_no_bug();
}
END_TEST

static void *read_and_end(void *s)
{
	percpu_down_read(s);
	percpu_up_read(s);
	percpu_down_read(s);
	return NULL;
}

/* More threads than have a slot, each of which ends and leaves its hold to this one. */
START_TEST(percpu_threads_without_a_slot_count_as_well)
{
	static pthread_t threads[KLOCK_PERCPU_SLOTS + 20];
	const int nr = (int)(sizeof(threads) / sizeof(threads[0]));

	if (klock_watched)
		return;
	for (int i = 0; i < nr; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, read_and_end, &sem), 0);
	for (int i = 0; i < nr; i++)
		pthread_join(threads[i], NULL);
	ck_assert_int_eq(actor_do(&a, write_briefly, &sem), -ETIME);
	for (int i = 0; i < nr; i++) {
		ck_assert_int_eq(percpu_down_write_timeout(&sem, 0), -ETIME);
		percpu_up_read(&sem);
	}
	ck_assert_int_eq(actor_do(&a, write_briefly, &sem), 0);
	actor_do(&a, write_unlock, &sem);
	expect_no_bug();
}
END_TEST

/* Alive at once, so that some have numbers beyond the slots. */
START_TEST(percpu_writer_waits_for_each_of_many_threads)
{
	static struct actor many[KLOCK_PERCPU_SLOTS + 8];
	const int nr = (int)(sizeof(many) / sizeof(many[0]));

	actors_init(many, nr);
	for (int i = 0; i < nr; i++) {
		actor_do(&many[i], read_lock, &sem);
		ck_assert_int_eq(percpu_down_write_timeout(&sem, 0), -ETIME);
		actor_do(&many[i], read_unlock, &sem);
		ck_assert_int_eq(percpu_down_write_timeout(&sem, 0), 0);
		percpu_up_write(&sem);
	}
	for (int i = 0; i < nr; i++)
		actor_do(&many[i], read_lock, &sem);
	if (!klock_watched)
		ck_assert_int_gt(__atomic_load_n(&sem.shared, __ATOMIC_RELAXED), 0);
	actor_begin(&a, write_lock, &sem);
	await_waiters(&sem.block, 1);
	for (int i = 0; i < nr; i++) {
		ck_assert(actor_busy(&a));
		actor_do(&many[i], read_unlock, &sem);
	}
	ck_assert_int_eq(actor_end(&a), 0);
	actor_do(&a, write_unlock, &sem);
	actors_fini(many, nr);
}
END_TEST

START_TEST(percpu_dynamic_lock_is_made_and_freed)
{
	struct percpu_rw_semaphore s;

	ck_assert_int_eq(percpu_init_rwsem(&s), 0);
	actor_do(&a, read_lock, &s);
	ck_assert_int_eq(actor_do(&b, write_briefly, &s), -ETIME);
	percpu_free_rwsem(&s);
	expect_bug("a lock is freed while it is held or waited for", &s, "&s");
	actor_do(&a, read_unlock, &s);
	actor_do(&b, write_lock, &s);
	percpu_free_rwsem(&s);
	expect_bug("a lock is freed while it is held or waited for", &s, "&s");
	actor_do(&b, write_unlock, &s);
	percpu_free_rwsem(&s);
	percpu_free_rwsem(&s); /* as the kernel's: of a freed one, harmless */
	expect_no_bug();
	ck_assert_ptr_null(s.allocated);
}
END_TEST

START_TEST(percpu_release_for_writing_of_what_is_not_held_is_reported)
{
	percpu_up_write(&sem);
	expect_bug("release for writing of a lock that nobody holds so", &sem, "sem");
	actor_do(&a, read_lock, &sem);
	percpu_up_write(&sem);
	expect_bug("release for writing of a lock that nobody holds so", &sem, "sem");
	actor_do(&a, read_unlock, &sem);
	if (klock_watched)
		return;
	klock_percpu_hand_over(&sem, false, 0);
	expect_bug("release for writing of a lock that nobody holds so", &sem, "sem");
	klock_percpu_take_over(&sem, false, 0);
	expect_bug("release for writing of a lock that nobody holds so", &sem, "sem");
}
END_TEST

/* Nobody watches: nobody has to be told. */
START_TEST(percpu_write_hold_is_given_up_by_another_thread)
{
	if (klock_watched)
		return;
	for (int i = 0; i < 100; i++) {
		actor_do(&a, write_lock, &sem);
		ck_assert_int_eq(actor_do(&b, read_try, &sem), 0);
		actor_do(&b, write_unlock, &sem);
		ck_assert_int_eq(actor_do(&c, read_try, &sem), 1);
		actor_do(&c, read_unlock, &sem);
	}
	actor_do(&a, write_lock, &sem);
	actor_begin(&c, write_lock, &sem);
	await_waiters(&sem.rw.word, 1);
	actor_do(&b, write_unlock, &sem); /* another thread's release wakes the waiter, too */
	actor_end(&c);
	actor_do(&c, write_unlock, &sem);
	expect_no_bug();
}
END_TEST

/* Without the checked mode a stray release shows when a writer adds up. */
START_TEST(percpu_stray_release_for_reading_is_reported_at_the_latest_by_a_writer)
{
	actor_do(&a, read_lock, &sem);
	actor_do(&a, read_unlock, &sem);
	actor_do(&a, read_unlock, &sem);
	actor_do(&b, write_lock, &sem);
	ck_assert_int_eq(bugs.count, 1);
	ck_assert_ptr_eq(bugs.lock, &sem);
	/* Mended: a reader keeps writers out again. */
	actor_do(&b, write_unlock, &sem);
	actor_do(&a, read_lock, &sem);
	ck_assert_int_eq(actor_do(&b, write_briefly, &sem), -ETIME);
	actor_do(&a, read_unlock, &sem);
	ck_assert_int_eq(bugs.count, 1);
}
END_TEST

START_TEST(percpu_use_after_free_is_reported)
{
	struct percpu_rw_semaphore s;

	ck_assert_int_eq(percpu_init_rwsem(&s), 0);
	percpu_free_rwsem(&s);
	ck_assert_int_eq(percpu_down_read_trylock(&s), 0);
	ck_assert_int_eq(percpu_down_write_timeout(&s, 0), -ETIME);
	ck_assert_int_ge(bugs.count, 1);
	ck_assert_str_eq(bugs.what, "lock used after it was destroyed");
}
END_TEST

static Suite *percpu_suite(void)
{
	Suite *suite = suite_create("percpu_rwsem");
	TCase *tc = tcase_create("percpu_rwsem");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, PATIENCE + 10);
	tcase_add_test(tc, percpu_readers_share_and_a_writer_is_alone);
	tcase_add_test(tc, percpu_writer_that_drains_bars_new_readers);
	tcase_add_test(tc, percpu_killed_writer_lets_the_readers_behind_it_go_on);
	tcase_add_test(tc, percpu_killed_reader_gives_up);
	tcase_add_test(tc, percpu_read_hold_is_given_up_by_another_thread);
	tcase_add_test(tc, percpu_threads_without_a_slot_count_as_well);
	tcase_add_test(tc, percpu_writer_waits_for_each_of_many_threads);
	tcase_add_test(tc, percpu_dynamic_lock_is_made_and_freed);
	tcase_add_test(tc, percpu_write_hold_is_given_up_by_another_thread);
	tcase_add_test(tc, percpu_release_for_writing_of_what_is_not_held_is_reported);
	tcase_add_test(tc,
		       percpu_stray_release_for_reading_is_reported_at_the_latest_by_a_writer);
	tcase_add_test(tc, percpu_use_after_free_is_reported);
	suite_add_tcase(suite, tc);
	return suite;
}

CK_MAIN(percpu_suite())
