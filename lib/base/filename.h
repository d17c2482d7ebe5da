/* SPDX-License-Identifier: MIT */
/* FILE in options, where %p is the number of the process that opens it. */
#ifndef KLOCK_BASE_FILENAME_H
#define KLOCK_BASE_FILENAME_H

#include <stdbool.h>
#include <stddef.h>

#define KLOCK_FILENAME_MAX 4096 /* with the 0 at its end */

/* Each process that fork() makes has a file of its own. */
bool klock_filename_has_pid(const char *file);

/* Writes the name from / on, as the program may be elsewhere later. False: see errno. */
bool klock_filename_whole(const char *file, char name[KLOCK_FILENAME_MAX]);

/*
 * Opens it for writing, makes it if need be, with these flags in addition. The descriptor, or
 * -1 with errno.
 */
int klock_filename_open(const char *file, int flags);

/* Whether it could be opened so now: 0, or an errno. Makes no file. */
int klock_filename_check(const char *file);

#endif
