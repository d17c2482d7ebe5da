/* SPDX-License-Identifier: MIT */
/* Locks that were given no key: automatic, on the heap, zeroed. What class they are of. */
#include "lockdep/arena.h"
#include "lockdep/class.h"
#include "lockdep/verdict.h"
#include "support/bugs.h"
#include "support/ck_main.h"
#include <stdlib.h>

static void setup(void)
{
	verdict_setup();
	catch_bugs();
}

static struct klock_class *class_of(struct mutex *lock)
{
	return klock_class_of(&lock->dep_map, 0);
}

struct two {
	struct mutex a, b;
};

static __attribute__((noinline)) struct klock_class *one_automatic(void)
{
	DEFINE_MUTEX(lock);
	struct klock_class *class;

	mutex_lock(&lock);
	class = class_of(&lock);
	mutex_unlock(&lock);
	return class;
}

START_TEST(automatic_lock_is_of_one_class_in_all_calls)
{
	struct klock_class *class = one_automatic();
	uint32_t classes = klock_nr_classes();
	size_t memory = klock_arena_used();

	for (int i = 0; i < 20000; i++)
		ck_assert_ptr_eq(one_automatic(), class);
	ck_assert_uint_eq(klock_nr_classes(), classes);
	ck_assert_uint_eq(klock_arena_used(), memory);
	ck_assert_str_eq(class->name, "lock");
}
END_TEST

/* The same names, and the same addresses: what tells them apart is the function. */
static __attribute__((noinline)) struct two *same_names_1(void)
{
	struct two t = { __MUTEX_INITIALIZER(a), __MUTEX_INITIALIZER(b) };
	struct two *volatile where = &t;

	nest(&where->a, &where->b);
	return where;
}

static __attribute__((noinline)) struct two *same_names_2(void)
{
	struct two t = { __MUTEX_INITIALIZER(a), __MUTEX_INITIALIZER(b) };
	struct two *volatile where = &t;

	nest(&where->b, &where->a);
	return where;
}

START_TEST(automatic_locks_of_two_functions_have_no_common_order)
{
	for (int i = 0; i < 3; i++)
		ck_assert_ptr_eq(same_names_1(), same_names_2());
	expect_silence();
}
END_TEST

static __attribute__((noinline)) void in_this_order(bool reverse)
{
	struct two t = { __MUTEX_INITIALIZER(a), __MUTEX_INITIALIZER(b) };
	struct two *volatile where = &t;

	nest(reverse ? &where->b : &where->a, reverse ? &where->a : &where->b);
}

START_TEST(automatic_locks_of_one_function_are_checked_across_calls)
{
	in_this_order(false);
	in_this_order(false);
	expect_silence();
	in_this_order(true);
	expect_report();
}
END_TEST

START_TEST(automatic_locks_of_one_name_are_classes_of_their_own)
{
	struct mutex locks[3] = { __MUTEX_INITIALIZER(one), __MUTEX_INITIALIZER(one),
				  __MUTEX_INITIALIZER(one) };

	nest(&locks[0], &locks[1]);
	nest(&locks[1], &locks[2]);
	expect_silence();
	nest(&locks[2], &locks[0]);
	expect_report();
}
END_TEST

static void make_lock(struct mutex *lock)
{
	*lock = (struct mutex)__MUTEX_INITIALIZER(on_the_heap);
}

/* The class is that of this call: a loop may be compiled into two places that call it. */
static __attribute__((noinline)) void use_lock(struct mutex *lock)
{
	mutex_lock(lock);
	mutex_unlock(lock);
}

START_TEST(locks_on_the_heap_by_static_initialiser_make_no_class_each)
{
	uint32_t classes = 0;

	for (int i = 0; i < 20000; i++) {
		struct mutex *lock = malloc(sizeof(*lock));

		ck_assert_ptr_nonnull(lock);
		make_lock(lock);
		use_lock(lock);
		free(lock);
		if (!i)
			classes = klock_nr_classes();
	}
	ck_assert_uint_eq(klock_nr_classes(), classes);
	expect_silence();
}
END_TEST

/* Each kind of lock in memory that nobody initialised: said once, however often it is used. */
struct zeroed {
	struct mutex mutex;
	struct rw_semaphore rwsem;
	struct semaphore semaphore;
	struct lockdep_map map;
};

static void lock_mutex(struct zeroed *z)
{
	mutex_lock(&z->mutex);
	mutex_unlock(&z->mutex);
}

static void lock_read(struct zeroed *z)
{
	down_read(&z->rwsem);
	up_read(&z->rwsem);
}

static void try_semaphore(struct zeroed *z)
{
	ck_assert_int_eq(down_trylock(&z->semaphore), 1);
}

static void acquire_map(struct zeroed *z)
{
	lock_map_acquire(&z->map);
	lock_map_release(&z->map);
}

static const struct {
	void (*use)(struct zeroed *z);
	size_t offset;
	const char *type;
} kinds[] = {
	{ lock_mutex, offsetof(struct zeroed, mutex), "mutex" },
	{ lock_read, offsetof(struct zeroed, rwsem), "rw_semaphore" },
	{ try_semaphore, offsetof(struct zeroed, semaphore), "semaphore" },
	{ acquire_map, offsetof(struct zeroed, map), "lockdep_map" },
};

START_TEST(lock_in_zeroed_memory_is_named_once)
{
	struct zeroed *z = calloc(10, sizeof(*z));

	ck_assert_ptr_nonnull(z);
	for (int i = 0; i < 10; i++)
		kinds[_i].use(&z[i]);
	kinds[_i].use(z);
	expect_bug("a lock that nobody initialised is used", (char *)z + kinds[_i].offset,
		   "(not initialised)");
	ck_assert_str_eq(bugs.lock_type, kinds[_i].type);
	expect_silence();
	free(z);
}
END_TEST

/* Zero bytes in static storage are a lock that is its own class, as with an initialiser. */
static struct mutex zeroed_1, zeroed_2;

START_TEST(zeroed_static_locks_are_classes_of_their_own)
{
	nest(&zeroed_1, &zeroed_2);
	nest(&zeroed_1, &zeroed_2);
	expect_silence();
	nest(&zeroed_2, &zeroed_1);
	expect_report();
	ck_assert_int_eq(bugs.count, 0);
	ck_assert_ptr_nonnull(strstr(klock_lockdep_name(&zeroed_1.dep_map), "test_own_key("));
}
END_TEST

START_TEST(initialised_locks_anywhere_are_not_named)
{
	struct zeroed *z = calloc(1, sizeof(*z));

	ck_assert_ptr_nonnull(z);
	mutex_init(&z->mutex);
	init_rwsem(&z->rwsem);
	sema_init(&z->semaphore, 0);
	for (size_t i = 0; i < 3; i++)
		kinds[i].use(z);
	ck_assert_int_eq(bugs.count, 0);
	expect_silence();
	free(z);
}
END_TEST

static Suite *own_key_suite(void)
{
	Suite *suite = suite_create("own_key");
	TCase *tc = tcase_create("own key");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, automatic_lock_is_of_one_class_in_all_calls);
	tcase_add_test(tc, automatic_locks_of_two_functions_have_no_common_order);
	tcase_add_test(tc, automatic_locks_of_one_function_are_checked_across_calls);
	tcase_add_test(tc, automatic_locks_of_one_name_are_classes_of_their_own);
	tcase_add_test(tc, locks_on_the_heap_by_static_initialiser_make_no_class_each);
	tcase_add_loop_test(tc, lock_in_zeroed_memory_is_named_once, 0,
			    (int)(sizeof(kinds) / sizeof(kinds[0])));
	tcase_add_test(tc, zeroed_static_locks_are_classes_of_their_own);
	tcase_add_test(tc, initialised_locks_anywhere_are_not_named);
	suite_add_tcase(suite, tc);
	return suite;
}

CK_MAIN(own_key_suite())
