/* SPDX-License-Identifier: MIT */
/* suppress=FILE: problems that are known, and not to be reported. */
#ifndef KLOCK_LOCKDEP_SUPPRESS_H
#define KLOCK_LOCKDEP_SUPPRESS_H

#include <stdbool.h>

enum klock_problem {
	KLOCK_PROBLEM_CIRCULAR,
	KLOCK_PROBLEM_RECURSION,
	KLOCK_PROBLEM_ORDER,
	KLOCK_PROBLEM_ASSERT,
	KLOCK_PROBLEM_NONBLOCKING,
	KLOCK_PROBLEM_MISUSE,
};

/* As it stands in such a file. */
const char *klock_problem_name(enum klock_problem kind);

/*
 * Whether a problem of this kind is to be passed over in silence. The subject: of circular
 * and order "HELD -> WANTED", two classes; of recursion the class; of others the function or
 * the site. Takes no lock of the checker's and no memory. Counts, so ask once a problem.
 */
bool klock_suppressed(enum klock_problem kind, const char *subject);

/*
 * Adds the suppressions that stand in a file. NULL, or what is wrong with it; wrong lines
 * have been told on standard error then. Before there is a second thread that may ask.
 */
const char *klock_suppress_read(const char *file);
void klock_suppress_forget(void);

/* Tells in the log which have matched nothing, if any problem was found at all. */
void klock_suppress_tell_unused(void);

#endif
