/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "fc_random.h"
#include "support/ck_main.h"
#include "xarray.h"

static struct xarray xa;

START_TEST(xarray_empty_has_nothing)
{
	uint64_t index = 0;

	ck_assert_ptr_null(xa_load(&xa, 0));
	ck_assert_ptr_null(xa_load(&xa, UINT64_MAX));
	ck_assert_ptr_null(xa_erase(&xa, 5));
	ck_assert_ptr_null(xa_find(&xa, &index, UINT64_MAX));
}
END_TEST

START_TEST(xarray_ends_of_range_are_kept_apart)
{
	int a, b;

	ck_assert_int_eq(xa_store(&xa, 0, &a), 0);
	ck_assert_int_eq(xa_store(&xa, UINT64_MAX, &b), 0);
	ck_assert_ptr_eq(xa_load(&xa, 0), &a);
	ck_assert_ptr_eq(xa_load(&xa, UINT64_MAX), &b);
	ck_assert_ptr_null(xa_load(&xa, UINT64_MAX - 1));
	xa_destroy(&xa);
}
END_TEST

START_TEST(xarray_store_replaces)
{
	int a, b;

	ck_assert_int_eq(xa_store(&xa, 70, &a), 0);
	ck_assert_int_eq(xa_store(&xa, 70, &b), 0);
	ck_assert_ptr_eq(xa_erase(&xa, 70), &b);
	ck_assert_ptr_null(xa_load(&xa, 70));
}
END_TEST

START_TEST(xarray_last_erase_frees_all_nodes)
{
	int a;

	ck_assert_int_eq(xa_store(&xa, (uint64_t)1 << 40, &a), 0);
	ck_assert_int_eq(xa_store(&xa, 3, &a), 0);
	xa_erase(&xa, 3);
	ck_assert_ptr_nonnull(xa.root);
	xa_erase(&xa, (uint64_t)1 << 40);
	ck_assert_ptr_null(xa.root);
	ck_assert_uint_eq(xa.levels, 0);
}
END_TEST

START_TEST(xarray_find_stops_at_last)
{
	uint64_t index = 10;
	int a;

	ck_assert_int_eq(xa_store(&xa, 5000, &a), 0);
	ck_assert_ptr_null(xa_find(&xa, &index, 4999));
	ck_assert_uint_eq(index, 10);
	ck_assert_ptr_eq(xa_find(&xa, &index, 5000), &a);
	ck_assert_uint_eq(index, 5000);
	xa_destroy(&xa);
}
END_TEST

#define KEYS 200

static uint64_t keys[KEYS];
static int present[KEYS];

/* The same by looking at every key. */
static int find_slowly(uint64_t index, uint64_t last)
{
	int i, best = -1;

	for (i = 0; i < KEYS; i++)
		if (present[i] && keys[i] >= index && keys[i] <= last &&
		    (best < 0 || keys[i] < keys[best]))
			best = i;
	return best;
}

static void random_step(struct fc_random *rnd)
{
	int k = (int)fc_below(rnd, KEYS), best;
	uint64_t index = keys[k] + fc_below(rnd, 3) - 1, last = keys[fc_below(rnd, KEYS)];
	void *was = present[k] ? &keys[k] : NULL;

	switch (fc_below(rnd, 4)) {
	case 0:
		ck_assert_int_eq(xa_store(&xa, keys[k], &keys[k]), 0);
		present[k] = 1;
		break;
	case 1:
		ck_assert_ptr_eq(xa_erase(&xa, keys[k]), was);
		present[k] = 0;
		break;
	case 2:
		ck_assert_ptr_eq(xa_load(&xa, keys[k]), was);
		break;
	default:
		best = find_slowly(index, last);
		ck_assert_ptr_eq(xa_find(&xa, &index, last), best < 0 ? NULL : &keys[best]);
		ck_assert(best < 0 || index == keys[best]);
	}
}

START_TEST(xarray_random_steps_agree_with_a_list)
{
	struct fc_random rnd;
	int i;

	fc_seed(&rnd, 42);
	/* Dense, with gaps, and anywhere: no two alike. */
	for (i = 0; i < KEYS; i++)
		keys[i] = i < 70	 ? (uint64_t)i
			  : i < 140 ? (uint64_t)i * 28672
				    : fc_next(&rnd) | (uint64_t)1 << 50;
	for (i = 0; i < 100000; i++)
		random_step(&rnd);
	xa_destroy(&xa);
}
END_TEST

static Suite *xarray_suite(void)
{
	Suite *suite = suite_create("xarray");
	TCase *tcase = tcase_create("xarray");

	tcase_add_test(tcase, xarray_empty_has_nothing);
	tcase_add_test(tcase, xarray_ends_of_range_are_kept_apart);
	tcase_add_test(tcase, xarray_store_replaces);
	tcase_add_test(tcase, xarray_last_erase_frees_all_nodes);
	tcase_add_test(tcase, xarray_find_stops_at_last);
	tcase_add_test(tcase, xarray_random_steps_agree_with_a_list);
	suite_add_tcase(suite, tcase);
	return suite;
}

CK_MAIN(xarray_suite())
