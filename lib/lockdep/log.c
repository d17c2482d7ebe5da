/* SPDX-License-Identifier: MIT */
/*
 * The file is opened for each report, of which there are few: no empty file is
 * left, a child of fork() gets one of its own, and a program that closes all
 * its files, or uses their numbers, does no harm.
 */
#include "lockdep/log.h"
#include "base/filename.h"
#include "base/say.h"
#include "base/write_all.h"
#include "lockdep/options.h"
#include "lockdep/shared.h"
#include <errno.h>
#include <fcntl.h>
#include <klock/atomic.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What could be opened when the program started cannot now, or the disk is full. */
static void say_why(int err)
{
	static bool said KLOCK_SHARED;
	char text[KLOCK_FILENAME_MAX + 256];
	int n;

	if (klock_xchg_acq_rel(&said, true))
		return;
	n = snprintf(text, sizeof(text),
		     "klock: KLOCK_LOCKDEP: cannot write %s: %s; reports go to standard error\n",
		     klock_options.log, klock_errno_text(err));
	(void)klock_write_all(STDERR_FILENO, text,
			      (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1);
}

static int write_file(const char *text, size_t size)
{
	int fd = klock_filename_open(klock_options.log, O_APPEND), err;

	if (fd < 0)
		return errno;
	err = klock_write_all(fd, text, size);
	close(fd);
	return err;
}

static void write_log(const char *text, size_t size)
{
	int err = klock_options.log ? write_file(text, size) : 0;

	if (err)
		say_why(err);
	if (err || !klock_options.log)
		(void)klock_write_all(STDERR_FILENO, text, size); /* else nowhere left to say it */
}

void klock_log_write(const char *text, size_t size)
{
	int err = errno, state;

	/* The calls above are places where a thread may be cancelled; a lock is none. */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	write_log(text, size);
	pthread_setcancelstate(state, &state);
	errno = err;
}
