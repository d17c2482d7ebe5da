/* SPDX-License-Identifier: MIT */
/* lockstat: its rows, CPUs, places, buckets, and what becomes of them under pressure. */
#include "annotate/watch.h"
#include "base/exempt.h"
#include "lockdep/arena.h"
#include "support/ck_main.h"
#include "support/counted.h"
#include <errno.h>
#include <klock.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

static DEFINE_MUTEX(lock);
static DEFINE_RWSEM(sem);
DEFINE_STATIC_PERCPU_RWSEM(percpu);

static bool no_memory;

/* The linker puts it in place of klock_arena_alloc(). */
void *__real_klock_arena_alloc(size_t size);
void *__wrap_klock_arena_alloc(size_t size);

void *__wrap_klock_arena_alloc(size_t size)
{
	return no_memory ? NULL : __real_klock_arena_alloc(size);
}

START_TEST(locks_of_one_line_are_one_class)
{
	struct mutex many[3];

	for (int i = 0; i < 3; i++)
		mutex_init(&many[i]);
	for (int i = 0; i < 3; i++)
		use_mutex(&many[i]);
	expect(writes("&many[i]"), 3, 3, 0);
}
END_TEST

START_TEST(class_and_level_of_a_lock_are_its_row)
{
	static struct lock_class_key key;
	struct mutex m, n;

	mutex_init(&m);
	mutex_init(&n);
	lockdep_set_class_and_name(&m, &key, "inodes");
	use_mutex(&m);
	mutex_lock_nested(&m, 2);
	mutex_unlock(&m);
	lockdep_set_subclass(&n, 3);
	use_mutex(&n);
	expect(writes("inodes"), 1, 1, 0);
	expect(writes("inodes/2"), 1, 1, 0);
	expect(writes("&n/3"), 1, 1, 0);
	expect(writes("&n"), 0, 0, 0);
}
END_TEST

/* What was counted stays with the class, whatever becomes of the key. */
START_TEST(key_that_is_used_again_makes_another_row)
{
	static struct lock_class_key key;
	struct mutex m;

	lockdep_register_key(&key);
	__mutex_init(&m, "first", &key);
	use_mutex(&m);
	lockdep_unregister_key(&key);
	lockdep_register_key(&key);
	__mutex_init(&m, "second", &key);
	use_mutex(&m);
	lockdep_unregister_key(&key);
	expect(writes("first"), 1, 1, 0);
	expect(writes("second"), 1, 1, 0);
}
END_TEST

static int cpus[2];

static long use_write(void *s)
{
	down_write(s);
	up_write(s);
	return 0;
}

static long pin(void *cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)*(int *)cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set);
}

/* Two CPUs, one for each thread. */
static bool two_cpus(void)
{
	cpu_set_t set;
	int n = 0;

	if (sched_getaffinity(0, sizeof(set), &set))
		return false;
	for (int cpu = 0; cpu < CPU_SETSIZE && n < 2; cpu++)
		if (CPU_ISSET((size_t)cpu, &set))
			cpus[n++] = cpu;
	return n == 2 && !actor_do(&a, pin, &cpus[0]) && !actor_do(&b, pin, &cpus[1]);
}

START_TEST(lock_that_changes_its_cpu_bounces)
{
	struct mutex m;

	if (!two_cpus())
		return;
	mutex_init(&m);
	actor_do(&a, use_mutex, &m);
	ck_assert_uint_eq(writes("&m")->acq_bounces, 0);
	m.spin |= KLOCK_PASSES; /* it stays */
	actor_do(&b, use_mutex, &m);
	actor_do(&a, use_mutex, &m);
	actor_do(&a, use_mutex, &m);
	ck_assert_uint_eq(writes("&m")->acq_bounces, 2);
	ck_assert_uint_eq(m.spin & KLOCK_PASSES, KLOCK_PASSES);

	actor_do(&a, take_mutex, &m);
	actor_begin(&b, use_mutex, &m);
	await_waiters(&m.word, 1);
	ck_assert_uint_eq(writes("&m")->con_bounces, 1);
	actor_do(&a, give_mutex, &m);
	actor_end(&b);
	ck_assert_uint_eq(writes("&m")->con_bounces, 1);
	ck_assert_uint_eq(writes("&m")->acq_bounces, 3);
}
END_TEST

/* What readers may do is no CPU that had the lock, nor does saying it make one be forgotten. */
START_TEST(lock_whose_bias_is_not_allowed_bounces_like_others)
{
	struct rw_semaphore s;
	uint32_t cpu;

	if (!two_cpus())
		return;
	init_rwsem(&s);
	klock_rwsem_allow_bias(&s, false);
	actor_do(&a, use_write, &s);
	ck_assert_uint_eq(writes("&s")->acq_bounces, 0);
	cpu = s.spin & KLOCK_SPIN_CPU;
	klock_rwsem_allow_bias(&s, true);
	klock_rwsem_allow_bias(&s, false);
	ck_assert_uint_eq(s.spin & KLOCK_SPIN_CPU, cpu);
	actor_do(&a, use_write, &s);
	ck_assert_uint_eq(writes("&s")->acq_bounces, 0);
	actor_do(&b, use_write, &s);
	ck_assert_uint_eq(writes("&s")->acq_bounces, 1);
}
END_TEST

/* Two locks of a class, each on its own CPU. */
START_TEST(locks_that_stay_on_their_cpus_do_not_bounce)
{
	struct mutex m[2];

	if (!two_cpus())
		return;
	for (int i = 0; i < 2; i++)
		mutex_init(&m[i]);
	for (int i = 0; i < 4; i++) {
		actor_do(&a, use_mutex, &m[0]);
		actor_do(&b, use_mutex, &m[1]);
	}
	expect(writes("&m[i]"), 8, 8, 0);
	ck_assert_uint_eq(writes("&m[i]")->acq_bounces, 0);
}
END_TEST

static long use_percpu_read(void *arg)
{
	percpu_down_read(arg);
	percpu_up_read(arg);
	return 0;
}

START_TEST(readers_with_slots_do_not_bounce)
{
	if (!two_cpus())
		return;
	for (int i = 0; i < 4; i++) {
		actor_do(&a, use_percpu_read, &percpu);
		actor_do(&b, use_percpu_read, &percpu);
	}
	expect(reads("percpu"), 8, 8, 0);
	ck_assert_uint_eq(reads("percpu")->acq_bounces, 0);
}
END_TEST

static int stop;

static long use_until_stopped(void *arg)
{
	while (!klock_load_acquire(&stop))
		use_mutex(arg);
	return 0;
}

START_TEST(dump_while_others_run_is_whole)
{
	static char text[1 << 20];
	char path[] = "/tmp/klock-lockstat-XXXXXX";
	int fd = mkstemp(path);
	int dumps = klock_watches_memory() ? 6 : 50; /* Valgrind runs one thread at a time */

	ck_assert_int_ge(fd, 0);
	unlink(path);
	klock_exempt(&stop, sizeof(stop)); /* from Helgrind, which does not know atomics */
	stop = 0;
	actor_begin(&a, use_until_stopped, &lock);
	actor_begin(&b, use_until_stopped, &lock);
	for (int i = 0; i < dumps; i++) {
		ssize_t n;

		ck_assert_int_eq(ftruncate(fd, 0), 0);
		ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
		ck_assert_int_eq(klock_lockstat_dump(fd, i % 2 ? KLOCK_LOCKSTAT_JSON :
								 KLOCK_LOCKSTAT_TEXT_HIST), 0);
		n = pread(fd, text, sizeof(text) - 1, 0);
		ck_assert_int_gt((int)n, 0);
		text[n] = '\0';
		ck_assert_ptr_nonnull(strstr(text, i % 2 ? "]\n}\n" : "holdtime-avg"));
		if (i == dumps / 2)
			klock_lockstat_reset();
	}
	klock_store_release(&stop, 1);
	actor_end(&a);
	actor_end(&b);
	close(fd);
	ck_assert_uint_eq(writes("lock")->acquisitions, writes("lock")->hold.nr);
	ck_assert_uint_eq(writes("lock")->contentions, writes("lock")->wait.nr);
}
END_TEST

START_TEST(dump_says_what_is_wrong)
{
	ck_assert_int_eq(klock_lockstat_dump(-1, KLOCK_LOCKSTAT_TEXT), -EBADF);
	ck_assert_int_eq(klock_lockstat_dump(1, (enum klock_lockstat_format)77), -EINVAL);
}
END_TEST

START_TEST(time_falls_into_the_bucket_of_its_bits)
{
	struct klock_stat_times t = { 0 };

	klock_stat_add_time(&t, 0);
	klock_stat_add_time(&t, 1);
	klock_stat_add_time(&t, 2);
	klock_stat_add_time(&t, 3);
	klock_stat_add_time(&t, 4);
	klock_stat_add_time(&t, UINT64_C(1) << 60);
	ck_assert_uint_eq(t.buckets[0], 1);
	ck_assert_uint_eq(t.buckets[1], 1);
	ck_assert_uint_eq(t.buckets[2], 2);
	ck_assert_uint_eq(t.buckets[3], 1);
	ck_assert_uint_eq(t.buckets[KLOCK_STAT_BUCKETS - 1], 1);
	ck_assert_uint_eq(t.nr, 6);
	ck_assert_uint_eq(t.min, 0);
	ck_assert_uint_eq(t.max, UINT64_C(1) << 60);
}
END_TEST

START_TEST(places_past_the_limit_are_one)
{
	struct klock_stat_point *list = NULL, *p;
	static const char code[KLOCK_STAT_POINTS + 6];
	int n = 0;

	for (int twice = 0; twice < 2; twice++)
		for (size_t i = 0; i < sizeof(code); i++)
			ck_assert_ptr_nonnull(klock_stat_add_point(&list, code + i));
	for (p = list; p; p = p->next, n++)
		ck_assert_uint_eq(p->nr, p->site ? 2 : 12);
	ck_assert_int_eq(n, KLOCK_STAT_POINTS + 1);
}
END_TEST

START_TEST(out_of_memory_is_counted)
{
	struct mutex m;

	mutex_init(&m);
	ck_assert_uint_eq(klock_stat_lost, 0);
	use_mutex(&m); /* its class */
	no_memory = true;
	down_write(&sem);
	actor_do(&a, use_mutex, &m);
	no_memory = false;
	up_write(&sem);
	ck_assert_uint_gt(klock_stat_lost, 0);
	expect(writes("&m"), 1, 1, 0);
	actor_do(&a, use_mutex, &m);
	expect(writes("&m"), 2, 2, 0);
}
END_TEST

static Suite *lockstat_rows_suite(void)
{
	Suite *suite = suite_create("lockstat_rows");
	TCase *tc = tcase_create("rows");

	tcase_add_checked_fixture(tc, counted_setup, counted_teardown);
	tcase_add_test(tc, locks_of_one_line_are_one_class);
	tcase_add_test(tc, class_and_level_of_a_lock_are_its_row);
	tcase_add_test(tc, key_that_is_used_again_makes_another_row);
	tcase_add_test(tc, lock_that_changes_its_cpu_bounces);
	tcase_add_test(tc, lock_whose_bias_is_not_allowed_bounces_like_others);
	tcase_add_test(tc, locks_that_stay_on_their_cpus_do_not_bounce);
	tcase_add_test(tc, readers_with_slots_do_not_bounce);
	tcase_add_test(tc, dump_while_others_run_is_whole);
	tcase_add_test(tc, dump_says_what_is_wrong);
	tcase_add_test(tc, time_falls_into_the_bucket_of_its_bits);
	tcase_add_test(tc, places_past_the_limit_are_one);
	tcase_add_test(tc, out_of_memory_is_counted);
	suite_add_tcase(suite, tc);
	return suite;
}

CK_MAIN(lockstat_rows_suite())
