/* SPDX-License-Identifier: MIT */
/* What cache_error() returns. */
#ifndef FILECACHE_ERROR_H
#define FILECACHE_ERROR_H

/* Sets this thread's text, cut at some 500 bytes. Returns -errno_value, to be returned. */
int cache_fail(int errno_value, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same with a text that lives for ever; formats nothing. */
int cache_why(int errno_value, const char *text);

/* -EINTR: counts, and says that `what` of the file was interrupted. */
struct inode;
int cache_interrupted(const struct inode *inode, const char *what);

#endif
