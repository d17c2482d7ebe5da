/* SPDX-License-Identifier: MIT */
#ifndef KLOCK_BASE_HELPER_H
#define KLOCK_BASE_HELPER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Runs a program, with all signals blocked, an empty environment and no file but its output, which
 * goes to `out`; how many bytes that is, or -1 when it could not be run or did not end in time: it
 * has to see to its own end. Takes no lock, runs no fork handler, sends no SIGCHLD, and is no
 * process that the program can wait for, unless that is a subreaper or init. Not a cancellation
 * point.
 */
ssize_t klock_helper_run(const char *path, char *const argv[], char *out, size_t size,
			 int64_t timeout_ns);

#endif
