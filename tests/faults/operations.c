/* SPDX-License-Identifier: MIT */
/*
 * One operation of the library, while inject.c makes calls under it fail. Exits with
 *
 *	0   it did what it is for, and the lock is in order after it
 *	3   it returned -ENOMEM, as its contract allows
 *	4   it returned -EINVAL, as its contract allows
 *	1   anything else; standard error says what
 *
 * Without an argument it lists its operations. Others than klock's calls do not fail here:
 * faults are made in calls by libklock alone.
 */
#include "faults/reach.h"
#define klock_unpark faults_unpark
#define klock_queue_first faults_queue_first
#define klock_queue_next faults_queue_next
#include "support/lock_rows.h"
#include <fcntl.h>
#include <klock/lock_order.h>
#include <klock/lockstat.h>
#include <klock/show.h>
#include <signal.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RIGHT, WRONG, NO_MEMORY = 3, NO_HANDLER = 4 };

#define SHORT_NS 3000000
#define LATE_NS (20 * INT64_C(1000000000)) /* on a loaded machine */
#define LONG_NS (100 * INT64_C(1000000000))

static union any_lock lock;
static const struct lock_row *row;

static int wrong(const char *what, long value)
{
	fprintf(stderr, "wrong: %s: %s: %ld\n", row ? row->name : "", what, value);
	return WRONG;
}

/* Free for all, and nobody in its queue. */
static int in_order(int status)
{
	if (status != RIGHT)
		return status;
	if (row->object->waiters(&lock))
		return wrong("threads are left in the queue", row->object->waiters(&lock));
	row->lock(&lock);
	row->unlock(&lock);
	if (row->try_ && !row->try_(&lock))
		return wrong("a lock that is free is not got", 0);
	if (row->try_)
		row->unlock(&lock);
	row->object->end(&lock);
	return RIGHT;
}

static int no_wait(void)
{
	row->lock(&lock);
	row->unlock(&lock);
	if (row->try_or_lock && !row->try_or_lock(&lock, true))
		return wrong("try_or_lock", 0);
	if (row->try_or_lock)
		row->unlock(&lock);
	return in_order(RIGHT);
}

/* ---- Waits, behind a thread that holds the lock for writing ------------------------------- */

enum way { LET_IN, KILLED, INTERRUPTED };

struct holder {
	pthread_t thread;
	enum way way;
	struct klock_task *waiter;
	uint32_t state; /* a futex would do, but has faults */
	int inside;
};

static const struct lock_row *writer(void)
{
	const struct lock_row *other = lock_row_of(row, false);

	return other ? other : row;
}

static void *hold(void *arg)
{
	struct holder *h = arg;

	writer()->lock(&lock);
	h->inside = 1;
	__atomic_store_n(&h->state, 1, __ATOMIC_RELEASE);
	await_lock_waiters(row, &lock, 1);
	if (h->way == KILLED)
		klock_kill(h->waiter);
	else if (h->way == INTERRUPTED)
		klock_interrupt(h->waiter);
	if (h->way != LET_IN)
		await_lock_waiters(row, &lock, 0);
	h->inside = 0;
	writer()->unlock(&lock);
	return NULL;
}

static int behind(enum way way, int (*wait)(void), int expected)
{
	struct holder h = { .way = way, .waiter = klock_get_task(klock_current()) };
	int err;

	if (pthread_create(&h.thread, NULL, hold, &h))
		return wrong("pthread_create", errno);
	while (!__atomic_load_n(&h.state, __ATOMIC_ACQUIRE))
		nap_us(50);
	err = wait();
	if (!err && h.inside)
		return wrong("two threads hold the lock", 0);
	if (!err)
		row->unlock(&lock);
	pthread_join(h.thread, NULL);
	klock_unkill(klock_current());
	return err == expected ? in_order(RIGHT) : wrong("the wait returned", err);
}

static int wait_plain(void)
{
	row->lock(&lock);
	return 0;
}

static int wait_killable(void)
{
	return row->killable(&lock);
}

static int wait_interruptible(void)
{
	return row->interruptible(&lock);
}

static int wait_long(void)
{
	return row->timeout(&lock, LONG_NS);
}

static int waits(void)
{
	return behind(LET_IN, wait_plain, 0);
}

static int killed(void)
{
	return behind(KILLED, wait_killable, -EINTR);
}

static int interrupted(void)
{
	return behind(INTERRUPTED, wait_interruptible, -EINTR);
}

static int in_time(void)
{
	return behind(LET_IN, wait_long, 0);
}

static long take_lock(void *unused)
{
	(void)unused;
	writer()->lock(&lock);
	return 0;
}

static long give_lock(void *unused)
{
	(void)unused;
	writer()->unlock(&lock);
	return 0;
}

static bool clock_jumps(void)
{
	const char *fault = getenv("KLOCK_FAULT");

	return fault && !strcmp(fault, "clock-jumps");
}

/* By the clock that the library sees, which a fault may have moved. */
static int too_late(void)
{
	struct actor other;
	int64_t begun;
	int err;

	actor_init(&other);
	actor_do(&other, take_lock, NULL);
	begun = now_ns();
	err = row->timeout(&lock, SHORT_NS);
	if (now_ns() - begun > LATE_NS)
		return wrong("the timed wait was too long", (long)(now_ns() - begun));
	actor_do(&other, give_lock, NULL);
	actor_fini(&other);
	if (err != row->timed_out)
		return wrong("the timed wait returned", err);
	if (now_ns() - begun < SHORT_NS && !clock_jumps())
		return wrong("the timed wait was too short", (long)(now_ns() - begun));
	return in_order(RIGHT);
}

static int busy(void)
{
	struct actor other;
	bool got;

	actor_init(&other);
	actor_do(&other, take_lock, NULL);
	got = row->try_(&lock);
	actor_do(&other, give_lock, NULL);
	actor_fini(&other);
	return got ? wrong("a lock that is held was got", 0) : in_order(RIGHT);
}

static const struct mode {
	const char *name;
	int (*run)(void);
	size_t needs; /* the member of the row that must be there */
} modes[] = {
	{ "free", no_wait, offsetof(struct lock_row, lock) },
	{ "busy", busy, offsetof(struct lock_row, try_) },
	{ "waits", waits, offsetof(struct lock_row, lock) },
	{ "killed", killed, offsetof(struct lock_row, killable) },
	{ "interrupted", interrupted, offsetof(struct lock_row, interruptible) },
	{ "in-time", in_time, offsetof(struct lock_row, timeout) },
	{ "too-late", too_late, offsetof(struct lock_row, timeout) },
};

static bool has(const struct lock_row *r, const struct mode *mode)
{
	void *member;

	memcpy(&member, (const char *)r + mode->needs, sizeof(member));
	return member != NULL;
}

static int make_lock(void)
{
	if (!strcmp(row->object->name, "percpu")) {
		int err = percpu_init_rwsem(&lock.percpu);

		if (err == -ENOMEM) {
			percpu_free_rwsem(&lock.percpu); /* allowed, and nothing to free */
			return NO_MEMORY;
		}
		return err ? wrong("percpu_init_rwsem returned", err) : RIGHT;
	}
	row->object->make(&lock);
	return RIGHT;
}

/* ---- The rest --------------------------------------------------------------------------- */

static DEFINE_MUTEX(one);
static DEFINE_MUTEX(two);

static void nest(struct mutex *outer, struct mutex *inner)
{
	mutex_lock(outer);
	mutex_lock(inner);
	mutex_unlock(inner);
	mutex_unlock(outer);
}

/* A new class for each of ten locks; twenty others share them by another name, an alias. */
static int both_orders(void)
{
	static struct mutex many[30];
	static struct lock_class_key keys[10];

	nest(&one, &two);
	nest(&two, &one);
	for (int i = 0; i < 30; i++) {
		mutex_init(&many[i]);
		lockdep_set_class_and_name(&many[i], &keys[i % 10], i < 10 ? "first" : "alias");
		nest(&one, &many[i]);
	}
	return RIGHT;
}

static int dump(void)
{
	int fd = open("/dev/null", O_WRONLY);

	nest(&one, &two);
	for (int format = KLOCK_DUMP_TEXT; format <= KLOCK_DUMP_DOT; format++)
		if (klock_lockdep_dump(fd, (enum klock_dump_format)format) && errno != ENOMEM &&
		    errno != ENODATA && errno != ENOSPC && errno != EIO)
			return wrong("klock_lockdep_dump: errno", errno);
	return RIGHT;
}

static int stat_dump(void)
{
	int fd = open("/dev/null", O_WRONLY), err;

	nest(&one, &two);
	for (int format = KLOCK_LOCKSTAT_TEXT; format <= KLOCK_LOCKSTAT_JSON; format++) {
		err = klock_lockstat_dump(fd, (enum klock_lockstat_format)format);
		if (err && err != -ENOMEM && err != -ENOSPC && err != -EIO && err != -ENODATA)
			return wrong("klock_lockstat_dump returned", err);
	}
	return RIGHT;
}

static int wait_and_show(void)
{
	row->lock(&lock);
	klock_show_locks();
	return 0;
}

static int show(void)
{
	row = &lock_rows[0];
	row->object->make(&lock);
	return behind(LET_IN, wait_and_show, 0);
}

/* Two threads in a circle; the one with the time limit ends it. */
static void *other_half(void *arg)
{
	mutex_lock(&two);
	__atomic_store_n((uint32_t *)arg, 1, __ATOMIC_RELEASE);
	mutex_lock(&one);
	mutex_unlock(&one);
	mutex_unlock(&two);
	return NULL;
}

static int hang(void)
{
	uint32_t there = 0;
	pthread_t thread;
	int err;

	mutex_lock(&one);
	if (pthread_create(&thread, NULL, other_half, &there))
		return wrong("pthread_create", errno);
	while (!__atomic_load_n(&there, __ATOMIC_ACQUIRE))
		nap_us(50);
	await_waiters(&one.word, 1);
	err = mutex_lock_timeout(&two, 20000000);
	mutex_unlock(&one);
	pthread_join(thread, NULL);
	return err == -ETIME ? RIGHT : wrong("mutex_lock_timeout returned", err);
}

static int forks(void)
{
	int status;
	pid_t child;

	nest(&one, &two);
	child = fork();
	if (!child) {
		nest(&one, &two);
		_exit(0);
	}
	return waitpid(child, &status, 0) == child && !status ? RIGHT : wrong("the child", status);
}

static void *one_thread(void *arg)
{
	nest(&one, &two);
	return arg;
}

/* More than the tasks that need no memory, one after the other. */
static int threads(void)
{
	for (int i = 0; i < 200; i++) {
		pthread_t thread;

		if (pthread_create(&thread, NULL, one_thread, NULL) || pthread_join(thread, NULL))
			return wrong("pthread_create", errno);
	}
	return RIGHT;
}

static int many_threads(void)
{
	static pthread_t thread[100];

	mutex_lock(&one);
	for (int i = 0; i < 100; i++)
		if (pthread_create(&thread[i], NULL, one_thread, NULL))
			return wrong("pthread_create", errno);
	await_waiters(&one.word, 100);
	mutex_unlock(&one);
	for (int i = 0; i < 100; i++)
		pthread_join(thread[i], NULL);
	return RIGHT;
}

static int catch_signal(void)
{
	int err = klock_catch_signal(SIGTERM, KLOCK_KILL);
	unsigned long word = 1;

	if (err)
		return err == -EINVAL ? NO_HANDLER : wrong("klock_catch_signal returned", err);
	raise(SIGTERM);
	err = wait_on_bit(&word, 0, TASK_KILLABLE);
	return err == -EINTR ? RIGHT : wrong("wait_on_bit returned", err);
}

/* What it does, and an option in the environment, which the library reads at its first lock. */
static const struct other {
	const char *name;
	int (*run)(void);
	const char *option, *value;
} others[] = {
	{ "threads", threads, NULL, NULL },
	{ "many-threads", many_threads, NULL, NULL },
	{ "fork", forks, NULL, NULL },
	{ "catch-signal", catch_signal, NULL, NULL },
	{ "show-locks", show, NULL, NULL },
	{ "show-holders", show, "KLOCK_CHECK", "1" },
	{ "hang", hang, "KLOCK_HUNG", "5ms" },
	{ "lockdep", both_orders, "KLOCK_LOCKDEP", "1" },
	{ "lockdep-log", both_orders, "KLOCK_LOCKDEP", "log=log" },
	{ "lockdep-files", both_orders, "KLOCK_LOCKDEP", "log=log,text=text,json=json,dot=dot" },
	{ "lockdep-order", both_orders, "KLOCK_LOCKDEP", "log=log,order=order" },
	{ "lockdep-suppress", both_orders, "KLOCK_LOCKDEP", "log=log,suppress=suppress" },
	{ "lockdep-dump", dump, "KLOCK_LOCKDEP", "1" },
	{ "lockstat-files", both_orders, "KLOCK_LOCKSTAT", "text=text,json=json,hist" },
	{ "lockstat-dump", stat_dump, "KLOCK_LOCKSTAT", "text=text" },
};

#define NR(table) (sizeof(table) / sizeof((table)[0]))

static int list(void)
{
	for (int i = 0; i < NR_LOCK_ROWS; i++)
		for (size_t m = 0; m < NR(modes); m++)
			if (has(&lock_rows[i], &modes[m]))
				printf("%s.%s\n", lock_rows[i].name, modes[m].name);
	for (size_t i = 0; i < NR(others); i++)
		printf("%s\n", others[i].name);
	return RIGHT;
}

static int run_mode(const char *name, const char *mode)
{
	for (int i = 0; i < NR_LOCK_ROWS; i++) {
		if (strlen(lock_rows[i].name) != (size_t)(mode - name) ||
		    strncmp(lock_rows[i].name, name, (size_t)(mode - name)))
			continue;
		row = &lock_rows[i];
		for (size_t m = 0; m < NR(modes); m++) {
			if (!strcmp(modes[m].name, mode + 1) && has(row, &modes[m])) {
				int status = make_lock();

				return status == RIGHT ? modes[m].run() : status;
			}
		}
	}
	return wrong("no such operation", 0);
}

int main(int argc, char **argv)
{
	const char *mode;

	if (argc != 2)
		return list();
	mode = strchr(argv[1], '.');
	if (mode)
		return run_mode(argv[1], mode);
	for (size_t i = 0; i < NR(others); i++)
		if (!strcmp(others[i].name, argv[1])) {
			if (others[i].option)
				setenv(others[i].option, others[i].value, 1);
			return others[i].run();
		}
	return wrong("no such operation", 0);
}
