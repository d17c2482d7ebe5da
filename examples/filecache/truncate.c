/* SPDX-License-Identifier: MIT */
/* Dropping pages and freeing their blocks: truncate and punch. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "blockmap.h"
#include "error.h"
#include "filemap.h"
#include "mm.h"
#include "quote.h"

/* Drops a locked page of the file. */
static void truncate_inode_page(struct address_space *mapping, struct page *page)
{
	/* A fault may have mapped it after unmap_mapping_range() had passed. */
	(void)try_to_unmap(page, false);
	cancel_dirty_page(mapping, page);
	delete_from_page_cache(page);
}

void truncate_inode_pages_range(struct address_space *mapping, pgoff_t first, pgoff_t last)
{
	struct page *page;

	while (first <= last && (page = find_get_next_page(mapping, first, last))) {
		first = page->index + 1;
		lock_page(mapping->host->i_image, page);
		if (page->mapping == mapping)
			truncate_inode_page(mapping, page);
		unlock_page(page);
		put_page(page);
		if (!first)
			break; /* it was the last page that there can be */
	}
}

/* Makes bytes [from, to) of a locked uptodate page zero; `old`, if not NULL, gets the old ones. */
static void zero_user_segment(struct page *page, unsigned int from, unsigned int to,
			      unsigned char *old)
{
	down_write(&page->content);
	if (old)
		memcpy(old, page->data + from, to - from);
	memset(page->data + from, 0, to - from);
	up_write(&page->content);
}

/*
 * A new end: what lies behind it in the last block is made zero on disk too,
 * before the size is, so that a file that grows again after a kill finds zeroes.
 */
static int zero_tail_on_disk(struct address_space *mapping, struct page *page, unsigned int from)
{
	unsigned char old[PAGE_SIZE];
	int err;

	zero_user_segment(page, from, PAGE_SIZE, old);
	set_page_dirty(page);
	err = write_page(mapping, page);
	if (!err)
		return 0;
	down_write(&page->content);
	memcpy(page->data + from, old, PAGE_SIZE - from);
	up_write(&page->content);
	return err;
}

/* Page `index`, locked, uptodate, with a reference. */
static int grab_uptodate_page(struct address_space *mapping, pgoff_t index, struct page **result)
{
	struct page *page;
	int err = grab_cache_page(mapping, index, 0, &page);

	if (err)
		return err;
	if (!test_bit_acquire(PG_uptodate, &page->flags))
		err = filemap_read_page(mapping, page, 0);
	if (err) {
		unlock_page(page);
		put_page(page);
	} else {
		*result = page;
	}
	return err;
}

/* Whether a locked page is all zero because it is a hole. */
static bool page_is_hole(struct inode *inode, struct page *page)
{
	return !test_bit(PG_dirty, &page->flags) && !inode_block(inode, page->index);
}

/* Makes bytes [from, to) of page `index` zero. */
static int zero_partial_page(struct address_space *mapping, pgoff_t index, unsigned int from,
			     unsigned int to)
{
	struct page *page;
	int err = grab_uptodate_page(mapping, index, &page);

	if (err)
		return err;
	if (!page_is_hole(mapping->host, page)) {
		zero_user_segment(page, from, to, NULL);
		set_page_dirty(page);
	}
	unlock_page(page);
	put_page(page);
	return 0;
}

/*
 * Makes `size`, which lies within a page, the end: the rest of that page becomes zero. The
 * size changes before the page is unlocked. Writeback takes the size under the page's lock;
 * one that came in between would put the old size on disk, for a file that has lost its blocks.
 */
static int cut_last_page(struct inode *inode, int64_t size)
{
	struct address_space *mapping = &inode->i_data;
	unsigned int from = (unsigned int)size & (PAGE_SIZE - 1);
	struct page *page;
	int err = grab_uptodate_page(mapping, (pgoff_t)size >> PAGE_SHIFT, &page);

	if (err)
		return err;
	if (inode_block(inode, page->index)) {
		err = zero_tail_on_disk(mapping, page, from);
	} else if (!page_is_hole(inode, page)) {
		zero_user_segment(page, from, PAGE_SIZE, NULL);
		set_page_dirty(page);
	}
	if (!err)
		i_size_write(inode, size);
	unlock_page(page);
	put_page(page);
	return err;
}

int settle_tail(struct inode *inode)
{
	int64_t size = i_size_read(inode);
	int err = 0;

	rwsem_assert_held_write(&inode->i_rwsem);
	if (size % PAGE_SIZE && inode->i_tail_unknown)
		err = cut_last_page(inode, size);
	if (!err)
		inode->i_tail_unknown = false;
	return err;
}

/* The moment in which a reader without invalidate_lock gets hold of what is about to go. */
static void before_free(struct inode *inode, pgoff_t first)
{
	const struct image_switches *sw = &inode->i_image->sw;

	if (sw->punch_delay_us)
		usleep(sw->punch_delay_us);
	if (sw->io_hook)
		(void)sw->io_hook(sw->io_hook_arg, IMAGE_FREE, inode, first);
}

/*
 * Drops pages [first, last] and frees their blocks, as one step for all who fill
 * pages. The size goes to disk with it: a dropped page may have been the one
 * whose writeback would have brought it there.
 */
static void drop_and_free(struct address_space *mapping, pgoff_t first, pgoff_t last)
{
	if (first <= last) {
		unmap_mapping_range(mapping, first, last);
		truncate_inode_pages_range(mapping, first, last);
	}
	before_free(mapping->host, first);
	block_free_range(mapping->host, first, last, i_size_read(mapping->host));
}

/* Both locks are held. */
static int truncate_down(struct inode *inode, int64_t size)
{
	pgoff_t first = ((pgoff_t)size + PAGE_SIZE - 1) >> PAGE_SHIFT;
	int err = 0;

	if (size % PAGE_SIZE)
		err = cut_last_page(inode, size);
	else
		i_size_write(inode, size); /* drop_and_free() waits for writeback of what goes */
	if (err)
		return err;
	inode->i_tail_unknown = false;
	drop_and_free(&inode->i_data, first, UINT64_MAX);
	return 0;
}

static int truncate_up(struct inode *inode, int64_t old_size, int64_t size)
{
	int err = settle_tail(inode);

	if (err)
		return err;
	i_size_write(inode, size);
	block_extend(inode, size);
	unmap_mapping_range(&inode->i_data, (pgoff_t)old_size >> PAGE_SHIFT,
			    (pgoff_t)(size - 1) >> PAGE_SHIFT);
	return 0;
}

/* Both locks, as truncate and punch take them. */
static int lock_for_drop(struct inode *inode)
	KLOCK_TRY_ACQUIRES(0, &inode->i_rwsem)
	KLOCK_TRY_ACQUIRES(0, &inode->i_data.invalidate_lock) KLOCK_NO_ANALYSIS
{
	uint64_t since = cache_clock_ns();
	int err = down_write_killable(&inode->i_rwsem);

	cache_count_max(inode->i_image, CACHE_inode_write_ns, cache_clock_ns() - since);
	if (!err) {
		err = filemap_invalidate_lock_killable(&inode->i_data);
		if (err)
			up_write(&inode->i_rwsem);
	}
	return err ? cache_interrupted(inode, "the change of the file") : 0;
}

static void unlock_after_drop(struct inode *inode)
	KLOCK_RELEASES(&inode->i_data.invalidate_lock) KLOCK_RELEASES(&inode->i_rwsem)
{
	filemap_invalidate_unlock(&inode->i_data);
	up_write(&inode->i_rwsem);
}

int filemap_truncate(struct file *file, int64_t size)
{
	struct inode *inode = file->f_inode;
	int64_t old_size;
	int err;

	if (inode->i_image->rdonly)
		return cache_fail(EROFS, "%s: opened for reading only", inode->i_image->path);
	if (size < 0)
		return cache_fail(EINVAL, "%s: negative size", quote_name(inode->i_name));
	if (size > INODE_MAX_SIZE)
		return cache_fail(EFBIG, "%s: a file has at most %lld bytes",
				  quote_name(inode->i_name), (long long)INODE_MAX_SIZE);
	err = lock_for_drop(inode);
	if (err)
		return err;
	old_size = i_size_read(inode);
	err = size > old_size ? truncate_up(inode, old_size, size) : truncate_down(inode, size);
	unlock_after_drop(inode);
	return err;
}

int filemap_replace(struct inode *inode, struct inode *from)
{
	int64_t size = i_size_read(from);
	int err;

	truncate_inode_pages_range(&from->i_data, 0, UINT64_MAX);
	err = lock_for_drop(inode);
	if (err)
		return err;
	truncate_inode_pages_range(&inode->i_data, 0, UINT64_MAX);
	before_free(inode, 0);
	block_replace(inode, from, size);
	inode->i_tail_unknown = false;
	i_size_write(inode, size);
	/* SIGBUS of faults that found a page beyond the old end. */
	unmap_mapping_range(&inode->i_data, 0, UINT64_MAX);
	unlock_after_drop(inode);
	return 0;
}

/* Both locks are held, and the range lies within the file. */
static int punch_locked(struct inode *inode, int64_t start, int64_t end)
{
	struct address_space *mapping = &inode->i_data;
	pgoff_t first = ((pgoff_t)start + PAGE_SIZE - 1) >> PAGE_SHIFT;
	pgoff_t behind = (pgoff_t)end >> PAGE_SHIFT; /* first page that is not dropped */
	unsigned int from = (unsigned int)start & (PAGE_SIZE - 1);
	unsigned int to = (unsigned int)end & (PAGE_SIZE - 1);
	int err = 0;

	if (first > behind) /* within one page */
		return zero_partial_page(mapping, behind, from, to);
	if (from)
		err = zero_partial_page(mapping, first - 1, from, PAGE_SIZE);
	if (!err && to)
		err = zero_partial_page(mapping, behind, 0, to);
	if (!err && first < behind)
		drop_and_free(mapping, first, behind - 1);
	return err;
}

int filemap_punch_hole(struct file *file, int64_t start, int64_t len)
{
	struct inode *inode = file->f_inode;
	int64_t size, end;
	int err;

	if (inode->i_image->rdonly)
		return cache_fail(EROFS, "%s: opened for reading only", inode->i_image->path);
	if (start < 0 || len <= 0 || len > INT64_MAX - start)
		return cache_fail(EINVAL, "%s: no range of bytes: offset %lld, length %lld",
				  quote_name(inode->i_name), (long long)start, (long long)len);
	err = lock_for_drop(inode);
	if (err)
		return err;
	/* The page with the end of the file is dropped whole if the range reaches the end. */
	size = i_size_read(inode);
	end = start + len;
	if (end >= size)
		end = (size + PAGE_SIZE - 1) & ~(int64_t)(PAGE_SIZE - 1);
	if (start < end)
		err = punch_locked(inode, start, end);
	unlock_after_drop(inode);
	return err;
}
