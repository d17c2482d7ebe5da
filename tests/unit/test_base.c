/* SPDX-License-Identifier: MIT */
/* What lib/base has: the small lock, the futex calls, the clock. */
#include "base/clock.h"
#include "base/exempt.h"
#include "base/futex.h"
#include "base/list.h"
#include "base/minilock.h"
#include "support/actor.h"
#include "support/ck_main.h"
#include <errno.h>

#define ROUNDS 20000

static struct {
	struct klock_minilock lock;
	long first, second;
} shared;

static long count_under_lock(void *unused)
{
	(void)unused;
	for (int i = 0; i < ROUNDS; i++) {
		klock_minilock_lock(&shared.lock);
		shared.first++;
		if (i % 256 == 0)
			nap_us(1); /* asleep inside: the others come to sleep as well */
		shared.second++;
		klock_minilock_unlock(&shared.lock);
	}
	return 0;
}

START_TEST(minilock_excludes_and_wakes_who_sleeps)
{
	struct actor actors[3];

	klock_exempt(&shared, sizeof(shared)); /* Helgrind and DRD do not know this lock */
	actors_init(actors, 3);
	for (int i = 0; i < 3; i++)
		actor_begin(&actors[i], count_under_lock, NULL);
	for (int i = 0; i < 3; i++)
		actor_end(&actors[i]);
	ck_assert_int_eq(shared.first, 3 * ROUNDS);
	ck_assert_int_eq(shared.second, 3 * ROUNDS);
	ck_assert_uint_eq(shared.lock.state, 0);
	actors_fini(actors, 3);
}
END_TEST

static uint32_t word;

static long sleep_while_zero(void *unused)
{
	(void)unused;
	while (!__atomic_load_n(&word, __ATOMIC_ACQUIRE))
		klock_futex_wait(&word, 0, KLOCK_FOREVER);
	return 0;
}

START_TEST(futex_sleeper_is_woken_after_the_word_has_changed)
{
	struct actor actors[2];

	klock_exempt(&word, sizeof(word));
	actors_init(actors, 2);
	for (int i = 0; i < 200; i++) {
		__atomic_store_n(&word, 0, __ATOMIC_RELEASE);
		actor_begin(&actors[0], sleep_while_zero, NULL);
		actor_begin(&actors[1], sleep_while_zero, NULL);
		if (i % 2)
			nap_us(i);
		__atomic_store_n(&word, 1, __ATOMIC_RELEASE);
		klock_futex_wake(&word, 2);
		actor_end(&actors[0]);
		actor_end(&actors[1]);
	}
	actors_fini(actors, 2);
}
END_TEST

START_TEST(futex_leaves_errno_alone)
{
	word = 0;
	errno = 12345;
	klock_futex_wait(&word, 1, KLOCK_FOREVER); /* EAGAIN inside */
	ck_assert_int_eq(errno, 12345);
	klock_futex_wait(&word, 0, klock_now_ns()); /* ETIMEDOUT inside */
	ck_assert_int_eq(errno, 12345);
	klock_futex_wake(&word, 1);
	ck_assert_int_eq(errno, 12345);
}
END_TEST

START_TEST(futex_wait_ends_at_the_deadline)
{
	int64_t deadline = klock_now_ns() + 5000000;

	word = 0;
	while (klock_now_ns() < deadline)
		klock_futex_wait(&word, 0, deadline);
	ck_assert_int_ge(klock_now_ns(), deadline);
}
END_TEST

START_TEST(deadline_is_from_now_and_does_not_overflow)
{
	int64_t before = klock_now_ns(), deadline = klock_deadline(1000), after = klock_now_ns();

	ck_assert_int_ge(deadline, before + 1000);
	ck_assert_int_le(deadline, after + 1000);
	ck_assert(klock_deadline(KLOCK_FOREVER) == KLOCK_FOREVER);
	ck_assert(klock_deadline(KLOCK_FOREVER - 1) == KLOCK_FOREVER);
	ck_assert(klock_deadline(INT64_MAX / 2) > after);
}
END_TEST

START_TEST(list_keeps_order_and_lets_go_anywhere)
{
	struct klock_list head, node[3];

	klock_list_init(&head);
	ck_assert(klock_list_empty(&head));
	for (int i = 0; i < 3; i++)
		klock_list_add_tail(&head, &node[i]);
	ck_assert(!klock_list_empty(&head));
	ck_assert_ptr_eq(head.next, &node[0]);
	ck_assert_ptr_eq(head.prev, &node[2]);
	klock_list_del(&node[1]);
	ck_assert_ptr_eq(node[0].next, &node[2]);
	ck_assert_ptr_eq(node[2].prev, &node[0]);
	klock_list_del(&node[0]);
	klock_list_del(&node[2]);
	ck_assert(klock_list_empty(&head));
}
END_TEST

static Suite *base_suite(void)
{
	Suite *suite = suite_create("base");
	TCase *tc = tcase_create("base");

	tcase_set_timeout(tc, PATIENCE + 10);
	tcase_add_test(tc, minilock_excludes_and_wakes_who_sleeps);
	tcase_add_test(tc, futex_sleeper_is_woken_after_the_word_has_changed);
	tcase_add_test(tc, futex_leaves_errno_alone);
	tcase_add_test(tc, futex_wait_ends_at_the_deadline);
	tcase_add_test(tc, deadline_is_from_now_and_does_not_overflow);
	tcase_add_test(tc, list_keeps_order_and_lets_go_anywhere);
	suite_add_tcase(suite, tc);
	return suite;
}

CK_MAIN(base_suite())
