/* SPDX-License-Identifier: MIT */
/*
 * A signal in the middle of the library's set-up and of a thread's. The linker takes calls that
 * these make to the __wrap_ functions below; see local.mk.
 */
#include "hang/hang.h"
#include "support/ck_main.h"
#include <klock/mutex.h>
#include <klock/task.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>

static DEFINE_MUTEX(lock);
static DEFINE_MUTEX(in_handler);
static int raised, tried;
static struct klock_task *task_of_handler;

/* Not what the manual allows, but what programs do. */
static void try_lock(int signo)
{
	(void)signo;
	task_of_handler = klock_current();
	if (mutex_trylock(&in_handler)) {
		tried++;
		mutex_unlock(&in_handler);
	}
}

static void be_interrupted(void)
{
	raised++;
	raise(SIGUSR1);
}

void __real_klock_hang_init(void);
void __wrap_klock_hang_init(void);
void __wrap_klock_hang_init(void)
{
	be_interrupted();
	__real_klock_hang_init();
}

/* In the middle of a thread's own. */
bool __real_klock_cpu_many(void);
bool __wrap_klock_cpu_many(void);
bool __wrap_klock_cpu_many(void)
{
	be_interrupted();
	return __real_klock_cpu_many();
}

static void *first_lock(void *unused)
{
	mutex_lock(&lock);
	mutex_unlock(&lock);
	ck_assert_ptr_eq(task_of_handler, klock_current());
	return unused;
}

/* The first lock of the process, and then of another thread. */
START_TEST(signal_in_the_first_lock_waits_until_it_is_set_up)
{
	pthread_t thread;

	ck_assert_ptr_ne(signal(SIGUSR1, try_lock), SIG_ERR);
	first_lock(NULL);
	ck_assert_int_eq(raised, 2);
	ck_assert_int_eq(tried, 1); /* one signal waits for the end of both */
	ck_assert_int_eq(pthread_create(&thread, NULL, first_lock, NULL), 0);
	pthread_join(thread, NULL);
	ck_assert_int_eq(raised, 3);
	ck_assert_int_eq(tried, 2);
}
END_TEST

static Suite *set_up_suite(void)
{
	Suite *suite = suite_create("set_up");
	TCase *tcase = tcase_create("set_up");

	tcase_add_test(tcase, signal_in_the_first_lock_waits_until_it_is_set_up);
	suite_add_tcase(suite, tcase);
	return suite;
}

CK_MAIN(set_up_suite())
