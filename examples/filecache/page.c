/* SPDX-License-Identifier: MIT */
/* Pages by themselves: life, references, the lock bit. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "pagemap.h"
#include "stats.h"

/* All page locks are one class: a thread that holds several has got all but one by a try. */
static struct lock_class_key page_lock_key;

struct page *page_alloc(pgoff_t index)
{
	/* By itself, aligned to its size, the memory would cost as much again. */
	struct page *page = malloc(sizeof(*page) + PAGE_SIZE);

	if (!page) {
		cache_why(ENOMEM, "no memory for a page");
		return NULL;
	}
	memset(page, 0, sizeof(*page));
	page->data = (unsigned char *)(page + 1);
	klock_bit_word_init(&page->flags);
	klock_bit_word_init(&page->refcount);
	lockdep_init_map(&page->dep_map, "page.lock", &page_lock_key, 0);
	page->index = index;
	page->refcount = 1;
	init_rwsem(&page->content);
	INIT_LIST_HEAD(&page->lru);
	if (!trylock_page(page))
		abort(); /* nobody else has seen it */
	return page;
}

void get_page(struct page *page)
{
	(void)klock_fetch_add_relaxed(&page->refcount, 1ul);
}

void put_page(struct page *page)
{
	/* Not relaxed: what others did with the page comes before it is freed. */
	if (klock_fetch_add_seq(&page->refcount, -1ul) != 1)
		return;
	klock_bit_word_exit(&page->refcount);
	klock_bit_word_exit(&page->flags);
	free(page);
}

bool trylock_page(struct page *page)
{
	if (test_and_set_bit_lock(PG_locked, &page->flags))
		return false;
	lock_map_acquire_try(&page->dep_map);
	return true;
}

static void count_wait(struct image *image, uint64_t since)
{
	cache_count(image, CACHE_page_waits, 1);
	cache_count_max(image, CACHE_page_ns, cache_clock_ns() - since);
}

static int lock_page_mode(struct image *image, struct page *page, unsigned int mode)
{
	uint64_t since;
	int err;

	might_sleep();
	/* Before anything blocks, and not as a try: the order is checked when it is free, too. */
	lock_map_acquire(&page->dep_map);
	if (!test_and_set_bit_lock(PG_locked, &page->flags))
		return 0;
	since = cache_clock_ns();
	err = wait_on_bit_lock(&page->flags, PG_locked, mode);
	count_wait(image, since);
	if (err)
		lock_map_release(&page->dep_map);
	return err;
}

int lock_page_killable(struct image *image, struct page *page)
{
	return lock_page_mode(image, page, TASK_KILLABLE);
}

void lock_page(struct image *image, struct page *page)
{
	if (lock_page_mode(image, page, TASK_UNINTERRUPTIBLE))
		abort(); /* such a wait only ends with the lock */
}

void unlock_page(struct page *page)
{
	lock_map_release(&page->dep_map);
	clear_bit_unlock(PG_locked, &page->flags);
	wake_up_bit(&page->flags, PG_locked);
}

int wait_on_page_locked_killable(struct image *image, struct page *page)
{
	uint64_t since = cache_clock_ns();
	int err;

	might_sleep();
	lock_map_sync(&page->dep_map);
	err = wait_on_bit(&page->flags, PG_locked, TASK_KILLABLE);
	count_wait(image, since);
	return err;
}
