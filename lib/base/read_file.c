/* SPDX-License-Identifier: MIT */
#include "base/read_file.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int klock_open_to_read(const char *path)
{
	int fd;

	do
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	while (fd < 0 && errno == EINTR);
	return fd;
}

size_t klock_read_some(int fd, char *buf, size_t size)
{
	ssize_t n;

	do
		n = read(fd, buf, size);
	while (n < 0 && errno == EINTR);
	return n > 0 ? (size_t)n : 0;
}

size_t klock_read_from(int fd, void *buf, size_t size, uint64_t offset)
{
	char *to = buf;
	size_t used = 0, n;

	if (lseek(fd, (off_t)offset, SEEK_SET) < 0)
		return 0;
	while (used < size && (n = klock_read_some(fd, to + used, size - used)))
		used += n;
	return used;
}
