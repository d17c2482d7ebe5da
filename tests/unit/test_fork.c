/* SPDX-License-Identifier: MIT */
/* The child of a fork() in a process with threads. */
#include "support/actor.h"
#include "support/ck_main.h"
#include <errno.h>
#include <klock.h>
#include <sys/wait.h>
#include <unistd.h>

static struct mutex mutex;
static struct rw_semaphore rwsem;
static struct semaphore semaphore;
static struct percpu_rw_semaphore percpu;
static struct actor others[3];

static void set_up(void)
{
	mutex_init(&mutex);
	init_rwsem(&rwsem);
	sema_init(&semaphore, 1);
	ck_assert_int_eq(percpu_init_rwsem(&percpu), 0);
	actors_init(others, 3);
}

static void tear_down(void)
{
	actors_fini(others, 3);
}

/* Runs `body` in a child that must end within a minute, and gives its exit status. */
static int in_child(int (*body)(void))
{
	int status;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		alarm(60);
		_exit(body());
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status), "the child was ended by signal %d", WTERMSIG(status));
	return WEXITSTATUS(status);
}

static int use_all(void)
{
	mutex_lock(&mutex);
	down_write(&rwsem);
	downgrade_write(&rwsem);
	percpu_down_write(&percpu);
	percpu_up_write(&percpu);
	percpu_down_read(&percpu);
	percpu_up_read(&percpu);
	down(&semaphore);
	up(&semaphore);
	up_read(&rwsem);
	mutex_unlock(&mutex);
	return 0;
}

static void *use_all_in_a_thread(void *arg)
{
	for (int i = 0; i < 1000; i++)
		use_all();
	return arg;
}

/* Two threads of the child meet on the locks. */
static int use_all_in_threads(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, use_all_in_a_thread, NULL))
		return 1;
	use_all_in_a_thread(NULL);
	return pthread_join(thread, NULL);
}

START_TEST(child_uses_locks_that_no_thread_held)
{
	ck_assert_int_eq(in_child(use_all), 0);
	ck_assert_int_eq(in_child(use_all_in_threads), 0);
}
END_TEST

static long lock_mutex(void *arg)
{
	mutex_lock(arg);
	return 0;
}

static long unlock_mutex(void *arg)
{
	mutex_unlock(arg);
	return 0;
}

static long down_write_rwsem(void *arg)
{
	down_write(arg);
	return 0;
}

static long up_write_rwsem(void *arg)
{
	up_write(arg);
	return 0;
}

static int give_up_what_the_parent_held(void)
{
	mutex_unlock(&mutex);
	up_read(&rwsem);
	return use_all_in_threads();
}

/* The forking thread holds locks that others wait for: in the child nobody does. */
START_TEST(child_gives_up_what_its_thread_held)
{
	mutex_lock(&mutex);
	down_read(&rwsem);
	actor_begin(&others[0], lock_mutex, &mutex);
	actor_begin(&others[1], lock_mutex, &mutex);
	actor_begin(&others[2], down_write_rwsem, &rwsem);
	await_waiters(&mutex.word, 2);
	await_waiters(&rwsem.word, 1);
	ck_assert_int_eq(in_child(give_up_what_the_parent_held), 0);
	mutex_unlock(&mutex);
	up_read(&rwsem);
	actor_end(&others[2]);
	actor_do(&others[2], up_write_rwsem, &rwsem);
	/* whichever got the mutex first gives it to the other */
	while (actor_busy(&others[0]) && actor_busy(&others[1]))
		nap_us(50);
	int first = actor_busy(&others[0]) ? 1 : 0;

	actor_do(&others[first], unlock_mutex, &mutex);
	actor_end(&others[1 - first]);
	actor_do(&others[1 - first], unlock_mutex, &mutex);
}
END_TEST

static int find_it_held(void)
{
	if (mutex_trylock(&mutex))
		return 1;
	return mutex_lock_timeout(&mutex, 1000000) == -ETIME ? 0 : 2;
}

START_TEST(child_finds_a_lock_of_another_thread_held)
{
	actor_do(&others[0], lock_mutex, &mutex);
	ck_assert_int_eq(in_child(find_it_held), 0);
	actor_do(&others[0], unlock_mutex, &mutex);
}
END_TEST

static int fork_again(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(use_all_in_threads());
	return waitpid(pid, &status, 0) == pid && status == 0 && use_all() == 0 ? 0 : 1;
}

START_TEST(grandchild_uses_them_too)
{
	ck_assert_int_eq(in_child(fork_again), 0);
}
END_TEST

static struct {
	pthread_mutex_t lock;
	bool stop;
} hammering = { PTHREAD_MUTEX_INITIALIZER, false };

static void set_stop(bool stop)
{
	pthread_mutex_lock(&hammering.lock);
	hammering.stop = stop;
	pthread_mutex_unlock(&hammering.lock);
}

static bool stopped(void)
{
	bool stop;

	pthread_mutex_lock(&hammering.lock);
	stop = hammering.stop;
	pthread_mutex_unlock(&hammering.lock);
	return stop;
}

static long hammer(void *arg)
{
	(void)arg;
	while (!stopped()) {
		down_read(&rwsem);
		up_read(&rwsem);
		down_write(&rwsem);
		up_write(&rwsem);
	}
	return 0;
}

/* A lock whose word was left in whatever state: held by nobody in the child, it is free. */
static int free_or_held(void)
{
	int err = down_write_timeout(&rwsem, 200000000);

	if (!err)
		up_write(&rwsem);
	return err && !rwsem_is_locked(&rwsem) ? 1 : 0;
}

START_TEST(child_of_a_fork_at_any_moment_finds_free_what_nobody_held)
{
	set_stop(false);
	for (int i = 0; i < 3; i++)
		actor_begin(&others[i], hammer, NULL);
	for (int i = 0; i < 60; i++)
		ck_assert_int_eq(in_child(free_or_held), 0);
	set_stop(true);
	for (int i = 0; i < 3; i++)
		actor_end(&others[i]);
}
END_TEST

static Suite *fork_suite(void)
{
	Suite *suite = suite_create("fork");
	TCase *tc = tcase_create("fork");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, PATIENCE + 10);
	tcase_add_test(tc, child_uses_locks_that_no_thread_held);
	tcase_add_test(tc, child_gives_up_what_its_thread_held);
	tcase_add_test(tc, child_finds_a_lock_of_another_thread_held);
	tcase_add_test(tc, grandchild_uses_them_too);
	if (!UNDER_TSAN) /* whose own locks do not outlive a fork() */
		tcase_add_test(tc, child_of_a_fork_at_any_moment_finds_free_what_nobody_held);
	suite_add_tcase(suite, tc);
	return suite;
}

CK_MAIN(fork_suite())
