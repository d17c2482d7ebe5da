/* SPDX-License-Identifier: MIT */
/* Files read by plain system calls, for what may run in a signal handler or under any lock. */
#ifndef KLOCK_BASE_READ_FILE_H
#define KLOCK_BASE_READ_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A descriptor, or -1 with errno. */
int klock_open_to_read(const char *path);

/* 0: at the end, or it failed. */
size_t klock_read_some(int fd, char *buf, size_t size);

/* From there on, as much as there is. */
size_t klock_read_from(int fd, void *buf, size_t size, uint64_t offset);

static inline bool klock_read_at(int fd, void *buf, size_t size, uint64_t offset)
{
	return klock_read_from(fd, buf, size, offset) == size;
}

#endif
