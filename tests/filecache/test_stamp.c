/* SPDX-License-Identifier: MIT */
/* What the race's readers know by: examples/filecache/race_stamp.c. */
#include <string.h>

#include "race.h"
#include "support/ck_main.h"

#define SEED 7
#define WORDS (PAGE_SIZE / sizeof(uint64_t))

static uint64_t page[WORDS];
static unsigned long step;
static struct stamp found;

/* Makes `page` a page of file 3, place 5, generation g. */
static void make(unsigned long g)
{
	struct stamp stamp = { 3, 5, g };

	stamp_page(page, SEED, &stamp);
}

/* Judges `page` as file 3, place 5, whose steps were these before and after the read. */
static enum page_kind judge(unsigned long before, unsigned long after)
{
	struct expected expected = {
		.seed = SEED, .file = 3, .page = 5, .before = before, .step = &step, .at_once = true
	};

	step = after;
	return stamp_check(page, &expected, &found);
}

START_TEST(stamp_generation_is_good_while_visible)
{
	/* Generation 4 is written at step 13, there at 14, dropped at 15. */
	make(4);
	for (unsigned long before = 8; before <= 20; before++) {
		for (unsigned long after = before; after <= 20; after++) {
			enum page_kind kind = judge(before, after);

			if (before > 15)
				ck_assert_int_eq(kind, PAGE_OLD);
			else if (after < 13)
				ck_assert_int_eq(kind, PAGE_DAMAGED);
			else
				ck_assert_int_eq(kind, PAGE_GOOD);
		}
	}
}
END_TEST

START_TEST(stamp_zeroes_are_lost_only_under_lasting_data)
{
	memset(page, 0, sizeof(page));
	for (unsigned long before = 0; before <= 12; before++) {
		for (unsigned long after = before; after <= 12; after++)
			ck_assert_int_eq(judge(before, after), before == after && before % 4 == 2
								       ? PAGE_LOST
								       : PAGE_GOOD);
	}
}
END_TEST

START_TEST(stamp_other_file_is_recognised)
{
	struct stamp stamp = { 2, 5, 4 };

	stamp_page(page, SEED, &stamp);
	ck_assert_int_eq(judge(14, 14), PAGE_OTHER_FILE);
	ck_assert_uint_eq(found.file, 2);
	ck_assert_uint_eq(found.page, 5);
	ck_assert_uint_eq(found.generation, 4);
}
END_TEST

START_TEST(stamp_other_place_is_recognised)
{
	struct stamp stamp = { 3, 6, 4 };

	stamp_page(page, SEED, &stamp);
	ck_assert_int_eq(judge(14, 14), PAGE_OTHER_PLACE);
	ck_assert_uint_eq(found.page, 6);
}
END_TEST

START_TEST(stamp_one_foreign_word_is_recognised)
{
	uint64_t foreign[WORDS];
	struct stamp stamp = { 1, 5, 4 };

	stamp_page(foreign, SEED, &stamp);
	for (unsigned int i = 0; i < WORDS; i++) {
		make(4);
		page[i] = foreign[i];
		ck_assert_int_ne(judge(14, 14), PAGE_GOOD);
	}
}
END_TEST

START_TEST(stamp_each_flipped_bit_is_recognised)
{
	for (unsigned int bit = 0; bit < 64; bit++) {
		make(4);
		page[100] ^= (uint64_t)1 << bit;
		ck_assert_int_eq(judge(14, 14), PAGE_DAMAGED);
	}
}
END_TEST

START_TEST(stamp_shifted_page_is_recognised)
{
	make(4);
	memmove(page, page + 1, sizeof(page) - sizeof(page[0]));
	ck_assert_int_eq(judge(14, 14), PAGE_DAMAGED);
}
END_TEST

START_TEST(stamp_other_race_is_recognised)
{
	struct stamp stamp = { 3, 5, 4 };

	stamp_page(page, SEED + 1, &stamp);
	ck_assert_int_eq(judge(14, 14), PAGE_DAMAGED);
}
END_TEST

START_TEST(stamp_two_moments_are_torn_unless_allowed)
{
	struct stamp newer = { 3, 5, 5 };
	struct expected expected = {
		.seed = SEED, .file = 3, .page = 5, .before = 14, .step = &step, .at_once = false
	};
	uint64_t other[WORDS];

	make(4);
	stamp_page(other, SEED, &newer);
	memcpy(page + WORDS / 2, other + WORDS / 2, sizeof(page) / 2);
	ck_assert_int_eq(judge(14, 18), PAGE_TORN);
	ck_assert_int_eq(stamp_check(page, &expected, &found), PAGE_GOOD);

	/* Allowed, but the newer half was not yet begun. */
	step = 16;
	ck_assert_int_eq(stamp_check(page, &expected, &found), PAGE_DAMAGED);
	/* Allowed, but the older half was gone. */
	expected.before = 16;
	step = 18;
	ck_assert_int_eq(stamp_check(page, &expected, &found), PAGE_OLD);
}
END_TEST

static Suite *stamp_suite(void)
{
	Suite *suite = suite_create("stamp");
	TCase *tc = tcase_create("stamp");

	tcase_add_test(tc, stamp_generation_is_good_while_visible);
	tcase_add_test(tc, stamp_zeroes_are_lost_only_under_lasting_data);
	tcase_add_test(tc, stamp_other_file_is_recognised);
	tcase_add_test(tc, stamp_other_place_is_recognised);
	tcase_add_test(tc, stamp_one_foreign_word_is_recognised);
	tcase_add_test(tc, stamp_each_flipped_bit_is_recognised);
	tcase_add_test(tc, stamp_shifted_page_is_recognised);
	tcase_add_test(tc, stamp_other_race_is_recognised);
	tcase_add_test(tc, stamp_two_moments_are_torn_unless_allowed);
	suite_add_tcase(suite, tc);
	return suite;
}

CK_MAIN(stamp_suite())
