/* SPDX-License-Identifier: MIT */
/* For plain programs that are to run under the checker from their first instruction on. */
#ifndef KLOCK_TEST_ON_H
#define KLOCK_TEST_ON_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Sanitizers bring an allocator and an order of their own, before the program's. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

static inline void skip(const char *why)
{
	puts(why);
	fflush(stdout);
	_exit(77); /* past the program's destructors */
}

/* Starts the program anew with these options, unless that was done. */
static inline void run_with_lockdep(char **argv, const char *options)
{
	const char *now = getenv("KLOCK_LOCKDEP");

	if (SANITIZED)
		skip("not with a sanitizer");
	if (now && !strcmp(now, options))
		return;
	setenv("KLOCK_LOCKDEP", options, 1);
	execv("/proc/self/exe", argv);
	if (errno == ENOEXEC)
		skip("not in an emulator: the kernel cannot start it anew");
	perror("execv");
	exit(1);
}

#endif
