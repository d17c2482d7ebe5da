/* SPDX-License-Identifier: MIT */
/* Which locks are of one class, and how classes come and go with their keys. */
#include "lockdep/class.h"
#include "lockdep/arena.h"
#include "lockdep/graph.h"
#include "lockdep/verdict.h"
#include "support/ck_main.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static DEFINE_MUTEX(static_a);
static DEFINE_MUTEX(static_b);
static DEFINE_RWSEM(static_sem);

static struct klock_class *class_of(struct mutex *lock)
{
	return klock_class_of(&lock->dep_map, 0);
}

static const char *name_of(struct klock_class *class)
{
	static char name[64];

	return klock_class_name(class, name, sizeof(name));
}

static void make(struct mutex *lock)
{
	mutex_init(lock);
}

START_TEST(class_of_locks_from_one_line_is_one)
{
	struct mutex locks[2], other;

	make(&locks[0]);
	make(&locks[1]);
	mutex_init(&other);
	ck_assert_ptr_eq(class_of(&locks[0]), class_of(&locks[1]));
	ck_assert_ptr_ne(class_of(&locks[0]), class_of(&other));
	ck_assert_str_eq(name_of(class_of(&locks[0])), "lock");
	ck_assert_str_eq(name_of(class_of(&other)), "&other");
	ck_assert_ptr_eq(class_of(&other), class_of(&other));
}
END_TEST

START_TEST(class_of_a_static_lock_is_its_own)
{
	ck_assert_ptr_ne(class_of(&static_a), class_of(&static_b));
	ck_assert_ptr_eq(class_of(&static_a), class_of(&static_a));
	ck_assert_str_eq(name_of(class_of(&static_a)), "static_a");
	ck_assert_str_eq(name_of(klock_class_of(&static_sem.dep_map, 0)), "static_sem");
	ck_assert_ptr_eq(class_of(&static_a)->origin, &static_a.dep_map);
}
END_TEST

START_TEST(class_of_each_nesting_level_is_another)
{
	struct mutex lock;
	struct klock_class *classes[KLOCK_MAX_SUBCLASSES];

	mutex_init(&lock);
	for (unsigned int i = 0; i < KLOCK_MAX_SUBCLASSES; i++) {
		classes[i] = klock_class_of(&lock.dep_map, i);
		ck_assert_ptr_nonnull(classes[i]);
		for (unsigned int j = 0; j < i; j++)
			ck_assert_ptr_ne(classes[i], classes[j]);
	}
	ck_assert_str_eq(name_of(classes[0]), "&lock");
	ck_assert_str_eq(name_of(classes[7]), "&lock/7");
	ck_assert_ptr_null(klock_class_of(&lock.dep_map, KLOCK_MAX_SUBCLASSES));
}
END_TEST

START_TEST(class_set_for_a_lock_is_the_keys)
{
	static struct lock_class_key key;
	struct mutex locks[3];

	for (int i = 0; i < 3; i++)
		make(&locks[i]);
	lockdep_set_class(&locks[0], &key);
	lockdep_set_class_and_name(&locks[1], &key, "another name");
	ck_assert_ptr_eq(class_of(&locks[0]), class_of(&locks[1]));
	ck_assert_ptr_ne(class_of(&locks[0]), class_of(&locks[2]));
	ck_assert_str_eq(name_of(class_of(&locks[0])), "&key");
}
END_TEST

START_TEST(class_set_with_a_level_is_taken_at_it)
{
	static struct lock_class_key key;
	struct mutex plain, deeper, moved;
	const char *name;

	mutex_init(&plain);
	mutex_init(&deeper);
	make(&moved);
	lockdep_set_class(&plain, &key);
	lockdep_set_class_and_subclass(&deeper, &key, 3);
	ck_assert_ptr_eq(class_of(&deeper), klock_class_of(&plain.dep_map, 3));
	/* What the acquisition says goes before what the lock says. */
	ck_assert_ptr_eq(klock_class_of(&deeper.dep_map, 2), klock_class_of(&plain.dep_map, 2));

	name = klock_lockdep_name(&moved.dep_map);
	lockdep_set_subclass(&moved, 1);
	ck_assert_str_eq(name_of(class_of(&moved)), "lock/1");
	ck_assert_ptr_eq(klock_lockdep_name(&moved.dep_map), name);
}
END_TEST

START_TEST(class_set_for_a_static_lock_takes_it_from_its_own)
{
	static struct lock_class_key key;
	struct klock_class *own = class_of(&static_b);

	lockdep_set_class_and_name(&static_b, &key, "moved");
	ck_assert_ptr_ne(class_of(&static_b), own);
	ck_assert_str_eq(name_of(class_of(&static_b)), "moved");
}
END_TEST

static struct lock_class_key shared_key, later_key;
static struct lockdep_map shared_a = STATIC_LOCKDEP_MAP_INIT("shared", &shared_key);
static struct lockdep_map shared_b = STATIC_LOCKDEP_MAP_INIT("other name", &shared_key);
static struct lockdep_map in_array[2] = {
	STATIC_LOCKDEP_MAP_INIT("shared", &shared_key),
	STATIC_LOCKDEP_MAP_INIT("later", &later_key),
};
static struct lockdep_map of_its_own = STATIC_LOCKDEP_MAP_INIT("own", &of_its_own);
static struct lockdep_map not_validated =
	STATIC_LOCKDEP_MAP_INIT("not validated", &__lockdep_no_validate__);

START_TEST(class_of_a_static_map_is_its_keys)
{
	struct klock_class *class = klock_class_of(&shared_a, 0);
	struct mutex lock;

	ck_assert_str_eq(name_of(class), "shared");
	ck_assert_ptr_eq(class->origin, &shared_key);
	ck_assert_ptr_eq(klock_class_of(&shared_a, 0), class);
	ck_assert_ptr_eq(klock_class_of(&in_array[0], 0), class);
	ck_assert_ptr_eq(klock_class_of(&shared_b, 0), class);
	ck_assert_str_eq(klock_lockdep_name(&shared_a), "shared");
	ck_assert_str_eq(klock_lockdep_name(&shared_b), "other name");
	klock_mutex_init(&lock, "lock", &shared_key);
	ck_assert_ptr_eq(class_of(&lock), class);
	ck_assert_ptr_ne(klock_class_of(&shared_b, 1), class);
	ck_assert_ptr_eq(klock_class_of(&shared_b, 1), klock_class_of(&lock.dep_map, 1));
}
END_TEST

START_TEST(class_of_a_static_map_is_that_of_a_lock_before_it)
{
	struct klock_class *class;
	struct mutex lock;

	klock_mutex_init(&lock, "before", &later_key);
	class = class_of(&lock);
	ck_assert_ptr_eq(klock_class_of(&in_array[1], 0), class);
	ck_assert_str_eq(name_of(class), "before");
	ck_assert_str_eq(klock_lockdep_name(&in_array[1]), "later");
}
END_TEST

START_TEST(class_of_a_static_map_without_a_key_is_its_own)
{
	static struct lockdep_map in_function = STATIC_LOCKDEP_MAP_INIT("in", &in_function);
	struct lockdep_map automatic = STATIC_LOCKDEP_MAP_INIT("automatic", &shared_key);

	ck_assert_ptr_eq(klock_class_of(&of_its_own, 0)->origin, &of_its_own);
	ck_assert_str_eq(name_of(klock_class_of(&of_its_own, 0)), "own");
	ck_assert_ptr_eq(klock_class_of(&in_function, 0)->origin, &in_function);
	ck_assert_ptr_eq(klock_class_of(&automatic, 0), klock_class_of(&shared_a, 0));
	ck_assert(klock_class_of(&not_validated, 0)->novalidate);
}
END_TEST

START_TEST(key_of_a_static_map_matches_before_and_after_its_first_use)
{
	struct lockdep_map copy;

	for (int used = 0; used < 2; used++) {
		ck_assert(lockdep_match_key(&shared_b, &shared_key));
		ck_assert(!lockdep_match_key(&shared_b, &later_key));
		ck_assert(!lockdep_match_key(&of_its_own, &shared_key));
		lockdep_copy_map(&copy, &shared_b);
		ck_assert(lockdep_match_key(&copy, &shared_key));
		ck_assert_str_eq(klock_lockdep_name(&copy), "other name");
		klock_class_of(&shared_b, 0);
	}
}
END_TEST

START_TEST(order_of_static_maps_of_one_key_is_recursion)
{
	lock_map_acquire(&shared_a);
	lock_map_acquire(&in_array[1]);
	lock_map_release(&in_array[1]);
	expect_silence();
	lock_map_acquire_try(&in_array[0]);
	lock_map_release(&in_array[0]);
	expect_silence();
	lock_acquire_exclusive(&shared_b, 0, 0, NULL, _THIS_IP_);
	expect_report();
	lock_map_release(&shared_b);
	lock_map_release(&shared_a);
}
END_TEST

START_TEST(class_level_set_again_and_again_takes_no_memory)
{
	struct mutex lock;
	size_t used;

	make(&lock);
	lockdep_set_subclass(&lock, 1);
	class_of(&lock);
	used = klock_arena_used();
	for (int i = 0; i < 1000; i++) {
		make(&lock);
		lockdep_set_subclass(&lock, 1);
		class_of(&lock);
	}
	ck_assert_uint_eq(klock_arena_used(), used);
}
END_TEST

START_TEST(class_that_is_not_validated_has_no_order)
{
	struct mutex a, b;

	mutex_init(&a);
	mutex_init(&b);
	lockdep_set_novalidate_class(&b);
	nest(&a, &b);
	nest(&b, &a);
	expect_silence();
	mutex_lock(&b);
	ck_assert(lockdep_is_held(&b));
	mutex_unlock(&b);
	ck_assert(!lockdep_is_held(&b));
}
END_TEST

START_TEST(key_that_is_unregistered_takes_its_orders_along)
{
	struct lock_class_key *key = malloc(sizeof(*key));
	struct klock_class *before;
	struct mutex a, b;

	ck_assert_ptr_nonnull(key);
	mutex_init(&a);
	lockdep_register_key(key);
	klock_mutex_init(&b, "b", key);
	before = class_of(&b);
	nest(&a, &b);
	lockdep_unregister_key(key);

	/* Another key at the same place: nothing of the first is left. */
	lockdep_register_key(key);
	klock_mutex_init(&b, "b", key);
	ck_assert_ptr_ne(class_of(&b), before);
	nest(&b, &a);
	expect_silence();
	nest(&a, &b);
	expect_report();
	lockdep_unregister_key(key);
	free(key);
}
END_TEST

START_TEST(key_that_is_unregistered_takes_all_levels_along)
{
	static struct lock_class_key key;
	struct mutex lock;
	uint32_t edges = klock_nr_edges();

	lockdep_register_key(&key);
	klock_mutex_init(&lock, "lock", &key);
	for (unsigned int i = 1; i < KLOCK_MAX_SUBCLASSES; i++) {
		mutex_lock(&static_a);
		mutex_lock_nested(&lock, i);
		mutex_unlock(&lock);
		mutex_unlock(&static_a);
	}
	ck_assert_uint_eq(klock_nr_edges(), edges + KLOCK_MAX_SUBCLASSES - 1);
	lockdep_unregister_key(&key);
	ck_assert_uint_eq(klock_nr_edges(), edges);
}
END_TEST

START_TEST(key_range_that_is_freed_takes_only_its_own_along)
{
	static struct {
		struct lock_class_key in[2], out;
	} keys;
	struct mutex in, out, outer;

	mutex_init(&outer);
	klock_mutex_init(&in, "in", &keys.in[1]);
	klock_mutex_init(&out, "out", &keys.out);
	nest(&outer, &in);
	nest(&outer, &out);
	lockdep_free_key_range(keys.in, sizeof(keys.in));
	memset(keys.in, 0, sizeof(keys.in));
	klock_mutex_init(&in, "in", &keys.in[1]);
	nest(&in, &outer);
	expect_silence();
	nest(&out, &outer);
	expect_report();
}
END_TEST

START_TEST(lock_that_is_reset_has_no_orders_any_more)
{
	nest(&static_a, &static_b);
	klock_lockdep_reset_lock(&static_a.dep_map);
	nest(&static_b, &static_a);
	expect_silence();
	nest(&static_a, &static_b);
	expect_report();
}
END_TEST

#define THREADS 4
#define ROUNDS 200

static struct mutex raced[ROUNDS];
static struct lock_class_key raced_keys[ROUNDS];
static struct klock_class *found[THREADS][ROUNDS];
static pthread_barrier_t start;

static void *race(void *arg)
{
	struct klock_class **mine = arg;

	pthread_barrier_wait(&start);
	for (int i = 0; i < ROUNDS; i++)
		mine[i] = class_of(&raced[i]);
	return NULL;
}

static void race_for_classes(void)
{
	pthread_t threads[THREADS];

	pthread_barrier_init(&start, NULL, THREADS);
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, race, found[i]), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&start);
	for (int i = 0; i < ROUNDS; i++) {
		ck_assert_ptr_nonnull(found[0][i]);
		for (int j = 1; j < THREADS; j++)
			ck_assert_ptr_eq(found[0][i], found[j][i]);
		ck_assert(i == 0 || found[0][i] != found[0][i - 1]);
	}
}

START_TEST(class_that_several_threads_want_first_is_made_once)
{
	for (int i = 0; i < ROUNDS; i++)
		klock_mutex_init(&raced[i], "raced", &raced_keys[i]);
	race_for_classes();
}
END_TEST

START_TEST(class_of_a_static_lock_that_several_threads_want_first_is_made_once)
{
	for (int i = 0; i < ROUNDS; i++)
		raced[i] = (struct mutex)KLOCK_MUTEX_INITIALIZER(raced);
	race_for_classes();
}
END_TEST

START_TEST(classes_by_the_ten_thousand_are_told_apart)
{
	enum { N = 20000 };
	static struct lock_class_key keys[N];
	uint32_t before = klock_nr_classes();
	struct mutex lock;

	for (int i = 0; i < N; i++) {
		klock_mutex_init(&lock, "many", &keys[i]);
		nest(&static_a, &lock);
	}
	ck_assert_uint_ge(klock_nr_classes(), before + N);
	expect_silence();
	/* The last is still known: the other way round is an error. */
	nest(&lock, &static_a);
	expect_report();
}
END_TEST

static Suite *class_suite(void)
{
	Suite *suite = suite_create("class");
	TCase *tc = tcase_create("class");

	tcase_add_checked_fixture(tc, verdict_setup, NULL);
	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, class_of_locks_from_one_line_is_one);
	tcase_add_test(tc, class_of_a_static_lock_is_its_own);
	tcase_add_test(tc, class_of_each_nesting_level_is_another);
	tcase_add_test(tc, class_set_for_a_lock_is_the_keys);
	tcase_add_test(tc, class_set_with_a_level_is_taken_at_it);
	tcase_add_test(tc, class_set_for_a_static_lock_takes_it_from_its_own);
	tcase_add_test(tc, class_of_a_static_map_is_its_keys);
	tcase_add_test(tc, class_of_a_static_map_is_that_of_a_lock_before_it);
	tcase_add_test(tc, class_of_a_static_map_without_a_key_is_its_own);
	tcase_add_test(tc, key_of_a_static_map_matches_before_and_after_its_first_use);
	tcase_add_test(tc, order_of_static_maps_of_one_key_is_recursion);
	tcase_add_test(tc, class_level_set_again_and_again_takes_no_memory);
	tcase_add_test(tc, class_that_is_not_validated_has_no_order);
	tcase_add_test(tc, key_that_is_unregistered_takes_its_orders_along);
	tcase_add_test(tc, key_that_is_unregistered_takes_all_levels_along);
	tcase_add_test(tc, key_range_that_is_freed_takes_only_its_own_along);
	tcase_add_test(tc, lock_that_is_reset_has_no_orders_any_more);
	tcase_add_test(tc, class_that_several_threads_want_first_is_made_once);
	tcase_add_test(tc, class_of_a_static_lock_that_several_threads_want_first_is_made_once);
	tcase_add_test(tc, classes_by_the_ten_thousand_are_told_apart);
	suite_add_tcase(suite, tc);
	return suite;
}

CK_MAIN(class_suite())
