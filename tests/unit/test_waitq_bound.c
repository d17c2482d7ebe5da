/* SPDX-License-Identifier: MIT */
/* What one release tells of is bounded, whatever callbacks and eventfds do; nobody is left out. */
#include "base/exempt.h"
#include "support/actor.h"
#include "support/asked_locks.h"
#include "support/bugs.h"
#include "support/ck_main.h"
#include <fcntl.h>
#include <klock.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { MANY = 200 };

static struct actor holder;
static int counters[3]; /* atomic: callbacks may be called by a thread of the library's */
#define stop counters[0]
#define ended counters[1]
#define told counters[2]
static int order[MANY]; /* of the callbacks */

static long hold(void *kind)
{
	return take(*(int *)kind, 0, NULL);
}

static long let_go(void *kind)
{
	give(*(int *)kind);
	return 0;
}

static void set_up(void)
{
	catch_bugs();
	asked_locks_init();
	actor_init(&holder);
	klock_exempt(counters, sizeof(counters));
	klock_exempt(order, sizeof(order)); /* the counters order it */
	stop = ended = told = 0;
}

static void tear_down(void)
{
	expect_no_bug();
	actor_fini(&holder);
	asked_locks_exit();
	klock_exempt_end(counters, sizeof(counters));
	klock_exempt_end(order, sizeof(order));
}

static void await(int *number, int n)
{
	int64_t end = now_ns() + (int64_t)PATIENCE * 1000000000;

	while (klock_load_acquire(number) != n) {
		if (now_ns() > end)
			out_of_patience("callbacks");
		nap_us(50);
	}
}

struct request {
	struct klock_waitq wq;
	int kind;
};

/* Queues itself again while it holds the lock, which its own release then grants it. */
static void again(struct klock_waitq *wq)
{
	struct request *r = (struct request *)wq;
	int kind = r->kind; /* the record may be granted to another thread from give() on */
	bool last = klock_load_acquire(&stop);

	if (klock_waitq_claim(wq) || (!last && take(kind, IOCB_WAITQ, wq) != -EIOCBQUEUED))
		abort();
	give(kind);
	if (last)
		klock_store_release(&ended, 1);
}

START_TEST(waitq_callback_without_end_lets_the_releaser_go)
{
	struct request r = { .kind = _i };

	klock_waitq_init(&r.wq, again, -1);
	actor_do(&holder, hold, &_i);
	ck_assert_int_eq(take(_i, IOCB_WAITQ, &r.wq), -EIOCBQUEUED);
	ck_assert_int_eq(actor_do(&holder, let_go, &_i), 0);
	klock_store_release(&stop, 1);
	await(&ended, 1);
	ck_assert_int_eq(actor_do(&holder, hold, &_i), 0);
	actor_do(&holder, let_go, &_i);
}
END_TEST

static struct klock_waitq many[MANY];

static void count(struct klock_waitq *wq)
{
	order[wq - many] = klock_load_relaxed(&told); /* one callback at a time */
	klock_fetch_add_seq(&told, 1);
}

START_TEST(waitq_many_granted_at_once_are_told_in_order)
{
	int kind = WRITE;
	struct kiocb iocb = { .ki_flags = IOCB_WAITQ };

	actor_do(&holder, hold, &kind);
	for (int i = 0; i < MANY; i++) {
		klock_waitq_init(&many[i], count, -1);
		iocb.ki_waitq = &many[i];
		ck_assert_int_eq(iocb_read_lock(&iocb, &rwsem), -EIOCBQUEUED);
	}
	actor_do(&holder, let_go, &kind);
	await(&told, MANY);
	for (int i = 0; i < MANY; i++) {
		ck_assert_int_eq(order[i], i);
		ck_assert_int_eq(klock_waitq_claim(&many[i]), 0);
		up_read(&rwsem);
	}
}
END_TEST

/* An eventfd at its highest count, and a pipe that is full. */
static int full_descriptor(int i, int *other)
{
	uint64_t most = UINT64_MAX - 1;
	int ends[2];

	*other = -1;
	if (!i) {
		ends[1] = eventfd(0, 0);
		ck_assert_int_eq((int)write(ends[1], &most, sizeof(most)), sizeof(most));
		return ends[1];
	}
	ck_assert_int_eq(pipe(ends), 0);
	*other = ends[0];
	fcntl(ends[1], F_SETFL, O_NONBLOCK);
	while (write(ends[1], &most, sizeof(most)) > 0)
		;
	fcntl(ends[1], F_SETFL, 0);
	return ends[1];
}

START_TEST(waitq_full_descriptor_that_blocks_does_not_stop_the_release)
{
	int kind = WRITE, other, fd = full_descriptor(_i, &other);
	struct klock_waitq wq;

	klock_waitq_init(&wq, NULL, fd);
	actor_do(&holder, hold, &kind);
	ck_assert_int_eq(take(WRITE, IOCB_WAITQ, &wq), -EIOCBQUEUED);
	ck_assert_int_eq(actor_do(&holder, let_go, &kind), 0);
	ck_assert_int_eq(klock_waitq_claim(&wq), 0);
	up_write(&rwsem);
	close(fd);
	close(other);
}
END_TEST

START_TEST(waitq_descriptor_that_blocks_counts_grants)
{
	int kind = WRITE, fd = eventfd(0, 0);
	struct klock_waitq wq;
	uint64_t n = 0;

	klock_waitq_init(&wq, NULL, fd);
	actor_do(&holder, hold, &kind);
	ck_assert_int_eq(take(WRITE, IOCB_WAITQ, &wq), -EIOCBQUEUED);
	actor_do(&holder, let_go, &kind);
	ck_assert_int_eq((int)read(fd, &n, sizeof(n)), sizeof(n));
	ck_assert_int_eq((int)n, 1);
	ck_assert_int_eq(klock_waitq_claim(&wq), 0);
	up_write(&rwsem);
	close(fd);
}
END_TEST

static Suite *waitq_bound_suite(void)
{
	Suite *suite = suite_create("waitq_bound");
	TCase *tc = tcase_create("waitq_bound");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, PATIENCE + 10);
	tcase_add_loop_test(tc, waitq_callback_without_end_lets_the_releaser_go, WRITE,
			    NR_KINDS);
	tcase_add_test(tc, waitq_many_granted_at_once_are_told_in_order);
	tcase_add_loop_test(tc, waitq_full_descriptor_that_blocks_does_not_stop_the_release, 0, 2);
	tcase_add_test(tc, waitq_descriptor_that_blocks_counts_grants);
	suite_add_tcase(suite, tc);
	return suite;
}

CK_MAIN(waitq_bound_suite())
