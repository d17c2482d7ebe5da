/* SPDX-License-Identifier: MIT */
/* What the child of a fork() finds of threads that are not there, in the words of locks. */
#include "base/exempt.h"
#include "base/process.h"
#include "config.h"
#include "support/actor.h"
#include "support/ck_main.h"
#include "wait/task.h"
#include <errno.h>
#include <klock.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef HAVE_VALGRIND_HEADERS
#include <valgrind/valgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#endif

static struct rw_semaphore sem;
static struct percpu_rw_semaphore percpu;
static struct mutex other_lock;
static struct actor other, third;

static void set_up(void)
{
	init_rwsem(&sem);
	mutex_init(&other_lock);
	ck_assert_int_eq(percpu_init_rwsem(&percpu), 0);
	actor_init(&other);
	actor_init(&third);
}

static void tear_down(void)
{
	actor_fini(&other);
	actor_fini(&third);
}

static int status_of(pid_t pid)
{
	int status;

	ck_assert_int_ge(pid, 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status), "the child was ended by signal %d", WTERMSIG(status));
	return WEXITSTATUS(status);
}

static int in_child(int (*body)(void))
{
	pid_t pid = fork();

	if (pid == 0) {
		alarm(60);
		_exit(body());
	}
	return status_of(pid);
}

static long write_sem(void *arg)
{
	(void)arg;
	down_write(&sem);
	up_write(&sem);
	return 0;
}

static long begin_read(void *arg)
{
	(void)arg;
	down_read(&sem);
	return 0;
}

static long end_read(void *arg)
{
	(void)arg;
	up_read(&sem);
	return 0;
}

/* Readers that come next are in slots, unless something watches. */
static void make_split(void)
{
	__atomic_store_n(&sem.word, KLOCK_W_SPLIT, __ATOMIC_RELAXED);
}

static int read_beside_our_own(void)
{
	if (!down_read_trylock(&sem))
		return 1;
	if (rwsem_is_contended(&sem))
		return 2;
	up_read(&sem);
	up_read_non_owner(&sem);
	return down_write_trylock(&sem) ? 0 : 3;
}

START_TEST(waiter_that_is_not_there_refuses_no_try)
{
	down_read_non_owner(&sem); /* counted */
	actor_begin(&other, write_sem, NULL);
	await_waiters(&sem.word, 1);
	ck_assert_int_eq(in_child(read_beside_our_own), 0);
	up_read_non_owner(&sem);
	actor_end(&other);
}
END_TEST

static int write_after_our_read(void)
{
	up_read(&sem);
	if (down_read_trylock(&sem) != 1)
		return 1;
	up_read(&sem);
	return down_write_timeout(&sem, 1000000000) ? 2 : 0;
}

/* It has the word, and waits for this thread's slot. */
START_TEST(writer_that_waited_for_readers_in_slots_does_not_have_the_lock)
{
	make_split();
	down_read(&sem);
	actor_begin(&other, write_sem, NULL);
	while (!(__atomic_load_n(&sem.word, __ATOMIC_RELAXED) &
		 (KLOCK_W_WRITER | KLOCK_W_WAITERS)))
		nap_us(50);
	ck_assert_int_eq(in_child(write_after_our_read), 0);
	up_read(&sem);
	actor_end(&other);
}
END_TEST

static int find_it_read(void)
{
	if (down_write_trylock(&sem))
		return 1;
	if (down_read_trylock(&sem) != 1)
		return 2;
	up_read(&sem);
	return down_write_timeout(&sem, 1000000) == -ETIME ? 0 : 3;
}

/* Also for a child's child, and where another thread of the child has its task. */
static int find_it_read_later(void)
{
	struct actor a;
	int status = find_it_read();
	pid_t pid;

	if (status)
		return status;
	for (int i = 0; threads_in_child() && i < 4; i++) {
		actor_init(&a);
		actor_do(&a, begin_read, NULL);
		actor_do(&a, end_read, NULL);
		actor_fini(&a);
	}
	pid = fork();
	if (pid == 0)
		_exit(find_it_read());
	return waitpid(pid, &status, 0) == pid ? status : 4;
}

START_TEST(read_hold_of_a_thread_that_is_not_there_stays)
{
	for (int slot = 0; slot < 2; slot++) {
		if (slot)
			make_split();
		actor_do(&other, begin_read, NULL);
		ck_assert_int_eq(in_child(find_it_read_later), 0);
		actor_do(&other, end_read, NULL);
	}
}
END_TEST

static int use_sem(void)
{
	down_write(&sem);
	downgrade_write(&sem);
	up_read(&sem);
	if (!down_read_trylock(&sem) || down_write_trylock(&sem))
		return 1;
	up_read(&sem);
	if (down_write_timeout(&sem, 1000000))
		return 1;
	up_write(&sem);
	return 0;
}

/* A child that no handler has run in. */
START_TEST(child_without_handlers_finds_no_queue)
{
	pid_t pid;

	down_write(&sem);
	actor_begin(&other, begin_read, NULL);
	actor_begin(&third, write_sem, NULL);
	await_waiters(&sem.word, 2);
	pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (pid == 0) {
		alarm(60);
		up_write(&sem);
		_exit(use_sem());
	}
	ck_assert_int_eq(status_of(pid), 0);
	up_write(&sem);
	actor_end(&other);
	actor_do(&other, end_read, NULL);
	actor_end(&third);
}
END_TEST

static void up_write_sem(void)
{
	up_write(&sem);
}

static struct mutex ours;
static int other_is_right = -1;

struct finding {
	struct klock_task *task;
	bool taken;
};

static long use_locks(void *arg)
{
	struct finding *finding = arg;

	finding->task = klock_current();
	finding->taken = mutex_trylock(&ours);
	if (finding->taken)
		mutex_unlock(&ours);
	down_write(&sem);
	up_write(&sem);
	return 0;
}

/* In the child, before the thread that called fork() has used a lock there. */
static void let_another_thread_be_first(void)
{
	struct finding finding;
	struct actor a;

	if (!threads_in_child())
		return;
	actor_init(&a);
	actor_do(&a, use_locks, &finding);
	other_is_right = !finding.taken && finding.task != klock_current() &&
			 klock_task_tid(klock_current()) == (pid_t)getpid();
	actor_fini(&a);
}

static int bugs;

static void count_bug(const struct klock_bug *bug)
{
	(void)bug;
	bugs++;
}

static int release_ours(void)
{
	struct finding finding = { 0 };

	mutex_unlock(&ours);
	if (bugs || !other_is_right)
		return 1;
	for (int i = 0; i < 4 && threads_in_child(); i++) {
		struct actor a;

		actor_init(&a);
		actor_do(&a, use_locks, &finding);
		actor_fini(&a);
		if (finding.task == klock_current())
			return 2;
	}
	return 0;
}

START_TEST(thread_that_forked_stays_itself_where_another_uses_a_lock_first)
{
	/* comes first */
	ck_assert_int_eq(pthread_atfork(NULL, NULL, let_another_thread_be_first), 0);
	init_rwsem(&sem);
	mutex_init(&ours);
	klock_set_bug_fn(count_bug);
	mutex_lock(&ours);
	ck_assert_int_eq(in_child(release_ours), 0);
	mutex_unlock(&ours);
	ck_assert_int_eq(bugs, 0);
}
END_TEST

/* As under an emulator, where the kernel clears no memory. */
START_TEST(child_is_known_by_its_number_where_no_memory_is_cleared)
{
	static uint32_t unsure = KLOCK_PROCESS_UNSURE;

	ck_assert_int_eq(pthread_atfork(NULL, up_write_sem, up_write_sem), 0); /* comes first */
	set_up();
	klock_exempt(&unsure, sizeof(unsure));
	klock_process_mark = &unsure;
	down_write(&sem);
	actor_begin(&other, begin_read, NULL);
	await_waiters(&sem.word, 1);
	ck_assert_int_eq(in_child(use_sem), 0);
	ck_assert_uint_eq(unsure, KLOCK_PROCESS_UNSURE);
	actor_end(&other);
	actor_do(&other, end_read, NULL);
	tear_down();
}
END_TEST

/* In each way in which the word may say so. */
static int try_past_bits(void)
{
	static const uint32_t left[] = { KLOCK_W_WAITERS, KLOCK_W_WAKING };

	for (size_t i = 0; i < 2; i++) {
		__atomic_store_n(&sem.word, left[i], __ATOMIC_RELAXED);
		if (!down_write_trylock(&sem))
			return 1;
		up_write(&sem);
		__atomic_store_n(&sem.word, left[i] | KLOCK_W_READER, __ATOMIC_RELAXED);
		if (!down_read_trylock(&sem))
			return 2;
		up_read(&sem);
		if (rwsem_is_contended(&sem))
			return 3;
	}
	return 0;
}

START_TEST(bits_of_threads_that_waited_refuse_no_try)
{
	ck_assert_int_eq(in_child(try_past_bits), 0);
}
END_TEST

static Suite *fork_left_suite(void)
{
	Suite *suite = suite_create("fork_left");
	TCase *tc = tcase_create("left"), *handlers = tcase_create("handlers");

	tcase_set_timeout(handlers, PATIENCE + 10);
	tcase_add_test(handlers,
		       thread_that_forked_stays_itself_where_another_uses_a_lock_first);
	suite_add_tcase(suite, handlers);
	suite_add_tcase(suite, tc);
	if (RUNNING_ON_VALGRIND) /* Helgrind and DRD report, rightly, what the children keep */
		return suite;
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, PATIENCE + 10);
	tcase_add_test(tc, waiter_that_is_not_there_refuses_no_try);
	tcase_add_test(tc, writer_that_waited_for_readers_in_slots_does_not_have_the_lock);
	tcase_add_test(tc, read_hold_of_a_thread_that_is_not_there_stays);
	tcase_add_test(tc, bits_of_threads_that_waited_refuse_no_try);
	tcase_add_test(tc, child_without_handlers_finds_no_queue);
	tcase_add_test(handlers, child_is_known_by_its_number_where_no_memory_is_cleared);
	return suite;
}

CK_MAIN(fork_left_suite())
