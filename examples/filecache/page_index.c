/* SPDX-License-Identifier: MIT */
/* The index of a file's pages. */
#include <errno.h>

#include "fs.h"
#include "pagemap.h"
#include "short_lock.h"

void address_space_init(struct address_space *mapping, struct inode *host)
{
	mapping->host = host;
	init_rwsem(&mapping->invalidate_lock);
	mutex_init(&mapping->i_pages_lock);
	xa_init(&mapping->i_pages);
	init_rwsem(&mapping->i_mmap_rwsem);
	INIT_LIST_HEAD(&mapping->i_mmap);
}

struct page *find_get_page(struct address_space *mapping, pgoff_t index)
{
	struct page *page;

	short_lock(&mapping->i_pages_lock);
	page = xa_load(&mapping->i_pages, index);
	if (page) {
		get_page(page);
		mapping->hits++;
	} else {
		mapping->misses++;
	}
	short_unlock(&mapping->i_pages_lock);
	return page;
}

struct page *find_get_next_page(struct address_space *mapping, pgoff_t index, pgoff_t last)
{
	struct page *page;

	short_lock(&mapping->i_pages_lock);
	page = xa_find(&mapping->i_pages, &index, last);
	if (page)
		get_page(page);
	short_unlock(&mapping->i_pages_lock);
	return page;
}

int add_to_page_cache_lru(struct address_space *mapping, struct page *page)
{
	struct image *image = mapping->host->i_image;
	int err = -EEXIST;

	short_lock(&mapping->i_pages_lock);
	if (!xa_load(&mapping->i_pages, page->index))
		err = xa_store(&mapping->i_pages, page->index, page);
	if (!err) {
		get_page(page);
		page->mapping = mapping;
		mapping->nrpages++;
		short_lock(&image->lru_lock);
		list_add(&page->lru, &image->lru);
		image->nr_pages++;
		short_unlock(&image->lru_lock);
	}
	short_unlock(&mapping->i_pages_lock);
	return err;
}

/* The caller holds i_pages_lock; the index's reference becomes the caller's. */
static void remove_locked(struct address_space *mapping, struct page *page)
{
	struct image *image = mapping->host->i_image;

	xa_erase(&mapping->i_pages, page->index);
	page->mapping = NULL;
	mapping->nrpages--;
	short_lock(&image->lru_lock);
	list_del_init(&page->lru);
	image->nr_pages--;
	short_unlock(&image->lru_lock);
}

void delete_from_page_cache(struct page *page)
{
	struct address_space *mapping = page->mapping;

	short_lock(&mapping->i_pages_lock);
	remove_locked(mapping, page);
	short_unlock(&mapping->i_pages_lock);
	put_page(page);
}

bool remove_mapping(struct page *page)
{
	struct address_space *mapping = page->mapping;
	bool alone;

	short_lock(&mapping->i_pages_lock);
	/* The index's and the caller's. New ones are taken under the lock that is held. */
	alone = klock_load_seq(&page->refcount) == 2;
	if (alone)
		remove_locked(mapping, page);
	short_unlock(&mapping->i_pages_lock);
	if (alone)
		put_page(page);
	return alone;
}
