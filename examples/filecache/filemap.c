/* SPDX-License-Identifier: MIT */
/* Reading through the cache. */
#include "filemap.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "blockmap.h"
#include "error.h"
#include "mm.h"
#include "quote.h"

static void count_wait(struct address_space *mapping, uint64_t since, enum cache_counter waits,
		       enum cache_counter longest)
{
	uint64_t ns = cache_clock_ns() - since;

	if (ns < CACHE_WAIT_NS)
		return;
	cache_count(mapping->host->i_image, waits, 1);
	cache_count_max(mapping->host->i_image, longest, ns);
}

int filemap_invalidate_lock_shared_iocb(const struct kiocb *iocb, struct address_space *mapping)
{
	struct image *image = mapping->host->i_image;
	uint64_t since;
	int err;

	if (!image->sw.use_invalidate_lock)
		return 0;
	since = cache_clock_ns();
	err = iocb_read_lock(iocb, &mapping->invalidate_lock);
	count_wait(mapping, since, CACHE_invalidate_read_waits, CACHE_invalidate_read_ns);
	if (err == -EAGAIN) {
		cache_count(image, CACHE_eagain_lock, 1);
		cache_why(EAGAIN, "the invalidate lock is taken");
	}
	return err;
}

void filemap_invalidate_lock_shared(struct address_space *mapping)
{
	uint64_t since;

	if (!mapping->host->i_image->sw.use_invalidate_lock)
		return;
	since = cache_clock_ns();
	down_read(&mapping->invalidate_lock);
	count_wait(mapping, since, CACHE_invalidate_read_waits, CACHE_invalidate_read_ns);
}

void filemap_invalidate_unlock_shared(struct address_space *mapping)
{
	if (mapping->host->i_image->sw.use_invalidate_lock)
		up_read(&mapping->invalidate_lock);
}

int filemap_invalidate_lock_killable(struct address_space *mapping)
{
	uint64_t since;
	int err;

	if (!mapping->host->i_image->sw.use_invalidate_lock)
		return 0;
	since = cache_clock_ns();
	err = down_write_killable(&mapping->invalidate_lock);
	count_wait(mapping, since, CACHE_invalidate_write_waits, CACHE_invalidate_write_ns);
	return err;
}

void filemap_invalidate_unlock(struct address_space *mapping)
{
	if (mapping->host->i_image->sw.use_invalidate_lock)
		up_write(&mapping->invalidate_lock);
}

void zero_beyond_end(struct inode *inode, struct page *page)
{
	int64_t size = i_size_read(inode);
	unsigned int offset = (unsigned int)size & (PAGE_SIZE - 1);

	if (offset && page->index == (pgoff_t)size >> PAGE_SHIFT)
		memset(page->data + offset, 0, PAGE_SIZE - offset);
}

static int page_in_use(struct image *image)
{
	cache_count(image, CACHE_eagain_page, 1);
	return cache_why(EAGAIN, "the page, or what maps it, is in use");
}

static int noio(struct image *image)
{
	cache_count(image, CACHE_eagain_noio, 1);
	return cache_why(EAGAIN, "not in the cache, and no I/O is allowed");
}

int filemap_read_page(struct address_space *mapping, struct page *page, int ki_flags)
{
	struct inode *inode = mapping->host;
	uint32_t block = inode_block(inode, page->index);
	int err = 0;

	/* SIGBUS, of a fault for which it could not be read. */
	if (!try_to_unmap(page, ki_flags & IOCB_NOWAIT))
		return page_in_use(inode->i_image);
	clear_bit(PG_error, &page->flags);
	if (inode->i_image->sw.fill_delay_us && !(ki_flags & IOCB_NOWAIT))
		usleep(inode->i_image->sw.fill_delay_us);
	if (block && (ki_flags & IOCB_NOIO))
		err = noio(inode->i_image);
	else if (block)
		err = disk_read_pages(inode, page->index, block, &page->data, 1, ki_flags);
	else
		memset(page->data, 0, PAGE_SIZE); /* a hole */
	if (!err)
		zero_beyond_end(inode, page);
	if (!err)
		klock_set_bit_release(PG_uptodate, &page->flags);
	else if (err != -EAGAIN)
		set_bit(PG_error, &page->flags);
	return err;
}

/* No page is there: makes one and reads it. On 0 *result has a reference for the caller. */
static int filemap_create_page(const struct kiocb *iocb, pgoff_t index, struct page **result)
{
	struct address_space *mapping = kiocb_file(iocb)->f_mapping;
	struct page *page;
	int err = make_room(mapping->host->i_image, iocb->ki_flags);

	if (err)
		return err;
	/*
	 * The page comes into the index and is filled under the lock, so that a
	 * truncate or punch sees it and drops it, or has freed its block before it
	 * is looked up.
	 */
	err = filemap_invalidate_lock_shared_iocb(iocb, mapping);
	if (err)
		return err;
	page = page_alloc(index);
	err = -ENOMEM;
	if (!page)
		goto out;
	err = add_to_page_cache_lru(mapping, page);
	if (err == -EEXIST)
		err = AOP_TRUNCATED_PAGE;
	else if (!err)
		err = filemap_read_page(mapping, page, iocb->ki_flags);
	unlock_page(page);
	if (err)
		put_page(page);
	else
		*result = page;
out:
	filemap_invalidate_unlock_shared(mapping);
	return err;
}

/*
 * Somebody else has the page lock: waits for the page, or says that it may not. A request that
 * is queued for the page keeps no reference: it is told when the page is unlocked, which only
 * those do that have one, and then starts again from the index.
 */
static int filemap_wait_page(const struct kiocb *iocb, struct page *page)
{
	struct image *image = kiocb_file(iocb)->f_inode->i_image;
	struct kiocb wait = { .ki_flags = IOCB_WAITQ, .ki_waitq = iocb->ki_waitq };
	int err;

	if (iocb->ki_waitq && !(iocb->ki_flags & IOCB_NOIO))
		err = iocb_wait_on_bit(&wait, &page->flags, PG_locked);
	else if (ki_noio(iocb->ki_flags))
		err = page_in_use(image);
	else
		err = wait_on_page_locked_killable(image, page);
	return err ? err : AOP_TRUNCATED_PAGE;
}

/*
 * A page is there but not uptodate: waits until another thread has read it, or reads it. The
 * invalidate lock is not held while it waits for the page lock: a thread that drops pages
 * takes both, one after the other.
 */
static int filemap_update_page(const struct kiocb *iocb, struct page *page)
{
	struct address_space *mapping = kiocb_file(iocb)->f_mapping;
	struct image *image = mapping->host->i_image;
	int err = filemap_invalidate_lock_shared_iocb(iocb, mapping);

	if (err)
		return err;
	if (!trylock_page(page)) {
		filemap_invalidate_unlock_shared(mapping);
		return filemap_wait_page(iocb, page);
	}
	if (page->mapping != mapping) {
		err = AOP_TRUNCATED_PAGE;
	} else if (test_bit_acquire(PG_uptodate, &page->flags)) {
		err = 0;
	} else if (iocb->ki_flags & IOCB_NOIO) {
		err = noio(image);
	} else {
		err = filemap_read_page(mapping, page, iocb->ki_flags);
	}
	unlock_page(page);
	filemap_invalidate_unlock_shared(mapping);
	return err;
}

/* One attempt at finding, making and filling page `index`; `want` pages are asked for in all. */
static int filemap_try_page(const struct kiocb *iocb, pgoff_t index, unsigned int want,
			    struct page **result)
{
	struct address_space *mapping = kiocb_file(iocb)->f_mapping;
	struct page *page = find_get_page(mapping, index);
	int err;

	if (!page && (iocb->ki_flags & IOCB_NOIO))
		return noio(mapping->host->i_image);
	if (!page) {
		page_cache_sync_readahead(iocb, index, want);
		page = find_get_next_page(mapping, index, index);
		if (!page)
			return filemap_create_page(iocb, index, result);
	} else if (test_bit(PG_readahead, &page->flags)) {
		page_cache_async_readahead(iocb, page, want);
	}
	err = test_bit_acquire(PG_uptodate, &page->flags) ? 0 : filemap_update_page(iocb, page);
	if (err)
		put_page(page);
	else
		*result = page;
	return err;
}

/* On 0 *result is uptodate and has a reference. It may be taken out of the file at any time. */
static int filemap_get_page(const struct kiocb *iocb, pgoff_t index, unsigned int want,
			    struct page **result)
{
	struct file *file = kiocb_file(iocb);
	struct image *image = file->f_inode->i_image;
	int err;

	while ((err = filemap_try_page(iocb, index, want, result)) == AOP_TRUNCATED_PAGE)
		cache_count(image, CACHE_truncated_retries, 1);
	return err == -EINTR ? cache_interrupted(file->f_inode, "the read") : err;
}

static int copy_page_to_user(const struct kiocb *iocb, struct page *page, void *buf, size_t len)
{
	if (!down_read_try_or_lock(&page->content, iocb->ki_flags & IOCB_NOWAIT))
		return page_in_use(kiocb_file(iocb)->f_inode->i_image);
	memcpy(buf, page->data + iocb->ki_pos % PAGE_SIZE, len);
	up_read(&page->content);
	return 0;
}

/* Reads from the page at ki_pos. The bytes, 0 at the end of the file, or an error. */
static ssize_t read_in_page(const struct kiocb *iocb, void *buf, size_t len)
{
	struct inode *inode = kiocb_file(iocb)->f_inode;
	size_t offset = (size_t)(iocb->ki_pos % PAGE_SIZE), n = PAGE_SIZE - offset;
	uint64_t want = (offset + (uint64_t)len + PAGE_SIZE - 1) >> PAGE_SHIFT;
	pgoff_t index = (pgoff_t)iocb->ki_pos >> PAGE_SHIFT;
	struct page *page = NULL;
	int64_t size;
	int err;

	err = filemap_get_page(iocb, index, want > 1024 ? 1024 : (unsigned int)want, &page);
	if (err)
		return err;
	/*
	 * The size is read after the page was found uptodate: otherwise zeroes
	 * from behind an older end could be taken for data.
	 */
	size = i_size_read(inode);
	n = n < len ? n : len;
	if (iocb->ki_pos >= size)
		n = 0;
	else if ((int64_t)n > size - iocb->ki_pos)
		n = (size_t)(size - iocb->ki_pos);
	err = n ? copy_page_to_user(iocb, page, buf, n) : 0;
	if (!err && n) {
		mark_page_accessed(page);
		kiocb_file(iocb)->f_ra.prev_index = (int64_t)index;
	}
	put_page(page);
	return err ? err : (ssize_t)n;
}

static ssize_t generic_file_read(struct kiocb *iocb, void *buf, size_t len)
{
	struct inode *inode = kiocb_file(iocb)->f_inode;
	size_t done = 0;

	while (done < len && iocb->ki_pos < i_size_read(inode)) {
		ssize_t n = read_in_page(iocb, (char *)buf + done, len - done);

		if (n < 0)
			return done ? (ssize_t)done : n;
		iocb->ki_pos += n;
		done += (size_t)n;
		iocb->ki_waitq = NULL; /* -EIOCBQUEUED could not be returned beside the bytes */
	}
	return (ssize_t)done;
}

ssize_t filemap_read(struct kiocb *iocb, void *buf, size_t len)
{
	struct inode *inode = kiocb_file(iocb)->f_inode;
	struct kiocb request = kiocb_request(iocb);
	ssize_t n;

	if (iocb->ki_pos < 0)
		return cache_fail(EINVAL, "%s: negative offset", quote_name(inode->i_name));
	if (len && find_user_vma(buf, &len))
		return cache_why(EFAULT, "the buffer lies in a mapping, which is read-only");
	if (!(request.ki_flags & IOCB_NOWAIT))
		might_fault(inode->i_image);
	nowait_begin(request.ki_flags);
	n = generic_file_read(&request, buf, len);
	nowait_end(request.ki_flags);
	iocb->ki_pos = request.ki_pos;
	return n;
}
