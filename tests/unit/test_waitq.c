/* SPDX-License-Identifier: MIT */
/* Requests that are granted their lock later, with IOCB_WAITQ. */
#include "support/actor.h"
#include "support/asked_locks.h"
#include "support/bugs.h"
#include "support/ck_main.h"
#include "support/shown.h"
#include <fcntl.h>
#include <klock.h>
#include <sys/eventfd.h>
#include <sys/wait.h>

static struct actor holder, waiter;

/* A request, and how often it has been told of a grant. */
struct request {
	struct klock_waitq wq;
	int kind, grants, order;
};

static struct request requests[3];
static int order, depth, deepest;

static void granted(struct klock_waitq *wq)
{
	struct request *r = (struct request *)wq;

	r->grants++;
	r->order = ++order;
}

static void set_up(void)
{
	asked_locks_init();
	actor_init(&holder);
	actor_init(&waiter);
	memset(requests, 0, sizeof(requests));
	for (int i = 0; i < 3; i++)
		klock_waitq_init(&requests[i].wq, granted, -1);
	order = depth = deepest = 0;
	catch_bugs();
}

static void tear_down(void)
{
	expect_no_bug();
	actor_fini(&holder);
	actor_fini(&waiter);
	asked_locks_exit();
}

static int ask(struct request *r, int kind)
{
	r->kind = kind;
	return take(kind, IOCB_WAITQ, &r->wq);
}

static const void *lock_of(int kind)
{
	static const void *const locks[] = { &rwsem, &rwsem, &mutex, &semaphore, &bits };

	return locks[kind];
}

/* What keeps out whoever wants this kind. */
static const int against[NR_KINDS] = { WRITE, WRITE, MUTEX, SEMAPHORE, BIT };

static long hold(void *kind)
{
	return take(against[*(int *)kind], 0, NULL);
}

static long let_go(void *kind)
{
	give(against[*(int *)kind]);
	return 0;
}

static long wait_for(void *kind)
{
	return take(*(int *)kind, 0, NULL);
}

static long give_back(void *kind)
{
	give(*(int *)kind);
	return 0;
}

static long claim(void *request)
{
	return klock_waitq_claim(&((struct request *)request)->wq);
}

START_TEST(waitq_free_lock_is_held_at_once)
{
	ck_assert_int_eq(ask(&requests[0], _i), 0);
	give(_i);
	ck_assert_int_eq(take(_i, IOCB_WAITQ | IOCB_NOWAIT, &requests[0].wq), 0);
	give(_i);
	ck_assert_int_eq(requests[0].grants, 0);
}
END_TEST

START_TEST(waitq_held_lock_is_granted_by_its_release)
{
	actor_do(&holder, hold, &_i);
	ck_assert_int_eq(take(_i, IOCB_NOWAIT, &requests[0].wq), -EAGAIN);
	ck_assert_int_eq(take(_i, IOCB_WAITQ | IOCB_NOWAIT, &requests[0].wq), -EIOCBQUEUED);
	ck_assert_int_eq(claim(&requests[0]), -EIOCBQUEUED);
	ck_assert_int_eq(requests[0].grants, 0);
	actor_do(&holder, let_go, &_i);
	ck_assert_int_eq(requests[0].grants, 1);
	ck_assert_int_eq(take(against[_i], IOCB_NOWAIT, NULL), -EAGAIN); /* the request holds it */
	ck_assert_int_eq(actor_do(&waiter, claim, &requests[0]), 0);
	actor_do(&waiter, give_back, &_i);
	ck_assert_int_eq(take(_i, IOCB_NOWAIT, NULL), 0);
	give(_i);
}
END_TEST

START_TEST(waitq_record_is_used_again_after_its_claim)
{
	for (int n = 1; n <= 3; n++) {
		actor_do(&holder, hold, &_i);
		ck_assert_int_eq(ask(&requests[0], _i), -EIOCBQUEUED);
		actor_do(&holder, let_go, &_i);
		ck_assert_int_eq(requests[0].grants, n);
		ck_assert_int_eq(claim(&requests[0]), 0);
		give(_i);
	}
}
END_TEST

START_TEST(waitq_cancelled_request_is_never_granted)
{
	actor_do(&holder, hold, &_i);
	ck_assert_int_eq(ask(&requests[0], _i), -EIOCBQUEUED);
	ck_assert_int_eq(klock_waitq_cancel(&requests[0].wq), 0);
	ck_assert_int_eq(waiters_for(lock_of(_i)), 0);
	ck_assert_int_eq(claim(&requests[0]), -ECANCELED);
	actor_do(&holder, let_go, &_i);
	ck_assert_int_eq(requests[0].grants, 0);
	ck_assert_int_eq(take(_i, IOCB_NOWAIT, NULL), 0);
	give(_i);
}
END_TEST

START_TEST(waitq_cancel_after_the_grant_says_ealready)
{
	actor_do(&holder, hold, &_i);
	ck_assert_int_eq(ask(&requests[0], _i), -EIOCBQUEUED);
	actor_do(&holder, let_go, &_i);
	ck_assert_int_eq(klock_waitq_cancel(&requests[0].wq), -EALREADY);
	ck_assert_int_eq(claim(&requests[0]), 0);
	give(_i);
}
END_TEST

START_TEST(waitq_sleeper_behind_a_cancelled_request_goes_on)
{
	int kind = READ;

	down_read(&rwsem);
	ck_assert_int_eq(ask(&requests[0], WRITE), -EIOCBQUEUED);
	actor_begin(&waiter, wait_for, &kind);
	await_waiters(&rwsem, 2);
	ck_assert_int_eq(klock_waitq_cancel(&requests[0].wq), 0);
	ck_assert_int_eq(actor_end(&waiter), 0);
	actor_do(&waiter, give_back, &kind);
	up_read(&rwsem);
}
END_TEST

START_TEST(waitq_requests_and_sleepers_are_served_in_order)
{
	actor_do(&holder, hold, &_i);
	ck_assert_int_eq(ask(&requests[0], _i), -EIOCBQUEUED);
	actor_begin(&waiter, wait_for, &_i);
	await_waiters(lock_of(_i), 2);
	ck_assert_int_eq(ask(&requests[1], _i), -EIOCBQUEUED);
	actor_do(&holder, let_go, &_i);
	ck_assert_int_eq(requests[0].grants, 1);
	ck_assert_int_eq(requests[1].grants, 0);
	ck_assert(actor_busy(&waiter));
	ck_assert_int_eq(claim(&requests[0]), 0);
	give(_i);
	ck_assert_int_eq(actor_end(&waiter), 0);
	ck_assert_int_eq(requests[1].grants, 0);
	actor_do(&waiter, give_back, &_i);
	ck_assert_int_eq(requests[1].grants, 1);
	ck_assert_int_eq(claim(&requests[1]), 0);
	give(_i);
}
END_TEST

START_TEST(waitq_readers_asleep_and_queued_enter_together)
{
	int kind = READ;

	actor_do(&holder, hold, &kind);
	ck_assert_int_eq(ask(&requests[0], READ), -EIOCBQUEUED);
	actor_begin(&waiter, wait_for, &kind);
	await_waiters(&rwsem, 2);
	ck_assert_int_eq(ask(&requests[1], WRITE), -EIOCBQUEUED);
	ck_assert_int_eq(ask(&requests[2], READ), -EIOCBQUEUED);
	actor_do(&holder, let_go, &kind);
	ck_assert_int_eq(actor_end(&waiter), 0);
	ck_assert_int_eq(requests[0].order, 1);
	ck_assert_int_eq(requests[2].order, 2);
	ck_assert_int_eq(requests[1].grants, 0);
	ck_assert_int_eq(claim(&requests[0]), 0);
	ck_assert_int_eq(claim(&requests[2]), 0);
	up_read(&rwsem);
	up_read(&rwsem);
	ck_assert_int_eq(requests[1].grants, 0);
	actor_do(&waiter, give_back, &kind);
	ck_assert_int_eq(claim(&requests[1]), 0);
	up_write(&rwsem);
}
END_TEST

START_TEST(waitq_downgrade_grants_to_readers)
{
	down_write(&rwsem);
	ck_assert_int_eq(ask(&requests[0], READ), -EIOCBQUEUED);
	downgrade_write(&rwsem);
	ck_assert_int_eq(requests[0].grants, 1);
	up_read(&rwsem);
	ck_assert_int_eq(claim(&requests[0]), 0);
	up_read(&rwsem);
}
END_TEST

/* Claims, and releases what others wait for. */
static void serve(struct klock_waitq *wq)
{
	struct request *r = (struct request *)wq;

	if (++depth > deepest)
		deepest = depth;
	r->grants++;
	if (klock_waitq_claim(wq))
		abort();
	give(r->kind);
	depth--;
}

START_TEST(waitq_callback_that_releases_does_not_recurse)
{
	enum { MANY = 60 }; /* more, and a thread of the library goes on */
	struct request *many = calloc(MANY, sizeof(*many));

	actor_do(&holder, hold, &_i);
	for (int i = 0; i < MANY; i++) {
		klock_waitq_init(&many[i].wq, serve, -1);
		ck_assert_int_eq(ask(&many[i], _i), -EIOCBQUEUED);
	}
	actor_do(&holder, let_go, &_i);
	for (int i = 0; i < MANY; i++)
		ck_assert_int_eq(many[i].grants, 1);
	ck_assert_int_eq(deepest, 1);
	free(many);
}
END_TEST

static int rounds;

/* Queues itself again while it holds the lock: granted by its own release. */
static void again(struct klock_waitq *wq)
{
	struct request *r = (struct request *)wq;

	if (++depth > deepest)
		deepest = depth;
	if (klock_waitq_claim(wq))
		abort();
	if (--rounds > 0 && ask(r, r->kind) != -EIOCBQUEUED)
		abort();
	give(r->kind);
	depth--;
}

START_TEST(waitq_callback_may_queue_its_request_again)
{
	klock_waitq_init(&requests[0].wq, again, -1);
	rounds = 60;
	actor_do(&holder, hold, &_i);
	ck_assert_int_eq(ask(&requests[0], _i), -EIOCBQUEUED);
	actor_do(&holder, let_go, &_i);
	ck_assert_int_eq(rounds, 0);
	ck_assert_int_eq(deepest, 1);
	ck_assert_int_eq(take(_i, IOCB_NOWAIT, NULL), 0);
	give(_i);
}
END_TEST

START_TEST(waitq_eventfd_counts_grants)
{
	int fd = eventfd(0, EFD_NONBLOCK);
	uint64_t n = 0;

	klock_waitq_init(&requests[0].wq, NULL, fd);
	klock_waitq_init(&requests[1].wq, NULL, fd);
	down_write(&rwsem);
	ck_assert_int_eq(ask(&requests[0], READ), -EIOCBQUEUED);
	ck_assert_int_eq(ask(&requests[1], READ), -EIOCBQUEUED);
	ck_assert_int_lt((int)read(fd, &n, sizeof(n)), 0);
	up_write(&rwsem);
	ck_assert_int_eq((int)read(fd, &n, sizeof(n)), sizeof(n));
	ck_assert_int_eq((int)n, 2);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(claim(&requests[i]), 0);
		up_read(&rwsem);
	}
	close(fd);
}
END_TEST

START_TEST(waitq_full_eventfd_does_not_stop_the_release)
{
	int fd = eventfd(0, EFD_NONBLOCK);
	uint64_t n = UINT64_MAX - 1;

	ck_assert_int_eq((int)write(fd, &n, sizeof(n)), sizeof(n));
	klock_waitq_init(&requests[0].wq, NULL, fd);
	down_write(&rwsem);
	ck_assert_int_eq(ask(&requests[0], READ), -EIOCBQUEUED);
	errno = 77;
	up_write(&rwsem);
	ck_assert_int_eq(errno, 77);
	ck_assert_int_eq(claim(&requests[0]), 0);
	up_read(&rwsem);
	close(fd);
}
END_TEST

START_TEST(waitq_kill_all_leaves_requests)
{
	down_write(&rwsem);
	ck_assert_int_eq(ask(&requests[0], READ), -EIOCBQUEUED);
	klock_kill_all();
	ck_assert_int_eq(claim(&requests[0]), -EIOCBQUEUED);
	klock_unkill_all();
	up_write(&rwsem);
	ck_assert_int_eq(claim(&requests[0]), 0);
	up_read(&rwsem);
}
END_TEST

START_TEST(waitq_no_record_is_reported)
{
	actor_do(&holder, hold, &_i);
	ck_assert_int_eq(take(_i, IOCB_WAITQ, NULL), -EINVAL);
	ck_assert_str_eq(bugs.what, "a request with IOCB_WAITQ has no ki_waitq");
	ck_assert_int_eq(bugs.count, 1);
	bugs.count = 0;
	ck_assert_int_eq(waiters_for(lock_of(_i)), 0);
	actor_do(&holder, let_go, &_i);
}
END_TEST

START_TEST(waitq_record_queued_twice_is_reported)
{
	actor_do(&holder, hold, &_i);
	ck_assert_int_eq(ask(&requests[0], _i), -EIOCBQUEUED);
	ck_assert_int_eq(ask(&requests[0], _i), -EINVAL);
	ck_assert_str_eq(bugs.what, "a request is queued again before it was claimed or cancelled");
	ck_assert_int_eq(bugs.count, 1);
	bugs.count = 0;
	ck_assert_int_eq(waiters_for(lock_of(_i)), 1);
	actor_do(&holder, let_go, &_i);
	ck_assert_int_eq(claim(&requests[0]), 0);
	give(_i);
}
END_TEST

START_TEST(waitq_second_claim_is_reported)
{
	actor_do(&holder, hold, &_i);
	ck_assert_int_eq(ask(&requests[0], _i), -EIOCBQUEUED);
	actor_do(&holder, let_go, &_i);
	ck_assert_int_eq(claim(&requests[0]), 0);
	ck_assert_int_eq(claim(&requests[0]), -EINVAL);
	ck_assert_str_eq(bugs.what, "a request is claimed twice");
	bugs.count = 0;
	ck_assert_int_eq(klock_waitq_cancel(&requests[0].wq), -EINVAL);
	ck_assert_str_eq(bugs.what, "a request is cancelled that is not queued");
	bugs.count = 0;
	give(_i);
}
END_TEST

START_TEST(waitq_claim_of_a_new_record_is_reported)
{
	ck_assert_int_eq(claim(&requests[0]), -EINVAL);
	ck_assert_str_eq(bugs.what, "a request is claimed that was never queued");
	ck_assert_int_eq(bugs.count, 1);
	bugs.count = 0;
}
END_TEST

START_TEST(waitq_destroyed_lock_with_a_request_is_reported)
{
	actor_do(&holder, hold, &_i);
	ck_assert_int_eq(ask(&requests[0], _i), -EIOCBQUEUED);
	if (_i == MUTEX)
		mutex_destroy(&mutex);
	else if (_i == SEMAPHORE)
		klock_semaphore_destroy(&semaphore);
	else
		klock_rwsem_destroy(&rwsem);
	ck_assert_int_eq(bugs.count, 1);
	bugs.count = 0;
	actor_do(&holder, let_go, &_i);
	ck_assert_int_eq(claim(&requests[0]), 0);
	give(_i);
}
END_TEST

START_TEST(waitq_release_before_the_claim_is_reported)
{
	int kind = WRITE;

	actor_do(&holder, hold, &kind);
	ck_assert_int_eq(ask(&requests[0], WRITE), -EIOCBQUEUED);
	actor_do(&holder, let_go, &kind);
	up_write(&rwsem);
	expect_bug("release of a lock that is granted to a request nobody has claimed", &rwsem,
		   "&rwsem");
	ck_assert_int_eq(claim(&requests[0]), 0);
	up_write(&rwsem);
}
END_TEST

START_TEST(waitq_queued_and_granted_requests_are_shown)
{
	int kind = WRITE;

	actor_do(&holder, hold, &kind);
	ck_assert_int_eq(ask(&requests[0], WRITE), -EIOCBQUEUED);
	ck_assert_int_eq(ask(&requests[1], READ), -EIOCBQUEUED);
	show_locks();
	ck_assert_ptr_nonnull(strstr(shown, "0 threads wait for locks"));
	ck_assert_ptr_nonnull(strstr(shown, "2 requests"));
	ck_assert_ptr_nonnull(strstr(shown, "1. a request (write) for "));
	ck_assert_ptr_nonnull(strstr(shown, "2. a request (read) for "));
	actor_do(&holder, let_go, &kind);
	show_locks();
	ck_assert_ptr_nonnull(strstr(shown, "granted to a request that no thread has claimed"));
	ck_assert_int_eq(claim(&requests[0]), 0);
	up_write(&rwsem);
	ck_assert_int_eq(claim(&requests[1]), 0);
	up_read(&rwsem);
}
END_TEST

/* In the child: 0, or the line that was wrong. */
static int look_in_child(int kind)
{
	if (claim(&requests[0]) != -ECANCELED || requests[0].grants)
		return __LINE__ % 250;
	if (klock_waitq_cancel(&requests[0].wq))
		return __LINE__ % 250;
	give(kind);
	if (requests[0].grants || take(kind, IOCB_NOWAIT, NULL))
		return __LINE__ % 250;
	if (ask(&requests[0], kind) != -EIOCBQUEUED)
		return __LINE__ % 250;
	give(kind);
	if (requests[0].grants != 1 || claim(&requests[0]))
		return __LINE__ % 250;
	give(kind);
	return 0;
}

START_TEST(waitq_child_of_a_fork_has_no_requests)
{
	int status;
	pid_t pid;

	ck_assert_int_eq(take(against[_i], 0, NULL), 0);
	ck_assert_int_eq(ask(&requests[0], _i), -EIOCBQUEUED);
	pid = fork();
	if (!pid)
		_exit(look_in_child(against[_i]));
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	give(against[_i]);
	ck_assert_int_eq(claim(&requests[0]), 0);
	give(_i);
}
END_TEST

static Suite *waitq_suite(void)
{
	Suite *suite = suite_create("waitq");
	TCase *grants = tcase_create("grants"), *misuse = tcase_create("misuse");

	tcase_add_checked_fixture(grants, set_up, tear_down);
	tcase_set_timeout(grants, PATIENCE + 10);
	tcase_add_loop_test(grants, waitq_free_lock_is_held_at_once, 0, NR_KINDS);
	tcase_add_loop_test(grants, waitq_held_lock_is_granted_by_its_release, 0, NR_KINDS);
	tcase_add_loop_test(grants, waitq_record_is_used_again_after_its_claim, 0, NR_KINDS);
	tcase_add_loop_test(grants, waitq_cancelled_request_is_never_granted, 0, NR_KINDS);
	tcase_add_loop_test(grants, waitq_cancel_after_the_grant_says_ealready, 0, NR_KINDS);
	tcase_add_test(grants, waitq_sleeper_behind_a_cancelled_request_goes_on);
	tcase_add_loop_test(grants, waitq_requests_and_sleepers_are_served_in_order, WRITE,
			    NR_KINDS);
	tcase_add_test(grants, waitq_readers_asleep_and_queued_enter_together);
	tcase_add_test(grants, waitq_downgrade_grants_to_readers);
	tcase_add_loop_test(grants, waitq_callback_that_releases_does_not_recurse, WRITE, NR_KINDS);
	tcase_add_loop_test(grants, waitq_callback_may_queue_its_request_again, SEMAPHORE,
			    NR_KINDS);
	tcase_add_test(grants, waitq_eventfd_counts_grants);
	tcase_add_test(grants, waitq_full_eventfd_does_not_stop_the_release);
	tcase_add_test(grants, waitq_kill_all_leaves_requests);
	tcase_add_test(grants, waitq_queued_and_granted_requests_are_shown);
	tcase_add_loop_test(grants, waitq_child_of_a_fork_has_no_requests, 0, NR_KINDS);
	suite_add_tcase(suite, grants);
	tcase_add_checked_fixture(misuse, set_up, tear_down);
	tcase_set_timeout(misuse, PATIENCE + 10);
	tcase_add_loop_test(misuse, waitq_no_record_is_reported, 0, NR_KINDS);
	tcase_add_loop_test(misuse, waitq_record_queued_twice_is_reported, 0, NR_KINDS);
	tcase_add_loop_test(misuse, waitq_second_claim_is_reported, 0, NR_KINDS);
	tcase_add_test(misuse, waitq_claim_of_a_new_record_is_reported);
	tcase_add_loop_test(misuse, waitq_destroyed_lock_with_a_request_is_reported, 0, BIT);
	tcase_add_test(misuse, waitq_release_before_the_claim_is_reported);
	suite_add_tcase(suite, misuse);
	return suite;
}

CK_MAIN(waitq_suite())
