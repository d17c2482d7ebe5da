/* SPDX-License-Identifier: MIT */
/* Writing into the cache. */
#include <errno.h>
#include <string.h>

#include "error.h"
#include "filemap.h"
#include "mm.h"
#include "quote.h"

static int grab_new_page(struct address_space *mapping, pgoff_t index, int ki_flags,
			 struct page **result)
{
	struct page *page;
	int err = make_room(mapping->host->i_image, ki_flags | IOCB_WRITE);

	if (err)
		return err;
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

/* A page that a write changes: locked, as is what its bytes, and who maps them, need. */
struct write_page {
	struct page *page;
	bool mappings_locked;
};

/* The other bytes of a locked page are there, and a block is promised to it. */
static int prepare_page(const struct kiocb *iocb, struct page *page, bool whole)
{
	struct address_space *mapping = kiocb_file(iocb)->f_mapping;
	int err = 0;

	if (!whole && !test_bit_acquire(PG_uptodate, &page->flags))
		err = filemap_read_page(mapping, page, iocb->ki_flags);
	return err ? err : reserve_page_block(mapping, page);
}

/*
 * Takes i_mmap_rwsem, if a mapping may have the page, or SIGBUS in the place of what the file
 * grows by, and the page's contents. All of it before anything is changed: a request that may
 * not wait can still be refused.
 */
static int lock_for_copy(const struct kiocb *iocb, struct write_page *w, int64_t end)
	KLOCK_NO_ANALYSIS
{
	struct inode *inode = kiocb_file(iocb)->f_inode;
	bool nowait = iocb->ki_flags & IOCB_NOWAIT;

	w->mappings_locked = false;
	if (test_bit(PG_mapped, &w->page->flags) || end > i_size_read(inode)) {
		if (!down_write_try_or_lock(&inode->i_data.i_mmap_rwsem, nowait))
			goto taken;
		w->mappings_locked = true;
	}
	if (down_write_try_or_lock(&w->page->content, nowait))
		return 0;
	if (w->mappings_locked)
		up_write(&inode->i_data.i_mmap_rwsem);
taken:
	cache_count(inode->i_image, CACHE_eagain_page, 1);
	return cache_why(EAGAIN, "the page, or what maps it, is in use");
}

/* Locks and prepares page `index` for a write of bytes up to `end`. */
static int write_begin(const struct kiocb *iocb, pgoff_t index, bool whole, int64_t end,
		       struct write_page *w)
{
	struct address_space *mapping = kiocb_file(iocb)->f_mapping;
	int err = grab_cache_page(mapping, index, iocb->ki_flags, &w->page);

	if (err)
		return err;
	err = prepare_page(iocb, w->page, whole);
	if (!err)
		err = lock_for_copy(iocb, w, end);
	if (err) {
		unlock_page(w->page);
		put_page(w->page);
	}
	return err;
}

/* The old bytes go from all mappings, and SIGBUS from what the file has grown by. */
static void unmap_written(struct inode *inode, struct page *page, int64_t old_size)
{
	pgoff_t first = (pgoff_t)old_size >> PAGE_SHIFT;

	unmap_mapping_range_locked(&inode->i_data, first < page->index ? first : page->index,
				   page->index);
	clear_bit(PG_mapped, &page->flags);
}

/* The bytes up to `end` have been copied. */
static void write_end(struct inode *inode, struct write_page *w, int64_t end) KLOCK_NO_ANALYSIS
{
	int64_t old_size = i_size_read(inode);
	struct page *page = w->page;

	up_write(&page->content);
	klock_set_bit_release(PG_uptodate, &page->flags);
	/* Under the page lock, so that writeback of the page finds a size that reaches it. */
	if (end > old_size)
		i_size_write(inode, end);
	if (w->mappings_locked) {
		unmap_written(inode, page, old_size);
		up_write(&inode->i_data.i_mmap_rwsem);
	}
	set_page_dirty(page);
	mark_page_accessed(page);
	unlock_page(page);
	put_page(page);
}

/* Writes `len` bytes, of plain memory, that lie in one page of the file. */
static int write_in_page(struct kiocb *iocb, const void *buf, size_t len)
{
	int64_t end = iocb->ki_pos + (int64_t)len;
	struct write_page w;
	int err = write_begin(iocb, (pgoff_t)iocb->ki_pos >> PAGE_SHIFT, len == PAGE_SIZE, end, &w);

	if (err)
		return err;
	memcpy(w.page->data + iocb->ki_pos % PAGE_SIZE, buf, len);
	write_end(kiocb_file(iocb)->f_inode, &w, end);
	iocb->ki_pos = end;
	return 0;
}

/* The same for what `buf` begins with, plain memory or of a mapping. The bytes, or an error. */
static ssize_t write_some(struct kiocb *iocb, const void *buf, size_t len)
{
	unsigned char copy[PAGE_SIZE];
	size_t n = PAGE_SIZE - (size_t)(iocb->ki_pos % PAGE_SIZE);
	struct vm_area_struct *vma;
	ssize_t copied;
	int err;

	n = n < len ? n : len;
	vma = find_user_vma(buf, &n);
	if (vma) {
		copied = copy_from_mapping(vma, buf, copy, n, iocb->ki_flags & IOCB_NOWAIT);
		if (copied == -EINTR)
			cache_interrupted(kiocb_file(iocb)->f_inode, "the write");
		if (copied < 0)
			return copied;
		n = (size_t)copied;
		buf = copy;
	}
	err = write_in_page(iocb, buf, n);
	return err ? err : (ssize_t)n;
}

/* Copies page by page, i_rwsem is held. Returns the bytes, or an error when there were none. */
static ssize_t generic_perform_write(struct kiocb *iocb, const void *buf, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = write_some(iocb, (const char *)buf + done, len - done);

		if (n < 0)
			return done ? (ssize_t)done : n;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

/* What is wrong with the request, before any lock is taken. */
static int write_checks(const struct kiocb *iocb)
{
	struct inode *inode = kiocb_file(iocb)->f_inode;

	if (inode->i_image->rdonly)
		return cache_fail(EROFS, "%s: opened for reading only", inode->i_image->path);
	if (iocb->ki_pos < 0)
		return cache_fail(EINVAL, "%s: negative offset", quote_name(inode->i_name));
	if ((iocb->ki_flags & IOCB_DSYNC) && ki_noio(iocb->ki_flags)) {
		cache_count(inode->i_image, CACHE_eagain_disk, 1);
		return cache_why(EAGAIN, "the disk would have to be waited for");
	}
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
	int64_t old_size = i_size_read(inode);
	int err;

	if (iocb->ki_flags & IOCB_APPEND)
		iocb->ki_pos = old_size;
	if (iocb->ki_pos > INODE_MAX_SIZE || len > (uint64_t)(INODE_MAX_SIZE - iocb->ki_pos))
		return cache_fail(EFBIG, "%s: a file has at most %lld bytes",
				  quote_name(inode->i_name), (long long)INODE_MAX_SIZE);
	if (iocb->ki_pos + (int64_t)len > old_size && inode->i_tail_unknown) {
		if (ki_noio(iocb->ki_flags)) {
			cache_count(inode->i_image, CACHE_eagain_disk, 1);
			return cache_why(EAGAIN, "the disk would have to be waited for");
		}
		err = settle_tail(inode);
		if (err)
			return err;
	}
	if (!(iocb->ki_flags & IOCB_NOWAIT))
		might_fault(inode->i_image);
	return generic_perform_write(iocb, buf, len);
}

static ssize_t filemap_write_nosync(struct kiocb *iocb, const void *buf, size_t len)
{
	struct inode *inode = kiocb_file(iocb)->f_inode;
	ssize_t n;
	int err = lock_inode(iocb, inode);

	if (err)
		return err;
	n = filemap_write_locked(iocb, buf, len);
	up_write(&inode->i_rwsem);
	return n;
}

ssize_t filemap_write(struct kiocb *iocb, const void *buf, size_t len)
{
	struct kiocb request = kiocb_request(iocb);
	ssize_t n;
	int err = write_checks(&request);

	if (err || !len)
		return err;
	nowait_begin(request.ki_flags);
	n = filemap_write_nosync(&request, buf, len);
	nowait_end(request.ki_flags);
	iocb->ki_pos = request.ki_pos;
	if (n > 0 && (request.ki_flags & IOCB_DSYNC)) {
		err = filemap_fsync(kiocb_file(iocb));
		if (err)
			return err;
	}
	return n;
}
