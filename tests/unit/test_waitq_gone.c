/* SPDX-License-Identifier: MIT */
/* Requests that are granted by a thread which forks, is cancelled, or is lost by a fork(). */
#include "annotate/watch.h"
#include "support/bugs.h"
#include "support/ck_main.h"
#include <klock.h>
#include <pthread.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

static struct rw_semaphore sems[2], *sem;
static struct klock_waitq wq[2];
static int told[2];
static void (*in_callback)(void); /* of the first one */

static void granted(struct klock_waitq *w)
{
	__atomic_fetch_add(&told[w - wq], 1, __ATOMIC_RELEASE);
	if (w == wq && in_callback)
		in_callback();
}

static void set_up(void)
{
	catch_bugs();
	sem = &sems[0];
	init_rwsem(&sems[0]);
	init_rwsem(&sems[1]);
	in_callback = NULL;
	for (int i = 0; i < 2; i++) {
		klock_waitq_init(&wq[i], granted, -1);
		told[i] = 0;
	}
}

static void tear_down(void)
{
	expect_no_bug();
}

static int ask_to_read(struct klock_waitq *w)
{
	struct kiocb iocb = { .ki_flags = IOCB_WAITQ, .ki_waitq = w };

	return iocb_read_lock(&iocb, sem);
}

static void claim_and_release(struct klock_waitq *w)
{
	ck_assert_int_eq(klock_waitq_claim(w), 0);
	up_read(sem);
}

/* The exit status of a child, or of the parent. */
static int status_of(pid_t pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status;
}

static pid_t child;

static void fork_here(void)
{
	child = fork();
}

/* Both are granted at once, and the child knows the lock of the second one to be lost. */
START_TEST(waitq_fork_in_a_callback_is_the_last_of_the_child)
{
	in_callback = fork_here;
	down_write(sem);
	ck_assert_int_eq(ask_to_read(&wq[0]), -EIOCBQUEUED);
	ck_assert_int_eq(ask_to_read(&wq[1]), -EIOCBQUEUED);
	up_write(sem);
	if (!child)
		_exit(told[1]);
	ck_assert_int_eq(status_of(child), 0);
	ck_assert_int_eq(told[1], 1);
	claim_and_release(&wq[0]);
	claim_and_release(&wq[1]);
}
END_TEST

static DEFINE_MUTEX(first); /* from the first lock on it is known who watches */
static int stay;

static void stay_here(void)
{
	while (__atomic_load_n(&stay, __ATOMIC_ACQUIRE))
		sched_yield();
}

static void *grant_to_first(void *unused)
{
	down_write(sem);
	(void)!ask_to_read(&wq[0]); /* whether it is told shows what came of it */
	up_write(sem);
	return unused;
}

START_TEST(waitq_child_tells_though_a_thread_was_in_a_callback)
{
	pthread_t thread;
	pid_t pid;

	mutex_lock(&first);
	mutex_unlock(&first);
	/* To Helgrind and DRD the thread goes on in the child; TSan's locks stay as they are. */
	if (klock_watches_memory())
		return;
	stay = 1;
	in_callback = stay_here;
	ck_assert_int_eq(pthread_create(&thread, NULL, grant_to_first, NULL), 0);
	while (!__atomic_load_n(&told[0], __ATOMIC_ACQUIRE))
		sched_yield();
	pid = fork();
	if (!pid) {
		/* The first thread here has the task of the one that is in a callback there. */
		in_callback = NULL;
		told[0] = 0;
		sem = &sems[1];
		klock_waitq_init(&wq[0], granted, -1);
		if (pthread_create(&thread, NULL, grant_to_first, NULL))
			_exit(2);
		pthread_join(thread, NULL);
		_exit(told[0] != 1);
	}
	__atomic_store_n(&stay, 0, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	ck_assert_int_eq(status_of(pid), 0);
	claim_and_release(&wq[0]);
}
END_TEST

static int step;

static void await_step(int n)
{
	while (__atomic_load_n(&step, __ATOMIC_ACQUIRE) < n)
		sched_yield();
}

static void next_step(void)
{
	__atomic_fetch_add(&step, 1, __ATOMIC_RELEASE);
}

static void *release_when_cancelled(void *returned)
{
	down_write(sem);
	next_step();
	await_step(2);
	up_write(sem);
	*(bool *)returned = true;
	pthread_testcancel();
	return &step;
}

START_TEST(waitq_release_by_a_cancelled_thread_tells)
{
	int fd = eventfd(0, EFD_NONBLOCK);
	bool returned = false;
	pthread_t thread;
	uint64_t n = 0;
	void *result;

	step = 0;
	ck_assert_int_ge(fd, 0);
	klock_waitq_init(&wq[0], granted, fd);
	ck_assert_int_eq(pthread_create(&thread, NULL, release_when_cancelled, &returned), 0);
	await_step(1);
	ck_assert_int_eq(ask_to_read(&wq[0]), -EIOCBQUEUED);
	pthread_cancel(thread);
	next_step();
	pthread_join(thread, &result);
	ck_assert(returned);
	ck_assert_ptr_eq(result, PTHREAD_CANCELED);
	ck_assert_int_eq(read(fd, &n, sizeof(n)), sizeof(n));
	ck_assert_uint_eq(n, 1);
	claim_and_release(&wq[0]);
	close(fd);
}
END_TEST

static Suite *waitq_gone_suite(void)
{
	Suite *suite = suite_create("requests and threads that go");
	TCase *tc = tcase_create("requests and threads that go");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, waitq_fork_in_a_callback_is_the_last_of_the_child);
	tcase_add_test(tc, waitq_child_tells_though_a_thread_was_in_a_callback);
	tcase_add_test(tc, waitq_release_by_a_cancelled_thread_tells);
	suite_add_tcase(suite, tc);
	return suite;
}

CK_MAIN(waitq_gone_suite())
