/* SPDX-License-Identifier: MIT */
/* Dirty pages: the promise of a block, and the way to disk. */
#include <errno.h>

#include "blockmap.h"
#include "error.h"
#include "filemap.h"
#include "mm.h"
#include "quote.h"

int reserve_page_block(struct address_space *mapping, struct page *page)
{
	int err;

	if (test_bit(PG_reserved, &page->flags) || inode_block(mapping->host, page->index))
		return 0;
	err = block_reserve(mapping->host);
	if (!err)
		set_bit(PG_reserved, &page->flags);
	return err;
}

void set_page_dirty(struct page *page)
{
	set_bit(PG_dirty, &page->flags);
	(void)try_to_unmap(page, false); /* a copy there is old now */
}

void cancel_dirty_page(struct address_space *mapping, struct page *page)
{
	clear_bit(PG_dirty, &page->flags);
	if (test_bit(PG_reserved, &page->flags)) {
		clear_bit(PG_reserved, &page->flags);
		block_unreserve(mapping->host->i_image);
	}
}

/*
 * The page has no block yet. It is written before the map knows of it, so that
 * the map on disk never leads to what a block held before; and before that the
 * map on disk has to forget the file that the block was taken from.
 */
static int write_new_block(struct address_space *mapping, struct page *page, int64_t disksize)
{
	struct inode *inode = mapping->host;
	uint64_t trans;
	uint32_t block = block_alloc(inode->i_image, &trans);
	int err = trans ? image_commit(inode->i_image, trans) : 0;

	if (!err)
		err = disk_write_page(inode, page->index, block, page->data);
	if (!err)
		err = block_map(inode, page->index, block, disksize);
	if (err)
		block_alloc_undo(inode->i_image, block);
	else
		clear_bit(PG_reserved, &page->flags);
	return err;
}

int write_page(struct address_space *mapping, struct page *page)
{
	struct inode *inode = mapping->host;
	uint32_t block = inode_block(inode, page->index);
	int64_t start = (int64_t)(page->index << PAGE_SHIFT), size = i_size_read(inode), disksize;
	int err;

	/*
	 * The size is read once: if a truncate changes it meanwhile, the block must not
	 * come to lie behind the end on disk before that truncate frees it.
	 */
	if (start >= size)
		return 0;
	disksize = start + PAGE_SIZE < size ? start + PAGE_SIZE : size;
	if (block) {
		err = disk_write_page(inode, page->index, block, page->data);
		if (!err)
			block_extend(inode, disksize);
	} else {
		err = write_new_block(mapping, page, disksize);
	}
	if (err) {
		set_bit(PG_error, &page->flags);
		return err;
	}
	clear_bit(PG_error, &page->flags);
	clear_bit(PG_dirty, &page->flags);
	cache_count(inode->i_image, CACHE_writebacks, 1);
	return 0;
}

int writeback_page(struct address_space *mapping, struct page *page)
{
	int err = write_page(mapping, page);

	if (err)
		mapping_set_error(mapping, err);
	return err;
}

int filemap_write_and_wait_range(struct address_space *mapping, uint64_t first, uint64_t last)
{
	struct image *image = mapping->host->i_image;
	struct page *page;
	int err, result = 0;

	while (first <= last && (page = find_get_next_page(mapping, first, last))) {
		first = page->index + 1;
		/* A page that is being written stays dirty until that is done: waited for, too. */
		err = 0;
		if (test_bit(PG_dirty, &page->flags)) {
			err = lock_page_killable(image, page);
			if (!err) {
				if (page->mapping == mapping && test_bit(PG_dirty, &page->flags))
					err = writeback_page(mapping, page);
				unlock_page(page);
			}
		}
		put_page(page);
		if (!result)
			result = err;
		if (err == -EINTR || !first)
			break;
	}
	return result;
}

int filemap_fsync(struct file *file)
{
	struct address_space *mapping = file->f_mapping;
	struct image *image = file->f_inode->i_image;
	int wb_err, err;

	if (image->rdonly)
		return 0;
	err = filemap_write_and_wait_range(mapping, 0, UINT64_MAX);
	if (!err)
		err = image_commit(image, UINT64_MAX);
	if (err == -EINTR)
		return cache_interrupted(file->f_inode, "the fsync");
	wb_err = file_check_and_advance_wb_err(file);
	if (err || !wb_err)
		return err;
	return cache_fail(-wb_err, "%s: file %s: could not be written to the image before",
			  image->path, quote_name(file->f_inode->i_name));
}
