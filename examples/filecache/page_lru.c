/* SPDX-License-Identifier: MIT */
/* The limit on the number of pages, and what is evicted to keep it. */
#include <errno.h>

#include "error.h"
#include "fs.h"
#include "mm.h"
#include "pagemap.h"
#include "short_lock.h"

/* Set while this thread's reclaim may not write. */
static __thread unsigned int memalloc_nofs;

unsigned int memalloc_nofs_save(void)
{
	unsigned int old = memalloc_nofs;

	memalloc_nofs = 1;
	return old;
}

void memalloc_nofs_restore(unsigned int old)
{
	memalloc_nofs = old;
}

void mark_page_accessed(struct page *page)
{
	if (!test_bit(PG_referenced, &page->flags))
		set_bit(PG_referenced, &page->flags);
}

/*
 * The page used longest ago, with a reference; it moves to the front, so that
 * the next call finds another. One that was used since it came to the front
 * goes there again instead.
 */
static struct page *isolate_page(struct image *image, unsigned int limit, unsigned int *scanned,
				 unsigned int budget)
{
	struct page *page, *found = NULL;

	short_lock(&image->lru_lock);
	while (image->nr_pages >= limit && *scanned < budget && !found) {
		page = list_entry(image->lru.prev, struct page, lru);
		(*scanned)++;
		list_del_init(&page->lru);
		list_add(&page->lru, &image->lru);
		if (test_bit(PG_referenced, &page->flags)) {
			clear_bit(PG_referenced, &page->flags);
		} else {
			/* On the list, so that the index has its reference still. */
			get_page(page);
			found = page;
		}
	}
	short_unlock(&image->lru_lock);
	return found;
}

/* 0, or why a dirty page could not be written. Those up to `last` may be written with it. */
static int shrink_page(struct image *image, struct page *page, bool may_write, pgoff_t last)
{
	int err = 0;

	/* Never waits: the caller may hold locks of other pages. */
	if (!trylock_page(page))
		return 0;
	if (page->mapping) {
		if (may_write && test_bit(PG_dirty, &page->flags))
			err = writeback_pages(page->mapping, page, last);
		if (!test_bit(PG_dirty, &page->flags)) {
			if (try_to_unmap(page, !may_write) && remove_mapping(page))
				cache_count(image, CACHE_evictions, 1);
		}
	}
	unlock_page(page);
	return err;
}

/* A page that cannot be written does not keep others in; where several cannot, none can. */
#define MAX_FAILURES 4

/* `*err` becomes why a dirty page could not be written, or 0. */
static bool shrink_to(struct image *image, unsigned int limit, bool may_write, int *err)
{
	unsigned int scanned = 0, failures = 0, budget;
	struct page *page;
	bool room;

	*err = 0;
	short_lock(&image->lru_lock);
	budget = 2 * image->nr_pages; /* twice round, for pages marked as used */
	short_unlock(&image->lru_lock);
	while ((page = isolate_page(image, limit, &scanned, budget))) {
		int failed = shrink_page(image, page, may_write && failures < MAX_FAILURES,
					 failures ? page->index : UINT64_MAX);

		put_page(page);
		failures += failed != 0;
		*err = failed ? failed : *err;
	}
	short_lock(&image->lru_lock);
	room = image->nr_pages < limit;
	short_unlock(&image->lru_lock);
	return room;
}

bool shrink_page_list(struct image *image, bool may_write)
{
	int err; /* is kept for fsync */

	return shrink_to(image, image->sw.max_pages, may_write && !memalloc_nofs, &err);
}

int make_room(struct image *image, int ki_flags)
{
	bool may_write = !ki_noio(ki_flags) && !memalloc_nofs;
	int err;

	if (shrink_to(image, image->sw.max_pages, may_write, &err))
		return 0;
	if (may_write)
		return ki_flags & IOCB_WRITE ? err : 0;
	cache_count(image, CACHE_eagain_room, 1);
	return cache_why(EAGAIN, "the cache is full of pages in use or not written back");
}

int image_drop_pages(struct image *image)
{
	int err = image_sync(image), failed;

	shrink_to(image, 1, true, &failed);
	return err ? err : failed;
}
