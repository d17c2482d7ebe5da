/* SPDX-License-Identifier: MIT */
/*
 * Statistics of locks: the kernel's lock_stat. How often each class of locks
 * was acquired and contended, how long it was waited for and held, and where.
 *
 * On when the program starts with KLOCK_LOCKSTAT in its environment, or calls
 * klock_lockstat_enable() before its first lock; nothing is recompiled, and
 * nothing else has to be on. See klock_lockstat(3) for the options and columns.
 *
 * Context: any thread, not a signal handler; locks may be held.
 * Since 0.1.
 */
#ifndef KLOCK_LOCKSTAT_H
#define KLOCK_LOCKSTAT_H

#include <klock/attributes.h>
#include <stdbool.h>

KLOCK_BEGIN_DECLS

enum klock_lockstat_format {
	KLOCK_LOCKSTAT_TEXT, /* the columns of /proc/lock_stat, and call sites */
	KLOCK_LOCKSTAT_TEXT_HIST, /* and how the times are distributed */
	KLOCK_LOCKSTAT_JSON,
};

/*
 * Turns it on. False: too late, a lock was used before. Writes nothing at exit,
 * unlike the environment variable.
 */
bool klock_lockstat_enable(void);

/*
 * Writes the statistics of all threads so far, while they go on: 0, or a
 * negative error number: of write(2), -EINVAL for another format, -ENODATA when
 * it is off, -ENOMEM.
 */
KLOCK_MUST_CHECK int klock_lockstat_dump(int fd, enum klock_lockstat_format format);

/* Starts again from zero. Holds and waits that are under way are not counted. */
void klock_lockstat_reset(void);

KLOCK_END_DECLS

#endif
