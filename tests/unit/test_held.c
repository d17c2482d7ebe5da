/* SPDX-License-Identifier: MIT */
/* The checked mode: what only a list of each thread's holds can show. */
#include "annotate/watch.h"
#include "base/bug.h"
#include "config.h"
#include "support/ck_main.h"
#include "support/on_purpose.h"
#include <errno.h>
#include <fcntl.h>
#include <klock.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#ifdef HAVE_VALGRIND_HEADERS
#include <valgrind/valgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#endif

static struct {
	unsigned int count;
	char what[400], lock_name[40], site[200];
} bugs;

static void record(const struct klock_bug *bug)
{
	bugs.count++;
	snprintf(bugs.what, sizeof(bugs.what), "%s", bug->what);
	snprintf(bugs.lock_name, sizeof(bugs.lock_name), "%s", bug->lock_name);
	klock_describe_site(bug->site, bugs.site, sizeof(bugs.site));
}

static __thread bool no_memory; /* for the calling thread */

/* The linker puts it in place of klock_arena_alloc(). */
void *__real_klock_arena_alloc(size_t size);
void *__wrap_klock_arena_alloc(size_t size);

void *__wrap_klock_arena_alloc(size_t size)
{
	return no_memory ? NULL : __real_klock_arena_alloc(size);
}

static DEFINE_RWSEM(sem);
static DEFINE_MUTEX(lock);
DEFINE_STATIC_PERCPU_RWSEM(percpu);
static DEFINE_SEMAPHORE(units, 0);

static void setup(void)
{
	memset(&bugs, 0, sizeof(bugs));
	klock_set_bug_fn(record);
}

static void in_thread(void *(*fn)(void *))
{
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, fn, NULL), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
}

static void expect_bug(const char *what, const char *name)
{
	ck_assert_uint_eq(bugs.count, 1);
	ck_assert_ptr_nonnull(strstr(bugs.what, what));
	ck_assert_str_eq(bugs.lock_name, name);
	ck_assert_ptr_nonnull(strstr(bugs.site, "test_held"));
}

static void *up_read_unheld(void *arg)
{
	up_read(&sem);
	return arg;
}

START_TEST(rwsem_read_hold_of_another_thread_is_not_released)
{
	down_read(&sem);
	in_thread(up_read_unheld);
	expect_bug("release of a lock that this thread does not hold", "sem");
	ck_assert(rwsem_is_locked(&sem));
	up_read(&sem);
	ck_assert_uint_eq(bugs.count, 1);
	ck_assert(!rwsem_is_locked(&sem));
}
END_TEST

static void *percpu_up_read_unheld(void *arg)
{
	percpu_up_read(&percpu);
	ck_assert_int_eq(percpu_down_write_timeout(&percpu, 0), -ETIME);
	return arg;
}

START_TEST(percpu_read_hold_of_another_thread_is_not_released)
{
	percpu_down_read(&percpu);
	in_thread(percpu_up_read_unheld);
	expect_bug("release of a lock that this thread does not hold", "percpu");
	percpu_up_read(&percpu);
	ck_assert_uint_eq(bugs.count, 1);
}
END_TEST

START_TEST(rwsem_read_twice_by_one_thread_is_reported_with_the_first_place)
{
	down_read(&sem);
	on_purpose_begin();
	down_read(&sem);
	on_purpose_end();
	expect_bug("a thread takes a lock for reading that it already holds so; "
		   "it was taken for reading at ", "sem");
	ck_assert_ptr_nonnull(strstr(bugs.what, " at test_held"));
	up_read(&sem);
	up_read(&sem);
	ck_assert_uint_eq(bugs.count, 1);
}
END_TEST

START_TEST(rwsem_reader_that_waits_as_writer_is_reported_before_it_blocks)
{
	down_read(&sem);
	on_purpose_begin();
	ck_assert_int_eq(down_write_timeout(&sem, 1000), -ETIME);
	on_purpose_end();
	expect_bug("a thread waits for writing for a lock that it holds for reading", "sem");
	up_read(&sem);
}
END_TEST

START_TEST(rwsem_trylock_of_a_held_lock_is_silent)
{
	down_read(&sem);
	ck_assert_int_eq(down_read_trylock(&sem), 1);
	ck_assert_int_eq(down_write_trylock(&sem), 0);
	up_read(&sem);
	up_read(&sem);
	ck_assert_uint_eq(bugs.count, 0);
}
END_TEST

START_TEST(mutex_wait_for_own_lock_is_reported_once)
{
	mutex_lock(&lock);
	on_purpose_begin();
	ck_assert_int_eq(mutex_lock_timeout(&lock, 1000), -ETIME);
	on_purpose_end();
	expect_bug("a thread waits for a lock that it holds for writing", "lock");
	mutex_unlock(&lock);
}
END_TEST

static void *end_as_reader(void *arg)
{
	static DEFINE_RWSEM(kept);

	down_read(&sem);
	down_read(&kept);
	up_read(&sem);
	return arg;
}

static void *end_as_owner(void *arg)
{
	static DEFINE_MUTEX(kept);

	mutex_lock(&kept);
	return arg;
}

static void *end_as_writer_of_freed(void *arg)
{
	struct rw_semaphore *kept = malloc(sizeof(*kept));

	ck_assert_ptr_nonnull(kept);
	init_rwsem(kept);
	down_write(kept);
	free(kept);
	return arg;
}

START_TEST(thread_that_ends_as_reader_is_reported)
{
	in_thread(end_as_reader);
	expect_bug("a thread ends and still holds a lock for reading", "kept");
}
END_TEST

START_TEST(thread_that_ends_as_owner_is_reported)
{
	in_thread(end_as_owner);
	expect_bug("a thread ends and still holds a lock for writing", "kept");
}
END_TEST

START_TEST(thread_that_ends_after_its_lock_is_reported_by_its_name)
{
	in_thread(end_as_writer_of_freed);
	expect_bug("a thread ends and still holds a lock for writing", "kept");
}
END_TEST

static void *use_all(void *arg)
{
	mutex_lock(&lock);
	down_write(&sem);
	downgrade_write(&sem);
	percpu_down_read(&percpu);
	percpu_up_read(&percpu);
	mutex_unlock(&lock);
	up_read(&sem);
	up(&units);
	return arg;
}

START_TEST(thread_that_releases_all_is_silent)
{
	in_thread(use_all);
	down(&units);
	ck_assert_uint_eq(bugs.count, 0);
}
END_TEST

static void *begin_read(void *arg)
{
	down_read_non_owner(&sem);
	return arg;
}

START_TEST(non_owner_hold_may_end_in_another_thread)
{
	in_thread(begin_read);
	up_read_non_owner(&sem);
	ck_assert_uint_eq(bugs.count, 0);
	ck_assert(!rwsem_is_locked(&sem));
}
END_TEST

START_TEST(rwsem_init_by_its_holder_is_refused)
{
	down_write(&sem);
	init_rwsem(&sem);
	expect_bug("a lock is initialised again by a thread that holds it; "
		   "it was taken for writing at ", "sem");
	ck_assert(rwsem_is_locked(&sem));
	up_write(&sem);
	ck_assert_uint_eq(bugs.count, 1);
}
END_TEST

START_TEST(percpu_init_by_its_holder_is_refused)
{
	percpu_down_read(&percpu);
	ck_assert_int_eq(percpu_init_rwsem(&percpu), 0);
	expect_bug("a lock is initialised again by a thread that holds it", "percpu");
	percpu_up_read(&percpu);
	ck_assert_uint_eq(bugs.count, 1);
}
END_TEST

START_TEST(downgraded_lock_is_released_as_reader)
{
	down_write(&sem);
	downgrade_write(&sem);
	up_write(&sem);
	expect_bug("release for writing of a lock that is held for reading", "sem");
	up_read(&sem);
	ck_assert_uint_eq(bugs.count, 1);
}
END_TEST

START_TEST(many_holds_of_one_thread_are_listed_in_any_order)
{
	static struct rw_semaphore sems[50]; /* TSan counts to 64 */
	const size_t nr = sizeof(sems) / sizeof(sems[0]);

	for (size_t i = 0; i < nr; i++) {
		init_rwsem(&sems[i]);
		lockdep_set_novalidate_class(&sems[i]); /* their order is not the point */
		down_read(&sems[i]);
	}
	for (size_t i = 0; i < nr; i += 2)
		up_read(&sems[i]);
	for (size_t i = nr - 1; i < nr; i -= 2)
		up_read(&sems[i]);
	ck_assert_uint_eq(bugs.count, 0);
	for (size_t i = 0; i < nr; i++)
		ck_assert(!rwsem_is_locked(&sems[i]));
}
END_TEST

/* The list of a thread begins with some room: it is filled up first. */
static void *take_without_memory(void *arg)
{
	static struct rw_semaphore sems[50];
	size_t nr = 0;

	down_read(&sem);
	for (; !bugs.count && nr < sizeof(sems) / sizeof(sems[0]); nr++) {
		init_rwsem(&sems[nr]);
		lockdep_set_novalidate_class(&sems[nr]);
		no_memory = true;
		down_read(&sems[nr]);
		no_memory = false; /* Check needs some, too */
	}
	expect_bug("out of memory for the list of held locks", "&sems[nr]");
	for (size_t i = 0; i < nr; i++)
		up_read(&sems[i]);
	up_read(&sem);
	ck_assert_uint_eq(bugs.count, 1);
	return arg;
}

START_TEST(without_memory_a_hold_is_let_go_unchecked)
{
	in_thread(take_without_memory);
	/* And only that one: what comes after it is checked again. */
	memset(&bugs, 0, sizeof(bugs));
	down_read(&sem);
	in_thread(up_read_unheld);
	expect_bug("release of a lock that this thread does not hold", "sem");
	up_read(&sem);
}
END_TEST

/* What is printed while the checked mode is looked for under this value of KLOCK_CHECK. */
static const char *look_for(const char *value, bool *on)
{
	static char text[200];
	int before = dup(STDERR_FILENO), ends[2];
	ssize_t len;

	ck_assert_int_eq(pipe2(ends, O_NONBLOCK), 0);
	dup2(ends[1], STDERR_FILENO);
	setenv("KLOCK_CHECK", value, 1);
	*on = klock_watch_lockdep.present();
	setenv("KLOCK_CHECK", "1", 1);
	dup2(before, STDERR_FILENO);
	len = read(ends[0], text, sizeof(text) - 1);
	text[len > 0 ? len : 0] = '\0';
	close(ends[0]);
	close(ends[1]);
	close(before);
	return text;
}

START_TEST(environment_says_whether_it_is_on)
{
	bool on;

	unsetenv("KLOCK_LOCKDEP"); /* which would have it on in any case */
	ck_assert_str_eq(look_for("1", &on), "");
	ck_assert(on);
	ck_assert_str_eq(look_for("0", &on), "");
	ck_assert(!on);
	ck_assert_str_eq(look_for("", &on), "");
	ck_assert(!on);
	ck_assert_str_eq(look_for("yes", &on),
			 "klock: KLOCK_CHECK=yes: the checked mode is off; "
			 "KLOCK_CHECK takes 1 (on) and 0 (off)\n");
	ck_assert(!on);
}
END_TEST

static Suite *held_suite(void)
{
	Suite *suite = suite_create("held");
	TCase *tc = tcase_create("held");

	setenv("KLOCK_CHECK", "1", 1); /* before the first lock */
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, rwsem_read_hold_of_another_thread_is_not_released);
	tcase_add_test(tc, percpu_read_hold_of_another_thread_is_not_released);
	tcase_add_test(tc, rwsem_read_twice_by_one_thread_is_reported_with_the_first_place);
	tcase_add_test(tc, rwsem_reader_that_waits_as_writer_is_reported_before_it_blocks);
	tcase_add_test(tc, rwsem_trylock_of_a_held_lock_is_silent);
	tcase_add_test(tc, mutex_wait_for_own_lock_is_reported_once);
	if (!RUNNING_ON_VALGRIND) { /* Helgrind and DRD would report these too, and rightly */
		tcase_add_test(tc, thread_that_ends_as_reader_is_reported);
		tcase_add_test(tc, thread_that_ends_as_owner_is_reported);
		tcase_add_test(tc, thread_that_ends_after_its_lock_is_reported_by_its_name);
	}
	tcase_add_test(tc, thread_that_releases_all_is_silent);
	tcase_add_test(tc, non_owner_hold_may_end_in_another_thread);
	tcase_add_test(tc, rwsem_init_by_its_holder_is_refused);
	tcase_add_test(tc, percpu_init_by_its_holder_is_refused);
	tcase_add_test(tc, downgraded_lock_is_released_as_reader);
	tcase_add_test(tc, many_holds_of_one_thread_are_listed_in_any_order);
	tcase_add_test(tc, without_memory_a_hold_is_let_go_unchecked);
	tcase_add_test(tc, environment_says_whether_it_is_on);
	suite_add_tcase(suite, tc);
	return suite;
}

CK_MAIN(held_suite())
