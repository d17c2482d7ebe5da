/* SPDX-License-Identifier: MIT */
/* The graph of orders: what a search finds, and what readers take out of it. */
#include "lockdep/graph.h"
#include "lockdep/verdict.h"
#include "support/ck_main.h"

#define W KLOCK_HELD_WRITE
#define R KLOCK_HELD_READ
#define RECURSIVE KLOCK_HELD_RECURSIVE

#define MANY 10000

static struct lock_class_key keys[MANY];
static struct klock_class *classes[MANY];

static void setup(void)
{
	verdict_setup();
	for (int i = 0; i < MANY; i++) {
		struct lockdep_map map;

		klock_map_init(&map, "class", &keys[i]);
		classes[i] = klock_class_of(&map, 0);
		ck_assert_ptr_nonnull(classes[i]);
	}
	klock_shared_lock(&klock_graph_lock);
}

static void teardown(void)
{
	klock_shared_unlock(&klock_graph_lock);
}

/* Class `to` was acquired under `from`. */
static void add(int from, enum klock_read from_read, int to, enum klock_read to_read)
{
	klock_graph_add(classes[from], from_read, classes[to], to_read, NULL, false);
}

/* Whether a lock of class `held` closes a circle with one of class `wanted`. */
static bool closes(int held, enum klock_read held_read, int wanted, enum klock_read wanted_read)
{
	return klock_graph_search(classes[wanted], wanted_read, classes[held], held_read);
}

START_TEST(search_follows_edges_forward_only)
{
	add(1, W, 2, W);
	add(2, W, 3, W);
	ck_assert(closes(3, W, 1, W));
	ck_assert(closes(2, W, 1, W));
	ck_assert(!closes(1, W, 3, W));
	ck_assert(!closes(1, W, 4, W));
}
END_TEST

START_TEST(search_ends_in_a_graph_with_circles)
{
	add(1, W, 2, W);
	add(2, W, 3, W);
	add(3, W, 1, W);
	ck_assert(!closes(4, W, 1, W));
	add(3, W, 4, W);
	ck_assert(closes(4, W, 1, W));
}
END_TEST

START_TEST(search_reads_the_shortest_path_back)
{
	struct klock_class *class = classes[4];
	struct klock_edge *edge;
	bool xr;

	add(1, W, 2, W);
	add(2, W, 3, W);
	add(3, W, 4, W);
	add(2, W, 4, W);
	ck_assert(closes(4, W, 1, W));
	xr = klock_path_xr;
	edge = klock_path_step(&class, &xr);
	ck_assert_ptr_eq(edge->from, classes[2]);
	ck_assert_ptr_eq(edge->to, classes[4]);
	edge = klock_path_step(&class, &xr);
	ck_assert_ptr_eq(edge->from, classes[1]);
	ck_assert_ptr_eq(edge->to, classes[2]);
	ck_assert_ptr_null(klock_path_step(&class, &xr));
	ck_assert_ptr_eq(class, classes[1]);
}
END_TEST

/* A reader that is not recursive waits behind a writer that waits: as good as exclusive. */
START_TEST(search_takes_plain_readers_for_writers)
{
	add(1, R, 2, R);
	ck_assert(closes(2, R, 1, R));
	ck_assert(closes(2, W, 1, R));
	ck_assert(closes(2, R, 1, W));
}
END_TEST

START_TEST(search_stops_where_a_recursive_reader_meets_a_shared_hold)
{
	add(1, W, 2, RECURSIVE); /* arrives at 2 recursively */
	add(2, R, 3, W);         /* where 2 is held shared */
	ck_assert(!closes(3, W, 1, W));
	add(2, W, 3, W); /* and now exclusively, too */
	ck_assert(closes(3, W, 1, W));
}
END_TEST

START_TEST(search_goes_on_where_a_plain_reader_meets_a_shared_hold)
{
	add(1, W, 2, RECURSIVE);
	add(2, R, 3, W);
	add(1, W, 2, R); /* the same order, once not recursively */
	ck_assert(closes(3, W, 1, W));
}
END_TEST

START_TEST(search_minds_how_its_ends_are_held)
{
	add(1, W, 2, RECURSIVE);
	ck_assert(closes(2, W, 1, W));
	ck_assert(!closes(2, R, 1, W)); /* a recursive reader waits for no reader */
	add(3, R, 4, W);
	ck_assert(!closes(4, W, 3, RECURSIVE));
	ck_assert(closes(4, W, 3, R));
}
END_TEST

START_TEST(search_finds_the_way_round_a_weak_one)
{
	add(1, W, 2, RECURSIVE);
	add(2, R, 3, W);
	add(1, W, 5, W);
	add(5, W, 3, W);
	ck_assert(closes(3, W, 1, W));
}
END_TEST

START_TEST(order_that_was_reported_is_left_out)
{
	add(1, W, 2, W);
	ck_assert(!klock_graph_known(classes[2], W, classes[1], W));
	klock_graph_add(classes[2], W, classes[1], W, NULL, true);
	ck_assert(klock_graph_known(classes[2], W, classes[1], W));
	ck_assert(klock_graph_known(classes[2], R, classes[1], RECURSIVE));
	/* Only the first direction counts: what it forbids is still found. */
	ck_assert(closes(2, W, 1, W));
	ck_assert(!closes(1, W, 2, W));
}
END_TEST

START_TEST(order_seen_again_is_one_edge)
{
	uint32_t before = klock_nr_edges();

	add(1, W, 2, W);
	add(1, R, 2, R);
	add(1, R, 2, RECURSIVE);
	ck_assert_uint_eq(klock_nr_edges(), before + 1);
	ck_assert_uint_eq(classes[1]->after->dep, KLOCK_DEP_EN | KLOCK_DEP_SN | KLOCK_DEP_SR);
}
END_TEST

START_TEST(order_is_known_in_the_modes_that_were_seen)
{
	ck_assert(!klock_graph_known(classes[1], W, classes[2], W));
	add(1, W, 2, W);
	ck_assert(klock_graph_known(classes[1], W, classes[2], W));
	ck_assert(klock_graph_known(classes[1], W, classes[2], R)); /* waits like a writer */
	ck_assert(!klock_graph_known(classes[1], R, classes[2], W));
	ck_assert(!klock_graph_known(classes[1], W, classes[2], RECURSIVE));
	ck_assert(!klock_graph_known(classes[2], W, classes[1], W));
	klock_graph_zap(classes[2]);
	ck_assert(!klock_graph_known(classes[1], W, classes[2], W));
}
END_TEST

START_TEST(order_of_many_is_known_each)
{
	for (int i = 1; i < MANY; i++)
		add(0, W, i, W);
	for (int i = 1; i < MANY; i++) {
		ck_assert(klock_graph_known(classes[0], W, classes[i], W));
		ck_assert(!klock_graph_known(classes[i], W, classes[0], W));
	}
	for (int i = 1; i < MANY; i += 2)
		klock_graph_zap(classes[i]);
	for (int i = 1; i < MANY; i++)
		ck_assert_int_eq(klock_graph_known(classes[0], W, classes[i], W), i % 2 == 0);
}
END_TEST

START_TEST(class_that_ends_leaves_no_way_through_it)
{
	uint32_t before = klock_nr_edges();

	add(1, W, 2, W);
	add(2, W, 3, W);
	add(1, W, 4, W);
	add(4, W, 2, W);
	klock_graph_zap(classes[2]);
	ck_assert(!closes(3, W, 1, W));
	ck_assert(closes(4, W, 1, W));
	ck_assert_ptr_null(classes[2]->after);
	ck_assert_ptr_null(classes[2]->before);
	ck_assert_uint_eq(klock_nr_edges(), before + 1);
}
END_TEST

START_TEST(search_of_a_chain_of_ten_thousand_classes_arrives)
{
	struct klock_class *class = classes[MANY - 1];
	unsigned int steps = 0;
	bool xr;

	for (int i = 0; i < MANY - 1; i++)
		add(i, W, i + 1, W);
	ck_assert(closes(MANY - 1, W, 0, W));
	xr = klock_path_xr;
	while (klock_path_step(&class, &xr))
		steps++;
	ck_assert_uint_eq(steps, MANY - 1);
	ck_assert(!closes(0, W, MANY - 1, W));
}
END_TEST

static Suite *graph_suite(void)
{
	Suite *suite = suite_create("graph");
	TCase *tc = tcase_create("graph");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, search_follows_edges_forward_only);
	tcase_add_test(tc, search_ends_in_a_graph_with_circles);
	tcase_add_test(tc, search_reads_the_shortest_path_back);
	tcase_add_test(tc, search_takes_plain_readers_for_writers);
	tcase_add_test(tc, search_stops_where_a_recursive_reader_meets_a_shared_hold);
	tcase_add_test(tc, search_goes_on_where_a_plain_reader_meets_a_shared_hold);
	tcase_add_test(tc, search_minds_how_its_ends_are_held);
	tcase_add_test(tc, search_finds_the_way_round_a_weak_one);
	tcase_add_test(tc, order_that_was_reported_is_left_out);
	tcase_add_test(tc, order_seen_again_is_one_edge);
	tcase_add_test(tc, order_is_known_in_the_modes_that_were_seen);
	tcase_add_test(tc, order_of_many_is_known_each);
	tcase_add_test(tc, class_that_ends_leaves_no_way_through_it);
	tcase_add_test(tc, search_of_a_chain_of_ten_thousand_classes_arrives);
	suite_add_tcase(suite, tc);
	return suite;
}

CK_MAIN(graph_suite())
