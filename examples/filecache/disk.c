/* SPDX-License-Identifier: MIT */
/* Reading and writing the image file. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "blockmap.h"
#include "error.h"
#include "quote.h"

#ifndef RWF_NOWAIT
#define RWF_NOWAIT 0x00000008
#endif

static int data_fail(struct inode *inode, const char *what, uint64_t index, int errno_value,
		     const char *why)
{
	cache_count(inode->i_image, CACHE_io_errors, 1);
	return cache_fail(errno_value, "%s: file %s, offset %" PRIu64 ": %s: %s",
			  inode->i_image->path, quote_name(inode->i_name),
			  index << IMAGE_BLOCK_SHIFT, what, why);
}

static int run_hook(struct inode *inode, enum image_io dir, uint64_t index)
{
	const struct image_switches *sw = &inode->i_image->sw;
	int err = sw->io_hook ? sw->io_hook(sw->io_hook_arg, dir, inode, index) : 0;

	if (err)
		data_fail(inode, dir == IMAGE_READ ? "read" : "write", index, -err,
			  strerror(-err));
	return err;
}

/* preadv(), which with `nowait` fails with EAGAIN rather than wait for the disk. */
static ssize_t read_vec(struct image *image, const struct iovec *iov, int nr, off_t pos,
			bool nowait)
{
	ssize_t n;

	if (!nowait)
		return preadv(image->fd, iov, nr, pos);
	/* Not through the C library: musl has no preadv2() before 1.2.5. Low half, high half. */
	n = syscall(SYS_preadv2, image->fd, iov, nr, (long)pos, (long)((uint64_t)pos >> 32),
		    RWF_NOWAIT);
	if (n >= 0 || (errno != EOPNOTSUPP && errno != ENOSYS))
		return n;
	/* A file system that cannot tell: one that lives in memory never waits. */
	if (image->memory_backed)
		return preadv(image->fd, iov, nr, pos);
	errno = EAGAIN;
	return -1;
}

/* Steps over `n` bytes that have been read. Returns how many buffers are left. */
static int advance(struct iovec **iov, int nr, size_t n)
{
	while (nr && n >= (*iov)->iov_len) {
		n -= (*iov)->iov_len;
		(*iov)++;
		nr--;
	}
	if (nr) {
		(*iov)->iov_base = (char *)(*iov)->iov_base + n;
		(*iov)->iov_len -= n;
	}
	return nr;
}

static int would_wait(struct image *image)
{
	cache_count(image, CACHE_eagain_disk, 1);
	return cache_why(EAGAIN, "the disk would have to be waited for");
}

int disk_read_pages(struct inode *inode, uint64_t index, uint32_t block, unsigned char *const *data,
		    unsigned int nr, int ki_flags)
{
	struct image *image = inode->i_image;
	off_t pos = (off_t)block << IMAGE_BLOCK_SHIFT;
	bool nowait = ki_flags & IOCB_NOWAIT;
	struct iovec vec[DISK_MAX_PAGES], *iov = vec;
	int left = (int)nr;
	unsigned int i;

	if (!nowait)
		might_sleep();
	else if (image->sw.io_hook)
		return would_wait(image); /* a hook may sleep, as a slow disk does */
	for (i = 0; i < nr; i++) {
		int err = run_hook(inode, IMAGE_READ, index + i);

		if (err)
			return err;
		vec[i].iov_base = data[i];
		vec[i].iov_len = IMAGE_BLOCK_SIZE;
	}
	while (left) {
		ssize_t n = read_vec(image, iov, left, pos, nowait);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN && nowait)
			return would_wait(image);
		if (n < 0)
			return data_fail(inode, "read", index, EIO, strerror(errno));
		if (!n)
			return data_fail(inode, "read", index, EIO, "the image file ends here");
		pos += n;
		left = advance(&iov, left, (size_t)n);
	}
	return 0;
}

/* Writes all of it: 0 or an errno. */
static int write_full(struct image *image, struct iovec *iov, int nr, off_t pos)
{
	if (image->rdonly)
		return EROFS;
	might_sleep();
	while (nr) {
		ssize_t n = pwritev(image->fd, iov, nr, pos);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? errno : EIO; /* a file that takes nothing would do so for ever */
		pos += n;
		nr = advance(&iov, nr, (size_t)n);
	}
	return 0;
}

int disk_may_write(struct inode *inode, uint64_t index)
{
	return run_hook(inode, IMAGE_WRITE, index);
}

int disk_write_pages(struct inode *inode, uint64_t index, uint32_t block,
		     unsigned char *const *data, unsigned int nr)
{
	struct iovec iov[DISK_MAX_PAGES];
	unsigned int i;
	int err;

	for (i = 0; i < nr; i++)
		iov[i] = (struct iovec){ data[i], IMAGE_BLOCK_SIZE };
	err = write_full(inode->i_image, iov, (int)nr, (off_t)block << IMAGE_BLOCK_SHIFT);
	return err ? data_fail(inode, "write", index, err == ENOSPC ? ENOSPC : EIO, strerror(err))
		   : 0;
}

int disk_write(struct image *image, const char *what, const void *data, size_t len, off_t pos)
{
	struct iovec iov = { (void *)(uintptr_t)data, len };
	int err = write_full(image, &iov, 1, pos);

	if (!err)
		return 0;
	cache_count(image, CACHE_io_errors, 1);
	return cache_fail(err, "%s: cannot write the %s at offset %" PRId64 ": %s", image->path,
			  what, (int64_t)pos, strerror(err));
}

int disk_sync(struct image *image)
{
	int err = 0;

	might_sleep();
	if (image->nosync || image->rdonly)
		return 0;
	if (image->sync_failed)
		return cache_fail(EIO, "%s: a sync has failed: nothing more is committed until it "
				  "is opened again", image->path);
	while (!err && fdatasync(image->fd))
		err = errno == EINTR ? 0 : errno;
	if (!err)
		return 0;
	image->sync_failed = true;
	cache_count(image, CACHE_io_errors, 1);
	return cache_fail(EIO, "%s: cannot sync: %s", image->path, strerror(err));
}
