/* SPDX-License-Identifier: MIT */
#include "matrix_cases.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What has to be so whatever is reported. */
#define MUST(condition)                                                                            \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			printf("%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);             \
			exit(1);                                                                   \
		}                                                                                  \
	} while (0)

int by_address(const struct lockdep_map *a, const struct lockdep_map *b)
{
	return (a > b) - (a < b);
}

static DEFINE_MUTEX(outer);
static DEFINE_MUTEX(inner);

static void in_order(struct mutex *first, struct mutex *second)
{
	mutex_lock(first);
	mutex_lock(second);
	mutex_unlock(second);
	mutex_unlock(first);
}

static void both_ways(struct mutex *a, struct mutex *b)
{
	in_order(a, b);
	in_order(b, a);
}

static void maps_in_order(struct lockdep_map *first, struct lockdep_map *second)
{
	lock_map_acquire(first);
	lock_map_acquire(second);
	lock_map_release(second);
	lock_map_release(first);
}

static struct lock_class_key *new_key(void)
{
	struct lock_class_key *key = calloc(1, sizeof(*key));

	MUST(key);
	return key;
}

static void forget_key(struct lock_class_key *key)
{
	lockdep_free_key_range(key, sizeof(*key));
	free(key);
}

void registered_key_on_the_heap(void)
{
	struct lock_class_key *key = malloc(sizeof(*key));
	struct mutex lock;

	MUST(key);
	memset(key, 0xa5, sizeof(*key));
	lockdep_register_key(key);
	__mutex_init(&lock, "lock", key);
	in_order(&outer, &lock);
	lockdep_unregister_key(key);
	free(key);
}

void registered_key_orders(void)
{
	struct lock_class_key *key = new_key();
	struct mutex a, b;

	lockdep_register_key(key);
	__mutex_init(&a, "lock", key);
	__mutex_init(&b, "lock", key);
	in_order(&outer, &a);
	in_order(&b, &outer);
	lockdep_unregister_key(key);
	free(key);
}

void unregistered_key_forgets(void)
{
	struct lock_class_key *key = new_key();
	struct mutex lock;

	for (int i = 0; i < 2; i++) {
		lockdep_register_key(key);
		__mutex_init(&lock, "lock", key);
		if (i)
			in_order(&lock, &outer);
		else
			in_order(&outer, &lock);
		lockdep_unregister_key(key);
	}
	free(key);
}

void key_on_the_heap_not_registered(void)
{
	struct lock_class_key *key = new_key();
	struct mutex lock;

	__mutex_init(&lock, "lock", key);
	mutex_lock(&lock);
	mutex_unlock(&lock);
	forget_key(key);
}

void key_on_the_stack_not_registered(void)
{
	struct lock_class_key key = { 0 };
	struct mutex lock;

	__mutex_init(&lock, "lock", &key);
	mutex_lock(&lock);
	mutex_unlock(&lock);
	lockdep_free_key_range(&key, sizeof(key));
}

void key_registered_twice(void)
{
	struct lock_class_key *key = new_key();

	lockdep_register_key(key);
	lockdep_register_key(key);
	lockdep_unregister_key(key);
	free(key);
}

void key_registered_again_after_unregister(void)
{
	struct lock_class_key *key = new_key();

	for (int i = 0; i < 3; i++) {
		lockdep_register_key(key);
		lockdep_unregister_key(key);
	}
	free(key);
}

void key_unregistered_never_registered(void)
{
	struct lock_class_key *key = new_key();

	lockdep_unregister_key(key);
	free(key);
}

void key_unregistered_while_held(void)
{
	struct lock_class_key *key = new_key();
	struct mutex lock;

	lockdep_register_key(key);
	__mutex_init(&lock, "lock", key);
	mutex_lock(&lock);
	lockdep_unregister_key(key);
	mutex_unlock(&lock);
	free(key);
}

void key_range_freed_forgets(void)
{
	static struct lock_class_key keys[2];
	struct mutex lock;

	__mutex_init(&lock, "lock", &keys[1]);
	in_order(&outer, &lock);
	lockdep_free_key_range(keys, sizeof(keys));
	in_order(&lock, &outer);
}

static struct lock_class_key map_key;

void map_copied_is_of_its_class(void)
{
	struct lockdep_map a, b, copy;

	lockdep_init_map(&a, "a", &map_key, 1);
	lockdep_init_map(&b, "b", &map_key, 0);
	lockdep_copy_map(&copy, &a);
	MUST(lockdep_match_key(&copy, &map_key));
	maps_in_order(&b, &a);
	MUST(debug_locks);
	maps_in_order(&copy, &b);
}

void map_copied_from_static_is_of_its_class(void)
{
	static struct lockdep_map a = STATIC_LOCKDEP_MAP_INIT("a", &a);
	static struct lockdep_map b = STATIC_LOCKDEP_MAP_INIT("b", &b);
	struct lockdep_map copy;

	lockdep_copy_map(&copy, &a);
	maps_in_order(&a, &b);
	MUST(debug_locks);
	maps_in_order(&b, &copy);
}

static struct lockdep_map static_a = STATIC_LOCKDEP_MAP_INIT("static_a", &map_key);
static struct lockdep_map static_b = STATIC_LOCKDEP_MAP_INIT("static_b", &static_b);

void map_static_orders(void)
{
	maps_in_order(&static_a, &static_b);
	maps_in_order(&static_b, &static_a);
}

void map_static_one_order(void)
{
	maps_in_order(&static_a, &static_b);
	maps_in_order(&static_a, &static_b);
}

void map_matches_its_key_only(void)
{
	static struct lock_class_key other_key;
	struct lockdep_map map;

	lockdep_init_map(&map, "map", &map_key, 2);
	MUST(lockdep_match_key(&map, &map_key));
	MUST(!lockdep_match_key(&map, &other_key));
	MUST(lockdep_match_key(&static_a, &map_key));
	MUST(!lockdep_match_key(&static_b, &map_key));
}

void map_has_its_name(void)
{
	static struct lock_class_key key;
	struct mutex lock;

	__mutex_init(&lock, "first", &key);
	MUST(!strcmp(klock_lockdep_name(&lock.dep_map), "first"));
	MUST(!strcmp(klock_lockdep_name(&static_a), "static_a"));
	MUST(!strcmp(klock_lockdep_name(&outer.dep_map), "outer"));
	lockdep_set_class_and_name(&lock, &key, "second");
	MUST(!strcmp(klock_lockdep_name(&lock.dep_map), "second"));
}

void class_matches_after_set(void)
{
	static struct lock_class_key key;
	struct rw_semaphore sem;

	init_rwsem(&sem);
	MUST(!lockdep_match_class(&sem, &key));
	lockdep_set_class(&sem, &key);
	MUST(lockdep_match_class(&sem, &key));
	lockdep_set_novalidate_class(&sem);
	MUST(lockdep_match_class(&sem, &__lockdep_no_validate__));
}

void wait_override_map_orders(void)
{
	static DEFINE_WAIT_OVERRIDE_MAP(map, LD_WAIT_SLEEP);

	lock_map_acquire_try(&map);
	mutex_lock(&outer);
	mutex_unlock(&outer);
	lock_map_release(&map);
	MUST(debug_locks);
	mutex_lock(&outer);
	lock_map_acquire(&map);
	lock_map_release(&map);
	mutex_unlock(&outer);
}

void map_wait_types_make_no_difference(void)
{
	static struct lock_class_key keys[3];
	struct lockdep_map a, b, c;

	lockdep_init_map_wait(&a, "a", &keys[0], 0, LD_WAIT_SPIN);
	lockdep_init_map_waits(&b, "b", &keys[1], 0, LD_WAIT_CONFIG, LD_WAIT_INV);
	lockdep_init_map_type(&c, "c", &keys[2], 0, LD_WAIT_SLEEP, LD_WAIT_INV, LD_LOCK_PERCPU);
	maps_in_order(&a, &b);
	maps_in_order(&b, &c);
	MUST(debug_locks);
	maps_in_order(&c, &a);
}

void held_state_is_told(void)
{
	static DECLARE_RWSEM(sem);

	MUST(lockdep_is_held(&sem) == LOCK_STATE_NOT_HELD);
	down_read(&sem);
	MUST(lockdep_is_held(&sem) == LOCK_STATE_HELD);
	MUST(lock_is_held(&sem.dep_map) == LOCK_STATE_HELD);
	MUST(lockdep_is_held_type(&sem, 1) == LOCK_STATE_HELD);
	MUST(lockdep_is_held_type(&sem, 0) == LOCK_STATE_NOT_HELD);
	MUST(lock_is_held_type(&sem.dep_map, 0) == LOCK_STATE_NOT_HELD);
	MUST(lockdep_depth(0) == 1);
	up_read(&sem);
	MUST(lockdep_depth(0) == 0);
}

void held_state_is_unknown_while_off(void)
{
	lockdep_off();
	MUST(lockdep_is_held(&outer) == LOCK_STATE_UNKNOWN);
	mutex_lock(&outer);
	MUST(lockdep_is_held(&outer) == LOCK_STATE_UNKNOWN);
	lockdep_assert_not_held(&outer);
	mutex_unlock(&outer);
	lockdep_on();
	MUST(lockdep_is_held(&outer) == LOCK_STATE_NOT_HELD);
}

void pin_with_another_cookie(void)
{
	struct pin_cookie first, second;

	mutex_lock(&outer);
	first = lockdep_pin_lock(&outer);
	second = lockdep_pin_lock(&outer);
	MUST(first.val != second.val);
	lockdep_unpin_lock(&outer, first);
	lockdep_unpin_lock(&outer, first);
	mutex_unlock(&outer);
}

void pin_with_no_cookie(void)
{
	struct pin_cookie none = NIL_COOKIE;

	mutex_lock(&outer);
	MUST(lockdep_pin_lock(&outer).val);
	lockdep_unpin_lock(&outer, none);
	mutex_unlock(&outer);
}

void debug_locks_warn_on_true(void)
{
	MUST(DEBUG_LOCKS_WARN_ON(debug_locks == 1));
	MUST(SMP_DEBUG_LOCKS_WARN_ON(1));
}

void debug_locks_warn_on_false(void)
{
	MUST(!DEBUG_LOCKS_WARN_ON(debug_locks == 0));
}

void debug_locks_off_tells_once(void)
{
	MUST(debug_locks_off());
	MUST(!debug_locks_off());
}

void lockdep_assert_true(void)
{
	lockdep_assert(debug_locks == 1);
	lockdep_assert_once(1);
}

void lockdep_assert_false(void)
{
	lockdep_assert(debug_locks == 0);
}

void static_locks_are_classes_of_their_own(void)
{
	static struct mutex locks[2] = { __MUTEX_INITIALIZER(a), __MUTEX_INITIALIZER(a) };

	in_order(&locks[0], &locks[1]);
	in_order(&outer, &inner);
}

void static_locks_both_ways(void)
{
	both_ways(&outer, &inner);
}

static void init_here(struct mutex *lock)
{
	mutex_init(lock);
}

void locks_of_one_line_are_one_class(void)
{
	struct mutex a, b;

	init_here(&a);
	init_here(&b);
	in_order(&a, &b);
}

void locks_of_two_lines_are_two_classes(void)
{
	struct mutex a, b;

	mutex_init(&a);
	mutex_init(&b);
	in_order(&a, &b);
}

static DEFINE_RWSEM(sem);
DEFINE_STATIC_PERCPU_RWSEM(percpu);

void lock_of_another_kind_in_the_circle(void)
{
	mutex_lock(&outer);
	down_read(&sem);
	up_read(&sem);
	mutex_unlock(&outer);
	down_write(&sem);
	percpu_down_read(&percpu);
	percpu_up_read(&percpu);
	up_write(&sem);
	MUST(debug_locks);
	percpu_down_write(&percpu);
	mutex_lock(&outer);
	mutex_unlock(&outer);
	percpu_up_write(&percpu);
}

void semaphore_breaks_no_circle(void)
{
	static DEFINE_SEMAPHORE(units, 1);

	mutex_lock(&outer);
	down(&units);
	mutex_lock(&inner);
	mutex_unlock(&inner);
	up(&units);
	mutex_unlock(&outer);
	MUST(debug_locks);
	in_order(&inner, &outer);
}

static unsigned long word;

void nonblock_bit_wait(void)
{
	MUST(!wait_on_bit(&word, 3, TASK_KILLABLE));
	MUST(debug_locks);
	non_block_start();
	MUST(!wait_on_bit(&word, 3, TASK_UNINTERRUPTIBLE));
	non_block_end();
}

void nonblock_bit_lock(void)
{
	non_block_start();
	MUST(!wait_on_bit_lock_timeout(&word, 3, TASK_KILLABLE, 1000));
	non_block_end();
	clear_and_wake_up_bit(3, &word);
}

void nonblock_bit_wait_of_no_time(void)
{
	non_block_start();
	MUST(!wait_on_bit_timeout(&word, 3, TASK_KILLABLE, 0));
	non_block_end();
}

void nonblock_bit_tried(void)
{
	non_block_start();
	MUST(!test_and_set_bit_lock(3, &word));
	clear_and_wake_up_bit(3, &word);
	non_block_end();
}
