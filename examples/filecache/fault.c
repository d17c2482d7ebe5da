/* SPDX-License-Identifier: MIT */
/* The page for a fault of a memory mapping. */
#include <errno.h>

#include "error.h"
#include "filemap.h"
#include "mm.h"

static bool beyond_end(struct inode *inode, pgoff_t index)
{
	return (int64_t)(index << PAGE_SHIFT) >= i_size_read(inode);
}

/* What the first try alone does before it waits, as those that map and unmap wait for it. */
static void maybe_unlock_mmap_for_io(struct vm_fault *vmf, bool *unlocked) KLOCK_NO_ANALYSIS
{
	if (*unlocked || !(vmf->flags & FAULT_FLAG_ALLOW_RETRY) || (vmf->flags & FAULT_FLAG_TRIED))
		return;
	up_read(&vmf->mm->mmap_lock);
	*unlocked = true;
}

/* On 0 the page is locked, though perhaps no longer the file's. */
static int fault_lock_page(struct vm_fault *vmf, struct page *page, bool *unlocked)
{
	if (trylock_page(page))
		return 0;
	maybe_unlock_mmap_for_io(vmf, unlocked);
	if (vmf->flags & FAULT_FLAG_KILLABLE)
		return lock_page_killable(vmf->mm->image, page);
	lock_page(vmf->mm->image, page);
	return 0;
}

/* Adds an empty page: vmf->page is locked and has a reference. */
static int create_page(struct vm_fault *vmf)
{
	struct page *page;
	int err;

	(void)shrink_page_list(vmf->mm->image, true);
	page = page_alloc(vmf->pgoff);
	if (!page)
		return -ENOMEM;
	err = add_to_page_cache_lru(vmf->file.f_mapping, page);
	if (err) {
		unlock_page(page);
		put_page(page);
		return err;
	}
	vmf->page = page;
	return 0;
}

/* One attempt. -ENOENT: it is not there. AOP_TRUNCATED_PAGE: it was taken out meanwhile. */
static int find_and_lock_page(struct vm_fault *vmf, bool *unlocked)
{
	struct address_space *mapping = vmf->file.f_mapping;
	struct page *page = find_get_page(mapping, vmf->pgoff);
	int err;

	if (!page)
		return -ENOENT;
	err = fault_lock_page(vmf, page, unlocked);
	if (!err && page->mapping == mapping) {
		vmf->page = page;
		return 0;
	}
	if (!err) {
		unlock_page(page);
		cache_count(vmf->mm->image, CACHE_truncated_retries, 1);
		err = AOP_TRUNCATED_PAGE;
	}
	put_page(page);
	return err;
}

/* Finds the page, or adds an empty one; 0, -EINTR or -ENOMEM. */
static int find_or_create_page(struct vm_fault *vmf, bool *unlocked)
{
	int err;

	do {
		err = find_and_lock_page(vmf, unlocked);
		if (err == -ENOENT)
			err = create_page(vmf);
	} while (err == AOP_TRUNCATED_PAGE || err == -EEXIST);
	return err;
}

static int fault_lock_invalidate(struct vm_fault *vmf, struct address_space *mapping)
	KLOCK_TRY_ACQUIRES_SHARED(0, &mapping->invalidate_lock) KLOCK_NO_ANALYSIS
{
	struct kiocb iocb;

	if (vmf->flags & FAULT_FLAG_KILLABLE) {
		init_sync_kiocb(&iocb, &vmf->file, 0, 0);
		return filemap_invalidate_lock_shared_iocb(&iocb, mapping);
	}
	filemap_invalidate_lock_shared(mapping);
	return 0;
}

/* The page is not there or not uptodate: reads it, under the lock of all who fill pages. */
static int fault_read(struct vm_fault *vmf, bool *unlocked)
{
	struct address_space *mapping = vmf->file.f_mapping;
	int err = fault_lock_invalidate(vmf, mapping);

	if (err)
		return err;
	err = find_or_create_page(vmf, unlocked);
	if (!err && !test_bit_acquire(PG_uptodate, &vmf->page->flags)) {
		/* What the first try could not read is not waited for again. */
		if (vmf->error && test_bit(PG_error, &vmf->page->flags))
			err = vmf->error;
		else
			err = filemap_read_page(mapping, vmf->page, 0);
	}
	filemap_invalidate_unlock_shared(mapping);
	return err;
}

static void fault_readahead(struct vm_fault *vmf)
{
	struct kiocb iocb;

	init_sync_kiocb(&iocb, &vmf->file, (int64_t)(vmf->pgoff << PAGE_SHIFT), 0);
	page_cache_sync_readahead(&iocb, vmf->pgoff, 1);
	vmf->file.f_ra.prev_index = (int64_t)vmf->pgoff;
}

/* The page if it is there, uptodate, and still the file's once it is locked. */
static bool fault_find(struct vm_fault *vmf, bool *unlocked)
{
	struct page *page = find_get_next_page(vmf->file.f_mapping, vmf->pgoff, vmf->pgoff);
	bool uptodate = page && test_bit_acquire(PG_uptodate, &page->flags);

	if (page)
		put_page(page);
	return uptodate && !find_and_lock_page(vmf, unlocked);
}

static void fault_put_page(struct vm_fault *vmf)
{
	if (!vmf->page)
		return;
	unlock_page(vmf->page);
	put_page(vmf->page);
	vmf->page = NULL;
}

/*
 * The page comes back locked, and is copied into the mapping, or gets SIGBUS there,
 * under that lock: a truncate that has not dropped it yet waits, then takes it out again.
 */
unsigned int filemap_fault(struct vm_fault *vmf) KLOCK_NO_ANALYSIS
{
	struct inode *inode = vmf->file.f_inode;
	unsigned int ret = VM_FAULT_LOCKED;
	bool unlocked = false;
	int err = 0;

	rwsem_assert_held(&vmf->mm->mmap_lock);
	vmf->page = NULL;
	if (beyond_end(inode, vmf->pgoff))
		return VM_FAULT_SIGBUS;
	if (!fault_find(vmf, &unlocked)) {
		maybe_unlock_mmap_for_io(vmf, &unlocked);
		if (!vmf->error)
			fault_readahead(vmf);
		err = fault_read(vmf, &unlocked);
		ret |= VM_FAULT_MAJOR;
	}
	vmf->error = err == -ENOMEM ? 0 : err;
	if (unlocked || err == -EINTR) {
		fault_put_page(vmf);
		if (!unlocked)
			up_read(&vmf->mm->mmap_lock);
		return VM_FAULT_RETRY | (ret & VM_FAULT_MAJOR);
	}
	if (!vmf->page)
		return VM_FAULT_OOM;
	/* The size may have changed until the page was locked; from here on it cannot pass it. */
	if (beyond_end(inode, vmf->pgoff)) {
		fault_put_page(vmf);
		return VM_FAULT_SIGBUS;
	}
	return ret | (err ? VM_FAULT_SIGBUS : 0u);
}

int fault_retry(struct vm_fault *vmf) KLOCK_NO_ANALYSIS
{
	if (vmf->error == -EINTR)
		return -EINTR;
	vmf->flags |= FAULT_FLAG_TRIED;
	if (!(vmf->flags & FAULT_FLAG_KILLABLE))
		down_read(&vmf->mm->mmap_lock);
	else if (down_read_killable(&vmf->mm->mmap_lock))
		return -EINTR;
	return 0;
}
