/* SPDX-License-Identifier: MIT */
/* A new file that takes the place of an old one when it is complete, and not before. */
#ifndef FILECACHE_BESIDE_H
#define FILECACHE_BESIDE_H

#include <sys/stat.h>

struct beside {
	char *target; /* the name, with links followed */
	char *path;   /* the name until then, in the same folder */
	int fd;	      /* open for reading and writing */
};

/*
 * Makes the new file. `old`, if not NULL, is of the regular file that `path` leads to: the new
 * one gets its mode. 0, or -1 with errno; then there is nothing to undo.
 */
int beside_open(struct beside *new, const char *path, const struct stat *old);

/* Gives the new file, which is complete, the name. 0, or -1 with errno: it is removed. */
int beside_commit(struct beside *new);

/* Removes the new file. */
void beside_cancel(struct beside *new);

#endif
