/* SPDX-License-Identifier: MIT */
/*
 * While the checker is off its interface is there and says nothing: in a thread that has
 * used no lock yet, and in one that has.
 */
#include <errno.h>
#include <klock.h>
#include <stdio.h>
#include <stdlib.h>

static DEFINE_MUTEX(lock);
static DECLARE_RWSEM(sem);
static struct lock_class_key key;
static int reports;

static void count(const struct klock_bug *bug)
{
	printf("%s\n", bug->what);
	reports++;
}

static int wrong(const char *what, int is)
{
	if (is)
		printf("wrong: %s\n", what);
	return is;
}

#define WRONG(condition) wrong(#condition, condition)

static int evaluated;

static struct lockdep_map *evaluate(struct lockdep_map *map)
{
	evaluated++;
	return map;
}

static int compare(const struct lockdep_map *a, const struct lockdep_map *b)
{
	(void)a, (void)b;
	return 0;
}

static void say_what_is_not_so(void)
{
	struct lock_class_key *heap_key = calloc(1, sizeof(*heap_key));
	struct lockdep_map map;
	struct pin_cookie cookie;

	lockdep_assert_held(&lock);
	lockdep_assert_held_write(&sem);
	lockdep_assert_held_read(&sem);
	lockdep_assert(0);
	cookie = lockdep_pin_lock(&lock);
	lockdep_unpin_lock(&lock, cookie);
	lockdep_unpin_lock(&lock, cookie);
	lockdep_init_map(&map, "map", &key, 0);
	lock_map_release(&map);
	lock_map_acquire(&map);
	lock_map_acquire(&map);
	lock_set_subclass(&map, 9, _THIS_IP_);
	lock_downgrade(&map, _THIS_IP_);
	might_lock(&lock);
	lockdep_set_class(&lock, &key);
	lockdep_set_subclass(&lock, 1);
	non_block_start();
	might_sleep();
	non_block_end();
	lockdep_register_key(heap_key);
	lockdep_register_key(heap_key);
	lockdep_unregister_key(heap_key);
	lockdep_unregister_key(heap_key);
	free(heap_key);
	lock_set_cmp_fn(&lock, compare, NULL);
	klock_lockdep_order("sem", "lock");
	klock_lockdep_reset();
}

static int what_is_known(void)
{
	return WRONG(lockdep_is_held(&lock) != LOCK_STATE_UNKNOWN) +
	       WRONG(lockdep_is_held_type(&sem, 0) != LOCK_STATE_UNKNOWN) +
	       WRONG(lockdep_depth(0) != 0) + WRONG(klock_lockdep_enabled()) +
	       WRONG(klock_lockdep_match_key(&sem.dep_map, &key)) +
	       WRONG(klock_lockstat_dump(1, KLOCK_LOCKSTAT_TEXT) != -ENODATA) +
	       WRONG(debug_locks != 1);
}

int main(void)
{
	int errors;

	unsetenv("KLOCK_LOCKDEP");
	unsetenv("KLOCK_CHECK");
	unsetenv("KLOCK_LOCKSTAT");
	klock_set_bug_fn(count);
	say_what_is_not_so();
	errors = what_is_known();

	mutex_lock(&lock);
	say_what_is_not_so();
	lockdep_assert_not_held(&lock);
	lockdep_assert_none_held_once();
	debug_check_no_locks_held();
	debug_check_no_locks_freed(&lock, sizeof(lock));
	errors += what_is_known();
	lock_release(evaluate(&lock.dep_map), 0);
	errors += WRONG(evaluated && klock_self_word); /* another watcher: each call is made */
	mutex_unlock(&lock);
	errors += WRONG(klock_lockdep_enable()) + WRONG(reports != 0);

	/* What the lock itself knows is asked of it. */
	down_read(&sem);
	rwsem_assert_held(&sem);
	errors += WRONG(reports != 0);
	rwsem_assert_held_write(&sem);
	errors += WRONG(reports != 1);
	up_read(&sem);
	rwsem_assert_held(&sem);
	errors += WRONG(reports != 2);
	return errors != 0;
}
