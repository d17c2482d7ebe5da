/* SPDX-License-Identifier: MIT */
/*
 * Two steps. The program's handlers for exit() may take locks, and those that
 * were set before the first lock run after ours: the status is changed by the
 * library's destructor, behind them all. What the status was, only a handler of
 * on_exit() is told, which not each C library has.
 */
#include "lockdep/exit_status.h"
#include "config.h"
#include "lockdep/options.h"
#include "lockdep/shared.h"
#include <klock/atomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static pid_t reporter KLOCK_SHARED; /* a child of fork() has its own reports, and status */
static bool ends_well KLOCK_SHARED; /* exit(0), or nobody knows */

void klock_exit_status_reported(void)
{
	klock_store_relaxed(&reporter, getpid());
}

#ifdef HAVE_ON_EXIT

static void at_exit(int status, void *arg)
{
	(void)arg;
	ends_well = !(status & 0377); /* what its parent sees of it */
}

#define REGISTER() on_exit(at_exit, NULL)

#else

static void at_exit(void)
{
	ends_well = true;
}

#define REGISTER() atexit(at_exit)

#endif

void klock_exit_status_start(void)
{
	(void)REGISTER(); /* no memory for it: the program's own status */
}

#ifdef __GLIBC__

/* Goes on where exit() is, with another status, and waits for no file that a thread has locked. */
static void end_with(int status)
{
	exit(status);
}

#else

static void end_with(int status)
{
	fflush(NULL); /* what exit() would do later */
	_exit(status);
}

#endif

static __attribute__((destructor)) void at_last(void)
{
	if (!ends_well || klock_load_relaxed(&reporter) != getpid())
		return;
	end_with(klock_options.exit_code);
}
