/* SPDX-License-Identifier: MIT */
/*
 * Lock classes, order checks and assertions: the kernel's lockdep.
 *
 * On when the program starts with KLOCK_LOCKDEP in its environment, or calls
 * klock_lockdep_enable() before its first lock; nothing is recompiled. Off, the
 * assertions test what the locks themselves show, and the rest does nothing.
 * A report goes to standard error, once for each problem, and the program goes
 * on; see klock_lockdep(7) for the options.
 *
 * Context: any thread, not a signal handler, unless said otherwise.
 * Since 0.1.
 */
#ifndef KLOCK_LOCKDEP_H
#define KLOCK_LOCKDEP_H

#include <klock/attributes.h>
#include <klock/lockdep_types.h>
#include <stdbool.h>
#include <stddef.h>

KLOCK_BEGIN_DECLS

#define KLOCK_MAX_SUBCLASSES 8

/* Order within a class: negative when `a` is to be taken before `b`. */
typedef int (*klock_lock_cmp_fn)(const struct lockdep_map *a, const struct lockdep_map *b);
typedef void (*klock_lock_print_fn)(const struct lockdep_map *map);

/* Turns the checker on. False: too late, a lock was used before. */
bool klock_lockdep_enable(void);

/* 1 until the first report since the start or lockdep_reset(); the kernel's debug_locks. */
extern int klock_debug_locks;
/* Set: reports clear klock_debug_locks and print nothing. */
extern int klock_debug_locks_silent;

/* Makes `map` one of class `key`, at nesting level `subclass`. */
void klock_lockdep_init_map(struct lockdep_map *map, const char *name, struct lock_class_key *key,
			    int subclass);

/* Gives a lock another class, before anybody else uses it. NULL name: the one it has. */
void klock_lockdep_set_class(struct lockdep_map *map, const char *name,
			     struct lock_class_key *key, int subclass);
/* What lockdep_set_novalidate_class() sets: held locks are tracked, their order is not. */
extern struct lock_class_key klock_novalidate_key;

/* Keys in memory that is freed. Unregistering ends their classes and clears the key. */
void klock_lockdep_register_key(struct lock_class_key *key);
void klock_lockdep_unregister_key(struct lock_class_key *key);
/* Ends the classes of all keys and static locks in this memory. */
void klock_lockdep_free_key_range(void *start, unsigned long size);

void klock_lock_set_cmp_fn(struct lockdep_map *map, klock_lock_cmp_fn cmp_fn,
			   klock_lock_print_fn print_fn);

/* Whether the calling thread holds the lock; read: -1 any way, 0 for writing, 1 for reading. */
bool klock_lockdep_holds(const struct lockdep_map *map, int read);
/* How many locks it holds. */
int klock_lockdep_depth(void);

/*
 * Something that behaves like a lock is taken and given up: read 0 exclusively,
 * 1 shared, 2 shared and recursively; check 0 takes no part in the order.
 */
void klock_lock_acquire(struct lockdep_map *map, unsigned int subclass, int trylock, int read,
			int check, const struct lockdep_map *nest, unsigned long ip);
void klock_lock_release(struct lockdep_map *map, unsigned long ip);
/* Waited for under what is held, and not kept: flush_work(), synchronize_*(). */
void klock_lock_sync(struct lockdep_map *map, unsigned int subclass, int read, int check,
		     const struct lockdep_map *nest, unsigned long ip);
void klock_lock_downgrade(struct lockdep_map *map, unsigned long ip);

/* What is acquired in between, in this thread, is not followed at all. Nests. */
void klock_lockdep_off(void);
void klock_lockdep_on(void);

/* Forgets all orders and what the calling thread holds; klock_debug_locks is 1 again. */
void klock_lockdep_reset(void);
/* Ends the classes of one lock. */
void klock_lockdep_reset_lock(struct lockdep_map *map);

/* A lock that is pinned may not be given up until it is unpinned. */
struct pin_cookie {
	unsigned int val;
};
struct pin_cookie klock_lock_pin(struct lockdep_map *map);
void klock_lock_repin(struct lockdep_map *map, struct pin_cookie cookie);
void klock_lock_unpin(struct lockdep_map *map, struct pin_cookie cookie);

/* Reports a failed assertion about `map`, once for each place in the program. */
void klock_lockdep_assert_failed(const struct lockdep_map *map, const char *what);

/* Whether the order of locks is checked. */
bool klock_lockdep_enabled(void);

/*
 * Between the two nothing may block: a plain, killable or timed acquisition is
 * reported even if the lock happens to be free. Nests; each thread its own.
 */
void klock_non_block_start(void);
void klock_non_block_end(void);
/* Reports a place that may sleep, inside such a section. */
void klock_might_sleep(void);

#ifndef KLOCK_NO_KERNEL_NAMES

typedef klock_lock_cmp_fn lock_cmp_fn;
typedef klock_lock_print_fn lock_print_fn;

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

#define debug_locks klock_debug_locks
#define debug_locks_silent klock_debug_locks_silent

#define MAX_LOCKDEP_SUBCLASSES 8UL
#define STATIC_LOCKDEP_MAP_INIT(mapname, key) { (key) }
#define DEFINE_WAIT_OVERRIDE_MAP(mapname, wait_type) struct lockdep_map mapname = { 0 }

#define lockdep_init_map(map, name, key, subclass)                                                 \
	klock_lockdep_init_map((map), (name), (key), (subclass))
#define lockdep_set_class(lock, key) klock_lockdep_set_class(&(lock)->dep_map, #key, (key), 0)
#define lockdep_set_class_and_name(lock, key, name)                                                \
	klock_lockdep_set_class(&(lock)->dep_map, (name), (key), 0)
#define lockdep_set_class_and_subclass(lock, key, sub)                                             \
	klock_lockdep_set_class(&(lock)->dep_map, #key, (key), (sub))
#define lockdep_set_subclass(lock, sub) klock_lockdep_set_class(&(lock)->dep_map, 0, 0, (sub))
#define lockdep_set_novalidate_class(lock)                                                         \
	klock_lockdep_set_class(&(lock)->dep_map, #lock, &klock_novalidate_key, 0)
#define lock_set_cmp_fn(lock, cmp_fn, print_fn)                                                    \
	klock_lock_set_cmp_fn(&(lock)->dep_map, (cmp_fn), (print_fn))
#define lockdep_register_key(key) klock_lockdep_register_key(key)
#define lockdep_unregister_key(key) klock_lockdep_unregister_key(key)
#define lockdep_free_key_range(start, size) klock_lockdep_free_key_range((start), (size))
#define lockdep_reset() klock_lockdep_reset()
#define lockdep_reset_lock(map) klock_lockdep_reset_lock(map)
#define lockdep_off() klock_lockdep_off()
#define lockdep_on() klock_lockdep_on()
/* The kernel lets one task run its self-test unobserved; here every thread's locks are its own. */
#define lockdep_set_selftest_task(task) ((void)(task))
#define lockdep_depth(task) ((void)(task), klock_lockdep_depth())

#define LOCK_STATE_UNKNOWN (-1)
#define LOCK_STATE_NOT_HELD 0
#define LOCK_STATE_HELD 1
#define lockdep_is_held(lock) klock_lockdep_holds(&(lock)->dep_map, -1)
#define lockdep_is_held_type(lock, read) klock_lockdep_holds(&(lock)->dep_map, (read))

#define KLOCK_ASSERT(lock, condition)                                                              \
	do {                                                                                       \
		if (klock_lockdep_enabled() && !(condition))                                       \
			klock_lockdep_assert_failed(&(lock)->dep_map, #condition);                 \
	} while (0)
#define lockdep_assert_held(lock) KLOCK_ASSERT(lock, lockdep_is_held(lock))
#define lockdep_assert_held_write(lock) KLOCK_ASSERT(lock, lockdep_is_held_type(lock, 0))
#define lockdep_assert_held_read(lock) KLOCK_ASSERT(lock, lockdep_is_held_type(lock, 1))
#define lockdep_assert_held_once(lock) lockdep_assert_held(lock)
#define lockdep_assert_not_held(lock) KLOCK_ASSERT(lock, !lockdep_is_held(lock))
#define lockdep_assert_none_held_once()                                                            \
	do {                                                                                       \
		if (klock_lockdep_enabled() && klock_lockdep_depth())                              \
			klock_lockdep_assert_failed(0, "no lock is held");                         \
	} while (0)

#define lock_acquire(map, subclass, trylock, read, check, nest, ip)                                \
	klock_lock_acquire((map), (subclass), (trylock), (read), (check), (nest), (ip))
#define lock_release(map, ip) klock_lock_release((map), (ip))
#define lock_sync(map, subclass, read, check, nest, ip)                                            \
	klock_lock_sync((map), (subclass), (read), (check), (nest), (ip))
#define lock_downgrade(map, ip) klock_lock_downgrade((map), (ip))
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

#define lock_map_acquire(map) lock_acquire_exclusive(map, 0, 0, 0, _THIS_IP_)
#define lock_map_acquire_try(map) lock_acquire_exclusive(map, 0, 1, 0, _THIS_IP_)
#define lock_map_acquire_read(map) lock_acquire_shared_recursive(map, 0, 0, 0, _THIS_IP_)
#define lock_map_sync(map) lock_sync(map, 0, 0, 1, 0, _THIS_IP_)
#define lock_map_release(map) lock_release(map, _THIS_IP_)

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

#define lockdep_pin_lock(lock) klock_lock_pin(&(lock)->dep_map)
#define lockdep_repin_lock(lock, cookie) klock_lock_repin(&(lock)->dep_map, (cookie))
#define lockdep_unpin_lock(lock, cookie) klock_lock_unpin(&(lock)->dep_map, (cookie))

#define non_block_start() klock_non_block_start()
#define non_block_end() klock_non_block_end()
#define might_sleep() klock_might_sleep()

/* Clears debug_locks, and tells whether it was set. */
#define debug_locks_off() (__atomic_exchange_n(&debug_locks, 0, __ATOMIC_RELAXED) != 0)
#define DEBUG_LOCKS_WARN_ON(condition)                                                             \
	(__extension__({                                                                           \
		bool klock_warn = (condition);                                                     \
		if (klock_warn && debug_locks_off() && !debug_locks_silent)                        \
			klock_lockdep_assert_failed(0, #condition);                                \
		klock_warn;                                                                        \
	}))

#endif

KLOCK_END_DECLS

#endif
