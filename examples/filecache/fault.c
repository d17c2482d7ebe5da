/* SPDX-License-Identifier: MIT */
/* The page for a fault of a memory mapping. */
#include <errno.h>

#include "filemap.h"
#include "mm.h"

static bool beyond_end(struct inode *inode, pgoff_t index)
{
	return (int64_t)(index << PAGE_SHIFT) >= i_size_read(inode);
}

/* Adds an empty page: *result is locked and has a reference. */
static int create_page(struct address_space *mapping, pgoff_t index, struct page **result)
{
	struct page *page;
	int err;

	shrink_page_list(mapping->host->i_image, true);
	page = page_alloc(index);
	if (!page)
		return -ENOMEM;
	err = add_to_page_cache_lru(mapping, page);
	if (err) {
		unlock_page(page);
		put_page(page);
	} else {
		*result = page;
	}
	return err;
}

/* Finds page `index` or adds an empty one; as grab_cache_page(), but cannot be killed. */
static int find_or_create_page(struct address_space *mapping, pgoff_t index, struct page **result)
{
	struct image *image = mapping->host->i_image;
	struct page *page;
	int err;

	do {
		page = find_get_page(mapping, index);
		if (!page) {
			err = create_page(mapping, index, result);
			continue;
		}
		lock_page(image, page);
		if (page->mapping == mapping) {
			*result = page;
			return 0;
		}
		unlock_page(page);
		put_page(page);
		cache_count(image, CACHE_truncated_retries, 1);
		err = -EEXIST;
	} while (err == -EEXIST);
	return err;
}

/* The page was not there or not uptodate: reads it, under the lock of all who fill pages. */
static unsigned int fault_read(struct address_space *mapping, struct vm_fault *vmf)
{
	struct page *page = NULL;
	int err;

	filemap_invalidate_lock_shared(mapping);
	err = find_or_create_page(mapping, vmf->pgoff, &page);
	if (!err && !test_bit_acquire(PG_uptodate, &page->flags))
		err = filemap_read_page(mapping, page, 0);
	filemap_invalidate_unlock_shared(mapping);
	if (!page)
		return VM_FAULT_OOM;
	vmf->page = page;
	return VM_FAULT_LOCKED | VM_FAULT_MAJOR | (err ? VM_FAULT_SIGBUS : 0u);
}

/* The page if it is there, uptodate, and still the file's once it is locked. */
static bool fault_find(struct address_space *mapping, struct vm_fault *vmf)
{
	struct page *page = find_get_page(mapping, vmf->pgoff);

	if (!page)
		return false;
	lock_page(mapping->host->i_image, page);
	if (page->mapping == mapping && test_bit_acquire(PG_uptodate, &page->flags)) {
		vmf->page = page;
		return true;
	}
	unlock_page(page);
	put_page(page);
	return false;
}

static void fault_readahead(struct vm_fault *vmf)
{
	struct file *file = &vmf->vma->vm_file;
	struct kiocb iocb;

	init_sync_kiocb(&iocb, file, (int64_t)(vmf->pgoff << PAGE_SHIFT), 0);
	page_cache_sync_readahead(&iocb, vmf->pgoff, 1);
	file->f_ra.prev_index = (int64_t)vmf->pgoff;
}

/*
 * The page comes back locked, and is copied into the mapping, or gets SIGBUS there,
 * under that lock: a truncate that has not dropped it yet waits, then takes it out again.
 */
unsigned int filemap_fault(struct vm_fault *vmf)
{
	struct address_space *mapping = vmf->vma->vm_file.f_mapping;
	unsigned int ret = VM_FAULT_LOCKED;

	rwsem_assert_held(&vmf->vma->vm_mm->mmap_lock);
	if (beyond_end(mapping->host, vmf->pgoff))
		return VM_FAULT_SIGBUS;
	if (!fault_find(mapping, vmf)) {
		fault_readahead(vmf);
		ret = fault_read(mapping, vmf);
	}
	/* The size may have changed until the page was locked; from here on it cannot pass it. */
	if ((ret & VM_FAULT_LOCKED) && beyond_end(mapping->host, vmf->pgoff)) {
		unlock_page(vmf->page);
		put_page(vmf->page);
		ret = VM_FAULT_SIGBUS;
	}
	return ret;
}
