/* SPDX-License-Identifier: MIT */
/* What lockstat counts and times, of each kind of lock. */
#include "annotate/watch.h"
#include "support/ck_main.h"
#include "support/counted.h"
#include <errno.h>
#include <klock.h>
#include <sys/wait.h>
#include <unistd.h>

static DEFINE_MUTEX(lock);
static DEFINE_MUTEX(other);
static DEFINE_RWSEM(sem);
static DEFINE_SEMAPHORE(units, 1);
DEFINE_STATIC_PERCPU_RWSEM(percpu);

/* With what the clocks may differ by. */
#define expect_between(ns, least, most)                                                            \
	do {                                                                                       \
		int64_t slack_ = 2000 + (int64_t)(most) / 200;                                     \
		ck_assert_int_ge((int64_t)(ns), (int64_t)(least)-slack_);                          \
		ck_assert_int_le((int64_t)(ns), (int64_t)(most) + slack_);                         \
	} while (0)

static long try_mutex(void *arg)
{
	return mutex_trylock(arg);
}

static long take_killable(void *arg)
{
	return mutex_lock_killable(arg);
}

static long take_for_a_millisecond(void *arg)
{
	return mutex_lock_timeout(arg, 1000000);
}

static long take_in_no_time(void *arg)
{
	return mutex_lock_timeout(arg, 0);
}

static long take_read(void *arg)
{
	down_read(arg);
	return 0;
}

static long give_read(void *arg)
{
	up_read(arg);
	return 0;
}

static long use_write(void *arg)
{
	down_write(arg);
	up_write(arg);
	return 0;
}

static long use_percpu_read(void *arg)
{
	percpu_down_read(arg);
	percpu_up_read(arg);
	return 0;
}

static long use_percpu_write(void *arg)
{
	percpu_down_write(arg);
	percpu_up_write(arg);
	return 0;
}

static long use_percpu_write_killable(void *arg)
{
	int err = percpu_down_write_killable(arg);

	if (!err)
		percpu_up_write(arg);
	return err;
}

static long use_unit(void *arg)
{
	down(arg);
	up(arg);
	return 0;
}

START_TEST(mutex_pairs_are_counted_exactly)
{
	for (int i = 0; i < 5; i++)
		use_mutex(&lock);
	use_mutex(&other);
	expect(writes("lock"), 5, 5, 0);
	expect(writes("other"), 1, 1, 0);
	expect(reads("lock"), 0, 0, 0);
}
END_TEST

START_TEST(mutex_trylock_counts_when_it_succeeds)
{
	ck_assert_int_eq(mutex_trylock(&lock), 1);
	ck_assert_int_eq(actor_do(&a, try_mutex, &lock), 0);
	mutex_unlock(&lock);
	expect(writes("lock"), 1, 1, 0);
}
END_TEST

START_TEST(mutex_attempt_without_time_is_no_contention)
{
	mutex_lock(&lock);
	ck_assert_int_eq(actor_do(&a, take_in_no_time, &lock), -ETIME);
	mutex_unlock(&lock);
	expect(writes("lock"), 1, 1, 0);
}
END_TEST

START_TEST(mutex_hold_time_is_what_a_clock_says)
{
	int64_t before = now_ns(), inside, end;

	mutex_lock(&lock);
	inside = now_ns();
	nap_us(2000);
	end = now_ns();
	mutex_unlock(&lock);
	expect(writes("lock"), 1, 1, 0);
	expect_between(sums.at[0]->mode[KLOCK_STAT_WRITE].hold.total, end - inside,
		       now_ns() - before);
}
END_TEST

START_TEST(mutexes_released_in_another_order_have_their_own_times)
{
	int64_t before = now_ns(), after;

	mutex_lock(&lock);
	mutex_lock(&other);
	mutex_unlock(&lock);
	after = now_ns();
	nap_us(2000);
	mutex_unlock(&other);
	expect(writes("lock"), 1, 1, 0);
	expect(writes("other"), 1, 1, 0);
	expect_between(writes("other")->hold.total, 2000000, now_ns() - before);
	expect_between(writes("lock")->hold.total, 0, after - before);
}
END_TEST

/* Whether the site is in this function. */
static bool in_function(const void *site, long (*fn)(void *))
{
	return (uintptr_t)site - (uintptr_t)fn < 4096;
}

START_TEST(mutex_contention_is_timed_and_placed)
{
	int64_t before, waiting, given;
	const struct klock_stat_sum *sum;

	actor_do(&a, take_mutex, &lock);
	before = now_ns();
	actor_begin(&b, use_mutex, &lock);
	await_waiters(&lock.word, 1);
	waiting = now_ns();
	nap_us(1000);
	given = now_ns();
	actor_do(&a, give_mutex, &lock);
	actor_end(&b);

	sum = row("lock");
	expect(&sum->mode[KLOCK_STAT_WRITE], 2, 2, 1);
	expect_between(sum->mode[KLOCK_STAT_WRITE].wait.total, given - waiting,
		       now_ns() - before);
	ck_assert_ptr_nonnull(sum->waiters);
	ck_assert_uint_eq(sum->waiters->nr, 1);
	ck_assert_uint_eq(sum->waiters->wait_total, sum->mode[KLOCK_STAT_WRITE].wait.total);
	ck_assert(in_function(sum->waiters->site, use_mutex));
	ck_assert_ptr_null(sum->waiters->next);
	ck_assert_ptr_nonnull(sum->holders);
	ck_assert_uint_eq(sum->holders->nr, 1);
	ck_assert(in_function(sum->holders->site, take_mutex));
	ck_assert_ptr_null(sum->holders->next);
}
END_TEST

START_TEST(mutex_owner_is_found_among_many_threads)
{
	struct actor many[70];

	actor_do(&a, take_mutex, &lock);
	for (int i = 0; i < 70; i++) {
		actor_init(&many[i]);
		actor_do(&many[i], use_mutex, &other);
	}
	actor_begin(&b, use_mutex, &lock);
	await_waiters(&lock.word, 1);
	actor_do(&a, give_mutex, &lock);
	actor_end(&b);
	actors_fini(many, 70);
	ck_assert_ptr_nonnull(row("lock")->holders);
	ck_assert(in_function(row("lock")->holders->site, take_mutex));
}
END_TEST

START_TEST(mutex_wait_that_is_under_way_is_a_contention_already)
{
	mutex_lock(&lock);
	actor_begin(&a, use_mutex, &lock);
	await_waiters(&lock.word, 1);
	ck_assert_uint_eq(writes("lock")->contentions, 1);
	ck_assert_uint_eq(writes("lock")->wait.nr, 0);
	ck_assert_uint_eq(writes("lock")->acquisitions, 1);
	ck_assert_uint_eq(writes("lock")->hold.nr, 0);
	mutex_unlock(&lock);
	actor_end(&a);
	expect(writes("lock"), 2, 2, 1);
}
END_TEST

START_TEST(mutex_timeout_is_a_contention_without_acquisition)
{
	mutex_lock(&lock);
	ck_assert_int_eq(actor_do(&a, take_for_a_millisecond, &lock), -ETIME);
	mutex_unlock(&lock);
	expect(writes("lock"), 1, 1, 1);
	ck_assert_uint_ge(writes("lock")->wait.total, 990000);
	actor_do(&a, use_mutex, &lock);
	expect(writes("lock"), 2, 2, 1);
}
END_TEST

START_TEST(mutex_kill_is_a_contention_without_acquisition)
{
	mutex_lock(&lock);
	actor_begin(&a, take_killable, &lock);
	await_waiters(&lock.word, 1);
	klock_kill(a.task);
	ck_assert_int_eq(actor_end(&a), -EINTR);
	klock_unkill(a.task);
	mutex_unlock(&lock);
	expect(writes("lock"), 1, 1, 1);
}
END_TEST

START_TEST(rwsem_modes_are_counted_apart)
{
	down_read(&sem);
	actor_do(&a, take_read, &sem);
	actor_do(&a, give_read, &sem);
	up_read(&sem);
	use_write(&sem);
	expect(reads("sem"), 2, 2, 0);
	expect(writes("sem"), 1, 1, 0);
}
END_TEST

START_TEST(rwsem_writer_behind_a_reader_is_told_where_that_came_in)
{
	const struct klock_stat_sum *sum;

	actor_do(&a, take_read, &sem);
	actor_begin(&b, use_write, &sem);
	await_waiters(&sem.word, 1);
	actor_do(&a, give_read, &sem);
	actor_end(&b);
	sum = row("sem");
	expect(&sum->mode[KLOCK_STAT_WRITE], 1, 1, 1);
	expect(&sum->mode[KLOCK_STAT_READ], 1, 1, 0);
	ck_assert(in_function(sum->waiters->site, use_write));
	ck_assert_ptr_nonnull(sum->holders);
	ck_assert(in_function(sum->holders->site, take_read));
}
END_TEST

START_TEST(rwsem_downgrade_ends_one_hold_and_begins_another)
{
	int64_t before = now_ns(), at, after;

	down_write(&sem);
	nap_us(2000);
	at = now_ns();
	downgrade_write(&sem);
	ck_assert_uint_eq(writes("sem")->hold.nr, 1);
	up_read(&sem);
	after = now_ns();
	expect(writes("sem"), 1, 1, 0);
	expect(reads("sem"), 1, 1, 0);
	expect_between(writes("sem")->hold.total, 2000000, after - before);
	expect_between(reads("sem")->hold.total, 0, after - at);
}
END_TEST

START_TEST(rwsem_hold_without_owner_is_counted_and_not_timed)
{
	down_read_non_owner(&sem);
	up_read_non_owner(&sem);
	expect(reads("sem"), 1, 0, 0);
}
END_TEST

START_TEST(semaphore_units_are_counted_and_not_timed)
{
	const struct klock_stat_sum *sum;

	down(&units);
	actor_begin(&a, use_unit, &units);
	await_waiters(&units.word, 1);
	ck_assert_int_eq(down_trylock(&units), 1);
	up(&units);
	actor_end(&a);
	sum = row("units");
	expect(&sum->mode[KLOCK_STAT_WRITE], 2, 0, 1);
	ck_assert(in_function(sum->waiters->site, use_unit));
	ck_assert_ptr_null(sum->holders);
	ck_assert_uint_eq(klock_stat_self()->nr_holds, 0);
}
END_TEST

START_TEST(percpu_writer_that_waits_for_readers_is_contended_once)
{
	percpu_down_read(&percpu);
	actor_begin(&a, use_percpu_write, &percpu);
	await_waiters(&percpu.block, 1);
	percpu_up_read(&percpu);
	actor_end(&a);
	expect(writes("percpu"), 1, 1, 1);
	expect(reads("percpu"), 1, 1, 0);
	use_percpu_write(&percpu);
	expect(writes("percpu"), 2, 2, 1);
}
END_TEST

/* b waits for the reader; a for b, and then for the reader too. */
START_TEST(percpu_writer_behind_a_writer_and_readers_is_contended_once)
{
	percpu_down_read(&percpu);
	actor_begin(&b, use_percpu_write_killable, &percpu);
	await_waiters(&percpu.block, 1);
	actor_begin(&a, use_percpu_write, &percpu);
	await_waiters(&percpu.rw.word, 1);
	klock_kill(b.task);
	ck_assert_int_eq(actor_end(&b), -EINTR);
	klock_unkill(b.task);
	await_waiters(&percpu.block, 1);
	percpu_up_read(&percpu);
	actor_end(&a);
	expect(writes("percpu"), 1, 1, 2);
	expect(reads("percpu"), 1, 1, 0);
}
END_TEST

START_TEST(percpu_reader_behind_a_writer_is_contended)
{
	percpu_down_write(&percpu);
	actor_begin(&a, use_percpu_read, &percpu);
	await_waiters(&percpu.rw.word, 1);
	percpu_up_write(&percpu);
	actor_end(&a);
	expect(writes("percpu"), 1, 1, 0);
	expect(reads("percpu"), 1, 1, 1);
}
END_TEST

static long release_percpu_read(void *arg)
{
	percpu_up_read(arg);
	return 0;
}

/* The list of holds stays bounded, and what is taken after is timed. */
START_TEST(percpu_holds_given_up_by_another_thread_are_not_timed)
{
	if (!klock_watches_alone(&klock_watch_lockstat))
		return; /* the others call it a mistake */
	for (int i = 0; i < 1500; i++) {
		percpu_down_read(&percpu);
		actor_do(&a, release_percpu_read, &percpu);
	}
	use_mutex(&lock);
	expect(reads("percpu"), 1500, 0, 0);
	expect(writes("lock"), 1, 1, 0);
	ck_assert_uint_le(klock_stat_self()->nr_holds, 1024);
}
END_TEST

START_TEST(threads_that_ended_are_in_the_sum)
{
	for (int i = 0; i < 8; i++) {
		struct actor late;

		actor_init(&late);
		actor_do(&late, use_mutex, &lock);
		actor_do(&late, use_mutex, &lock);
		actor_fini(&late);
	}
	actor_do(&a, use_mutex, &lock);
	expect(writes("lock"), 17, 17, 0);
}
END_TEST

static void contend(void)
{
	mutex_lock(&lock);
	actor_begin(&a, use_mutex, &lock);
	await_waiters(&lock.word, 1);
	mutex_unlock(&lock);
	actor_end(&a);
}

START_TEST(reset_begins_again_at_zero)
{
	contend();
	mutex_lock(&other);
	actor_do(&a, use_mutex, &lock);
	klock_lockstat_reset();
	expect(writes("lock"), 0, 0, 0);
	mutex_unlock(&other);
	expect(writes("other"), 0, 0, 0);
	contend();
	expect(writes("lock"), 2, 2, 1);
	ck_assert_uint_eq(row("lock")->waiters->nr, 1);
	ck_assert_uint_eq(row("lock")->holders->nr, 1);
}
END_TEST

START_TEST(reset_in_a_wait_leaves_the_acquisition)
{
	mutex_lock(&lock);
	actor_begin(&a, use_mutex, &lock);
	await_waiters(&lock.word, 1);
	klock_lockstat_reset();
	mutex_unlock(&lock);
	actor_end(&a);
	expect(writes("lock"), 1, 1, 0);
}
END_TEST

START_TEST(child_of_fork_begins_at_zero)
{
	int status;
	pid_t pid;

	use_mutex(&lock);
	actor_do(&a, use_mutex, &lock);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (!pid) {
		if (writes("lock")->acquisitions)
			_exit(1);
		use_mutex(&lock);
		_exit(writes("lock")->acquisitions == 1 ? 0 : 2);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	expect(writes("lock"), 2, 2, 0);
}
END_TEST

/* It was enabled before a lock set the library up, in threads that were known by then. */
START_TEST(child_of_fork_has_no_waiters)
{
	int status;
	pid_t pid;

	actor_do(&a, take_mutex, &lock);
	actor_begin(&b, use_mutex, &lock);
	await_waiters(&lock.word, 1);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (!pid)
		_exit(waiters_for(&lock.word));
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	actor_do(&a, give_mutex, &lock);
	actor_end(&b);
}
END_TEST

static Suite *lockstat_suite(void)
{
	Suite *suite = suite_create("lockstat");
	TCase *tc = tcase_create("counts");

	tcase_add_checked_fixture(tc, counted_setup, counted_teardown);
	tcase_add_test(tc, mutex_pairs_are_counted_exactly);
	tcase_add_test(tc, mutex_trylock_counts_when_it_succeeds);
	tcase_add_test(tc, mutex_attempt_without_time_is_no_contention);
	tcase_add_test(tc, mutex_hold_time_is_what_a_clock_says);
	tcase_add_test(tc, mutexes_released_in_another_order_have_their_own_times);
	tcase_add_test(tc, mutex_contention_is_timed_and_placed);
	tcase_add_test(tc, mutex_owner_is_found_among_many_threads);
	tcase_add_test(tc, mutex_wait_that_is_under_way_is_a_contention_already);
	tcase_add_test(tc, mutex_timeout_is_a_contention_without_acquisition);
	tcase_add_test(tc, mutex_kill_is_a_contention_without_acquisition);
	tcase_add_test(tc, rwsem_modes_are_counted_apart);
	tcase_add_test(tc, rwsem_writer_behind_a_reader_is_told_where_that_came_in);
	tcase_add_test(tc, rwsem_downgrade_ends_one_hold_and_begins_another);
	tcase_add_test(tc, rwsem_hold_without_owner_is_counted_and_not_timed);
	tcase_add_test(tc, semaphore_units_are_counted_and_not_timed);
	tcase_add_test(tc, percpu_writer_that_waits_for_readers_is_contended_once);
	tcase_add_test(tc, percpu_writer_behind_a_writer_and_readers_is_contended_once);
	tcase_add_test(tc, percpu_reader_behind_a_writer_is_contended);
	tcase_add_test(tc, percpu_holds_given_up_by_another_thread_are_not_timed);
	tcase_add_test(tc, threads_that_ended_are_in_the_sum);
	tcase_add_test(tc, reset_begins_again_at_zero);
	tcase_add_test(tc, reset_in_a_wait_leaves_the_acquisition);
	tcase_add_test(tc, child_of_fork_begins_at_zero);
	tcase_add_test(tc, child_of_fork_has_no_waiters);
	suite_add_tcase(suite, tc);
	return suite;
}

CK_MAIN(lockstat_suite())
