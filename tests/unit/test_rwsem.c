/* SPDX-License-Identifier: MIT */
/* rw_semaphore, and through it the lock word that mutex shares (lib/locks/lockword.h). */
#include "support/actor.h"
#include "support/bugs.h"
#include "support/ck_main.h"
#include "support/on_purpose.h"
#include <errno.h>
#include <klock/rwsem.h>

static DEFINE_RWSEM(sem);
static struct actor a, b, c, d;

static long read_lock(void *s)
{
	down_read(s);
	return 0;
}

static long read_unlock(void *s)
{
	up_read(s);
	return 0;
}

static long write_lock(void *s)
{
	down_write(s);
	return 0;
}

static long write_unlock(void *s)
{
	up_write(s);
	return 0;
}

static long downgrade(void *s)
{
	downgrade_write(s);
	return 0;
}

static long read_try(void *s)
{
	return down_read_trylock(s);
}

static long write_try(void *s)
{
	return down_write_trylock(s);
}

static long write_killable(void *s)
{
	return down_write_killable(s);
}

static long read_killable(void *s)
{
	return down_read_killable(s);
}

static long read_non_owner(void *s)
{
	down_read_non_owner(s);
	return 0;
}

static long read_unlock_non_owner(void *s)
{
	up_read_non_owner(s);
	return 0;
}

/* Uses up what newcomers may pass a sleeping writer by; the lock is held for reading. */
static long pass_until_refused(void *s)
{
	long passed = 0;

	while (down_read_trylock(s)) {
		up_read(s);
		passed++;
	}
	return passed;
}

static void setup(void)
{
	catch_bugs();
	actor_init(&a);
	actor_init(&b);
	actor_init(&c);
	actor_init(&d);
}

static void teardown(void)
{
	actor_fini(&a);
	actor_fini(&b);
	actor_fini(&c);
	actor_fini(&d);
}

/* As many readers in it as this, no writer, and no bit besides. */
static void expect_readers(unsigned int readers)
{
	ck_assert_uint_eq(sem.word, readers * KLOCK_W_READER);
}

START_TEST(rwsem_object_has_sixteen_bytes)
{
	ck_assert_uint_le(sizeof(struct rw_semaphore), sizeof(void *) == 8 ? 16 : 12);
}
END_TEST

START_TEST(rwsem_free_admits_readers_together_and_a_writer_alone)
{
	actor_do(&a, read_lock, &sem);
	ck_assert_int_eq(actor_do(&b, read_try, &sem), 1);
	ck_assert_int_eq(actor_do(&c, write_try, &sem), 0);
	expect_readers(2);
	actor_do(&a, read_unlock, &sem);
	ck_assert_int_eq(actor_do(&c, write_try, &sem), 0);
	actor_do(&b, read_unlock, &sem);
	ck_assert_int_eq(actor_do(&c, write_try, &sem), 1);
	ck_assert_int_eq(actor_do(&a, read_try, &sem), 0);
	ck_assert_int_eq(actor_do(&b, write_try, &sem), 0);
	actor_do(&c, write_unlock, &sem);
	expect_readers(0);
	expect_no_bug();
}
END_TEST

START_TEST(rwsem_waiting_writer_blocks_new_reader)
{
	long passed;

	actor_do(&a, read_lock, &sem);
	actor_begin(&b, write_lock, &sem);
	await_waiters(&sem.word, 1);
	passed = actor_do(&c, pass_until_refused, &sem);
	ck_assert_int_le(passed, 31);
	actor_begin(&c, read_lock, &sem);
	await_waiters(&sem.word, 2);
	/* The writer, then the reader. */
	actor_do(&a, read_unlock, &sem);
	actor_end(&b);
	ck_assert(actor_busy(&c));
	actor_do(&b, write_unlock, &sem);
	actor_end(&c);
	actor_do(&c, read_unlock, &sem);
	expect_readers(0);
}
END_TEST

START_TEST(rwsem_readers_that_wait_enter_together_past_a_writer_between_them)
{
	actor_do(&a, write_lock, &sem);
	actor_begin(&b, read_lock, &sem);
	await_waiters(&sem.word, 1);
	actor_begin(&c, write_lock, &sem);
	await_waiters(&sem.word, 2);
	actor_begin(&d, read_lock, &sem);
	await_waiters(&sem.word, 3);
	actor_do(&a, write_unlock, &sem);
	actor_end(&b);
	actor_end(&d);
	ck_assert(actor_busy(&c));
	actor_do(&b, read_unlock, &sem);
	ck_assert(actor_busy(&c));
	actor_do(&d, read_unlock, &sem);
	actor_end(&c);
	actor_do(&c, write_unlock, &sem);
	expect_readers(0);
}
END_TEST

START_TEST(rwsem_downgrade_lets_waiting_readers_in_and_keeps_writers_out)
{
	actor_do(&a, write_lock, &sem);
	actor_begin(&b, read_lock, &sem);
	await_waiters(&sem.word, 1);
	actor_do(&a, downgrade, &sem);
	actor_end(&b);
	expect_readers(2);
	ck_assert_int_eq(actor_do(&c, write_try, &sem), 0);
	ck_assert_int_eq(actor_do(&c, read_try, &sem), 1);
	actor_do(&a, read_unlock, &sem);
	actor_do(&b, read_unlock, &sem);
	actor_do(&c, read_unlock, &sem);
	expect_readers(0);
	expect_no_bug();
}
END_TEST

START_TEST(rwsem_downgrade_before_a_waiting_writer_keeps_it_waiting)
{
	actor_do(&a, write_lock, &sem);
	actor_begin(&b, write_lock, &sem);
	await_waiters(&sem.word, 1);
	actor_begin(&c, read_lock, &sem);
	await_waiters(&sem.word, 2);
	actor_do(&a, downgrade, &sem);
	ck_assert(actor_busy(&b));
	actor_do(&a, read_unlock, &sem);
	actor_end(&b);
	actor_do(&b, write_unlock, &sem);
	actor_end(&c);
	actor_do(&c, read_unlock, &sem);
	expect_readers(0);
}
END_TEST

START_TEST(rwsem_killed_writer_lets_readers_behind_it_go_on)
{
	actor_do(&a, read_lock, &sem);
	actor_begin(&b, write_killable, &sem);
	await_waiters(&sem.word, 1);
	actor_do(&a, pass_until_refused, &sem);
	actor_begin(&c, read_lock, &sem);
	await_waiters(&sem.word, 2);
	actor_begin(&d, read_killable, &sem);
	await_waiters(&sem.word, 3);
	klock_kill(b.task);
	ck_assert_int_eq(actor_end(&b), -EINTR);
	ck_assert_int_eq(actor_end(&c), 0);
	ck_assert_int_eq(actor_end(&d), 0);
	expect_readers(3);
	actor_do(&a, read_unlock, &sem);
	actor_do(&c, read_unlock, &sem);
	actor_do(&d, read_unlock, &sem);
	expect_readers(0);
	klock_unkill(b.task);
}
END_TEST

START_TEST(rwsem_is_contended_while_somebody_waits)
{
	ck_assert(!rwsem_is_contended(&sem));
	ck_assert(!rwsem_is_locked(&sem));
	actor_do(&a, read_lock, &sem);
	ck_assert(!rwsem_is_contended(&sem));
	ck_assert(rwsem_is_locked(&sem));
	actor_begin(&b, write_lock, &sem);
	await_waiters(&sem.word, 1);
	ck_assert(rwsem_is_contended(&sem));
	actor_do(&a, read_unlock, &sem);
	actor_end(&b);
	ck_assert(!rwsem_is_contended(&sem));
	actor_do(&b, write_unlock, &sem);
	ck_assert(!rwsem_is_locked(&sem));
}
END_TEST

START_TEST(rwsem_non_owner_hold_is_given_up_by_another_thread)
{
	actor_do(&a, read_non_owner, &sem);
	ck_assert_int_eq(actor_do(&b, write_try, &sem), 0);
	actor_begin(&c, write_lock, &sem);
	await_waiters(&sem.word, 1);
	actor_do(&b, read_unlock_non_owner, &sem);
	actor_end(&c);
	actor_do(&c, write_unlock, &sem);
	expect_readers(0);
	expect_no_bug();
}
END_TEST

START_TEST(rwsem_nested_forms_lock_as_the_plain_ones)
{
	struct rw_semaphore inner;

	init_rwsem(&inner);
	down_write(&sem);
	down_write_nested(&inner, SINGLE_DEPTH_NESTING);
	ck_assert_int_eq(actor_do(&a, read_try, &inner), 0);
	up_write(&inner);
	down_write_nest_lock(&inner, &sem);
	ck_assert_int_eq(actor_do(&a, read_try, &inner), 0);
	up_write(&inner);
	ck_assert_int_eq(down_write_killable_nested(&inner, 1), 0);
	ck_assert_int_eq(actor_do(&a, read_try, &inner), 0);
	up_write(&inner);
	down_read_nested(&inner, 1);
	ck_assert_int_eq(actor_do(&a, write_try, &inner), 0);
	up_read(&inner);
	ck_assert_int_eq(down_read_killable_nested(&inner, 1), 0);
	ck_assert_int_eq(actor_do(&a, write_try, &inner), 0);
	up_read(&inner);
	up_write(&sem);
	expect_no_bug();
}
END_TEST

START_TEST(rwsem_release_of_a_free_lock_is_reported_and_refused)
{
	up_read(&sem);
	expect_bug("release of a lock that nobody holds", &sem, "sem");
	ck_assert_str_eq(bugs.lock_type, "rw_semaphore");
	ck_assert_ptr_nonnull(strstr(bugs.site, "test_rwsem"));
	up_write(&sem);
	expect_bug("release of a lock that nobody holds", &sem, "sem");
	downgrade_write(&sem);
	expect_bug("downgrade of a lock that this thread does not hold for writing", &sem, "sem");
	expect_readers(0);
}
END_TEST

START_TEST(rwsem_release_in_the_wrong_mode_is_reported_and_refused)
{
	actor_do(&a, read_lock, &sem);
	actor_do(&a, write_unlock, &sem);
	expect_bug("release for writing of a lock that is held for reading", &sem, "sem");
	expect_readers(1);
	actor_do(&a, downgrade, &sem);
	expect_bug("downgrade of a lock that this thread does not hold for writing", &sem, "sem");
	actor_do(&a, read_unlock, &sem);
	expect_no_bug();
	actor_do(&a, write_lock, &sem);
	actor_do(&a, read_unlock, &sem);
	expect_bug("release for reading of a lock that is held for writing", &sem, "sem");
	ck_assert_int_eq(actor_do(&b, read_try, &sem), 0);
	actor_do(&a, write_unlock, &sem);
	expect_no_bug();
}
END_TEST

START_TEST(rwsem_release_by_another_writer_is_reported_and_refused)
{
	actor_do(&a, write_lock, &sem);
	actor_do(&b, write_unlock, &sem);
	expect_bug("release of a lock that another thread holds", &sem, "sem");
	actor_do(&b, downgrade, &sem);
	expect_bug("downgrade of a lock that this thread does not hold for writing", &sem, "sem");
	ck_assert_int_eq(actor_do(&b, read_try, &sem), 0);
	actor_do(&a, write_unlock, &sem);
	expect_no_bug();
}
END_TEST

START_TEST(rwsem_init_and_destroy_in_use_are_reported_and_refused)
{
	static struct rw_semaphore s;

	init_rwsem(&s);
	actor_do(&a, read_lock, &s);
	klock_rwsem_destroy(&s);
	expect_bug("a lock is destroyed while it is held or waited for", &s, "&s");
	actor_begin(&b, write_lock, &s);
	await_waiters(&s.word, 1);
	init_rwsem(&s);
	expect_bug("a lock is initialised while threads wait for it", &s, "&s");
	actor_do(&a, read_unlock, &s);
	actor_end(&b);
	actor_do(&b, write_unlock, &s);
	klock_rwsem_destroy(&s);
	expect_no_bug();
	ck_assert_int_eq(down_read_trylock(&s), 0);
	up_read(&s);
	expect_bug("release of a lock that was destroyed", &s, "&s");
}
END_TEST

START_TEST(rwsem_assertions_report_what_is_not_held)
{
	rwsem_assert_held(&sem);
	expect_bug("a lock is not held, as asserted", &sem, "sem");
	rwsem_assert_held_write(&sem);
	expect_bug("a lock is not held for writing by this thread, as asserted", &sem, "sem");
	down_read(&sem);
	rwsem_assert_held(&sem);
	expect_no_bug();
	rwsem_assert_held_write(&sem);
	expect_bug("a lock is not held for writing by this thread, as asserted", &sem, "sem");
	up_read(&sem);
	actor_do(&a, write_lock, &sem);
	rwsem_assert_held_write(&sem);
	expect_bug("a lock is not held for writing by this thread, as asserted", &sem, "sem");
	actor_do(&a, write_unlock, &sem);
	down_write(&sem);
	rwsem_assert_held(&sem);
	rwsem_assert_held_write(&sem);
	up_write(&sem);
	expect_no_bug();
}
END_TEST

START_TEST(rwsem_wait_of_a_writer_for_itself_is_reported)
{
	down_write(&sem);
	on_purpose_begin();
	ck_assert_int_eq(down_read_timeout(&sem, 1000), -ETIME);
	expect_bug("a thread waits for a lock that it holds for writing", &sem, "sem");
	ck_assert_int_eq(down_write_timeout(&sem, 1000), -ETIME);
	expect_bug("a thread waits for a lock that it holds for writing", &sem, "sem");
	on_purpose_end();
	up_write(&sem);
}
END_TEST

/* A count that the word cannot hold: refused to a try, and said aloud to one that waits. */
START_TEST(rwsem_full_of_readers_admits_no_more)
{
	static struct rw_semaphore s;
	struct rw_semaphore full;

	init_rwsem(&s);
	full = s;
	full.word = KLOCK_W_FULL;
	ck_assert_int_eq(down_read_trylock(&full), 0);
	ck_assert_int_eq(down_read_timeout(&full, 1), -ETIME);
	expect_bug("more readers than a lock can count", &full, "&s");
}
END_TEST

static Suite *rwsem_suite(void)
{
	Suite *suite = suite_create("rwsem");
	TCase *tc = tcase_create("rwsem");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, PATIENCE + 10);
	tcase_add_test(tc, rwsem_object_has_sixteen_bytes);
	tcase_add_test(tc, rwsem_free_admits_readers_together_and_a_writer_alone);
	tcase_add_test(tc, rwsem_waiting_writer_blocks_new_reader);
	tcase_add_test(tc, rwsem_readers_that_wait_enter_together_past_a_writer_between_them);
	tcase_add_test(tc, rwsem_downgrade_lets_waiting_readers_in_and_keeps_writers_out);
	tcase_add_test(tc, rwsem_downgrade_before_a_waiting_writer_keeps_it_waiting);
	tcase_add_test(tc, rwsem_killed_writer_lets_readers_behind_it_go_on);
	tcase_add_test(tc, rwsem_is_contended_while_somebody_waits);
	tcase_add_test(tc, rwsem_non_owner_hold_is_given_up_by_another_thread);
	tcase_add_test(tc, rwsem_nested_forms_lock_as_the_plain_ones);
	tcase_add_test(tc, rwsem_release_of_a_free_lock_is_reported_and_refused);
	tcase_add_test(tc, rwsem_release_in_the_wrong_mode_is_reported_and_refused);
	tcase_add_test(tc, rwsem_release_by_another_writer_is_reported_and_refused);
	tcase_add_test(tc, rwsem_init_and_destroy_in_use_are_reported_and_refused);
	tcase_add_test(tc, rwsem_assertions_report_what_is_not_held);
	tcase_add_test(tc, rwsem_wait_of_a_writer_for_itself_is_reported);
	tcase_add_test(tc, rwsem_full_of_readers_admits_no_more);
	suite_add_tcase(suite, tc);
	return suite;
}

CK_MAIN(rwsem_suite())
