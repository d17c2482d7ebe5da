/* SPDX-License-Identifier: MIT */
/* Read holds that another thread gives up, while readers come and go, and writers look. */
#include "annotate/watch.h"
#include "locks/bias_mode.h"
#include "support/actor.h"
#include "support/bugs.h"
#include "support/ck_main.h"
#include <klock/rwsem.h>
#include <pthread.h>
#include <stdlib.h>

enum { ROUNDS = 3000 };

static const uint32_t modes[] = { 0, KLOCK_W_SPLIT, KLOCK_W_BIASED,
				  KLOCK_W_SPLIT | KLOCK_W_CLOSED };

static struct rw_semaphore sem;
static pthread_barrier_t barrier;
static int held, data; /* holds there are for sure; what writers change alone */
static uint32_t mode;

static void begin_round(void)
{
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
}

static void read_once(void)
{
	int before;

	down_read(&sem);
	__atomic_fetch_add(&held, 1, __ATOMIC_RELAXED);
	before = __atomic_load_n(&data, __ATOMIC_RELAXED);
	ck_assert_int_eq(before & 1, 0);
	ck_assert_int_eq(__atomic_load_n(&data, __ATOMIC_RELAXED), before);
	__atomic_fetch_add(&held, -1, __ATOMIC_RELAXED);
	up_read(&sem);
}

/* Leaves a hold, and reads on: its slot is taken from it meanwhile. */
static void *leave_held(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		begin_round();
		down_read(&sem);
		__atomic_fetch_add(&held, 1, __ATOMIC_RELEASE);
		pthread_barrier_wait(&barrier);
		for (int n = i % 7; n; n--)
			read_once();
		pthread_barrier_wait(&barrier);
	}
	return arg;
}

static void *give_up(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		begin_round();
		pthread_barrier_wait(&barrier);
		__atomic_fetch_add(&held, -1, __ATOMIC_RELAXED);
		up_read(&sem);
		pthread_barrier_wait(&barrier);
	}
	return arg;
}

static void write_once(void)
{
	if (!down_write_trylock(&sem))
		return;
	ck_assert_int_eq(__atomic_load_n(&held, __ATOMIC_RELAXED), 0);
	__atomic_fetch_add(&data, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&data, 1, __ATOMIC_RELAXED);
	up_write(&sem);
}

static void *read_and_write(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		begin_round();
		pthread_barrier_wait(&barrier);
		for (int n = i % 5; n; n--) {
			read_once();
			write_once();
		}
		pthread_barrier_wait(&barrier);
	}
	return arg;
}

/* The lock is free after each round, and nothing was reported. */
static void *judge(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		init_rwsem(&sem);
		pthread_barrier_wait(&barrier);
		sem.word = mode;
		sem.spin = KLOCK_BIAS_FULL * KLOCK_BIAS_CREDIT_ONE;
		pthread_barrier_wait(&barrier);
		pthread_barrier_wait(&barrier);
		pthread_barrier_wait(&barrier);
		ck_assert(down_write_trylock(&sem));
		up_write(&sem);
	}
	return arg;
}

static void tear_down(void)
{
	expect_no_bug();
}

/* What watches takes this for a mistake. */
static bool is_watched(void)
{
	init_rwsem(&sem);
	down_read(&sem); /* the first lock: klock_watched says what it is from here on */
	up_read(&sem);
	return klock_watched;
}

static void run(void *(*const bodies[])(void *), unsigned int n)
{
	pthread_t threads[6];

	pthread_barrier_init(&barrier, NULL, n);
	for (unsigned int i = 0; i < n; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, bodies[i], NULL), 0);
	for (unsigned int i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&barrier);
}

START_TEST(hold_given_up_beside_readers_and_writers)
{
	static void *(*const bodies[])(void *) = { judge, leave_held, give_up, read_and_write };

	mode = modes[_i];
	if (!is_watched())
		run(bodies, 4);
}
END_TEST

START_TEST(holds_given_up_side_by_side)
{
	static void *(*const bodies[])(void *) = { judge, leave_held, give_up, leave_held, give_up,
						   read_and_write };

	mode = modes[_i];
	if (!is_watched())
		run(bodies, 6);
}
END_TEST

static Suite *non_owner_suite(void)
{
	Suite *suite = suite_create("non_owner");
	TCase *tc = tcase_create("given up by another thread");
	int n = sizeof(modes) / sizeof(modes[0]);

	tcase_add_checked_fixture(tc, catch_bugs, tear_down);
	tcase_set_timeout(tc, PATIENCE + 60);
	tcase_add_loop_test(tc, hold_given_up_beside_readers_and_writers, 0, n);
	tcase_add_loop_test(tc, holds_given_up_side_by_side, 0, n);
	suite_add_tcase(suite, tc);
	return suite;
}

CK_MAIN(non_owner_suite())
