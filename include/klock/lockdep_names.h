/* SPDX-License-Identifier: MIT */
/*
 * The kernel's names of what is in <klock/lockdep.h>, for kernel code to compile as it
 * is. Programs include that file, not this one. Where a name here means less or more
 * than in the kernel it says so.
 *
 * A struct lockdep_map has no members to look at: what kernel code reads as map->name
 * and map->key is klock_lockdep_name() and lockdep_match_key().
 */
#ifndef KLOCK_LOCKDEP_NAMES_H
#define KLOCK_LOCKDEP_NAMES_H

#include <klock/lockdep.h>
#include <klock/show.h>

#ifndef KLOCK_NO_KERNEL_NAMES

KLOCK_BEGIN_DECLS

#ifndef _RET_IP_
#define _RET_IP_ ((unsigned long)__builtin_return_address(0))
#endif
#ifndef _THIS_IP_
#define _THIS_IP_                                                                                  \
	(__extension__({                                                                           \
		__label__ klock_here;                                                              \
	klock_here:                                                                                \
		(unsigned long)&&klock_here;                                                       \
	}))
#endif

/*
 * The checker itself.
 */
#define debug_locks klock_debug_locks
#define debug_locks_silent klock_debug_locks_silent
/* Clears debug_locks, and tells whether it was set. */
#define debug_locks_off() (__atomic_exchange_n(&debug_locks, 0, __ATOMIC_RELAXED) != 0)
/* The condition; it is reported, unless there was a report before. */
#define DEBUG_LOCKS_WARN_ON(condition)                                                             \
	(__extension__({                                                                           \
		bool klock_warn = (condition);                                                     \
		if (klock_warn && debug_locks_off() && !debug_locks_silent)                        \
			klock_lockdep_assert_failed(0, #condition);                                \
		klock_warn;                                                                        \
	}))
#define SMP_DEBUG_LOCKS_WARN_ON(condition) DEBUG_LOCKS_WARN_ON(condition)

#define lockdep_off() klock_lockdep_off()
#define lockdep_on() klock_lockdep_on()
#define lockdep_set_report_fn(fn) klock_lockdep_set_report_fn(fn)
#define lockdep_reset() klock_lockdep_reset()
/* The kernel lets one task run its self-test unobserved; here every thread's locks are its own. */
#define lockdep_set_selftest_task(task) ((void)(task))

/*
 * Classes. The kernel's wait types and lock types are accepted: all of klock's locks
 * sleep, and so do those that wait for them, so that they say nothing here.
 */
#define MAX_LOCKDEP_SUBCLASSES 8UL

enum lockdep_wait_type {
	LD_WAIT_INV,
	LD_WAIT_FREE,
	LD_WAIT_SPIN,
	LD_WAIT_CONFIG,
	LD_WAIT_SLEEP,
	LD_WAIT_MAX,
};

enum lockdep_lock_type {
	LD_LOCK_NORMAL,
	LD_LOCK_PERCPU,
	LD_LOCK_WAIT_OVERRIDE,
	LD_LOCK_MAX,
};

/*
 * A map of the class that the key has, named by a string literal. With the address of anything
 * but a struct lock_class_key, as of the map itself, it is a class of its own; so is each in
 * C++. With such a key it cannot be a static variable inside a function.
 */
#ifdef __cplusplus
#define STATIC_LOCKDEP_MAP_INIT(mapname, mapkey)                                                   \
	{                                                                                          \
		&("\001" mapname)[0 * sizeof(mapkey)]                                              \
	}
#else
#define STATIC_LOCKDEP_MAP_INIT(mapname, mapkey)                                                   \
	{                                                                                          \
		__builtin_choose_expr(                                                             \
			__builtin_types_compatible_p(__typeof__((mapkey) + 0),                     \
						     struct lock_class_key *),                     \
			(const void *)&((struct klock_static_map){                                 \
				KLOCK_REF_STATIC_MAP, "" mapname, 0,                               \
				(struct lock_class_key *)(mapkey) }),                              \
			(const void *)("\001" mapname))                                            \
	}
#endif
/* To be acquired with lock_map_acquire_try(), which orders it before what comes next. */
#define DEFINE_WAIT_OVERRIDE_MAP(mapname, wait_type)                                               \
	struct lockdep_map mapname = { &("\001" #mapname)[0 * (wait_type)] }

#define lockdep_init_map(map, name, key, subclass)                                                 \
	klock_lockdep_init_map((map), (name), (key), (subclass))
#define lockdep_init_map_type(map, name, key, subclass, inner, outer, type)                        \
	((void)(inner), (void)(outer), (void)(type), lockdep_init_map(map, name, key, subclass))
#define lockdep_init_map_waits(map, name, key, subclass, inner, outer)                             \
	lockdep_init_map_type(map, name, key, subclass, inner, outer, LD_LOCK_NORMAL)
#define lockdep_init_map_wait(map, name, key, subclass, inner)                                     \
	lockdep_init_map_waits(map, name, key, subclass, inner, LD_WAIT_INV)
#define lockdep_copy_map(to, from) klock_lockdep_copy_map((to), (from))

#define lockdep_set_class(lock, key) klock_lockdep_set_class(&(lock)->dep_map, #key, (key), 0)
#define lockdep_set_class_and_name(lock, key, name)                                                \
	klock_lockdep_set_class(&(lock)->dep_map, (name), (key), 0)
#define lockdep_set_class_and_subclass(lock, key, sub)                                             \
	klock_lockdep_set_class(&(lock)->dep_map, #key, (key), (sub))
#define lockdep_set_subclass(lock, sub) klock_lockdep_set_class(&(lock)->dep_map, 0, 0, (sub))
#define __lockdep_no_validate__ klock_novalidate_key
#define lockdep_set_novalidate_class(lock)                                                         \
	klock_lockdep_set_class(&(lock)->dep_map, #lock, &klock_novalidate_key, 0)
/* In the kernel such locks are not even listed as held; here they are. */
#define lockdep_set_notrack_class(lock) lockdep_set_novalidate_class(lock)
#define lockdep_match_key(map, key) klock_lockdep_match_key((map), (key))
#define lockdep_match_class(lock, key) klock_lockdep_match_key(&(lock)->dep_map, (key))

/* Of a lock that is held. */
#define lock_set_class(map, name, key, subclass, ip)                                               \
	klock_lock_set_class((map), (name), (key), (subclass), (ip))
#define lock_set_subclass(map, subclass, ip) klock_lock_set_class((map), 0, 0, (subclass), (ip))
#define lock_set_novalidate_class(map, name, ip)                                                   \
	klock_lock_set_class((map), (name), &klock_novalidate_key, 0, (ip))

typedef klock_lock_cmp_fn lock_cmp_fn;
typedef klock_lock_print_fn lock_print_fn;
#define lockdep_set_lock_cmp_fn(map, cmp_fn, print_fn)                                             \
	klock_lock_set_cmp_fn((map), (cmp_fn), (print_fn))
#define lock_set_cmp_fn(lock, cmp_fn, print_fn)                                                    \
	lockdep_set_lock_cmp_fn(&(lock)->dep_map, cmp_fn, print_fn)

#define lockdep_register_key(key) klock_lockdep_register_key(key)
#define lockdep_unregister_key(key) klock_lockdep_unregister_key(key)
#define lockdep_free_key_range(start, size) klock_lockdep_free_key_range((start), (size))
#define lockdep_reset_lock(map) klock_lockdep_reset_lock(map)

/*
 * What the calling thread holds. While the checker is off these know nothing and
 * assert nothing, as in a kernel without it; rwsem_assert_held() and
 * rwsem_assert_held_write() look at the lock itself.
 */
#define LOCK_STATE_UNKNOWN (-1)
#define LOCK_STATE_NOT_HELD 0
#define LOCK_STATE_HELD 1
#define lock_is_held_type(map, read) klock_lockdep_holds((map), (read))
#define lock_is_held(map) klock_lockdep_holds((map), -1)
#define lockdep_is_held(lock) klock_lockdep_holds(&(lock)->dep_map, -1)
#define lockdep_is_held_type(lock, read) klock_lockdep_holds(&(lock)->dep_map, (read))
/* Of the calling thread, whatever the task. */
#define lockdep_depth(task) ((void)(task), klock_lockdep_depth())

#define lockdep_assert(condition)                                                                  \
	do {                                                                                       \
		if (klock_lockdep_listens() && klock_lockdep_enabled() && !(condition))            \
			klock_lockdep_assert_failed(0, #condition);                                \
	} while (0)
/* Each place reports once, with or without _once. */
#define lockdep_assert_once(condition) lockdep_assert(condition)
#define lockdep_assert_held(lock)                                                                  \
	(klock_lockdep_assert(&(lock)->dep_map, -1, 0, "the lock is held"),                        \
	 klock_assume_held(lock))
#define lockdep_assert_held_write(lock)                                                            \
	(klock_lockdep_assert(&(lock)->dep_map, 0, 0, "the lock is held for writing"),             \
	 klock_assume_held_write(lock))
#define lockdep_assert_held_read(lock)                                                             \
	(klock_lockdep_assert(&(lock)->dep_map, 1, 0, "the lock is held for reading"),             \
	 klock_assume_held_read(lock))
#define lockdep_assert_held_once(lock) lockdep_assert_held(lock)
#define lockdep_assert_not_held(lock)                                                              \
	klock_lockdep_assert(&(lock)->dep_map, -1, 1, "the lock is not held")
#define lockdep_assert_none_held_once()                                                            \
	do {                                                                                       \
		if (klock_lockdep_listens() && klock_lockdep_enabled() && klock_lockdep_depth())   \
			klock_lockdep_assert_failed(0, "no lock is held");                         \
	} while (0)

#define debug_check_no_locks_freed(from, size) klock_lockdep_check_freed((from), (size))
#define debug_check_no_locks_held() klock_lockdep_check_none_held()
/* For where a program's own requests end, as the kernel's system calls do. */
#define lockdep_sys_exit() klock_lockdep_check_none_held()
#define debug_show_all_locks() klock_show_locks()
/* Lists them for all threads. */
#define debug_show_held_locks(task) ((void)(task), klock_show_locks())

/*
 * Things that behave like locks. Off, the arguments are not evaluated.
 */
#define KLOCK_TELL(call) (klock_lockdep_listens() ? (call) : (void)0)
#define lock_acquire(map, subclass, trylock, read, check, nest, ip)                                \
	KLOCK_TELL(klock_lock_acquire((map), (subclass), (trylock), (read), (check), (nest), (ip)))
#define lock_release(map, ip) KLOCK_TELL(klock_lock_release((map), (ip)))
#define lock_sync(map, subclass, read, check, nest, ip)                                            \
	KLOCK_TELL(klock_lock_sync((map), (subclass), (read), (check), (nest), (ip)))
#define lock_downgrade(map, ip) KLOCK_TELL(klock_lock_downgrade((map), (ip)))
#define lock_acquire_exclusive(map, sub, trylock, nest, ip)                                        \
	lock_acquire((map), (sub), (trylock), 0, 1, (nest), (ip))
#define lock_acquire_shared(map, sub, trylock, nest, ip)                                           \
	lock_acquire((map), (sub), (trylock), 1, 1, (nest), (ip))
#define lock_acquire_shared_recursive(map, sub, trylock, nest, ip)                                 \
	lock_acquire((map), (sub), (trylock), 2, 1, (nest), (ip))

#define mutex_acquire(map, sub, trylock, ip) lock_acquire_exclusive(map, sub, trylock, 0, ip)
#define mutex_acquire_nest(map, sub, trylock, nest, ip)                                            \
	lock_acquire_exclusive(map, sub, trylock, nest, ip)
#define mutex_release(map, ip) lock_release(map, ip)
#define rwsem_acquire(map, sub, trylock, ip) lock_acquire_exclusive(map, sub, trylock, 0, ip)
#define rwsem_acquire_nest(map, sub, trylock, nest, ip)                                            \
	lock_acquire_exclusive(map, sub, trylock, nest, ip)
#define rwsem_acquire_read(map, sub, trylock, ip) lock_acquire_shared(map, sub, trylock, 0, ip)
#define rwsem_release(map, ip) lock_release(map, ip)
/* klock has no spinning locks: these are for code that has its own. */
#define spin_acquire(map, sub, trylock, ip) lock_acquire_exclusive(map, sub, trylock, 0, ip)
#define spin_acquire_nest(map, sub, trylock, nest, ip)                                             \
	lock_acquire_exclusive(map, sub, trylock, nest, ip)
#define spin_release(map, ip) lock_release(map, ip)
#define rwlock_acquire(map, sub, trylock, ip) lock_acquire_exclusive(map, sub, trylock, 0, ip)
#define rwlock_acquire_read(map, sub, trylock, ip)                                                 \
	lock_acquire_shared_recursive(map, sub, trylock, 0, ip)
#define rwlock_release(map, ip) lock_release(map, ip)
#define seqcount_acquire(map, sub, trylock, ip) lock_acquire_exclusive(map, sub, trylock, 0, ip)
#define seqcount_acquire_read(map, sub, trylock, ip)                                               \
	lock_acquire_shared_recursive(map, sub, trylock, 0, ip)
#define seqcount_release(map, ip) lock_release(map, ip)

#define lock_map_acquire(map) lock_acquire_exclusive(map, 0, 0, 0, _THIS_IP_)
#define lock_map_acquire_try(map) lock_acquire_exclusive(map, 0, 1, 0, _THIS_IP_)
#define lock_map_acquire_read(map) lock_acquire_shared_recursive(map, 0, 0, 0, _THIS_IP_)
#define lock_map_acquire_tryread(map) lock_acquire_shared_recursive(map, 0, 1, 0, _THIS_IP_)
#define lock_map_sync(map) lock_sync(map, 0, 0, 1, 0, _THIS_IP_)
#define lock_map_release(map) lock_release(map, _THIS_IP_)

/* How a lock of the program's own tells what it does; klock's counters are of its own locks. */
#define lock_contended(map, ip) ((void)(map), (void)(ip))
#define lock_acquired(map, ip) ((void)(map), (void)(ip))
#define LOCK_CONTENDED(lock, try_fn, lock_fn) lock_fn(lock)
#define LOCK_CONTENDED_RETURN(lock, try_fn, lock_fn) lock_fn(lock)

/* The order as if the lock were taken here, whether or not it is. */
#define might_lock(lock) might_lock_nested(lock, 0)
#define might_lock_nested(lock, subclass)                                                          \
	do {                                                                                       \
		lock_acquire(&(lock)->dep_map, (subclass), 0, 0, 1, 0, _THIS_IP_);                 \
		lock_release(&(lock)->dep_map, _THIS_IP_);                                         \
	} while (0)
#define might_lock_read(lock)                                                                      \
	do {                                                                                       \
		lock_acquire(&(lock)->dep_map, 0, 0, 1, 1, 0, _THIS_IP_);                          \
		lock_release(&(lock)->dep_map, _THIS_IP_);                                         \
	} while (0)

#define NIL_COOKIE (__extension__(struct pin_cookie){ 0 })
#define lock_pin_lock(map) klock_lock_pin(map)
#define lock_repin_lock(map, cookie) klock_lock_repin((map), (cookie))
#define lock_unpin_lock(map, cookie) klock_lock_unpin((map), (cookie))
#define lockdep_pin_lock(lock) klock_lock_pin(&(lock)->dep_map)
#define lockdep_repin_lock(lock, cookie) klock_lock_repin(&(lock)->dep_map, (cookie))
#define lockdep_unpin_lock(lock, cookie) klock_lock_unpin(&(lock)->dep_map, (cookie))

#define non_block_start() klock_non_block_start()
#define non_block_end() klock_non_block_end()
#define might_sleep() KLOCK_TELL(klock_might_sleep())

KLOCK_END_DECLS

#endif
#endif
