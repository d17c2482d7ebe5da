/* SPDX-License-Identifier: MIT */
/* Circles in records of waits that are made up here. */
#include "hang/circle.h"
#include "support/ck_main.h"
#include <string.h>

#define NR 4

static struct klock_task tasks[NR];
static struct klock_seen_wait before[NR], after[NR];
static struct klock_seen seen, later;
static const char locks[NR];

/* Task i, the i-th to wait, waits to write lock i, which nobody has. */
static void setup(void)
{
	memset(before, 0, sizeof(before));
	for (int i = 0; i < NR; i++) {
		tasks[i].word = (uint32_t)(i + 1) << KLOCK_W_SHIFT | KLOCK_W_WRITER;
		before[i].task = &tasks[i];
		before[i].addr = before[i].lock = &locks[i];
		before[i].number = 7;
		before[i].since = 100 + i;
		before[i].deadline = KLOCK_FOREVER;
	}
	seen = (struct klock_seen){ .waits = before, .count = NR, .room = NR };
	later = (struct klock_seen){ .waits = after, .count = NR, .room = NR };
}

/* Lock i is held by task `by`. */
static void held(int i, int by)
{
	before[i].holders.writer = tasks[by].word;
}

static size_t find(int from)
{
	return klock_circle_find(&seen, &before[from], KLOCK_CIRCLE_LAST);
}

/* Three in a circle, one behind it. */
static void make_circle(void)
{
	held(0, 1);
	held(1, 2);
	held(2, 0);
	held(3, 0);
}

START_TEST(circle_is_found_by_its_last_member_only)
{
	make_circle();
	ck_assert_uint_eq(find(0), 0);
	ck_assert_uint_eq(find(1), 0);
	ck_assert_uint_eq(find(3), 0);
	ck_assert_uint_eq(find(2), 3);
	ck_assert_ptr_eq(before[2].next, &before[0]);
	ck_assert_ptr_eq(before[0].next, &before[1]);
	ck_assert_ptr_eq(before[1].next, &before[2]);
}
END_TEST

START_TEST(circle_of_waits_that_began_together_is_found_once)
{
	make_circle();
	for (int i = 0; i < NR; i++)
		before[i].since = 100;
	ck_assert_uint_eq(find(0) + find(1) + find(3), 0);
	ck_assert_uint_eq(find(2), 3);
}
END_TEST

START_TEST(each_member_knows_that_it_is_one)
{
	make_circle();
	for (int i = 0; i < 3; i++)
		ck_assert_uint_eq(klock_circle_find(&seen, &before[i], KLOCK_CIRCLE_FIRM), 3);
	ck_assert_uint_eq(klock_circle_find(&seen, &before[3], KLOCK_CIRCLE_FIRM), 0);
}
END_TEST

START_TEST(chain_is_no_circle)
{
	held(3, 2);
	held(2, 1);
	held(1, 0);
	for (int i = 0; i < NR; i++)
		ck_assert_uint_eq(find(i), 0);
}
END_TEST

START_TEST(wait_for_an_own_lock_is_no_circle)
{
	held(1, 1);
	ck_assert_uint_eq(find(1), 0);
}
END_TEST

START_TEST(deadline_of_any_member_undoes_a_circle)
{
	make_circle();
	for (int i = 0; i < 3; i++) {
		before[i].deadline = 1000;
		ck_assert_uint_eq(find(2), 0);
		before[i].deadline = KLOCK_FOREVER;
	}
	before[3].deadline = 1000;
	ck_assert_uint_eq(find(2), 3);
}
END_TEST

START_TEST(circle_stands_while_nothing_changes)
{
	make_circle();
	ck_assert_uint_eq(find(2), 3);
	memcpy(after, before, sizeof(after));
	ck_assert(klock_circle_stands(&before[2], &later));
	later.count = 3; /* the one behind it has gone */
	ck_assert(klock_circle_stands(&before[2], &later));
}
END_TEST

START_TEST(circle_falls_with_each_wait_and_each_hold)
{
	make_circle();
	ck_assert_uint_eq(find(2), 3);
	for (int i = 0; i < 3; i++) {
		memcpy(after, before, sizeof(after));
		after[i].number++; /* it has gone on, and waits for the same lock once more */
		ck_assert(!klock_circle_stands(&before[2], &later));
		memcpy(after, before, sizeof(after));
		after[i].holders.writer = tasks[3].word;
		ck_assert(!klock_circle_stands(&before[2], &later));
		memcpy(after, before, sizeof(after));
		after[i].holders.writer = 0;
		ck_assert(!klock_circle_stands(&before[2], &later));
	}
	memcpy(after, before, sizeof(after));
	after[1] = after[3];
	ck_assert(!klock_circle_stands(&before[2], &later));
}
END_TEST

/* While readers have a lock, a reader waits for it behind writers of its queue, no one else. */
START_TEST(reader_is_held_up_by_writers_in_front_of_it)
{
	for (int i = 0; i < NR; i++) {
		before[i].addr = before[i].lock = &locks[0];
		before[i].holders.readers = 1;
	}
	before[1].shared = before[2].shared = true;
	ck_assert_int_eq(klock_blocks(&before[0], &before[1]), KLOCK_BLOCKS_IN_QUEUE);
	ck_assert_int_eq(klock_blocks(&before[0], &before[2]), KLOCK_BLOCKS_IN_QUEUE);
	ck_assert_int_eq(klock_blocks(&before[1], &before[2]), KLOCK_BLOCKS_NOT);
	ck_assert_int_eq(klock_blocks(&before[3], &before[2]), KLOCK_BLOCKS_NOT);
	before[0].addr = &locks[1];
	ck_assert_int_eq(klock_blocks(&before[0], &before[1]), KLOCK_BLOCKS_NOT);
	before[1].holders.writer = tasks[3].word;
	ck_assert_int_eq(klock_blocks(&before[3], &before[1]), KLOCK_BLOCKS_AS_WRITER);
}
END_TEST

static Suite *circle_suite(void)
{
	Suite *suite = suite_create("circle");
	TCase *tc = tcase_create("circle");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, circle_is_found_by_its_last_member_only);
	tcase_add_test(tc, circle_of_waits_that_began_together_is_found_once);
	tcase_add_test(tc, each_member_knows_that_it_is_one);
	tcase_add_test(tc, chain_is_no_circle);
	tcase_add_test(tc, wait_for_an_own_lock_is_no_circle);
	tcase_add_test(tc, deadline_of_any_member_undoes_a_circle);
	tcase_add_test(tc, circle_stands_while_nothing_changes);
	tcase_add_test(tc, circle_falls_with_each_wait_and_each_hold);
	tcase_add_test(tc, reader_is_held_up_by_writers_in_front_of_it);
	suite_add_tcase(suite, tc);
	return suite;
}

CK_MAIN(circle_suite())
