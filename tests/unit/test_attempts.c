/* SPDX-License-Identifier: MIT */
/*
 * An attempt that fails was never there: it leaves the lock as it found it, and while all that is
 * there besides are holds that allow another one, no other attempt is refused. Each lock, in each
 * way that its readers have, by each form that does not wait.
 */
#include "base/exempt.h"
#include "annotate/watch.h"
#include "locks/bias_mode.h"
#include "support/actor.h"
#include "support/bugs.h"
#include "support/ck_main.h"
#include <errno.h>
#include <klock.h>
#include <sched.h>

static struct mutex mutex;
static struct rw_semaphore sem;
static struct semaphore units;
DEFINE_STATIC_PERCPU_RWSEM(percpu);
static struct actor holder, other, third;

/* ---- the forms: what they return where the lock is not to be had ---- */

static const struct kiocb nowait = { .ki_flags = IOCB_NOWAIT };

static int as_killed(int (*take)(void))
{
	int err;

	klock_kill(klock_current());
	err = take();
	klock_unkill(klock_current());
	return err;
}

static int as_interrupted(int (*take)(void))
{
	int err;

	klock_interrupt(klock_current());
	err = take();
	klock_unkill(klock_current());
	return err;
}

#define FORM(name, call)                                                                           \
	static int name(void)                                                                      \
	{                                                                                          \
		return call;                                                                       \
	}

FORM(mutex_by_try, mutex_trylock(&mutex) ? 0 : -EAGAIN)
FORM(mutex_or_lock, mutex_try_or_lock(&mutex, true) ? 0 : -EAGAIN)
FORM(mutex_no_time, mutex_lock_timeout(&mutex, 0))
FORM(mutex_kill, mutex_lock_killable(&mutex))
FORM(mutex_killed, as_killed(mutex_kill))
FORM(mutex_iocb, iocb_mutex_lock(&nowait, &mutex))

FORM(write_by_try, down_write_trylock(&sem) ? 0 : -EAGAIN)
FORM(write_or_lock, down_write_try_or_lock(&sem, true) ? 0 : -EAGAIN)
FORM(write_no_time, down_write_timeout(&sem, 0))
FORM(write_kill, down_write_killable(&sem))
FORM(write_killed, as_killed(write_kill))
FORM(write_intr, down_write_interruptible(&sem))
FORM(write_interrupted, as_interrupted(write_intr))
FORM(write_iocb, iocb_write_lock(&nowait, &sem))
FORM(read_by_try, down_read_trylock(&sem) ? 0 : -EAGAIN)
FORM(read_or_lock, down_read_try_or_lock(&sem, true) ? 0 : -EAGAIN)
FORM(read_no_time, down_read_timeout(&sem, 0))
FORM(read_kill, down_read_killable(&sem))
FORM(read_killed, as_killed(read_kill))
FORM(read_iocb, iocb_read_lock(&nowait, &sem))

FORM(units_by_try, down_trylock(&units) ? -EAGAIN : 0)
FORM(units_or_lock, down_try_or_lock(&units, true) ? 0 : -EAGAIN)
FORM(units_no_time, down_timeout(&units, 0))
FORM(units_kill, down_killable(&units))
FORM(units_killed, as_killed(units_kill))
FORM(units_iocb, iocb_down(&nowait, &units))

FORM(percpu_write_no_time, percpu_down_write_timeout(&percpu, 0))
FORM(percpu_write_kill, percpu_down_write_killable(&percpu))
FORM(percpu_write_killed, as_killed(percpu_write_kill))
FORM(percpu_read_by_try, percpu_down_read_trylock(&percpu) ? 0 : -EAGAIN)
FORM(percpu_read_or_lock, percpu_down_read_try_or_lock(&percpu, true) ? 0 : -EAGAIN)
FORM(percpu_read_no_time, percpu_down_read_timeout(&percpu, 0))
FORM(percpu_read_kill, percpu_down_read_killable(&percpu))
FORM(percpu_read_killed, as_killed(percpu_read_kill))

/* A negative time is reported as well, once each time. */
FORM(write_negative, down_write_timeout(&sem, -1))
FORM(percpu_write_negative, percpu_down_write_timeout(&percpu, -1))

typedef int form(void);

/* ---- the locks ---- */

static void mutex_off(void)
{
	mutex_unlock(&mutex);
}

static void write_off(void)
{
	up_write(&sem);
}

static void read_off(void)
{
	up_read(&sem);
}

static void read_on(void)
{
	down_read(&sem);
}

static void units_off(void)
{
	up(&units);
}

static void percpu_write_off(void)
{
	percpu_up_write(&percpu);
}

static void percpu_read_off(void)
{
	percpu_up_read(&percpu);
}

static void percpu_read_on(void)
{
	percpu_down_read(&percpu);
}

static void mutex_on(void)
{
	mutex_lock(&mutex);
}

static void units_on(void)
{
	down(&units);
}

static void write_on(void)
{
	down_write(&sem);
}

static void percpu_write_on(void)
{
	percpu_down_write(&percpu);
}

static const struct kind {
	const char *name;
	const void *lock;
	size_t size;
	void (*on)(void); /* who holds it */
	void (*off)(void);
	form *const attempts[10]; /* that fail then */
	void (*give)(void);       /* what they have taken when they do not */
} kinds[] = {
	{ "mutex", &mutex, sizeof(mutex), mutex_on, mutex_off,
	  { mutex_by_try, mutex_or_lock, mutex_no_time, mutex_killed, mutex_iocb }, mutex_off },
	{ "write beside a reader", &sem, sizeof(sem), read_on, read_off,
	  { write_by_try, write_or_lock, write_no_time, write_killed, write_interrupted,
	    write_iocb, write_negative }, write_off },
	{ "write beside a writer", &sem, sizeof(sem), write_on, write_off,
	  { write_by_try, write_or_lock, write_no_time, write_killed, write_interrupted,
	    write_iocb }, write_off },
	{ "read beside a writer", &sem, sizeof(sem), write_on, write_off,
	  { read_by_try, read_or_lock, read_no_time, read_killed, read_iocb }, read_off },
	{ "semaphore", &units, sizeof(units), units_on, units_off,
	  { units_by_try, units_or_lock, units_no_time, units_killed, units_iocb }, units_off },
	{ "percpu write beside a reader", &percpu, sizeof(percpu), percpu_read_on, percpu_read_off,
	  { percpu_write_no_time, percpu_write_killed, percpu_write_negative }, percpu_write_off },
	{ "percpu write beside a writer", &percpu, sizeof(percpu), percpu_write_on,
	  percpu_write_off, { percpu_write_no_time, percpu_write_killed }, percpu_write_off },
	{ "percpu read beside a writer", &percpu, sizeof(percpu), percpu_write_on,
	  percpu_write_off,
	  { percpu_read_by_try, percpu_read_or_lock, percpu_read_no_time, percpu_read_killed },
	  percpu_read_off },
};
#define NR_KINDS ((int)(sizeof(kinds) / sizeof(kinds[0])))

/* ---- the ways that readers of a rw_semaphore have ---- */

static const uint32_t modes[] = {
	0,
	KLOCK_W_SPLIT,
	KLOCK_W_BIASED,
	KLOCK_W_SPLIT | KLOCK_W_CLOSED,
	KLOCK_W_BIASED | KLOCK_W_CLOSED,
	KLOCK_W_OPENING,
};
#define MODES 6

static bool has_slots(void)
{
	return !klock_watched && klock_read_slots != klock_no_slots;
}

/* Whether this is a way of its own: without slots, all of them are counted. */
static bool differs(int mode)
{
	return !modes[mode] || has_slots();
}

static void begin(int mode)
{
	init_rwsem(&sem);
	down_read(&sem);
	up_read(&sem);
	if (modes[mode] && has_slots()) {
		sem.word = modes[mode];
		sem.spin = KLOCK_BIAS_FULL * KLOCK_BIAS_CREDIT_ONE;
	}
}

static void set_up(void)
{
	catch_bugs();
	mutex_init(&mutex);
	sema_init(&units, 1);
	actor_init(&holder);
	actor_init(&other);
	actor_init(&third);
}

static void tear_down(void)
{
	actor_fini(&holder);
	actor_fini(&other);
	actor_fini(&third);
}

static long act_void(void *fn)
{
	((const struct kind *)fn)->on();
	return 0;
}

static long act_off(void *fn)
{
	((const struct kind *)fn)->off();
	return 0;
}

static long act_give(void *fn)
{
	((const struct kind *)fn)->give();
	return 0;
}

static long act_form(void *fn)
{
	return (*(form *const *)fn)();
}

START_TEST(failed_attempt_leaves_the_lock_as_it_was)
{
	const struct kind *k = &kinds[_i / MODES];
	char before[sizeof(percpu)];

	begin(_i % MODES);
	actor_do(&holder, act_void, (void *)k);
	for (form *const *f = k->attempts; *f; f++) {
		memcpy(before, k->lock, k->size);
		ck_assert_int_lt(actor_do(&other, act_form, (void *)f), 0);
		ck_assert_msg(!memcmp(before, k->lock, k->size), "%s: form %d leaves a trace",
			      k->name, (int)(f - k->attempts));
	}
	actor_do(&holder, act_off, (void *)k);
}
END_TEST

START_TEST(attempt_gets_a_free_lock)
{
	const struct kind *k = &kinds[_i / MODES];

	for (form *const *f = k->attempts; *f; f++) {
		begin(_i % MODES);
		actor_do(&holder, act_void, (void *)k);
		ck_assert_int_lt(actor_do(&other, act_form, (void *)f), 0);
		actor_do(&holder, act_off, (void *)k);
		ck_assert_int_eq(actor_do(&other, act_form, (void *)f), 0);
		actor_do(&other, act_give, (void *)k);
		ck_assert_int_eq(actor_do(&third, act_form, (void *)f), 0);
		actor_do(&third, act_give, (void *)k);
	}
}
END_TEST

/* ---- attempts of two kinds at once ---- */

struct race {
	form *attempt;
	void (*give)(void);
	bool stop;
	long failed, made;
};

static long make_attempts(void *arg)
{
	struct race *r = arg;

	while (!__atomic_load_n(&r->stop, __ATOMIC_RELAXED)) {
		r->made++;
		if (r->attempt())
			r->failed++;
		else
			r->give();
		if (klock_watched) /* Valgrind runs one thread at a time */
			sched_yield();
	}
	return 0;
}

/*
 * Two threads read in turns that overlap, so that a reader is in at each moment, but none for
 * long. Writers attempt, and never can succeed; readers attempt, and always have to.
 */
struct chain {
	void (*on)(void);
	void (*off)(void);
	form *reads[4], *writes[6];
	void (*read_off)(void), (*write_off)(void);
};

static const struct chain chains[] = {
	{ read_on, read_off, { read_by_try, read_or_lock, read_no_time, read_iocb },
	  { write_by_try, write_no_time, write_killed, write_interrupted, write_iocb }, read_off,
	  write_off },
	{ percpu_read_on, percpu_read_off, { percpu_read_by_try, percpu_read_no_time },
	  { percpu_write_no_time, percpu_write_killed }, percpu_read_off, percpu_write_off },
};

static long chain_on(void *c)
{
	((const struct chain *)c)->on();
	return 0;
}

static long chain_off(void *c)
{
	((const struct chain *)c)->off();
	return 0;
}

static void overlap(const struct chain *c, struct race *reads, struct race *writes, int turns)
{
	struct actor reader, writer;

	klock_exempt(&reads->stop, sizeof(reads->stop)); /* Helgrind and DRD know no atomics */
	klock_exempt(&writes->stop, sizeof(writes->stop));
	actor_init(&reader);
	actor_init(&writer);
	actor_do(&holder, chain_on, (void *)c);
	actor_begin(&reader, make_attempts, reads);
	actor_begin(&writer, make_attempts, writes);
	for (int i = 0; i < turns; i++) {
		actor_do(&other, chain_on, (void *)c);
		actor_do(&holder, chain_off, (void *)c);
		actor_do(&holder, chain_on, (void *)c);
		actor_do(&other, chain_off, (void *)c);
	}
	__atomic_store_n(&reads->stop, true, __ATOMIC_RELAXED);
	__atomic_store_n(&writes->stop, true, __ATOMIC_RELAXED);
	actor_end(&reader);
	actor_end(&writer);
	actor_do(&holder, chain_off, (void *)c);
	actor_fini(&reader);
	actor_fini(&writer);
}

START_TEST(read_attempts_succeed_while_write_attempts_fail)
{
	const struct chain *c = &chains[_i / MODES];

	if (!differs(_i % MODES))
		return;
	for (int r = 0; r < 4 && c->reads[r]; r++)
		for (int w = 0; w < 6 && c->writes[w]; w++) {
			struct race reads = { .attempt = c->reads[r], .give = c->read_off };
			struct race writes = { .attempt = c->writes[w], .give = c->write_off };

			begin(_i % MODES);
			overlap(c, &reads, &writes, klock_watched ? 10 : 60);
			ck_assert_int_eq(reads.failed, 0);
			ck_assert_int_eq(writes.failed, writes.made);
		}
}
END_TEST

static Suite *attempts_suite(void)
{
	Suite *suite = suite_create("attempts");
	TCase *tc = tcase_create("attempts");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, PATIENCE + 10);
	tcase_add_loop_test(tc, failed_attempt_leaves_the_lock_as_it_was, 0, NR_KINDS * MODES);
	tcase_add_loop_test(tc, attempt_gets_a_free_lock, 0, NR_KINDS * MODES);
	tcase_add_loop_test(tc, read_attempts_succeed_while_write_attempts_fail, 0, 2 * MODES);
	suite_add_tcase(suite, tc);
	return suite;
}

CK_MAIN(attempts_suite())
