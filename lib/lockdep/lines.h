/* SPDX-License-Identifier: MIT */
/* Files of the options: each line means something by itself. */
#ifndef KLOCK_LOCKDEP_LINES_H
#define KLOCK_LOCKDEP_LINES_H

#define KLOCK_LINE_MAX 4096 /* with the 0 at its end */

/* Takes a line without its end; it may write to it. NULL, or what is wrong with it. */
typedef const char *(*klock_line_fn)(char *line, const char *file, unsigned int number);

/*
 * Hands each line of the file to `take`. NULL, or what is wrong with the file; wrong lines
 * have been told on standard error then.
 */
const char *klock_lines_read(const char *file, klock_line_fn take);

#endif
