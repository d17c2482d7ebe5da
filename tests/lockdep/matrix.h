/* SPDX-License-Identifier: MIT */
/*
 * The locks of the matrix: classes A to D of each kind of lock, three locks each, and
 * the forms in which each kind can be taken.
 */
#ifndef TESTS_LOCKDEP_MATRIX_H
#define TESTS_LOCKDEP_MATRIX_H

#include <klock.h>
#include <stdbool.h>

enum { CLASSES = 4, LOCKS = 4 }; /* locks are numbered from 1 */

enum kind { MUTEX, RWSEM, PERCPU, MAP, SEMAPHORE, KINDS };
enum mode { WRITE, READ, RECURSIVE };

/* The ways to ask for a lock. The first ones may block, and the rest do not. */
enum form {
	PLAIN,
	KILLABLE,
	INTERRUPTIBLE,
	TIMED,
	OR_LOCK, /* _try_or_lock(lock, false) */
	IOCB,    /* a request that may wait */
	SUBCLASS_1,
	SUBCLASS_2,
	KILLABLE_1, /* _killable_nested(lock, 1) */
	SUBCLASS_9, /* one that there is not */
	NEST,       /* under lock D1 */
	NON_OWNER,
	TRY,
	OR_TRY,  /* _try_or_lock(lock, true) */
	IOCB_NO, /* a request that may not */
	FORMS,
};

/* Makes all locks of a kind anew, whatever state they are in. */
void make_all(enum kind kind);
void free_all(enum kind kind);
void make(enum kind kind, int class, int lock);

/* Whether the kind can be taken so. */
bool has_form(enum kind kind, enum mode mode, enum form form);

/* Takes a lock; a try must get it. */
void take(enum kind kind, enum mode mode, enum form form, int class, int lock);
void give(enum kind kind, enum mode mode, int class, int lock);
void give_non_owner(int class, int lock);
void downgrade(enum kind kind, int class, int lock);

struct lockdep_map *map_of(enum kind kind, int class, int lock);

#endif
