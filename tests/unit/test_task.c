/* SPDX-License-Identifier: MIT */
#include "base/exempt.h"
#include "support/actor.h"
#include "support/ck_main.h"
#include <klock/mutex.h>
#include <klock/task.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void *current_of_thread(void *unused)
{
	(void)unused;
	return klock_current();
}

static struct klock_task *task_of_a_thread_that_ended(void)
{
	pthread_t thread;
	void *task;

	ck_assert_int_eq(pthread_create(&thread, NULL, current_of_thread, NULL), 0);
	pthread_join(thread, &task);
	return task;
}

/* pthread_join() returns while the kernel still has something to do for the thread. */
static bool is_used_again(const struct klock_task *task)
{
	int64_t end = now_ns() + (int64_t)PATIENCE * 1000000000;

	while (now_ns() < end)
		if (task_of_a_thread_that_ended() == task)
			return true;
	return false;
}

START_TEST(task_is_the_threads_own_and_stays_the_same)
{
	struct actor a;

	actor_init(&a);
	ck_assert_ptr_nonnull(klock_current());
	ck_assert_ptr_eq(klock_current(), klock_current());
	ck_assert_ptr_ne(klock_current(), a.task);
	ck_assert_int_eq(klock_task_tid(klock_current()), (int)syscall(SYS_gettid));
	ck_assert_int_ne(klock_task_tid(a.task), klock_task_tid(klock_current()));
	actor_fini(&a);
}
END_TEST

START_TEST(task_of_an_ended_thread_is_used_again)
{
	struct klock_task *task = task_of_a_thread_that_ended();

	ck_assert(is_used_again(task));
	ck_assert_int_eq(klock_task_tid(task), 0);
}
END_TEST

static void *current_with_reference(void *unused)
{
	(void)unused;
	return klock_get_task(klock_current());
}

START_TEST(task_that_is_referred_to_is_not_used_again)
{
	pthread_t thread;
	struct klock_task *task;
	void *result;

	ck_assert_int_eq(pthread_create(&thread, NULL, current_with_reference, NULL), 0);
	pthread_join(thread, &result);
	task = result;
	for (int i = 0; i < 20; i++)
		ck_assert_ptr_ne(task_of_a_thread_that_ended(), task);
	ck_assert_int_eq(klock_task_tid(task), 0);
	klock_kill(task); /* nobody's: goes nowhere */
	klock_interrupt(task);
	ck_assert(!klock_fatal_signal_pending());
	klock_put_task(task);
	/* And then it may be: fresh, without the marks. */
	ck_assert(is_used_again(task));
	ck_assert(!klock_task_signalled(task, KLOCK_WAIT_INTERRUPTIBLE));
}
END_TEST

static void *word_of_thread(void *unused)
{
	(void)unused;
	return (void *)(uintptr_t)klock_task_self()->word;
}

/* A thread that ends with a lock leaves it to nobody. */
START_TEST(task_that_is_used_again_has_another_number)
{
	enum { MANY = 2000 };
	static uint32_t words[MANY];
	bool again = false; /* Check sends each assertion to another process */

	for (int i = 0; i < MANY; i++) {
		pthread_t thread;
		void *word;

		ck_assert_int_eq(pthread_create(&thread, NULL, word_of_thread, NULL), 0);
		pthread_join(thread, &word);
		words[i] = (uint32_t)(uintptr_t)word;
		for (int k = 0; k < i; k++)
			again |= words[k] == words[i];
	}
	ck_assert(!again);
	ck_assert_uint_lt(klock_nr_tasks(), 64); /* not one for each */
}
END_TEST

/* The library asks in the middle of giving a thread its task: there the first one stops. */
static bool stops, stopped, goes_on;

int sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set)
{
	if (__atomic_exchange_n(&stops, false, __ATOMIC_RELAXED)) {
		__atomic_store_n(&stopped, true, __ATOMIC_RELEASE);
		while (!__atomic_load_n(&goes_on, __ATOMIC_ACQUIRE))
			nap_us(50);
	}
	return syscall(SYS_sched_getaffinity, pid, size, set) < 0 ? -1 : 0;
}

static void *current_at_last(void *task)
{
	__atomic_store_n((void **)task, klock_current(), __ATOMIC_RELEASE);
	return NULL;
}

START_TEST(task_of_a_thread_that_is_being_given_it_is_no_other_threads)
{
	struct actor others[3];
	pthread_t thread;
	void *task = NULL;

	klock_exempt(&task, sizeof(task)); /* Helgrind and DRD know no atomics */
	klock_exempt(&stops, sizeof(stops));
	klock_exempt(&stopped, sizeof(stopped));
	klock_exempt(&goes_on, sizeof(goes_on));
	stops = true;
	ck_assert_int_eq(pthread_create(&thread, NULL, current_at_last, &task), 0);
	while (!__atomic_load_n(&stopped, __ATOMIC_ACQUIRE) &&
	       !__atomic_load_n(&task, __ATOMIC_ACQUIRE)) /* it has asked before, in this process */
		nap_us(50);
	for (int i = 0; i < 3; i++)
		actor_init(&others[i]);
	__atomic_store_n(&goes_on, true, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	for (int i = 0; i < 3; i++) {
		ck_assert_ptr_ne(others[i].task, task);
		actor_fini(&others[i]);
	}
}
END_TEST

/* Makes tasks until there are no more, which ends the program. */
START_TEST(task_table_is_full_before_the_numbers_are)
{
	for (int i = 0; i < 1000000; i++) {
		struct klock_task *task = klock_get_task(klock_task_register());

		if (task->word >= KLOCK_W_NOBODY)
			ck_abort_msg("task %d has no number", i);
		if (i % 10000 == 0)
			ck_assert_ptr_eq(klock_task_by_word(task->word), task);
	}
}
END_TEST

START_TEST(task_numbers_begin_again_behind_those_of_others)
{
	struct klock_task *task = task_of_a_thread_that_ended();

	task->lives = (KLOCK_W_NOBODY >> KLOCK_W_SHIFT) / KLOCK_THREAD_SLOTS - 2;
	for (int i = 0; i < 4; i++) {
		ck_assert(is_used_again(task));
		ck_assert_uint_lt(task->word, KLOCK_W_NOBODY);
		ck_assert_uint_eq(task->word >> KLOCK_W_SHIFT & (KLOCK_THREAD_SLOTS - 1),
				  task->index);
		ck_assert_ptr_eq(klock_task_by_word(task->word), task);
	}
	ck_assert_uint_lt(task->lives, 4);
}
END_TEST

START_TEST(task_word_finds_its_task)
{
	struct klock_task *task = klock_task_self();

	ck_assert_ptr_eq(klock_task_by_word(task->word), task);
	ck_assert_ptr_null(klock_task_by_word(0));
	ck_assert_ptr_null(klock_task_by_word(~0u));
}
END_TEST

static pthread_barrier_t all_here;

static void *be_one_of_many(void *unused)
{
	struct klock_task *task = klock_current();

	(void)unused;
	pthread_barrier_wait(&all_here);
	ck_assert_ptr_eq(klock_current(), task);
	pthread_barrier_wait(&all_here);
	return task;
}

/* More than the first chunks of the table hold. */
START_TEST(task_table_grows_and_kill_all_reaches_every_thread)
{
	enum { MANY = 200 };
	static pthread_t threads[MANY];
	static void *tasks[MANY];
	bool twice = false;

	pthread_barrier_init(&all_here, NULL, MANY + 1);
	for (int i = 0; i < MANY; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, be_one_of_many, NULL), 0);
	pthread_barrier_wait(&all_here);
	klock_kill_all();
	pthread_barrier_wait(&all_here);
	for (int i = 0; i < MANY; i++) {
		pthread_join(threads[i], &tasks[i]);
		for (int k = 0; k < i; k++)
			twice |= tasks[i] == tasks[k];
		ck_assert(klock_task_signalled(tasks[i], KLOCK_WAIT_KILLABLE));
	}
	ck_assert(!twice);
	klock_unkill_all();
	for (int i = 0; i < MANY; i++)
		ck_assert(!klock_task_signalled(tasks[i], KLOCK_WAIT_INTERRUPTIBLE));
	pthread_barrier_destroy(&all_here);
}
END_TEST

START_TEST(task_marks_are_seen_until_cleared)
{
	ck_assert(!klock_signal_pending());
	klock_interrupt(klock_current());
	ck_assert(klock_signal_pending());
	ck_assert(!klock_fatal_signal_pending());
	klock_kill(klock_current());
	ck_assert(klock_fatal_signal_pending());
	klock_unkill(klock_current());
	ck_assert(!klock_signal_pending());
	klock_kill_all();
	ck_assert(klock_fatal_signal_pending());
	klock_unkill_all();
	ck_assert(!klock_signal_pending());
	klock_kill_all();
	klock_unkill(klock_current()); /* for this thread alone */
	ck_assert(!klock_signal_pending());
	klock_kill_all(); /* and once more */
	ck_assert(klock_fatal_signal_pending());
	klock_unkill_all();
}
END_TEST

static long pending(void *unused)
{
	(void)unused;
	return klock_fatal_signal_pending();
}

START_TEST(task_killed_alone_leaves_the_others)
{
	struct actor a, b;

	actor_init(&a);
	actor_init(&b);
	klock_kill(a.task);
	ck_assert(actor_do(&a, pending, NULL));
	ck_assert(!actor_do(&b, pending, NULL));
	klock_kill_all();
	ck_assert(actor_do(&b, pending, NULL));
	klock_unkill(a.task);
	ck_assert(!actor_do(&a, pending, NULL));
	ck_assert(actor_do(&b, pending, NULL));
	klock_unkill_all();
	actor_fini(&a);
	actor_fini(&b);
}
END_TEST

static long sleep_until_woken(void *task)
{
	klock_task_sleep(task, KLOCK_FOREVER);
	return 0;
}

/* A wake-up before the sleep ends it, and is used up by it. */
START_TEST(task_wake_before_sleep_is_not_lost)
{
	struct klock_task *self = klock_task_self();
	int64_t began;

	for (int i = 0; i < 100; i++) {
		klock_task_wake(self);
		klock_task_wake(self); /* two are one */
		klock_task_sleep(self, KLOCK_FOREVER);
	}
	began = now_ns();
	klock_task_sleep(self, began + 5000000);
	ck_assert_int_ge(now_ns() - began, 4000000);
}
END_TEST

START_TEST(task_wake_ends_a_sleep_under_way)
{
	struct actor a;

	actor_init(&a);
	for (int i = 0; i < 200; i++) {
		actor_begin(&a, sleep_until_woken, a.task);
		if (i % 2)
			nap_us(i);
		klock_task_wake(a.task);
		actor_end(&a);
	}
	actor_fini(&a);
}
END_TEST

START_TEST(task_referred_to_across_a_fork_is_nobody_elses)
{
	struct actor a;
	int status;
	pid_t pid;

	if (!threads_in_child())
		return;
	actor_init(&a);
	klock_get_task(a.task);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		bool right = klock_task_tid(a.task) == 0;

		for (int i = 0; i < 3; i++)
			right = right && task_of_a_thread_that_ended() != a.task;
		klock_put_task(a.task);
		klock_put_task(a.task); /* the actor's own reference */
		right = right && is_used_again(a.task);
		_exit(right ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	klock_put_task(a.task);
	actor_fini(&a);
}
END_TEST

static Suite *task_suite(void)
{
	const char *fork_mode = getenv("CK_FORK");
	Suite *suite = suite_create("task");
	TCase *tc = tcase_create("task");

	tcase_set_timeout(tc, PATIENCE + 10);
	tcase_add_test(tc, task_is_the_threads_own_and_stays_the_same);
	tcase_add_test(tc, task_of_an_ended_thread_is_used_again);
	tcase_add_test(tc, task_that_is_referred_to_is_not_used_again);
	tcase_add_test(tc, task_that_is_used_again_has_another_number);
	tcase_add_test(tc, task_of_a_thread_that_is_being_given_it_is_no_other_threads);
	if (!fork_mode || strcmp(fork_mode, "no")) /* it ends its process */
		tcase_add_test_raise_signal(tc, task_table_is_full_before_the_numbers_are, SIGABRT);
	tcase_add_test(tc, task_numbers_begin_again_behind_those_of_others);
	tcase_add_test(tc, task_word_finds_its_task);
	tcase_add_test(tc, task_table_grows_and_kill_all_reaches_every_thread);
	tcase_add_test(tc, task_marks_are_seen_until_cleared);
	tcase_add_test(tc, task_killed_alone_leaves_the_others);
	tcase_add_test(tc, task_wake_before_sleep_is_not_lost);
	tcase_add_test(tc, task_wake_ends_a_sleep_under_way);
	tcase_add_test(tc, task_referred_to_across_a_fork_is_nobody_elses);
	suite_add_tcase(suite, tc);
	return suite;
}

CK_MAIN(task_suite())
