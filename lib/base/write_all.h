/* SPDX-License-Identifier: MIT */
/* What is to be written, to its end. */
#ifndef KLOCK_BASE_WRITE_ALL_H
#define KLOCK_BASE_WRITE_ALL_H

#include <stddef.h>

/* 0, or an errno; EIO for a file that takes nothing. Async-signal-safe; errno may change. */
int klock_write_all(int fd, const char *text, size_t size);

#endif
