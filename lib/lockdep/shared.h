/* SPDX-License-Identifier: MIT */
/*
 * The tables that all threads share, under minilocks of the checker's own. Helgrind and DRD,
 * which do not know these locks, have to be told.
 *
 * fork() copies a table that another thread is in the middle of, and waits for nobody: the
 * program's own handlers run before it with locks held. What can be added by one store is
 * published by it, the last; the rest is mended in the child (mend.h).
 */
#ifndef KLOCK_LOCKDEP_SHARED_H
#define KLOCK_LOCKDEP_SHARED_H

#include "base/minilock.h"
#include "base/process.h"
#include <stdbool.h>

/* For each variable of static storage duration that one of them protects, or pthread_once(). */
#define KLOCK_SHARED __attribute__((section("klock_shared")))

/* In the order in which they are taken: a thread holds the later ones under the earlier. */
extern struct klock_minilock klock_graph_lock;   /* classes' edges, chains */
extern struct klock_minilock klock_classes_lock; /* making of classes, keys and aliases */
extern struct klock_minilock klock_arena_lock;

/* How many of them the calling thread has: a signal handler's locks are not followed then. */
extern __thread unsigned int klock_shared_depth __attribute__((tls_model("initial-exec")));

static inline void klock_shared_lock(struct klock_minilock *lock)
{
	klock_shared_depth++;
	klock_compiler_barrier();
	klock_process_check();
	klock_minilock_lock(lock);
}

static inline void klock_shared_unlock(struct klock_minilock *lock)
{
	klock_minilock_unlock(lock);
	klock_compiler_barrier();
	klock_shared_depth--;
}

/* Tells them, before the first use of any table; once, however often it is called. */
void klock_shared_init(void);

#endif
