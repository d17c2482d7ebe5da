/* SPDX-License-Identifier: MIT */
/*
 * Lock classes, order checks and assertions: the kernel's lockdep. The kernel's
 * names for what is declared here are in <klock/lockdep_names.h>.
 *
 * On when the program starts with KLOCK_LOCKDEP in its environment, or calls
 * klock_lockdep_enable() before its first lock; nothing is recompiled. Off,
 * nothing here does anything, and an assertion holds. A report goes to standard
 * error, once for each problem, and the program goes on; see klock_lockdep(7)
 * for the options.
 *
 * Context: any thread, not a signal handler, unless said otherwise. None of
 * these functions sleeps or changes errno.
 * Since 0.1.
 */
#ifndef KLOCK_LOCKDEP_H
#define KLOCK_LOCKDEP_H

#include <klock/attributes.h>
#include <klock/lockdep_types.h>
#include <klock/lockword.h>
#include <stdbool.h>
#include <stddef.h>

KLOCK_BEGIN_DECLS

#define KLOCK_MAX_SUBCLASSES 8

/*
 * The checker itself.
 */

/* Turns it on. False: too late, a lock or one of these functions was used before. */
bool klock_lockdep_enable(void);

/* Whether it is on: whether the order of locks is checked. */
bool klock_lockdep_enabled(void);

/*
 * 1 until the first report since the start or lockdep_reset(), then 0: the kernel's
 * debug_locks. Unlike the kernel's, the checker goes on when it is 0.
 */
extern int klock_debug_locks;
/* Not 0: reports clear klock_debug_locks and print nothing. */
extern int klock_debug_locks_silent;

/*
 * What a report is about. All of it is gone when the function returns that it
 * was given to.
 */
struct klock_lockdep_report {
	const char *kind;    /* circular, recursion, order, assert, nonblocking, misuse */
	const char *title;   /* its first line */
	const char *subject; /* what a suppression of this kind is compared with */
	const char *text;    /* all of it, in lines */
	const void *site;    /* in the program; NULL: no one place */
};
typedef void (*klock_lockdep_report_fn)(const struct klock_lockdep_report *report);

/*
 * Gives reports to `fn` and writes them nowhere, also when klock_debug_locks_silent
 * is set; NULL writes them again. Returns what was set before. The function runs in
 * the thread that is reported, whose locks are not followed meanwhile, and may not
 * wait for a lock that the thread holds, nor for one whose owner may wait for such: the
 * loader's, that of a malloc() built on klock, that of a FILE which others lock.
 * Context: any thread, not a signal handler.
 */
klock_lockdep_report_fn klock_lockdep_set_report_fn(klock_lockdep_report_fn fn);

/* What is acquired in between, in this thread, is not followed at all. Nests. */
void klock_lockdep_off(void);
void klock_lockdep_on(void);

/*
 * Forgets all orders and what the calling thread holds; klock_debug_locks is 1
 * again. For tests, while no other thread uses a lock.
 */
void klock_lockdep_reset(void);

/*
 * Classes. A lock that no key was given for is its own class if it is in static storage, zeroed
 * or by a static initialiser. By a static initialiser elsewhere it is of the class of its variable
 * (automatic) or of its name and first call site (on the heap). Zeroed elsewhere it has none: that
 * is reported as a note, once for each call site, and its order is not checked.
 *
 * Else a lock's class is its key and the nesting level, 0 to 7, that was set
 * for it or is given with the acquisition. A level past that is reported, and the
 * lock is then held without a class: no order of its own is checked.
 */

/* Makes `map` one of class `key`, at nesting level `subclass`. It is held by nobody. */
void klock_lockdep_init_map(struct lockdep_map *map, const char *name, struct lock_class_key *key,
			    int subclass);

/*
 * Gives a lock another class, before anybody else uses it, while nobody holds it.
 * NULL name: the one it has; NULL key: the one it has.
 */
void klock_lockdep_set_class(struct lockdep_map *map, const char *name,
			     struct lock_class_key *key, int subclass);

/*
 * The same for a lock that the calling thread holds: it and what was acquired since
 * count, and are checked, as if it had had that class from the beginning. Reported
 * when the thread does not hold it. `ip` is the place in the program.
 */
void klock_lock_set_class(struct lockdep_map *map, const char *name, struct lock_class_key *key,
			  unsigned int subclass, unsigned long ip);

/* Makes `to` one of the class of `from`, and of its nesting level. */
void klock_lockdep_copy_map(struct lockdep_map *to, const struct lockdep_map *from);

/* Whether the map is one of class `key`, at any level. */
bool klock_lockdep_match_key(const struct lockdep_map *map, const struct lock_class_key *key);

/* What reports call the lock. Never NULL, and lives as long as the class. */
const char *klock_lockdep_name(const struct lockdep_map *map);

/* The class of lockdep_set_novalidate_class(): held locks are tracked, their order is not. */
extern struct lock_class_key klock_novalidate_key;

/*
 * Order within a class: negative when `a` is to be taken before `b`. Called while
 * the checker holds a lock of its own: takes no lock and calls nothing of klock.
 * `print_fn` is told the locks that a report is about; NULL: it is not.
 */
typedef int (*klock_lock_cmp_fn)(const struct lockdep_map *a, const struct lockdep_map *b);
typedef void (*klock_lock_print_fn)(const struct lockdep_map *map);
void klock_lock_set_cmp_fn(struct lockdep_map *map, klock_lock_cmp_fn cmp_fn,
			   klock_lock_print_fn print_fn);

/*
 * Keys in memory that is freed. A key must be in static storage or registered, from
 * before its first lock until after its last; one that is neither is reported, once,
 * and works. Registering clears the key: it is reported for one that is registered
 * already. Unregistering ends the classes of the key and clears it; it is reported for
 * a key that is not registered, and while the calling thread holds a lock of it.
 */
void klock_lockdep_register_key(struct lock_class_key *key);
void klock_lockdep_unregister_key(struct lock_class_key *key);

/*
 * Ends the classes of all keys and static locks in this memory, as when the code there
 * is unloaded. dlclose() needs no call: what is loaded there next has zeroed keys.
 */
void klock_lockdep_free_key_range(void *start, unsigned long size);

/* Ends the classes of one lock's key. Nobody holds a lock of it. */
void klock_lockdep_reset_lock(struct lockdep_map *map);

/*
 * What the calling thread holds.
 */

/*
 * 1: it holds the lock, 0: it does not, -1: nobody knows, as the checker is off, here or
 * at all. `read`: -1 in any way, 0 for writing, 1 for reading. For a lock taken several
 * times, whether it is held so once.
 */
int klock_lockdep_holds(const struct lockdep_map *map, int read);

/* How many locks it holds; 0 when nobody knows. */
int klock_lockdep_depth(void);

/* Reports each lock it holds that lies in memory that is about to be freed or reused. */
void klock_lockdep_check_freed(const void *from, unsigned long size);

/* Reports the locks it holds, if any, at a place where there should be none. */
void klock_lockdep_check_none_held(void);

/*
 * Reports a failed assertion about `map`, which may be NULL, once for each place in the
 * program that calls it.
 */
void klock_lockdep_assert_failed(const struct lockdep_map *map, const char *what);

/*
 * Whether the checker, or another watcher, may want to hear of something. False in a thread
 * that has used a lock while nobody watches: what is only said to the checker costs no call.
 */
KLOCK_INLINE bool klock_lockdep_listens(void)
{
	return KLOCK_UNLIKELY(!klock_self_word);
}

/* What the assertions are made of: `read` as for klock_lockdep_holds(). */
KLOCK_INLINE void klock_lockdep_assert(const struct lockdep_map *map, int read, int wrong,
				       const char *what)
{
	if (klock_lockdep_listens() && klock_lockdep_enabled() &&
	    klock_lockdep_holds(map, read) == wrong)
		klock_lockdep_assert_failed(map, what);
}

/*
 * Things that behave like locks. Like those of a lock, an acquisition must come before
 * what may block, and is given up by the same thread.
 */

/*
 * `read`: 0 exclusively, 1 shared, 2 shared and recursively; `check` 0: takes no part in
 * the order; `nest`, or NULL: held, and makes any order within the class safe. Reported
 * when `nest` is given and not held. `ip` is the place in the program.
 */
void klock_lock_acquire(struct lockdep_map *map, unsigned int subclass, int trylock, int read,
			int check, const struct lockdep_map *nest, unsigned long ip);
/* Reported when the thread does not hold it, or has it pinned. */
void klock_lock_release(struct lockdep_map *map, unsigned long ip);
/* Waited for under what is held, and not kept: flush_work(), synchronize_*(). */
void klock_lock_sync(struct lockdep_map *map, unsigned int subclass, int read, int check,
		     const struct lockdep_map *nest, unsigned long ip);
/* From exclusive to shared. Reported when the thread does not hold it exclusively. */
void klock_lock_downgrade(struct lockdep_map *map, unsigned long ip);

/*
 * A lock that is pinned may not be given up until it is unpinned, by who has the cookie.
 * Each pin has a cookie of its own. Reported: any of the three on a lock that the thread
 * does not hold, unpinning what is not pinned, a wrong cookie, giving up a pinned lock.
 */
struct pin_cookie {
	unsigned int val;
};
struct pin_cookie klock_lock_pin(struct lockdep_map *map);
/* Pins again, with the cookie of a pin that was undone to give the lock up for a while. */
void klock_lock_repin(struct lockdep_map *map, struct pin_cookie cookie);
void klock_lock_unpin(struct lockdep_map *map, struct pin_cookie cookie);

/*
 * Between the two nothing may block: a plain, killable or timed acquisition is
 * reported even if the lock happens to be free. Nests; each thread its own.
 */
void klock_non_block_start(void);
void klock_non_block_end(void);
/* Reports a place that may sleep, inside such a section. */
void klock_might_sleep(void);

KLOCK_END_DECLS

#include <klock/lockdep_names.h>

#endif
