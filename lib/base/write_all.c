/* SPDX-License-Identifier: MIT */
#include "base/write_all.h"
#include <errno.h>
#include <unistd.h>

int klock_write_all(int fd, const char *text, size_t size)
{
	while (size) {
		ssize_t n = write(fd, text, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? errno : EIO; /* nothing, for ever */
		text += n;
		size -= (size_t)n;
	}
	return 0;
}
