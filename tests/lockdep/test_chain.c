/* SPDX-License-Identifier: MIT */
/* The set of chains that have been checked. */
#include "lockdep/chain.h"
#include "lockdep/graph.h"
#include "lockdep/verdict.h"
#include "support/ck_main.h"
#include <klock/atomic.h>
#include <pthread.h>

/* Chain i of these tests: three locks deep. */
static uint64_t key(uint32_t i)
{
	return klock_chain_key(klock_chain_key(klock_chain_key(0, i, 0), i + 1, 1), i + 2, 2);
}

static void add(uint64_t k)
{
	klock_shared_lock(&klock_graph_lock);
	klock_chain_add(k);
	klock_shared_unlock(&klock_graph_lock);
}

START_TEST(chain_is_known_once_it_was_added)
{
	uint32_t before = klock_nr_chains();

	ck_assert(!klock_chain_known(key(1)));
	add(key(1));
	ck_assert(klock_chain_known(key(1)));
	ck_assert(!klock_chain_known(key(2)));
	add(key(1));
	ck_assert_uint_eq(klock_nr_chains(), before + 1);
}
END_TEST

START_TEST(chain_key_says_class_order_and_mode)
{
	uint64_t ab = klock_chain_key(klock_chain_key(0, 1, 0), 2, 0);

	ck_assert_uint_eq(ab, klock_chain_key(klock_chain_key(0, 1, 0), 2, 0));
	ck_assert_uint_ne(ab, klock_chain_key(klock_chain_key(0, 2, 0), 1, 0));
	ck_assert_uint_ne(ab, klock_chain_key(klock_chain_key(0, 1, 1), 2, 0));
	ck_assert_uint_ne(ab, klock_chain_key(klock_chain_key(0, 1, 0), 2, 1));
	ck_assert_uint_ne(ab, klock_chain_key(klock_chain_key(0, 1, 0), 3, 0));
	ck_assert_uint_ne(ab, klock_chain_key(0, 2, 0));
}
END_TEST

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Two locks of four hundred classes, in two modes each. */
START_TEST(chain_keys_of_many_chains_differ)
{
	enum { N = 400 };
	uint64_t *keys = malloc(4 * N * N * sizeof(*keys));
	size_t n = 0, same = 0;

	ck_assert_ptr_nonnull(keys);
	for (uint32_t a = 1; a <= N; a++)
		for (uint32_t b = 1; b <= N; b++)
			for (unsigned int mode = 0; mode < 4; mode++)
				keys[n++] = klock_chain_key(klock_chain_key(0, a, mode & 1), b,
							    mode >> 1);
	qsort(keys, n, sizeof(*keys), by_value);
	ck_assert_uint_ne(keys[0], 0);
	for (size_t i = 1; i < n; i++) /* counted: each ck_assert() is a system call */
		same += keys[i] == keys[i - 1];
	ck_assert_uint_eq(same, 0);
	free(keys);
}
END_TEST

START_TEST(chains_that_are_forgotten_are_unknown)
{
	uint32_t generation = klock_chain_generation;

	for (uint32_t i = 1; i < 3000; i++)
		add(key(i));
	klock_shared_lock(&klock_graph_lock);
	klock_chain_reset();
	klock_shared_unlock(&klock_graph_lock);
	for (uint32_t i = 1; i < 3000; i++)
		ck_assert(!klock_chain_known(key(i)));
	ck_assert_uint_ne(klock_chain_generation, generation);
	add(key(5));
	ck_assert(klock_chain_known(key(5)));
}
END_TEST

#define MANY 100000

static uint32_t added;
static int missed;

static void *look(void *arg)
{
	uint32_t n, looks = 0;

	while ((n = klock_load_acquire(&added)) < MANY || looks < MANY) {
		uint32_t i = looks++ % (n ? n : 1) + 1;

		if (n && !klock_chain_known(key(i)))
			missed++;
	}
	return arg;
}

START_TEST(chain_is_known_to_others_while_the_set_grows)
{
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, look, NULL), 0);
	for (uint32_t i = 1; i <= MANY; i++) {
		add(key(i));
		klock_store_release(&added, i);
	}
	pthread_join(thread, NULL);
	for (uint32_t i = 1; i <= MANY; i++)
		missed += !klock_chain_known(key(i));
	ck_assert_int_eq(missed, 0);
	ck_assert_uint_ge(klock_nr_chains(), MANY);
}
END_TEST

static Suite *chain_suite(void)
{
	Suite *suite = suite_create("chain");
	TCase *tc = tcase_create("chain");

	tcase_add_checked_fixture(tc, verdict_setup, NULL);
	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, chain_is_known_once_it_was_added);
	tcase_add_test(tc, chain_key_says_class_order_and_mode);
	tcase_add_test(tc, chain_keys_of_many_chains_differ);
	tcase_add_test(tc, chains_that_are_forgotten_are_unknown);
	tcase_add_test(tc, chain_is_known_to_others_while_the_set_grows);
	suite_add_tcase(suite, tc);
	return suite;
}

CK_MAIN(chain_suite())
