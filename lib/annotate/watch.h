/* SPDX-License-Identifier: MIT */
/*
 * The one seam between the locks and those that watch them: a lock tells each
 * event once, here, and each watcher that is present hears it.
 *
 * Nothing watches: klock_watched is false, each thread's klock_self_word is
 * set after its first lock, and the inline fast paths run without a test for
 * watchers. Something watches: klock_watched is true from the first lock on,
 * klock_self_word stays 0 in every thread, and so all operations come here.
 */
#ifndef KLOCK_ANNOTATE_WATCH_H
#define KLOCK_ANNOTATE_WATCH_H

#include <klock/lockdep_types.h>
#include <klock/lockword.h>
#include <klock/wait_bit.h>
#include <stdbool.h>
#include <stddef.h>

/* The order of calls: ACQUIRE, CONTENDED or not, ACQUIRED or REFUSED; RELEASE, RELEASED. */
enum klock_event_kind {
	KLOCK_EV_INIT,       /* before it is done: the lock may be there already, or be garbage */
	KLOCK_EV_DESTROY,    /* allowed, and about to be done */
	KLOCK_EV_ACQUIRE,    /* before anything can block */
	KLOCK_EV_CONTENDED,  /* it is not to be had at once, and about to be waited for */
	KLOCK_EV_ACQUIRED,
	KLOCK_EV_REFUSED,    /* a try that failed, a wait that was given up */
	KLOCK_EV_RELEASE,    /* before the lock is free; a watcher may refuse it */
	KLOCK_EV_RELEASED,
	KLOCK_EV_DOWNGRADE,  /* write to read, before other readers may come in */
	KLOCK_EV_DOWNGRADED,
	KLOCK_EV_NR,
};

/* What kind of lock it is: `type` is the kernel's name of its struct. */
struct klock_lock_type {
	const char *type;
	size_t size;
	size_t map;     /* where in it its lockdep_map is */
	bool counted;   /* a semaphore: units, no owner, not in lockdep's order */
	bool recursive; /* a thread may hold it for reading twice without waiting for itself */
	bool only_order; /* a bit: no lock; the watchers hear of what it orders, and of no event */
};

struct klock_event {
	const struct klock_lock_type *type;
	void *lock;
	struct lockdep_map *map;
	unsigned int how; /* enum klock_how: READ or WRITE, TRY, NON_OWNER, and the subclass */
	uint32_t owner;   /* CONTENDED: the klock_task word of who holds it for writing, or 0 */
	const struct lockdep_map *nest;
	const void *site; /* in the program */
	uint32_t *spin;   /* of the lock; a part is for a watcher; NULL: it has none */
};

/*
 * A lock's `spin`: how often its waiters may be passed (KLOCK_PASSES); above that the CPU that
 * acquired it last, plus one, while lockstat watches, or else what its bias is worth
 * (lib/locks/bias_mode.h). Estimates all: each is written without regard to the others.
 */
#define KLOCK_SPIN_CPU 0x3fff0000u
#define KLOCK_SPIN_CPU_SHIFT 16

/* False: a misuse has been reported, and the call is to be refused. */
typedef bool (*klock_watch_fn)(enum klock_event_kind kind, const struct klock_event *ev);

/* Who hears of each kind of event: nobody (NULL), the one watcher that wants it, or all that do. */
extern klock_watch_fn klock_watchers_of[KLOCK_EV_NR];

static inline bool klock_watch(enum klock_event_kind kind, const struct klock_event *ev)
{
	klock_watch_fn fn = klock_watchers_of[kind];

	return KLOCK_LIKELY(!fn) || fn(kind, ev);
}

/* A watcher. Of several that want an event each is asked, in the order of the table in watch.c. */
struct klock_watcher {
	const char *name;
	bool (*present)(void); /* asked once, before the first event */
	klock_watch_fn on[KLOCK_EV_NR]; /* NULL: does not want this kind */
	/* A release and an acquire of the caller's own memory, for bits; may be NULL. */
	void (*released)(void *addr);
	void (*acquired)(void *addr);
	/* A wait that may block, for something that is no lock; may be NULL. */
	void (*waits)(const struct klock_event *ev);
};

extern const struct klock_watcher klock_watch_lockdep;  /* lib/lockdep: misuse and order */
extern const struct klock_watcher klock_watch_valgrind; /* valgrind.c: Helgrind and DRD */
extern const struct klock_watcher klock_watch_tsan;     /* tsan.c: ThreadSanitizer */
extern const struct klock_watcher klock_watch_lockstat; /* lib/lockstat: counts and times */

/*
 * Asks the watchers whether they are present, and sets klock_watched: once,
 * before the first event and before anything else of a watcher's is used.
 */
void klock_watch_prepare(void);

/* Tells them of a wait for something that is no lock. */
void klock_watch_wait(const struct klock_event *ev);

/* Whether this watcher is present, and no other. */
bool klock_watches_alone(const struct klock_watcher *watcher);

/* Whether one is present that looks at accesses to memory: it knows no membarrier(2). */
bool klock_watches_memory(void);

/* Makes the map one of class `key`, which keeps the name it was given first. */
void klock_map_init(struct lockdep_map *map, const char *name, struct lock_class_key *key);

/* A copy. A static lock's reference is replaced, once, by the first that asks for its class. */
static inline struct lockdep_map klock_map_copy(const struct lockdep_map *map)
{
	return (struct lockdep_map){ klock_load_acquire(&map->ref) };
}

/* The name of a lock, and of its class. */
const char *klock_map_name(const struct lockdep_map *map);

/* Reports `what` of the event's lock and call site through klock_bug(). */
void klock_event_bug(const struct klock_event *ev, const char *what, const char *advice);
/* The same for what nothing can go on from. */
void klock_event_bug_fatal(const struct klock_event *ev, const char *what, const char *advice)
	__attribute__((noreturn));

#endif
