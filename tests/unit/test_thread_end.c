/* SPDX-License-Identifier: MIT */
/* Who a thread is lasts as long as the thread, and no other thread becomes it. */
#include "config.h"
#include "annotate/watch.h"
#include "locks/bias_mode.h"
#include "support/actor.h"
#include "support/ck_main.h"
#include "wait/slots.h"
#include "wait/task.h"
#include <errno.h>
#include <klock.h>
#include <limits.h>

#ifdef HAVE_VALGRIND_HEADERS
#include <valgrind/valgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#endif

static struct mutex mutex;
static struct rw_semaphore written, read_;
static struct percpu_rw_semaphore percpu;
static pthread_key_t early, late;
static int bugs;

static void count_bug(const struct klock_bug *bug)
{
	(void)bug;
	bugs++;
}

static void take_all(void)
{
	mutex_lock(&mutex);
	down_write(&written);
	down_read(&read_);
	percpu_down_read(&percpu);
}

static void give_all(void)
{
	percpu_up_read(&percpu);
	up_read(&read_);
	up_write(&written);
	mutex_unlock(&mutex);
}

/* In the last round but one that there is, which comes when this has asked for it. */
struct last_wish {
	pthread_key_t key;
	int round;
	void (*then)(void);
};

static void destructor(void *arg)
{
	struct last_wish *wish = arg;

	if (++wish->round < PTHREAD_DESTRUCTOR_ITERATIONS - 1)
		pthread_setspecific(wish->key, wish);
	else
		wish->then();
}

static void set_up(void)
{
	ck_assert_int_eq(pthread_key_create(&early, destructor), 0); /* before the library's */
	mutex_init(&mutex);
	init_rwsem(&written);
	init_rwsem(&read_);
	read_.word = KLOCK_W_SPLIT; /* a reader's hold is in a slot */
	ck_assert_int_eq(percpu_init_rwsem(&percpu), 0);
	ck_assert_int_eq(pthread_key_create(&late, destructor), 0);
	klock_set_bug_fn(count_bug);
}

static void *take_and_leave(void *arg)
{
	struct last_wish *wish = arg;

	take_all();
	pthread_setspecific(wish->key, wish);
	return NULL;
}

static void run(void *(*body)(void *arg), void *arg)
{
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, body, arg), 0);
	pthread_join(thread, NULL);
}

static void expect_all_free(void)
{
	ck_assert_int_eq(bugs, 0);
	ck_assert(mutex_trylock(&mutex));
	ck_assert(down_write_trylock(&written));
	ck_assert(down_write_trylock(&read_));
	percpu_down_write(&percpu);
	percpu_up_write(&percpu);
	up_write(&read_);
	up_write(&written);
	mutex_unlock(&mutex);
}

START_TEST(destructor_releases_what_the_thread_held_whichever_key_came_first)
{
	struct last_wish wish = { _i ? late : early, 0, give_all };

	run(take_and_leave, &wish);
	expect_all_free();
}
END_TEST

static pthread_barrier_t barrier;

static void give_all_after_another(void)
{
	pthread_barrier_wait(&barrier); /* another thread comes */
	pthread_barrier_wait(&barrier);
	give_all();
}

static long wait_a_little(void *arg)
{
	return mutex_lock_timeout(arg, 1000000);
}

START_TEST(thread_that_comes_while_another_ends_is_not_taken_for_it)
{
	struct last_wish wish = { _i ? late : early, 0, give_all_after_another };
	struct actor others[3];
	pthread_t thread;

	pthread_barrier_init(&barrier, NULL, 2);
	ck_assert_int_eq(pthread_create(&thread, NULL, take_and_leave, &wish), 0);
	pthread_barrier_wait(&barrier);
	for (int i = 0; i < 3; i++) {
		actor_init(&others[i]);
		ck_assert_int_eq(actor_do(&others[i], wait_a_little, &mutex), -ETIME);
	}
	pthread_barrier_wait(&barrier);
	pthread_join(thread, NULL);
	for (int i = 0; i < 3; i++)
		actor_fini(&others[i]);
	expect_all_free();
	pthread_barrier_destroy(&barrier);
}
END_TEST

static void *take_mutex(void *arg)
{
	mutex_lock(arg);
	return arg;
}

static void *give_mutex(void *arg)
{
	mutex_unlock(arg);
	return arg;
}

START_TEST(lock_of_a_thread_that_ended_is_no_other_threads)
{
	run(take_mutex, &mutex);
	bugs = 0; /* the checked mode has said so */
	for (int i = 1; i <= 100; i++) {
		run(give_mutex, &mutex);
		ck_assert_int_eq(bugs, i); /* reported, each time */
	}
	ck_assert(mutex_is_locked(&mutex));
}
END_TEST

static void *take_read(void *arg)
{
	down_read(arg);
	return arg;
}

/* Their holds are given up by this one: a hold in a slot keeps the task only until then. */
START_TEST(threads_that_end_with_a_read_hold_leave_nothing_when_it_is_given_up)
{
	enum { MANY = 500 };

	for (int i = 0; i < MANY; i++) {
		run(take_read, &read_);
		up_read(&read_);
	}
	ck_assert_uint_lt(klock_nr_tasks(), 64);
	ck_assert(down_write_trylock(&read_));
}
END_TEST

static pthread_barrier_t all_there;

static void *read_while_all_are_there(void *arg)
{
	down_read(arg);
	up_read(arg);
	pthread_barrier_wait(&all_there);
	return NULL;
}

static void run_at_once(int n, void *(*body)(void *arg), void *arg)
{
	pthread_t *threads = calloc((size_t)n, sizeof(*threads));

	ck_assert_ptr_nonnull(threads);
	pthread_barrier_init(&all_there, NULL, (unsigned int)n);
	for (int i = 0; i < n; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, body, arg), 0);
	for (int i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&all_there);
	free(threads);
}

/* A write looks at the slots of the threads that are there: so it is cheap, and slots stay. */
START_TEST(threads_that_ended_cost_a_writer_nothing)
{
	enum { MANY = 1000 };

	down_read(&read_); /* this thread's slots are open */
	up_read(&read_);
	run_at_once(MANY, read_while_all_are_there, &read_);
	ck_assert_uint_ge(klock_nr_tasks(), MANY);
	ck_assert_uint_le(klock_nr_slots_open(), 1);
	if (klock_watched)
		return; /* no slots */
	read_.word = KLOCK_W_SPLIT;
	read_.spin = KLOCK_BIAS_FULL * KLOCK_BIAS_CREDIT_ONE;
	for (int i = 0; i < 100; i++) {
		down_write(&read_);
		up_write(&read_);
	}
	ck_assert_uint_eq(read_.word, KLOCK_W_SPLIT); /* each of them has paid little */
}
END_TEST

START_TEST(hold_in_a_slot_outlives_its_thread)
{
	run(take_read, &read_);
	ck_assert(!down_write_trylock(&read_));
	run_at_once(3, read_while_all_are_there, &read_);
	ck_assert(!down_write_trylock(&read_));
	up_read(&read_);
	ck_assert(down_write_trylock(&read_));
	up_write(&read_);
}
END_TEST

static Suite *thread_end_suite(void)
{
	Suite *suite = suite_create("thread_end");
	TCase *tc = tcase_create("end");

	tcase_add_checked_fixture(tc, set_up, NULL);
	tcase_set_timeout(tc, PATIENCE + 10);
	tcase_add_loop_test(tc, destructor_releases_what_the_thread_held_whichever_key_came_first,
			    0, 2);
	tcase_add_loop_test(tc, thread_that_comes_while_another_ends_is_not_taken_for_it, 0, 2);
	suite_add_tcase(suite, tc);
	if (RUNNING_ON_VALGRIND) /* Helgrind and DRD report, rightly, the locks that threads keep */
		return suite;
	tcase_add_test(tc, lock_of_a_thread_that_ended_is_no_other_threads);
	tcase_add_test(tc, threads_that_ended_cost_a_writer_nothing);
	if (getenv("KLOCK_LOCKDEP") || getenv("KLOCK_CHECK")) /* which report it */
		return suite;
	tcase_add_test(tc, threads_that_end_with_a_read_hold_leave_nothing_when_it_is_given_up);
	tcase_add_test(tc, hold_in_a_slot_outlives_its_thread);
	return suite;
}

CK_MAIN(thread_end_suite())
