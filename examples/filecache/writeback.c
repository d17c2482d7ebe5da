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

/* Locked dirty pages that follow each other in the file. */
struct batch {
	struct page *page[DISK_MAX_PAGES];
	uint32_t block[DISK_MAX_PAGES];
	bool fresh[DISK_MAX_PAGES]; /* the block is not in the map yet */
	int err[DISK_MAX_PAGES];
	unsigned int nr;
	int64_t size; /* of the file */
};

/*
 * Pages without a block get one. It is written before the map knows of it, so that the map on
 * disk never leads to what a block held before; and before that the map on disk has to forget
 * the file that the block was taken from.
 */
static void batch_alloc(struct inode *inode, struct batch *batch)
{
	uint64_t trans, last = 0;
	unsigned int i;
	int err;

	for (i = 0; i < batch->nr; i++) {
		batch->block[i] = inode_block(inode, batch->page[i]->index);
		batch->fresh[i] = !batch->block[i];
		if (!batch->fresh[i])
			continue;
		batch->block[i] = block_alloc(inode->i_image, &trans);
		last = trans > last ? trans : last;
	}
	err = last ? image_commit(inode->i_image, last) : 0;
	for (i = 0; i < batch->nr; i++)
		batch->err[i] = err ? err : disk_may_write(inode, batch->page[i]->index);
}

/* Pages from `i` on that can be written, as they lie on disk, by one call; or that cannot be. */
static unsigned int batch_run(const struct batch *batch, unsigned int i)
{
	unsigned int n = 1;

	while (i + n < batch->nr && batch->block[i + n] == batch->block[i] + n &&
	       !batch->err[i] && !batch->err[i + n])
		n++;
	return n;
}

static void batch_write_run(struct inode *inode, struct batch *batch, unsigned int i,
			    unsigned int nr)
{
	unsigned char *data[DISK_MAX_PAGES] = { NULL };
	unsigned int n;
	int err;

	if (batch->err[i])
		return;
	for (n = 0; n < nr; n++)
		data[n] = batch->page[i + n]->data;
	err = disk_write_pages(inode, batch->page[i]->index, batch->block[i], data, nr);
	for (n = 0; n < nr; n++)
		batch->err[i + n] = err;
}

/* The page has been written, or not. */
static int batch_end_page(struct address_space *mapping, const struct batch *batch, unsigned int i)
{
	struct inode *inode = mapping->host;
	struct page *page = batch->page[i];
	int64_t end = (int64_t)(page->index << PAGE_SHIFT) + PAGE_SIZE;
	int err = batch->err[i];

	end = end < batch->size ? end : batch->size;
	if (!err && batch->fresh[i])
		err = block_map(inode, page->index, batch->block[i], end);
	else if (!err)
		block_extend(inode, end);
	if (err) {
		if (batch->fresh[i])
			block_alloc_undo(inode->i_image, batch->block[i]);
		set_bit(PG_error, &page->flags);
		return err;
	}
	if (batch->fresh[i])
		clear_bit(PG_reserved, &page->flags);
	clear_bit(PG_error, &page->flags);
	clear_bit(PG_dirty, &page->flags);
	cache_count(inode->i_image, CACHE_writebacks, 1);
	return 0;
}

/* Writes the pages, which stay locked. The first error; those pages stay dirty. */
static int batch_write(struct address_space *mapping, struct batch *batch)
{
	unsigned int i, n;
	int err = 0;
	pgoff_t behind;

	/*
	 * The size is read once: if a truncate changes it meanwhile, the block must not
	 * come to lie behind the end on disk before that truncate frees it.
	 */
	batch->size = i_size_read(mapping->host);
	behind = ((pgoff_t)batch->size + PAGE_SIZE - 1) >> PAGE_SHIFT;
	while (batch->nr && batch->page[batch->nr - 1]->index >= behind)
		batch->nr--;
	batch_alloc(mapping->host, batch);
	for (i = 0; i < batch->nr; i += n) {
		n = batch_run(batch, i);
		batch_write_run(mapping->host, batch, i, n);
	}
	for (i = 0; i < batch->nr; i++) {
		int failed = batch_end_page(mapping, batch, i);

		err = err ? err : failed;
	}
	return err;
}

int write_page(struct address_space *mapping, struct page *page)
{
	struct batch batch = { .page = { page }, .nr = 1 };

	return batch_write(mapping, &batch);
}

/* The page at `index`, if it is dirty and can be locked without waiting; with a reference. */
static struct page *find_lock_dirty_page(struct address_space *mapping, pgoff_t index)
{
	struct page *page = find_get_next_page(mapping, index, index);

	if (!page)
		return NULL;
	if (trylock_page(page)) {
		if (page->mapping == mapping && test_bit(PG_dirty, &page->flags))
			return page;
		unlock_page(page);
	}
	put_page(page);
	return NULL;
}

int writeback_pages(struct address_space *mapping, struct page *page, pgoff_t last)
{
	struct page *next;
	struct batch batch = { .page = { page }, .nr = 1 };
	unsigned int i, nr;
	int err;

	while (batch.nr < DISK_MAX_PAGES && page->index + batch.nr <= last &&
	       (next = find_lock_dirty_page(mapping, page->index + batch.nr)))
		batch.page[batch.nr++] = next;
	nr = batch.nr;
	err = batch_write(mapping, &batch);
	if (err)
		mapping_set_error(mapping, err);
	for (i = 1; i < nr; i++) {
		unlock_page(batch.page[i]);
		put_page(batch.page[i]);
	}
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
					err = writeback_pages(mapping, page, last);
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
