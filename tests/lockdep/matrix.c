/* SPDX-License-Identifier: MIT */
/*
 * Runs matrix.def: each scenario with each kind of lock, in one thread, as an
 * order is to be reported when it is possible and not when it deadlocks.
 */
#include <klock.h>
#include <klock/lockdep.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLASSES 4
#define LOCKS 3

enum verdict { REPORT, OK };

struct kind {
	const char *name;
	void (*init)(int class, int lock);
	void (*write)(int class, int lock, int subclass);
	bool (*try_write)(int class, int lock);
	void (*unlock_write)(int class, int lock);
};

/* A key for each class: all locks of a column are of one class. */
static struct lock_class_key keys[4][CLASSES];
static const char *const names[CLASSES] = { "A", "B", "C", "D" };

static struct mutex mutexes[CLASSES][LOCKS];
static struct rw_semaphore rwsems[CLASSES][LOCKS];
static struct percpu_rw_semaphore percpus[CLASSES][LOCKS];
static struct lockdep_map maps[CLASSES][LOCKS]; /* recursive readers: klock has no such lock */

static void mutex_make(int c, int l)
{
	__mutex_init(&mutexes[c][l], names[c], &keys[0][c]);
}

static void mutex_take(int c, int l, int subclass)
{
	mutex_lock_nested(&mutexes[c][l], (unsigned int)subclass);
}

static bool mutex_try(int c, int l)
{
	return mutex_trylock(&mutexes[c][l]);
}

static void mutex_give(int c, int l)
{
	mutex_unlock(&mutexes[c][l]);
}

static void rwsem_make(int c, int l)
{
	__init_rwsem(&rwsems[c][l], names[c], &keys[1][c]);
}

static void rwsem_take(int c, int l, int subclass)
{
	down_write_nested(&rwsems[c][l], (unsigned int)subclass);
}

static bool rwsem_try(int c, int l)
{
	return down_write_trylock(&rwsems[c][l]);
}

static void rwsem_give(int c, int l)
{
	up_write(&rwsems[c][l]);
}

static void percpu_make(int c, int l)
{
	if (__percpu_init_rwsem(&percpus[c][l], names[c], &keys[2][c]))
		abort();
}

/* It has no _nested() form: the subclass is said of the lock. */
static void percpu_take(int c, int l, int subclass)
{
	if (subclass)
		lockdep_set_subclass(&percpus[c][l], subclass);
	percpu_down_write(&percpus[c][l]);
}

static bool percpu_try(int c, int l)
{
	(void)c, (void)l;
	return false;
}

static void percpu_give(int c, int l)
{
	percpu_up_write(&percpus[c][l]);
}

static const struct kind kinds[] = {
	{ "mutex", mutex_make, mutex_take, mutex_try, mutex_give },
	{ "rw_semaphore", rwsem_make, rwsem_take, rwsem_try, rwsem_give },
	{ "percpu_rw_semaphore", percpu_make, percpu_take, percpu_try, percpu_give },
};

#define NR_KINDS (int)(sizeof(kinds) / sizeof(kinds[0]))

static char held[CLASSES][LOCKS]; /* how: 'w', 'r', 'q', 'x' or 0 */

static void unlock(const struct kind *kind, int c, int l)
{
	switch (held[c][l]) {
	case 'r':
		up_read(&rwsems[c][l]);
		break;
	case 'q':
	case 'x':
		lock_release(&maps[c][l], _THIS_IP_);
		return; /* may be held more than once */
	default:
		kind->unlock_write(c, l);
	}
	held[c][l] = 0;
}

static void step(const struct kind *kind, char what, int c, int l)
{
	switch (what) {
	case 'w':
		kind->write(c, l, 0);
		break;
	case 'n':
		kind->write(c, l, 1);
		what = 'w';
		break;
	case 't':
		if (!kind->try_write(c, l))
			abort();
		what = 'w';
		break;
	case 'r':
		down_read(&rwsems[c][l]);
		break;
	case 'v':
		if (!down_read_trylock(&rwsems[c][l]))
			abort();
		what = 'r';
		break;
	case 'd':
		downgrade_write(&rwsems[c][l]);
		what = 'r';
		break;
	case 'q':
		lock_acquire_shared_recursive(&maps[c][l], 0, 0, 0, _THIS_IP_);
		break;
	case 'x':
		lock_acquire_exclusive(&maps[c][l], 0, 0, 0, _THIS_IP_);
		break;
	case 'u':
		unlock(kind, c, l);
		return;
	case 'i':
		kind->init(c, l);
		what = 0;
		break;
	default:
		abort();
	}
	held[c][l] = what;
}

static int failed, run;

static void scenario(const struct kind *kind, const char *name, const char *steps,
		     enum verdict expected)
{
	bool percpu = !strcmp(kind->name, "percpu_rw_semaphore");

	if (percpu && (strchr(steps, 't') || strchr(steps, 'n')))
		return; /* it has no such form */
	lockdep_reset();
	memset(held, 0, sizeof(held));
	for (int c = 0; c < CLASSES; c++)
		for (int l = 0; l < LOCKS; l++) {
			kind->init(c, l);
			lockdep_init_map(&maps[c][l], names[c], &keys[3][c], 0);
		}
	for (const char *p = steps; *p; p += p[3] ? 4 : 3)
		step(kind, p[0], p[1] - 'A', p[2] - '0');
	run++;
	if (debug_locks != (int)expected) {
		failed++;
		printf("FAIL %s with %s: %s\n", name, kind->name,
		       expected == OK ? "reported, and is right" : "not reported");
	}
	if (percpu)
		for (int c = 0; c < CLASSES; c++)
			for (int l = 0; l < LOCKS; l++)
				percpu_free_rwsem(&percpus[c][l]);
}

int main(void)
{
	if (!klock_lockdep_enable()) {
		printf("FAIL the checker could not be turned on\n");
		return 1;
	}
	debug_locks_silent = !getenv("VERBOSE");
#define SCENARIO(name, steps, verdict)                                                             \
	for (int k = 0; k < NR_KINDS; k++)                                                         \
		scenario(&kinds[k], #name, steps, verdict);
#define MIXED(name, steps, verdict) scenario(&kinds[1], #name, steps, verdict);
#include "matrix.def"
	printf("%d scenarios, %d wrong\n", run, failed);
	return failed || !run;
}
