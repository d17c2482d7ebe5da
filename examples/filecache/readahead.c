/* SPDX-License-Identifier: MIT */
/* Reading more than was asked for, in the thread that asks. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "blockmap.h"
#include "filemap.h"

void file_ra_state_init(struct file_ra_state *ra, unsigned int ra_pages)
{
	memset(ra, 0, sizeof(*ra));
	ra->ra_pages = ra_pages;
	ra->prev_index = -1;
}

/* Pages that were added, are locked, and follow one another in the file and on disk. */
struct ra_batch {
	struct page *page[DISK_MAX_PAGES];
	unsigned char *data[DISK_MAX_PAGES];
	unsigned int nr;
	uint32_t block;	   /* of the first; 0: all are holes */
	unsigned int read; /* pages of this batch and earlier ones */
};

/* Reads the batch and lets go of its pages. */
static int read_pages(struct address_space *mapping, struct ra_batch *batch, int ki_flags)
{
	unsigned int i;
	int err = 0;

	if (batch->nr && batch->block)
		err = disk_read_pages(mapping->host, batch->page[0]->index, batch->block,
				      batch->data, batch->nr, ki_flags);
	for (i = 0; i < batch->nr; i++) {
		struct page *page = batch->page[i];

		if (!batch->block)
			memset(page->data, 0, PAGE_SIZE);
		if (!err)
			zero_beyond_end(mapping->host, page);
		if (!err)
			klock_set_bit_release(PG_uptodate, &page->flags);
		unlock_page(page);
		put_page(page);
	}
	if (!err && batch->nr) {
		cache_count(mapping->host->i_image, CACHE_readahead, batch->nr);
		batch->read += batch->nr;
	}
	batch->nr = 0;
	return err;
}

/* Whether a page on `block` goes on where the batch ends. */
static bool batch_takes(const struct ra_batch *batch, uint32_t block)
{
	if (!batch->nr)
		return true;
	if (batch->nr == DISK_MAX_PAGES || !block != !batch->block)
		return false;
	return !block || block == batch->block + batch->nr;
}

/* Makes and adds page `index`, and puts it into the batch, which is read first if it cannot. */
static int ra_add_page(struct address_space *mapping, struct ra_batch *batch, pgoff_t index,
		       bool mark, int ki_flags)
{
	struct image *image = mapping->host->i_image;
	struct page *page;
	uint32_t block;
	int err = make_room(image, ki_flags);

	if (err)
		return err;
	page = page_alloc(index);
	if (!page)
		return -ENOMEM;
	err = add_to_page_cache_lru(mapping, page);
	if (err) {
		unlock_page(page);
		put_page(page);
		return err;
	}
	block = inode_block(mapping->host, index);
	if (image->sw.fill_delay_us && !(ki_flags & IOCB_NOWAIT))
		usleep(image->sw.fill_delay_us);
	if (mark)
		set_bit(PG_readahead, &page->flags);
	if (!batch_takes(batch, block))
		err = read_pages(mapping, batch, ki_flags);
	if (!batch->nr)
		batch->block = block;
	batch->page[batch->nr] = page;
	batch->data[batch->nr++] = page->data;
	return err;
}

/*
 * Pages [index, index + nr) as far as they are in the file and not in the cache.
 * Returns how many it read, and in *error the first I/O error.
 */
static unsigned int page_cache_ra_unbounded(const struct kiocb *iocb, pgoff_t index,
					    unsigned int nr, pgoff_t mark, int *error)
{
	struct address_space *mapping = kiocb_file(iocb)->f_mapping;
	struct ra_batch batch;
	unsigned int i, nofs;
	pgoff_t end;
	int err;

	batch.nr = batch.read = 0;
	*error = 0;
	if (filemap_invalidate_lock_shared_iocb(iocb, mapping))
		return 0;
	/*
	 * From the first page on there are locked pages that nobody has begun to read. Reclaim
	 * for the next ones may not wait for a page, nor for a thread that waits for one of these.
	 */
	nofs = memalloc_nofs_save();
	/* Under the lock: a truncate that came first has brought the end nearer. */
	end = ((pgoff_t)i_size_read(mapping->host) + PAGE_SIZE - 1) >> PAGE_SHIFT;
	for (i = 0; i < nr && index + i < end; i++) {
		err = ra_add_page(mapping, &batch, index + i, index + i == mark, iocb->ki_flags);
		if (err && err != -EEXIST) {
			*error = err;
			break;
		}
	}
	err = read_pages(mapping, &batch, iocb->ki_flags);
	memalloc_nofs_restore(nofs);
	filemap_invalidate_unlock_shared(mapping);
	if (!*error)
		*error = err;
	return batch.read;
}

unsigned int page_cache_readahead(const struct kiocb *iocb, uint64_t index, unsigned int nr)
{
	struct kiocb request = kiocb_request(iocb);
	unsigned int read;
	int error;

	if (request.ki_flags & IOCB_NOIO)
		return 0;
	nowait_begin(request.ki_flags);
	read = page_cache_ra_unbounded(&request, index, nr, UINT64_MAX, &error);
	nowait_end(request.ki_flags);
	return read;
}

/* Reads the window; on an I/O error later ones are smaller, since more of it may be bad. */
static void ra_submit(const struct kiocb *iocb, struct file_ra_state *ra)
{
	pgoff_t mark = ra->async_size ? ra->start + ra->size - ra->async_size : UINT64_MAX;
	int error;

	page_cache_ra_unbounded(iocb, ra->start, ra->size, mark, &error);
	if (error && error != -EAGAIN)
		ra->ra_pages /= 4;
}

static unsigned int next_ra_size(const struct file_ra_state *ra)
{
	unsigned int size = ra->size < ra->ra_pages / 16 ? 4 * ra->size : 2 * ra->size;

	return size < ra->ra_pages ? size : ra->ra_pages;
}

void page_cache_sync_readahead(const struct kiocb *iocb, uint64_t index, unsigned int want)
{
	struct file_ra_state *ra = &kiocb_file(iocb)->f_ra;
	bool sequential = (int64_t)index == ra->prev_index + 1 || (int64_t)index == ra->prev_index;

	/* Not for a request that may not wait: it reads its own page if it can. */
	if (!ra->ra_pages || ki_noio(iocb->ki_flags))
		return;
	if (!sequential && want <= 1) {
		ra->size = 0; /* random: the page alone */
		return;
	}
	if (ra->size && index == ra->start + ra->size) {
		ra->size = next_ra_size(ra);
	} else {
		ra->size = want < 4 ? 4 : want;
		if (ra->size > ra->ra_pages)
			ra->size = ra->ra_pages;
	}
	ra->start = index;
	ra->async_size = ra->size > want ? ra->size - want : ra->size / 2;
	ra_submit(iocb, ra);
}

void page_cache_async_readahead(const struct kiocb *iocb, struct page *page, unsigned int want)
{
	struct file_ra_state *ra = &kiocb_file(iocb)->f_ra;

	(void)want;
	if (!ra->ra_pages || ki_noio(iocb->ki_flags))
		return;
	clear_bit(PG_readahead, &page->flags);
	if (page->index < ra->start || page->index >= ra->start + ra->size)
		return; /* the mark of another open file */
	ra->start += ra->size;
	ra->size = next_ra_size(ra);
	ra->async_size = ra->size;
	ra_submit(iocb, ra);
}
