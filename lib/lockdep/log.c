/* SPDX-License-Identifier: MIT */
/*
 * The file is opened for each report, of which there are few: no empty file is
 * left, a child of fork() gets one of its own, and a program that closes all
 * its files, or uses their numbers, does no harm.
 */
#include "lockdep/log.h"
#include "base/filename.h"
#include "lockdep/options.h"
#include "lockdep/shared.h"
#include <errno.h>
#include <fcntl.h>
#include <klock/atomic.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void write_all(int fd, const char *text, size_t size)
{
	while (size) {
		ssize_t n = write(fd, text, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return; /* nowhere left to say it */
		text += n;
		size -= (size_t)n;
	}
}

/* What could be opened when the program started cannot now: it has other rights, say. */
static void say_why(int err)
{
	static bool said KLOCK_SHARED;
	char text[KLOCK_FILENAME_MAX + 256];
	int n;

	if (klock_xchg_acq_rel(&said, true))
		return;
	n = snprintf(text, sizeof(text),
		     "klock: KLOCK_LOCKDEP: cannot write %s: %s; reports go to standard error\n",
		     klock_options.log, strerror(err));
	write_all(STDERR_FILENO, text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1);
}

static void write_log(const char *text, size_t size)
{
	int fd = klock_options.log ? klock_filename_open(klock_options.log, O_APPEND) : -1;

	if (fd < 0) {
		if (klock_options.log)
			say_why(errno);
		write_all(STDERR_FILENO, text, size);
		return;
	}
	write_all(fd, text, size);
	close(fd);
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
