/* SPDX-License-Identifier: MIT */
#include "beside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void beside_free(struct beside *new)
{
	free(new->path);
	free(new->target);
	new->path = new->target = NULL;
}

/* One attempt; the name may be that of a file which somebody left behind. */
static int open_as(struct beside *new, int n, mode_t mode)
{
	const char *slash = strrchr(new->target, '/');
	int dir = slash ? (int)(slash - new->target) + 1 : 0;

	free(new->path);
	if (asprintf(&new->path, "%.*s.filecache.%ld.%d", dir, new->target, (long)getpid(), n) < 0)
		new->path = NULL;
	new->fd = new->path ? open(new->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode) : -1;
	return new->fd;
}

int beside_open(struct beside *new, const char *path, const struct stat *old)
{
	int err;

	*new = (struct beside){ .target = old ? realpath(path, NULL) : strdup(path), .fd = -1 };
	if (!new->target)
		return -1;
	for (int n = 0; n < 100; n++) {
		if (open_as(new, n, old ? 0600 : 0666) >= 0 || errno != EEXIST)
			break;
	}
	if (new->fd >= 0 && (!old || !fchmod(new->fd, old->st_mode & 07777)))
		return 0;
	err = errno;
	if (new->fd >= 0)
		beside_cancel(new);
	else
		beside_free(new);
	errno = err;
	return -1;
}

int beside_commit(struct beside *new)
{
	int err = close(new->fd) || rename(new->path, new->target) ? errno : 0;

	if (err)
		unlink(new->path);
	beside_free(new);
	errno = err;
	return err ? -1 : 0;
}

void beside_cancel(struct beside *new)
{
	close(new->fd);
	unlink(new->path);
	beside_free(new);
}
