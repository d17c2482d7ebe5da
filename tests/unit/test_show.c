/* SPDX-License-Identifier: MIT */
/* klock_show_locks(): who is shown, in which order, and from where it may be called. */
#include "base/bug.h"
#include "base/exempt.h"
#include "config.h"
#include "hang/names.h"
#include "hang/options.h"
#include "hang/show.h"
#include "support/actor.h"
#include "support/ck_main.h"
#include "support/shown.h"
#include <errno.h>
#include <klock.h>
#include <signal.h>
#include <sys/wait.h>

#ifdef HAVE_VALGRIND_HEADERS
#include <valgrind/valgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#endif

static DEFINE_MUTEX(lock);
static DEFINE_RWSEM(sem);
static DEFINE_SEMAPHORE(units, 0);
DEFINE_STATIC_PERCPU_RWSEM(percpu);
static unsigned long word;
static struct actor a, b, c;

static long name_me(void *name)
{
	return pthread_setname_np(pthread_self(), name);
}

static void setup(void)
{
	klock_bit_word_init(&word);
	word = 1ul << 5;
	actor_init(&a);
	actor_init(&b);
	actor_init(&c);
	actor_do(&a, name_me, (char *)"one");
	actor_do(&b, name_me, (char *)"two");
	actor_do(&c, name_me, (char *)"three");
}

static void teardown(void)
{
	actor_fini(&a);
	actor_fini(&b);
	actor_fini(&c);
	klock_bit_word_exit(&word);
}

static long take_mutex(void *arg)
{
	mutex_lock(arg);
	return 0;
}

static long give_mutex(void *arg)
{
	mutex_unlock(arg);
	return 0;
}

static long use_mutex_killable(void *arg)
{
	int err = mutex_lock_killable(arg);

	if (!err)
		mutex_unlock(arg);
	return err;
}

static long use_mutex_for_an_hour(void *arg)
{
	int err = mutex_lock_timeout(arg, INT64_C(3600) * 1000000000);

	if (!err)
		mutex_unlock(arg);
	return err;
}

static long use_as_reader(void *arg)
{
	down_read(arg);
	up_read(arg);
	return 0;
}

static long use_as_writer(void *arg)
{
	int err = down_write_interruptible(arg);

	if (!err)
		up_write(arg);
	return err;
}

static long take_unit(void *arg)
{
	down(arg);
	return 0;
}

static long wait_for_bit(void *arg)
{
	return wait_on_bit(arg, 5, TASK_KILLABLE);
}

static long percpu_write(void *arg)
{
	percpu_down_write(arg);
	percpu_up_write(arg);
	return 0;
}

static long percpu_read(void *arg)
{
	percpu_down_read(arg);
	percpu_up_read(arg);
	return 0;
}

/* "one/123": the thread as reports have it. */
static const char *thread(const char *name, const struct actor *actor)
{
	static char text[40];

	snprintf(text, sizeof(text), "%s/%d", name, (int)klock_task_tid(actor->task));
	return text;
}

START_TEST(show_of_nothing_says_so)
{
	show_locks();
	ck_assert_ptr_nonnull(strstr(shown, ": 0 threads wait for locks\n"));
	ck_assert_ptr_null(strstr(shown, "1. "));
}
END_TEST

START_TEST(mutex_is_shown_with_its_owner_and_its_waiters_in_order)
{
	actor_do(&a, take_mutex, &lock);
	actor_begin(&c, use_mutex_killable, &lock);
	await_waiters(&lock.word, 1);
	actor_begin(&b, use_mutex_for_an_hour, &lock);
	await_waiters(&lock.word, 2);
	show_locks();
	actor_do(&a, give_mutex, &lock);
	ck_assert_int_eq(actor_end(&b), 0);
	ck_assert_int_eq(actor_end(&c), 0);

	ck_assert_ptr_nonnull(strstr(shown, ": 2 threads wait for locks\n"));
	expect_line("mutex 'lock' at 0x", "held for writing by ");
	expect_line("mutex 'lock' at 0x", thread("one", &a));
	expect_line("klock:   1. ", thread("three", &c));
	expect_line("klock:   1. ", " (write, killable) for ");
	expect_line("klock:   2. ", thread("two", &b));
	expect_line("klock:   2. ", " (write, gives up in 3");
	expect_line("klock:   2. ", "test_show(");
	ck_assert_ptr_null(strstr(shown, "klock:   3. "));
}
END_TEST

START_TEST(rwsem_is_shown_with_the_number_of_its_readers)
{
	down_read(&sem);
	ck_assert(down_read_trylock(&sem));
	actor_begin(&a, use_as_writer, &sem);
	await_waiters(&sem.word, 1);
	actor_begin(&b, use_as_reader, &sem);
	await_waiters(&sem.word, 2);
	show_locks();
	up_read(&sem);
	up_read(&sem);
	ck_assert_int_eq(actor_end(&a), 0);
	ck_assert_int_eq(actor_end(&b), 0);

	expect_line("rw_semaphore 'sem'", "held for reading 2 times; KLOCK_CHECK=1 tells by whom");
	expect_line("klock:   1. ", thread("one", &a));
	expect_line("klock:   1. ", " (write, interruptible) for ");
	expect_line("klock:   2. ", thread("two", &b));
	expect_line("klock:   2. ", " (read) for ");
}
END_TEST

START_TEST(waits_for_units_and_bits_are_shown)
{
	actor_begin(&a, take_unit, &units);
	actor_begin(&b, wait_for_bit, &word);
	await_waiters(&units.word, 1);
	await_waiters(&word, 1);
	show_locks();
	up(&units);
	clear_and_wake_up_bit(5, &word);
	actor_end(&a);
	actor_end(&b);

	expect_line("semaphore 'units'", "without units; nobody owns those that were taken");
	expect_line(thread("one", &a), " (a unit) for ");
	expect_line("bit 5 at 0x", "held by nobody known");
	expect_line(thread("two", &b), " (to be clear, killable) for ");
}
END_TEST

START_TEST(percpu_is_shown_with_its_writer_that_waits_for_readers)
{
	percpu_down_read(&percpu);
	actor_begin(&a, percpu_write, &percpu);
	await_waiters(&percpu.block, 1);
	actor_begin(&b, percpu_read, &percpu);
	await_waiters(&percpu.rw.word, 1);
	show_locks();
	percpu_up_read(&percpu);
	actor_end(&a);
	actor_end(&b);

	ck_assert_ptr_nonnull(strstr(shown, ", held for reading once;"));
	expect_line("being taken for writing by ", thread("one", &a));
	expect_line("being taken for writing by ", "percpu_rw_semaphore 'percpu'");
	expect_line("klock:   1. two", " (read) for ");
}
END_TEST

static void *end_as_owner(void *arg)
{
	mutex_lock(arg);
	return arg;
}

START_TEST(owner_that_has_ended_is_told_so)
{
	static DEFINE_MUTEX(kept);
	pthread_t ended;

	ck_assert_int_eq(pthread_create(&ended, NULL, end_as_owner, &kept), 0);
	pthread_join(ended, NULL);
	actor_begin(&a, use_mutex_killable, &kept);
	await_waiters(&kept.word, 1);
	show_locks();
	klock_kill(a.task);
	ck_assert_int_eq(actor_end(&a), -EINTR);
	expect_line("mutex 'kept'", "held for writing by a thread that has ended");
}
END_TEST

static void show_in_bucket(struct klock_queue *q, uint32_t unused)
{
	(void)q, (void)unused;
	show_locks();
}

/* As a signal handler does it whose thread has the bucket. */
START_TEST(show_by_the_thread_that_has_a_bucket_leaves_it_out)
{
	actor_do(&a, take_mutex, &lock);
	actor_begin(&b, use_mutex_killable, &lock);
	await_waiters(&lock.word, 1);
	actor_begin(&c, take_unit, &units);
	await_waiters(&units.word, 1);
	klock_unpark(&lock.word, NULL, show_in_bucket, 0);
	up(&units);
	actor_do(&a, give_mutex, &lock);
	actor_end(&b);
	actor_end(&c);

	expect_line("were in use", "klock: 1 of the tables of waiters");
	ck_assert_ptr_null(strstr(shown, "'lock'"));
	/* The odds are 511 to 1 that the two are not in one bucket; the linker throws the dice. */
	expect_line("klock:   1. three", " (a unit) for ");
}
END_TEST

START_TEST(show_leaves_errno_alone)
{
	errno = ERANGE;
	klock_show_locks_fd(-1);
	ck_assert_int_eq(errno, ERANGE);
}
END_TEST

/* The places that are told are those of klock_describe_site(). */
START_TEST(site_is_told_as_in_other_reports)
{
	struct klock_mapping place = { 0 };
	char buf[200], expected[200];
	struct klock_sigtext text = klock_sigtext_in(buf, sizeof(buf));

	klock_describe_site((const void *)(uintptr_t)take_unit, expected, sizeof(expected));
	klock_add_site(&text, (const void *)(uintptr_t)take_unit, &place);
	if (strchr(expected, '+')) /* not in a static program */
		ck_assert_str_eq(buf, expected);
	text = klock_sigtext_in(buf, sizeof(buf));
	klock_add_site(&text, NULL, &place);
	ck_assert_str_eq(buf, "0x0");
}
END_TEST

START_TEST(thread_is_told_by_name_and_by_what_it_does)
{
	char buf[80], expected[80];
	struct klock_sigtext text = klock_sigtext_in(buf, sizeof(buf));

	/* A name that looks like what stands behind it in the file. */
	actor_do(&a, name_me, (char *)"x) R (");
	while (strcmp(buf, " (sleeps)")) { /* or the test's time is over */
		text = klock_sigtext_in(buf, sizeof(buf));
		klock_add_state(&text, klock_task_tid(a.task));
	}
	snprintf(expected, sizeof(expected), "x) R (/%d", (int)klock_task_tid(a.task));
	text = klock_sigtext_in(buf, sizeof(buf));
	klock_add_thread(&text, klock_task_tid(a.task));
	ck_assert_str_eq(buf, expected);
	text = klock_sigtext_in(buf, sizeof(buf));
	klock_add_state(&text, 0);
	ck_assert_str_eq(buf, "");
	klock_add_thread(&text, -1); /* there is none */
	ck_assert_str_eq(buf, "?/-1");
}
END_TEST

START_TEST(sigtext_formats_and_cuts)
{
	char buf[64], small[8];
	struct klock_sigtext text = klock_sigtext_in(buf, sizeof(buf));

	klock_sigtext_add(&text, "%s %d %u %lu %lx %c%% %p", "a", -5, 7u, 80ul, 0xbeeful, 'x',
			  (void *)16);
	ck_assert_str_eq(buf, "a -5 7 80 beef x% 0x10");
	text = klock_sigtext_in(buf, sizeof(buf));
	klock_sigtext_seconds(&text, INT64_C(61002999999));
	ck_assert_str_eq(buf, "61.002s");
	ck_assert(!text.cut);
	text = klock_sigtext_in(small, sizeof(small));
	klock_sigtext_add(&text, "12345%s", "678");
	ck_assert_str_eq(small, "1234567");
	ck_assert(text.cut);
	text = klock_sigtext_in(buf, sizeof(buf));
	for (int i = 0; i < 20; i++)
		klock_sigtext_add(&text, "%d%d%d%d", i, i, i, i);
	klock_sigtext_end(&text);
	ck_assert_ptr_nonnull(strstr(buf, "...\nklock: the rest is left out\n"));
	ck_assert_uint_eq(strlen(buf), sizeof(buf) - 1);
}
END_TEST

START_TEST(signal_names_are_understood)
{
	ck_assert_int_eq(klock_parse_signal("SIGUSR2"), SIGUSR2);
	ck_assert_int_eq(klock_parse_signal("USR1"), SIGUSR1);
	ck_assert_int_eq(klock_parse_signal("12"), 12);
	ck_assert_int_eq(klock_parse_signal("SIGRTMIN+2"), SIGRTMIN + 2);
	ck_assert_int_eq(klock_parse_signal("RTMIN"), SIGRTMIN);
	ck_assert_int_eq(klock_parse_signal("RTMIN+1000"), 0);
	ck_assert_int_eq(klock_parse_signal("RTMIN+2x"), 0);
	ck_assert_int_eq(klock_parse_signal("RTMIN2"), 0);
	ck_assert_int_eq(klock_parse_signal("SIG"), 0);
	ck_assert_int_eq(klock_parse_signal("usr2"), 0);
	ck_assert_int_eq(klock_parse_signal("12x"), 0);
	ck_assert_int_eq(klock_parse_signal("0"), 0);
	ck_assert_int_eq(klock_parse_signal("99999999999999999999"), 0);
}
END_TEST

/* What is said of this value of KLOCK_SHOW_SIGNAL. */
static const char *said_of(const char *value)
{
	capture();
	klock_show_on_signal(value);
	uncapture();
	return shown;
}

static void own_handler(int signo)
{
	(void)signo;
}

START_TEST(wrong_values_of_the_variable_are_said)
{
	ck_assert_str_eq(said_of(""), "");
	ck_assert_str_eq(said_of("FOO"),
			 "klock: KLOCK_SHOW_SIGNAL=FOO: no signal; it takes a name like SIGUSR2, "
			 "or a number; no signal shows locks\n");
	ck_assert_ptr_nonnull(strstr(said_of("9"), "KLOCK_SHOW_SIGNAL=9: "));
	signal(SIGUSR1, own_handler);
	ck_assert_str_eq(said_of("SIGUSR1"),
			 "klock: KLOCK_SHOW_SIGNAL=SIGUSR1: the program has a handler of its own "
			 "for it; no signal shows locks\n");
	signal(SIGUSR1, SIG_DFL);
}
END_TEST

static int stop;

static long hammer(void *arg)
{
	long n = 0;

	(void)arg;
	for (; !__atomic_load_n(&stop, __ATOMIC_RELAXED); n++) {
		down_write(&sem);
		up_write(&sem);
		down_read(&sem);
		mutex_lock(&lock);
		mutex_unlock(&lock);
		up_read(&sem);
		if (!mutex_lock_timeout(&lock, 10000))
			mutex_unlock(&lock);
	}
	return n;
}

static int count_of(const char *text)
{
	int n = 0;

	for (const char *at = shown; (at = strstr(at, text)); at++)
		n++;
	return n;
}

#define SIGNALS 60

/* Each report begins and ends, whatever the thread did that the signal came to. */
START_TEST(signal_shows_locks_while_threads_use_them)
{
	struct actor *actors[] = { &a, &b, &c };

	capture();
	klock_exempt(&stop, sizeof(stop));
	klock_show_on_signal("SIGUSR2");
	__atomic_store_n(&stop, 0, __ATOMIC_RELAXED);
	for (int i = 0; i < 3; i++)
		actor_begin(actors[i], hammer, NULL);
	for (int i = 0; i < SIGNALS; i++) {
		pthread_kill(actors[i % 3]->thread, SIGUSR2);
		nap_us(1000);
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	for (int i = 0; i < 3; i++)
		ck_assert_int_gt((int)actor_end(actors[i]), 0);
	uncapture();
	signal(SIGUSR2, SIG_DFL);
	ck_assert_int_gt(count_of("klock: process "), 0);
	ck_assert_int_le(count_of("klock: process "), SIGNALS);
	ck_assert_int_eq(count_of("klock: process "), count_of("KLOCK_CHECK=1 lists also"));
}
END_TEST

START_TEST(child_shows_none_of_its_parents_waits)
{
	int status;
	pid_t pid;

	actor_do(&a, take_mutex, &lock);
	actor_begin(&b, use_mutex_killable, &lock);
	await_waiters(&lock.word, 1);
	pid = fork();
	if (pid == 0) {
		show_locks();
		_exit(!strstr(shown, ": 0 threads wait for locks\n"));
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	actor_do(&a, give_mutex, &lock);
	actor_end(&b);
	ck_assert_int_eq(status, 0);
}
END_TEST

/* In a process that has used no lock yet. */
START_TEST(environment_is_read_at_the_first_lock)
{
	if (klock_task_after(NULL))
		return; /* CK_FORK=no */
	setenv("KLOCK_SHOW_SIGNAL", "SIGUSR2", 1);
	setenv("KLOCK_HUNG", "soon", 1);
	capture();
	mutex_lock(&lock);
	raise(SIGUSR2);
	mutex_unlock(&lock);
	uncapture();
	ck_assert_ptr_eq(strstr(shown, "klock: KLOCK_HUNG=soon: not a time like "), shown);
	ck_assert_ptr_nonnull(strstr(shown, ": 0 threads wait for locks\n"));
}
END_TEST

static Suite *show_suite(void)
{
	Suite *suite = suite_create("show");
	TCase *first = tcase_create("first");
	TCase *tc = tcase_create("show");

	/* What is listed with them is another suite's. */
	unsetenv("KLOCK_CHECK");
	unsetenv("KLOCK_LOCKDEP");
	tcase_add_test(first, environment_is_read_at_the_first_lock);
	suite_add_tcase(suite, first);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, show_of_nothing_says_so);
	tcase_add_test(tc, mutex_is_shown_with_its_owner_and_its_waiters_in_order);
	tcase_add_test(tc, rwsem_is_shown_with_the_number_of_its_readers);
	tcase_add_test(tc, waits_for_units_and_bits_are_shown);
	tcase_add_test(tc, percpu_is_shown_with_its_writer_that_waits_for_readers);
	if (!RUNNING_ON_VALGRIND) /* Helgrind and DRD report it, too */
		tcase_add_test(tc, owner_that_has_ended_is_told_so);
	tcase_add_test(tc, show_by_the_thread_that_has_a_bucket_leaves_it_out);
	tcase_add_test(tc, show_leaves_errno_alone);
	tcase_add_test(tc, site_is_told_as_in_other_reports);
	tcase_add_test(tc, thread_is_told_by_name_and_by_what_it_does);
	tcase_add_test(tc, sigtext_formats_and_cuts);
	tcase_add_test(tc, signal_names_are_understood);
	tcase_add_test(tc, wrong_values_of_the_variable_are_said);
	if (!UNDER_TSAN) /* which holds signals back */
		tcase_add_test(tc, signal_shows_locks_while_threads_use_them);
	tcase_add_test(tc, child_shows_none_of_its_parents_waits);
	suite_add_tcase(suite, tc);
	return suite;
}

CK_MAIN(show_suite())
