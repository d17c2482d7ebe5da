/* SPDX-License-Identifier: MIT */
/* The wait layer by itself, under a lock as simple as can be: a word of tokens to take. */
#include "base/exempt.h"
#include "support/actor.h"
#include "support/ck_main.h"
#include <errno.h>

static uint32_t tokens; /* under the bucket's lock */
static int advances;	/* the same */
static struct actor a, b, c;

static bool take_token(struct klock_queue *q, struct klock_waiter *w)
{
	uint32_t *word = (uint32_t *)klock_queue_addr(q);

	if (klock_queue_first(q) != w || !*word)
		return false;
	--*word;
	return true;
}

/* Grants the readers at the front, or wakes a writer there. */
static void add_tokens(struct klock_queue *q, uint32_t more)
{
	uint32_t *word = (uint32_t *)klock_queue_addr(q);
	struct klock_waiter *w;

	advances++;
	*word += more;
	while (*word && (w = klock_queue_first(q)) && w->shared) {
		--*word;
		klock_queue_grant(q, w);
	}
	w = klock_queue_first(q);
	if (*word && w)
		klock_queue_wake(q, w);
}

static const struct klock_wait_ops token_ops = { .check = take_token, .advance = add_tokens };

static struct klock_waiter waiter(void *addr, enum klock_wait_mode mode, bool shared)
{
	return (struct klock_waiter){
		.addr = addr, .ops = &token_ops, .mode = mode, .shared = shared
	};
}

static long park_woken(void *addr)
{
	struct klock_waiter w = waiter(addr, KLOCK_WAIT_PLAIN, false);

	return klock_park(&w, KLOCK_FOREVER);
}

static long park_granted(void *addr)
{
	struct klock_waiter w = waiter(addr, KLOCK_WAIT_PLAIN, true);

	return klock_park(&w, KLOCK_FOREVER);
}

static long park_killable(void *addr)
{
	struct klock_waiter w = waiter(addr, KLOCK_WAIT_KILLABLE, true);

	return klock_park(&w, KLOCK_FOREVER);
}

static long park_interruptible(void *addr)
{
	struct klock_waiter w = waiter(addr, KLOCK_WAIT_INTERRUPTIBLE, false);

	return klock_park(&w, KLOCK_FOREVER);
}

static void give(uint32_t n)
{
	klock_unpark(&tokens, &token_ops, add_tokens, n);
}

static void setup(void)
{
	/* Under a lock that Helgrind and DRD do not know. */
	klock_exempt(&tokens, sizeof(tokens));
	klock_exempt(&advances, sizeof(advances));
	klock_park_init();
	actor_init(&a);
	actor_init(&b);
	actor_init(&c);
}

static void teardown(void)
{
	actor_fini(&a);
	actor_fini(&b);
	actor_fini(&c);
}

START_TEST(park_with_a_check_that_says_yes_does_not_sleep)
{
	give(1);
	ck_assert_int_eq(park_woken(&tokens), 0);
	ck_assert_uint_eq(tokens, 0);
	ck_assert(!klock_park_waited_for(&tokens));
}
END_TEST

START_TEST(park_is_ended_by_a_grant_and_by_a_wake_up)
{
	actor_begin(&a, park_granted, &tokens);
	await_waiters(&tokens, 1);
	actor_begin(&b, park_woken, &tokens);
	await_waiters(&tokens, 2);
	give(1);
	ck_assert_int_eq(actor_end(&a), 0);
	ck_assert(actor_busy(&b));
	give(1);
	ck_assert_int_eq(actor_end(&b), 0);
	ck_assert_uint_eq(tokens, 0);
}
END_TEST

/* Both look, one after the other, and the one that is woken is the first. */
START_TEST(park_queue_is_in_order_of_arrival)
{
	actor_begin(&a, park_woken, &tokens);
	await_waiters(&tokens, 1);
	actor_begin(&b, park_granted, &tokens);
	await_waiters(&tokens, 2);
	actor_begin(&c, park_woken, &tokens);
	await_waiters(&tokens, 3);
	give(1);
	ck_assert_int_eq(actor_end(&a), 0);
	ck_assert_int_eq(waiters_for(&tokens), 2);
	give(1);
	ck_assert_int_eq(actor_end(&b), 0);
	ck_assert(actor_busy(&c));
	give(1);
	ck_assert_int_eq(actor_end(&c), 0);
}
END_TEST

START_TEST(park_of_one_that_gives_up_advances_those_behind_it)
{
	int before;

	actor_begin(&a, park_killable, &tokens);
	await_waiters(&tokens, 1);
	before = advances;
	klock_kill(a.task);
	ck_assert_int_eq(actor_end(&a), -EINTR);
	ck_assert_int_eq(advances, before + 1);
	ck_assert(!klock_park_waited_for(&tokens));
	klock_unkill(a.task);
	actor_begin(&a, park_interruptible, &tokens);
	await_waiters(&tokens, 1);
	klock_interrupt(a.task);
	ck_assert_int_eq(actor_end(&a), -EINTR);
	ck_assert_int_eq(advances, before + 2);
}
END_TEST

START_TEST(park_ends_at_its_deadline_and_not_before)
{
	struct klock_waiter w = waiter(&tokens, KLOCK_WAIT_PLAIN, true);
	int64_t deadline = now_ns() + 3000000;

	ck_assert_int_eq(klock_park(&w, deadline), -ETIME);
	ck_assert_int_ge(now_ns(), deadline);
	ck_assert(!klock_park_waited_for(&tokens));
	w = waiter(&tokens, KLOCK_WAIT_PLAIN, true);
	ck_assert_int_eq(klock_park(&w, now_ns() - 1), -ETIME);
}
END_TEST

/* A token that is there is taken, also by one that was about to give up. */
START_TEST(park_takes_what_is_there_although_killed)
{
	klock_kill(klock_current());
	give(1);
	ck_assert_int_eq(park_killable(&tokens), 0);
	ck_assert_int_eq(park_killable(&tokens), -EINTR);
	klock_unkill(klock_current());
}
END_TEST

START_TEST(park_woken_for_nothing_goes_on_waiting)
{
	actor_begin(&a, park_woken, &tokens);
	await_waiters(&tokens, 1);
	for (int i = 0; i < 50; i++) {
		klock_task_wake(a.task);
		if (i % 5 == 0)
			nap_us(200);
	}
	ck_assert_int_eq(waiters_for(&tokens), 1);
	give(1);
	ck_assert_int_eq(actor_end(&a), 0);
}
END_TEST

/* More words than buckets: some share one, and none is woken for another. */
START_TEST(park_addresses_that_share_a_bucket_are_apart)
{
	static uint32_t words[2048];

	klock_exempt(words, sizeof(words));
	actor_begin(&a, park_granted, &words[0]);
	await_waiters(&words[0], 1);
	for (int i = 1; i < 2048; i++) {
		ck_assert(!klock_park_waited_for(&words[i]));
		klock_unpark(&words[i], &token_ops, add_tokens, 1);
		ck_assert_uint_eq(words[i], 1);
	}
	ck_assert_int_eq(waiters_for(&words[0]), 1);
	klock_unpark(&words[0], &token_ops, add_tokens, 1);
	ck_assert_int_eq(actor_end(&a), 0);
	ck_assert_uint_eq(words[0], 0);
}
END_TEST

START_TEST(park_maybe_is_never_no_while_somebody_waits)
{
	ck_assert(!klock_park_maybe(&tokens));
	actor_begin(&a, park_granted, &tokens);
	await_waiters(&tokens, 1);
	ck_assert(klock_park_maybe(&tokens));
	give(1);
	actor_end(&a);
	ck_assert(!klock_park_maybe(&tokens));
}
END_TEST

static long take_many(void *addr)
{
	for (int i = 0; i < 3000; i++) {
		struct klock_waiter w = waiter(addr, KLOCK_WAIT_PLAIN, i % 2);
		long err = klock_park(&w, KLOCK_FOREVER);

		if (err)
			return err;
		give(0); /* what is left is for the next: one is woken at a time */
	}
	return 0;
}

/* As many as are given are taken: none is lost, none is made. */
START_TEST(park_hands_every_token_to_one_waiter)
{
	actor_begin(&a, take_many, &tokens);
	actor_begin(&b, take_many, &tokens);
	actor_begin(&c, take_many, &tokens);
	for (int i = 0; i < 3000; i++) {
		give(3);
		if (i % 64 == 0)
			nap_us(20);
	}
	ck_assert_int_eq(actor_end(&a), 0);
	ck_assert_int_eq(actor_end(&b), 0);
	ck_assert_int_eq(actor_end(&c), 0);
	ck_assert_uint_eq(tokens, 0);
}
END_TEST

static Suite *park_suite(void)
{
	Suite *suite = suite_create("park");
	TCase *tc = tcase_create("park");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, PATIENCE + 10);
	tcase_add_test(tc, park_with_a_check_that_says_yes_does_not_sleep);
	tcase_add_test(tc, park_is_ended_by_a_grant_and_by_a_wake_up);
	tcase_add_test(tc, park_queue_is_in_order_of_arrival);
	tcase_add_test(tc, park_of_one_that_gives_up_advances_those_behind_it);
	tcase_add_test(tc, park_ends_at_its_deadline_and_not_before);
	tcase_add_test(tc, park_takes_what_is_there_although_killed);
	tcase_add_test(tc, park_woken_for_nothing_goes_on_waiting);
	tcase_add_test(tc, park_addresses_that_share_a_bucket_are_apart);
	tcase_add_test(tc, park_maybe_is_never_no_while_somebody_waits);
	tcase_add_test(tc, park_hands_every_token_to_one_waiter);
	suite_add_tcase(suite, tc);
	return suite;
}

CK_MAIN(park_suite())
