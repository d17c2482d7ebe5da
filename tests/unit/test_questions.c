/* SPDX-License-Identifier: MIT */
/*
 * Each question that may be asked of a lock, in each state that the lock can be in: each way to
 * represent its holders and waiters, unwatched and under each watcher, also in the child of a
 * fork(). A row brings a lock into a state, says what the answers are there, and undoes it.
 */
#include "annotate/watch.h"
#include "hang/seen.h"
#include "hang/tell.h"
#include "locks/bias_mode.h"
#include "support/actor.h"
#include "support/bugs.h"
#include "support/ck_main.h"
#include "support/shown.h"
#include <klock.h>
#include <sys/wait.h>
#include <unistd.h>

/* A row says what there is, and leaves out the rest. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

static struct rw_semaphore sem;
static struct mutex mutex;
static struct percpu_rw_semaphore percpu;
static struct actor a, b;
static struct klock_waitq wq;

/* ---- the steps ---- */

#define STEP(name, call)                                                                           \
	static long name(void *unused)                                                             \
	{                                                                                          \
		(void)unused;                                                                      \
		call;                                                                              \
		return 0;                                                                          \
	}

STEP(read_sem, down_read(&sem))
STEP(unread_sem, up_read(&sem))
STEP(read_counted, down_read_non_owner(&sem))
STEP(unread_counted, up_read_non_owner(&sem))
STEP(write_sem, down_write(&sem))
STEP(unwrite_sem, up_write(&sem))
STEP(downgrade, downgrade_write(&sem))
STEP(lock_mutex, mutex_lock(&mutex))
STEP(unlock_mutex, mutex_unlock(&mutex))
STEP(read_percpu, percpu_down_read(&percpu))
STEP(unread_percpu, percpu_up_read(&percpu))
STEP(write_percpu, percpu_down_write(&percpu))
STEP(unwrite_percpu, percpu_up_write(&percpu))
STEP(hand_over, klock_percpu_hand_over(&percpu, 0, 0))
STEP(take_over, klock_percpu_take_over(&percpu, 0, 0))
STEP(write_later, ck_assert_int_eq(iocb_write_lock(&(struct kiocb){ .ki_flags = IOCB_WAITQ,
						   .ki_waitq = &wq }, &sem), -EIOCBQUEUED))
STEP(read_later, ck_assert_int_eq(iocb_read_lock(&(struct kiocb){ .ki_flags = IOCB_WAITQ,
						 .ki_waitq = &wq }, &sem), -EIOCBQUEUED))
STEP(lock_later, ck_assert_int_eq(iocb_mutex_lock(&(struct kiocb){ .ki_flags = IOCB_WAITQ,
						  .ki_waitq = &wq }, &mutex), -EIOCBQUEUED))
STEP(claim, ck_assert_int_eq(klock_waitq_claim(&wq), 0))

/* ME: the thread that asks. NOW: the step returns; WAITS: its thread waits; ENDS: until then. */
enum who { ME, A, B };
enum how { NOW, WAITS, ENDS };

struct step {
	long (*what)(void *unused);
	enum who who;
	enum how how;
};

/* ---- the states ---- */

/* What the asking thread holds. */
enum mine { NOT, READ, WRITE };
enum kind { SEM, MUTEX, PERCPU };
enum where { HERE, CHILD };
/* Of a rw_semaphore, while its next readers are counted, or use slots. */
enum mode { ANY, COUNTED, SLOTS };

#define STEPS 7

static const struct row {
	const char *name;
	enum kind kind;
	enum where where;
	enum mode mode;
	struct step begin[STEPS], end[STEPS];
	bool locked;    /* a percpu_rw_semaphore: for writing, or about to be */
	bool contended; /* a rw_semaphore */
	enum mine mine;
	struct {
		const char *wants, *holder;
	} waits[3];
} rows[] = {
#include "questions.def"
};
#define NR_ROWS ((int)(sizeof(rows) / sizeof(rows[0])))

/* ---- the questions ---- */

static char wrong[1000];

#define check(row, is, expected)                                                                   \
	do {                                                                                       \
		int is_ = (is), expected_ = (expected);                                            \
		if (is_ != expected_)                                                              \
			snprintf(wrong, sizeof(wrong), "%s: %s is %d, not %d", (row)->name, #is,   \
				 is_, expected_);                                                  \
	} while (0)

static bool reports(void (*ask)(void))
{
	bool any;

	bugs.count = 0;
	ask();
	any = bugs.count != 0;
	bugs.count = 0;
	return any;
}

static void assert_held(void)
{
	rwsem_assert_held(&sem);
}

static void assert_held_write(void)
{
	rwsem_assert_held_write(&sem);
}

/* -1: nobody lists holds, so nothing is known. */
static int listed(const struct lockdep_map *map, bool expected)
{
	return klock_lockdep_holds(map, -1) < 0 ? -1 : expected;
}

static void ask_lockdep(const struct row *row, const struct lockdep_map *map)
{
	check(row, klock_lockdep_holds(map, -1), listed(map, row->mine != NOT));
	check(row, klock_lockdep_holds(map, 0), listed(map, row->mine == WRITE));
	check(row, klock_lockdep_holds(map, 1), listed(map, row->mine == READ));
}

static void ask_lock(const struct row *row)
{
	switch (row->kind) {
	case SEM:
		check(row, rwsem_is_locked(&sem), row->locked);
		check(row, rwsem_is_contended(&sem), row->contended);
		check(row, reports(assert_held), !row->locked);
		check(row, reports(assert_held_write), row->mine != WRITE);
		ask_lockdep(row, &sem.dep_map);
		break;
	case MUTEX:
		check(row, mutex_is_locked(&mutex), row->locked);
		ask_lockdep(row, &mutex.dep_map);
		break;
	case PERCPU:
		check(row, percpu_is_write_locked(&percpu), row->locked);
		ask_lockdep(row, &percpu.dep_map);
	}
}

static int nr_waits(const struct row *row)
{
	int n = 0;

	while (n < 3 && row->waits[n].wants)
		n++;
	return n;
}

/* What a report of a hung thread says of each wait, and the listing of each lock. */
static void ask_who_waits(const struct row *row)
{
	struct klock_seen seen;
	unsigned int told = 0;
	char text[2000];

	ck_assert(klock_seen_take(&seen, KLOCK_FOREVER, 0));
	check(row, (int)seen.count, nr_waits(row));
	for (int i = 0; i < nr_waits(row); i++) {
		bool found = false;

		for (size_t k = 0; k < seen.count && !found; k++) {
			struct klock_sigtext t = klock_sigtext_in(text, sizeof(text));

			if (told & 1u << k)
				continue;

			klock_tell_wait(&t, &seen, &seen.waits[k]);
			klock_sigtext_add(&t, " | ");
			klock_tell_holders(&t, &seen, &seen.waits[k]);
			found = !strncmp(text + 1, row->waits[i].wants,
					 strlen(row->waits[i].wants)) &&
				strstr(text, row->waits[i].holder);
			told |= found ? 1u << k : 0;
		}
		if (!found)
			snprintf(wrong, sizeof(wrong), "%s: no wait to %s, %s; the last is %.500s",
				 row->name, row->waits[i].wants, row->waits[i].holder, text);
	}
	klock_seen_free(&seen);
	show_locks();
	check(row, strstr(shown, "klock:   1. ") != NULL, nr_waits(row) > 0);
	if (nr_waits(row) && !strstr(shown, row->waits[0].holder))
		snprintf(wrong, sizeof(wrong), "%s: not \"%s\" in %.700s", row->name,
			 row->waits[0].holder, shown);
}

/* NULL: every answer is right. */
static const char *ask(const struct row *row)
{
	wrong[0] = '\0';
	ask_lock(row);
	ask_who_waits(row);
	return wrong[0] ? wrong : NULL;
}

/* Detectors report a process that ends with a lock. */
static void let_go(const struct row *row)
{
	static long (*const steps[][3])(void *unused) = {
		[SEM] = { [READ] = unread_sem, [WRITE] = unwrite_sem },
		[MUTEX] = { [WRITE] = unlock_mutex },
		[PERCPU] = { [READ] = unread_percpu, [WRITE] = unwrite_percpu },
	};

	if (steps[row->kind][row->mine])
		steps[row->kind][row->mine](NULL);
}

static int status_in_child(const struct row *row)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		alarm(PATIENCE);
		if (ask(row))
			fprintf(stderr, "%s\n", wrong);
		let_go(row);
		_exit(wrong[0] != '\0');
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status;
}

/* ---- one state after the other ---- */

static int waiters(void)
{
	return waiters_for(&sem.word) + waiters_for(&sem.spin) + waiters_for(&mutex.word) +
	       waiters_for(&percpu.rw.word) + waiters_for(&percpu.block);
}

/* Awake at first, and then asleep: all the time somebody waits. */
static void await_one_more(const struct row *row, struct actor *actor, const struct step *step)
{
	int before = waiters();

	actor_begin(actor, step->what, NULL);
	while (row->kind == SEM && !rwsem_is_contended(&sem))
		nap_us(50);
	while (waiters() == before) {
		ck_assert(row->kind != SEM || rwsem_is_locked(&sem));
		nap_us(50);
	}
}

static void do_steps(const struct row *row, const struct step *steps)
{
	struct actor *const actors[] = { NULL, &a, &b };

	for (int i = 0; i < STEPS && (steps[i].what || steps[i].how == ENDS); i++) {
		struct actor *actor = actors[steps[i].who];

		if (steps[i].how == ENDS)
			actor_end(actor);
		else if (steps[i].how == WAITS)
			await_one_more(row, actor, &steps[i]);
		else if (actor)
			actor_do(actor, steps[i].what, NULL);
		else
			steps[i].what(NULL);
	}
}

static void granted(struct klock_waitq *w)
{
	(void)w;
}

/* Each case is a process of its own, in which no lock was used before. */
static const struct {
	const char *name, *value;
} watchers[] = {
	{ NULL, NULL },
	{ "KLOCK_CHECK", "1" },
	{ "KLOCK_LOCKDEP", "1" },
	{ "KLOCK_LOCKSTAT", "text=/dev/null" },
};
#define WATCHERS 4

/* The ways that readers of a rw_semaphore have: counted, and in slots of two kinds. */
static const uint32_t modes[] = { 0, KLOCK_W_SPLIT, KLOCK_W_BIASED };
#define MODES 3

static bool applies(const struct row *row)
{
	bool slots = sem.word & KLOCK_W_SLOTS;

	return row->mode == ANY || (row->mode == SLOTS) == slots;
}

static void set_up(int watcher, uint32_t mode)
{
	if (watchers[watcher].name)
		setenv(watchers[watcher].name, watchers[watcher].value, 1);
	catch_bugs();
	init_rwsem(&sem);
	mutex_init(&mutex);
	ck_assert_int_eq(percpu_init_rwsem(&percpu), 0);
	down_read(&sem);
	up_read(&sem);
	if (mode && !klock_watched && klock_read_slots != klock_no_slots) {
		sem.word = mode;
		sem.spin = KLOCK_BIAS_FULL * KLOCK_BIAS_CREDIT_ONE;
	}
	klock_waitq_init(&wq, granted, -1);
	actor_init(&a);
	actor_init(&b);
}

static void go_through(const struct row *row)
{
	const struct row free_again = { .name = "free again", .kind = row->kind };
	const char *answer;

	do_steps(row, row->begin);
	if (row->where == CHILD) {
		ck_assert_msg(!status_in_child(row), "%s: wrong in the child", row->name);
	} else {
		answer = ask(row);
		ck_assert_msg(!answer, "%s", answer);
	}
	do_steps(row, row->end);
	answer = ask(&free_again);
	ck_assert_msg(!answer, "after %s: %s", row->name, answer);
}

START_TEST(question_in_each_state_is_answered_right)
{
	const struct row *row = &rows[_i / MODES / WATCHERS];
	int watcher = _i / MODES % WATCHERS, mode = _i % MODES;

	if (mode && (row->kind != SEM || watchers[watcher].name)) /* there are no slots */
		return;
	set_up(watcher, modes[mode]);
	if (applies(row))
		go_through(row);
	expect_no_bug();
	actor_fini(&a);
	actor_fini(&b);
	percpu_free_rwsem(&percpu);
}
END_TEST

static Suite *questions_suite(void)
{
	Suite *suite = suite_create("questions");
	TCase *tc = tcase_create("questions");

	tcase_set_timeout(tc, PATIENCE + 10);
	tcase_add_loop_test(tc, question_in_each_state_is_answered_right, 0,
			    NR_ROWS * WATCHERS * MODES);
	suite_add_tcase(suite, tc);
	return suite;
}

CK_MAIN(questions_suite())
