/* SPDX-License-Identifier: MIT */
/* What can be done with an open file. The struct kiocb is made by init_sync_kiocb(). */
#ifndef FILECACHE_FILEMAP_H
#define FILECACHE_FILEMAP_H

#include "fs.h"

/*
 * Reads at ki_pos into `buf` and moves ki_pos on. Returns the bytes read: fewer
 * than `len` at the end of the file, or when an error came after the first;
 * 0 at or beyond the end. Each page is read as of one moment. Errors:
 *	-EAGAIN  IOCB_NOWAIT, and it would have to wait for a lock, a page, room in the
 *		 cache or the disk; IOCB_NOIO, and it would have to read
 *	-EIOCBQUEUED  IOCB_WAITQ, without IOCB_NOIO: somebody else reads the page. The request's
 *		 ki_waitq is told when that is done; after a claim the read is called again.
 *		 In all else, and without ki_waitq, such a request is one with IOCB_NOWAIT
 *	-EINTR   the thread was killed while it waited
 *	-EIO     a block could not be read, or what the I/O hook said
 *	-EFAULT  `buf` lies in a memory mapping of an image, which is read-only
 *	-EINVAL  a negative position
 */
ssize_t filemap_read(struct kiocb *iocb, void *buf, size_t len);

/*
 * Writes at ki_pos, or with IOCB_APPEND at the end, and moves ki_pos on; the
 * file grows as needed. With IOCB_DSYNC it is on disk on return, or the error of
 * that is returned, with ki_pos moved on all the same. Otherwise returns the
 * bytes written, or an error when there were none: those of filemap_read(), with
 *	-EAGAIN  IOCB_DSYNC with IOCB_NOWAIT or IOCB_NOIO, always: the disk is waited for
 *	-EFAULT  `buf` lies in a mapping, beyond the end of the mapped file or where that
 *		 cannot be read; elsewhere in a mapping it is read as by a fault
 *	-ENOSPC  no block is free for it; or, and other errors likewise: the cache is full of
 *		 pages that cannot be written to the host
 *	-EFBIG   past INODE_MAX_SIZE
 *	-EROFS   the image was opened IMAGE_RDONLY
 */
ssize_t filemap_write(struct kiocb *iocb, const void *buf, size_t len);

/*
 * Sets the size. Blocks past it are free on return; behind the end of a page that
 * is cut there are zeroes. -EINTR when killed while it waited, then nothing has
 * changed; -EIO when the cut page could not be read or written, likewise.
 */
int filemap_truncate(struct file *file, int64_t size);

/*
 * Makes bytes [start, start + len) zero and frees the blocks of the pages that
 * lie in it whole. The size stays. Errors as filemap_truncate(), but after -EIO
 * or -EINTR a part of a page at an end of the range may be zero; -EINVAL.
 */
int filemap_punch_hole(struct file *file, int64_t start, int64_t len);

/*
 * Writes back the file's dirty pages, and commits and syncs its metadata: what
 * was written before is there after a kill. An error of an earlier writeback
 * is returned too, once for each open file.
 */
int filemap_fsync(struct file *file);

/* Writes back the dirty pages of pages [first, last]; no commit. */
int filemap_write_and_wait_range(struct address_space *mapping, uint64_t first, uint64_t last);

/*
 * Brings `nr` pages from `index` on, as far as they lie within the file and are
 * not there yet, into the cache. Returns how many it read. Never reports an
 * I/O error: whoever wants the page will find out. Readahead of files opened
 * for it alone is the same call. `iocb` says how to wait: with IOCB_NOIO
 * nothing is done.
 */
unsigned int page_cache_readahead(const struct kiocb *iocb, uint64_t index, unsigned int nr);

/* The two that filemap_read() calls: no page was there; the marked page was met. */
void page_cache_sync_readahead(const struct kiocb *iocb, uint64_t index, unsigned int want);
void page_cache_async_readahead(const struct kiocb *iocb, struct page *page, unsigned int want);

void file_ra_state_init(struct file_ra_state *ra, unsigned int ra_pages);

#endif
