/* SPDX-License-Identifier: MIT */
/* The file that get writes: a new one, which takes the place of an old one when it is complete. */
#ifndef FILECACHE_OUTPUT_H
#define FILECACHE_OUTPUT_H

#include "beside.h"
#include "cli.h"

struct output {
	const struct session *session;
	const char *path;  /* for messages */
	int fd;		   /* where to write */
	bool replaces;	   /* that is `new`; else the file itself */
	struct beside new;
};

/*
 * `path` is NULL or "-" for standard output. What is no regular file, and a descriptor by
 * its name in /dev or /proc, is written as it is. 0, or the exit status, reported: a path
 * that leads to the image is refused.
 */
int output_open(struct output *out, const struct session *session, const char *path);

/* With `status` 0 the file gets its name; else the old one stays. Returns the status. */
int output_close(struct output *out, int status);

#endif
