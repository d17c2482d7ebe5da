/* SPDX-License-Identifier: MIT */
/* The set of places of which something was reported. */
#include "lockdep/seen_sites.h"
#include "support/ck_main.h"
#include <pthread.h>

#define MANY 2000 /* more than fit into the first blocks */

static char places[MANY], others[MANY];

START_TEST(place_is_first_seen_once)
{
	for (int i = 0; i < MANY; i++)
		ck_assert(klock_site_first_seen(&places[i]));
	for (int i = 0; i < MANY; i++)
		ck_assert(!klock_site_first_seen(&places[i]));
}
END_TEST

static int firsts; /* relaxed atomic */

static void *see_all(void *arg)
{
	for (int i = 0; i < MANY; i++)
		if (klock_site_first_seen(&others[i]))
			__atomic_add_fetch(&firsts, 1, __ATOMIC_RELAXED);
	return arg;
}

START_TEST(place_is_first_seen_by_one_thread)
{
	pthread_t threads[4];

	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, see_all, NULL), 0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	ck_assert_int_eq(firsts, MANY);
}
END_TEST

static Suite *seen_sites_suite(void)
{
	Suite *suite = suite_create("seen_sites");
	TCase *tc = tcase_create("seen_sites");

	tcase_add_test(tc, place_is_first_seen_once);
	tcase_add_test(tc, place_is_first_seen_by_one_thread);
	suite_add_tcase(suite, tc);
	return suite;
}

CK_MAIN(seen_sites_suite())
