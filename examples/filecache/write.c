/* SPDX-License-Identifier: MIT */
/* Writing into the cache. */
#include <errno.h>
#include <string.h>

#include "error.h"
#include "filemap.h"
#include "mm.h"

static int grab_new_page(struct address_space *mapping, pgoff_t index, int ki_flags,
			 struct page **result)
{
	struct page *page;
	int err;

	shrink_page_list(mapping->host->i_image, !(ki_flags & IOCB_NOWAIT));
	page = page_alloc(index);
	if (!page)
		return -ENOMEM;
	err = add_to_page_cache_lru(mapping, page);
	if (err) {
		unlock_page(page);
		put_page(page);
		return err == -EEXIST ? AOP_TRUNCATED_PAGE : err;
	}
	*result = page;
	return 0;
}

static int grab_found_page(struct address_space *mapping, struct page *page, int ki_flags)
{
	struct image *image = mapping->host->i_image;
	int err = 0;

	if (!(ki_flags & IOCB_NOWAIT)) {
		err = lock_page_killable(image, page);
	} else if (!trylock_page(page)) {
		cache_count(image, CACHE_eagain_page, 1);
		err = cache_why(EAGAIN, "the page is locked");
	}
	if (!err && page->mapping != mapping) {
		unlock_page(page);
		err = AOP_TRUNCATED_PAGE;
	}
	return err;
}

int grab_cache_page(struct address_space *mapping, pgoff_t index, int ki_flags,
		    struct page **result)
{
	int err;

	do {
		struct page *page = find_get_page(mapping, index);

		if (!page) {
			err = grab_new_page(mapping, index, ki_flags, result);
			continue;
		}
		err = grab_found_page(mapping, page, ki_flags);
		if (err == -EINTR)
			cache_interrupted(mapping->host, "the change of a page");
		if (err)
			put_page(page);
		else
			*result = page;
	} while (err == AOP_TRUNCATED_PAGE);
	return err;
}

/* A locked page that can be copied into: its other bytes are there, and a block is promised. */
static int write_begin(const struct kiocb *iocb, pgoff_t index, bool whole, struct page **result)
{
	struct address_space *mapping = kiocb_file(iocb)->f_mapping;
	struct page *page;
	int err = grab_cache_page(mapping, index, iocb->ki_flags, &page);

	if (err)
		return err;
	if (!whole && !test_bit_acquire(PG_uptodate, &page->flags))
		err = filemap_read_page(mapping, page, iocb->ki_flags);
	if (!err)
		err = reserve_page_block(mapping, page);
	if (err) {
		unlock_page(page);
		put_page(page);
		return err;
	}
	*result = page;
	return 0;
}

static void write_end(struct inode *inode, struct page *page, int64_t end)
{
	klock_set_bit_release(PG_uptodate, &page->flags);
	set_page_dirty(page);
	/* Under the page lock, so that writeback of the page finds a size that reaches it. */
	if (end > i_size_read(inode))
		i_size_write(inode, end);
	mark_page_accessed(page);
	unlock_page(page);
	put_page(page);
}

static void copy_page_from_user(struct page *page, unsigned int offset, const void *buf, size_t len)
{
	down_write(&page->content);
	memcpy(page->data + offset, buf, len);
	up_write(&page->content);
}

/* Copies page by page, i_rwsem is held. Returns the bytes, or an error when there were none. */
static ssize_t generic_perform_write(struct kiocb *iocb, const void *buf, size_t len)
{
	struct inode *inode = kiocb_file(iocb)->f_inode;
	size_t done = 0;

	while (done < len) {
		unsigned int offset = (unsigned int)iocb->ki_pos & (PAGE_SIZE - 1);
		size_t left = len - done, n = PAGE_SIZE - offset;
		struct page *page = NULL;
		int err;

		n = n < left ? n : left;
		err = write_begin(iocb, (pgoff_t)iocb->ki_pos >> PAGE_SHIFT, n == PAGE_SIZE, &page);
		if (err)
			return done ? (ssize_t)done : err;
		copy_page_from_user(page, offset, (const char *)buf + done, n);
		write_end(inode, page, iocb->ki_pos + (int64_t)n);
		iocb->ki_pos += (int64_t)n;
		done += n;
	}
	return (ssize_t)done;
}

/* What is wrong with the request, before any lock is taken. */
static int write_checks(const struct kiocb *iocb, const void *buf, size_t len)
{
	struct inode *inode = kiocb_file(iocb)->f_inode;

	if (inode->i_image->rdonly)
		return cache_fail(EROFS, "%s: opened for reading only", inode->i_image->path);
	if (iocb->ki_pos < 0)
		return cache_fail(EINVAL, "%s: negative offset", inode->i_name);
	if (mm_overlaps(inode->i_image, buf, len))
		return cache_fail(EFAULT, "%s: the buffer lies in a mapping of this image",
				  inode->i_name);
	return 0;
}

static int lock_inode(const struct kiocb *iocb, struct inode *inode)
	KLOCK_TRY_ACQUIRES(0, &inode->i_rwsem) KLOCK_NO_ANALYSIS
{
	uint64_t since = cache_clock_ns();
	int err = iocb_write_lock(iocb, &inode->i_rwsem);

	if (err == -EAGAIN) {
		cache_count(inode->i_image, CACHE_eagain_lock, 1);
		cache_why(EAGAIN, "i_rwsem is taken");
	} else if (err) {
		cache_interrupted(inode, "the write");
	}
	cache_count_max(inode->i_image, CACHE_inode_write_ns, cache_clock_ns() - since);
	return err;
}

/* i_rwsem is held. */
static ssize_t filemap_write_locked(struct kiocb *iocb, const void *buf, size_t len)
{
	struct inode *inode = kiocb_file(iocb)->f_inode;
	int64_t old_size = i_size_read(inode), new_size;
	ssize_t n;

	if (iocb->ki_flags & IOCB_APPEND)
		iocb->ki_pos = old_size;
	if (iocb->ki_pos > INODE_MAX_SIZE || len > (uint64_t)(INODE_MAX_SIZE - iocb->ki_pos))
		return cache_fail(EFBIG, "%s: a file has at most %lld bytes", inode->i_name,
				  (long long)INODE_MAX_SIZE);
	if (iocb->ki_pos + (int64_t)len > old_size && inode->i_tail_unknown) {
		if (iocb->ki_flags & IOCB_NOWAIT) {
			cache_count(inode->i_image, CACHE_eagain_disk, 1);
			return cache_why(EAGAIN, "the disk would have to be waited for");
		}
		n = settle_tail(inode);
		if (n)
			return n;
	}
	n = generic_perform_write(iocb, buf, len);
	new_size = i_size_read(inode);
	if (new_size > old_size)
		unmap_mapping_range(&inode->i_data, (pgoff_t)old_size >> PAGE_SHIFT,
				    (pgoff_t)(new_size - 1) >> PAGE_SHIFT);
	return n;
}

ssize_t filemap_write(struct kiocb *iocb, const void *buf, size_t len)
{
	struct file *file = kiocb_file(iocb);
	struct inode *inode = file->f_inode;
	ssize_t n;
	int err = write_checks(iocb, buf, len);

	if (err || !len)
		return err;
	err = lock_inode(iocb, inode);
	if (err)
		return err;
	n = filemap_write_locked(iocb, buf, len);
	up_write(&inode->i_rwsem);
	if (n > 0 && (iocb->ki_flags & IOCB_DSYNC)) {
		err = filemap_fsync(file);
		if (err)
			return err;
	}
	return n;
}
