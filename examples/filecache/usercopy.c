/* SPDX-License-Identifier: MIT */
/*
 * Buffers of reads and writes that lie in a memory mapping of an image.
 *
 * The kernel copies from such a buffer with a page locked and page faults switched off, and
 * brings the buffer in before, under i_rwsem alone. So does a write here: the pages of the
 * mapping are pages of the cache, so "present" is found in the index of pages, and a page that
 * is not present is faulted in by the writer itself, with no page locked. The bytes pass through
 * a page of the caller's, so that source and destination may be one page.
 */
#include <errno.h>
#include <string.h>

#include "error.h"
#include "filemap.h"
#include "mm.h"
#include "short_lock.h"

static DEFINE_MUTEX(user_vmas_lock); /* a short lock */
static struct list_head user_vmas = { &user_vmas, &user_vmas };
static unsigned int nr_user_vmas; /* changes under the lock; read without by find_user_vma() */

void user_vma_add(struct vm_area_struct *vma)
{
	short_lock(&user_vmas_lock);
	list_add(&vma->user_list, &user_vmas);
	klock_store_relaxed(&nr_user_vmas, nr_user_vmas + 1);
	short_unlock(&user_vmas_lock);
}

void user_vma_del(struct vm_area_struct *vma)
{
	short_lock(&user_vmas_lock);
	list_del_init(&vma->user_list);
	klock_store_relaxed(&nr_user_vmas, nr_user_vmas - 1);
	short_unlock(&user_vmas_lock);
}

struct vm_area_struct *find_user_vma(const void *buf, size_t *len)
{
	uintptr_t at = (uintptr_t)buf;
	struct vm_area_struct *found = NULL;
	struct list_head *l;

	/* Relaxed: a mapping that this buffer can lie in was made before the caller had it. */
	if (!klock_load_relaxed(&nr_user_vmas))
		return NULL;
	short_lock(&user_vmas_lock);
	for (l = user_vmas.next; l != &user_vmas && !found; l = l->next) {
		struct vm_area_struct *vma = list_entry(l, struct vm_area_struct, user_list);
		uintptr_t start = (uintptr_t)vma->vm_start;
		size_t size = vma->vm_pages * PAGE_SIZE;

		if (at - start < size) {
			found = vma;
			*len = *len < size - (at - start) ? *len : size - (at - start);
		} else if (start - at < *len) {
			*len = start - at; /* plain memory, up to this mapping */
		}
	}
	short_unlock(&user_vmas_lock);
	return found;
}

/* A fault in the calling thread: brings page `pgoff` of the mapping into the cache. */
static int fault_in_page(struct vm_area_struct *vma, pgoff_t pgoff) KLOCK_NO_ANALYSIS
{
	struct vm_fault vmf = {
		.mm = vma->vm_mm,
		.flags = FAULT_FLAG_ALLOW_RETRY | FAULT_FLAG_KILLABLE,
		.pgoff = pgoff,
		.file = { .f_inode = vma->vm_file.f_inode, .f_mapping = vma->vm_file.f_mapping },
	};
	unsigned int ret;

	if (down_read_killable(&vmf.mm->mmap_lock))
		return -EINTR;
	while ((ret = filemap_fault(&vmf)) & VM_FAULT_RETRY)
		if (fault_retry(&vmf))
			return -EINTR;
	if (ret & VM_FAULT_LOCKED) {
		unlock_page(vmf.page);
		put_page(vmf.page);
	}
	up_read(&vmf.mm->mmap_lock);
	if (ret & VM_FAULT_OOM)
		return -ENOMEM;
	if (ret & VM_FAULT_SIGBUS)
		return cache_why(EFAULT, "the buffer lies in a mapping, beyond the end of its file "
				 "or where that cannot be read");
	return 0;
}

/* 0; -EAGAIN: the page is not there, or `nowait` and its bytes are being changed. */
static int copy_from_present_page(struct vm_area_struct *vma, size_t offset, void *to, size_t n,
				  bool nowait)
{
	struct address_space *mapping = vma->vm_file.f_mapping;
	pgoff_t index = vma->vm_pgoff + (offset >> PAGE_SHIFT);
	struct page *page = find_get_next_page(mapping, index, index);
	int err = -EAGAIN;

	if (!page)
		return err;
	if (test_bit_acquire(PG_uptodate, &page->flags) &&
	    (int64_t)(index << PAGE_SHIFT) < i_size_read(mapping->host) &&
	    down_read_try_or_lock(&page->content, nowait)) {
		memcpy(to, page->data + offset % PAGE_SIZE, n);
		up_read(&page->content);
		err = 0;
	}
	put_page(page);
	return err;
}

ssize_t copy_from_mapping(struct vm_area_struct *vma, const void *from, void *to, size_t len,
			  bool nowait)
{
	size_t start = (size_t)((uintptr_t)from - (uintptr_t)vma->vm_start), done = 0;
	int err;

	while (done < len) {
		size_t offset = start + done, n = PAGE_SIZE - offset % PAGE_SIZE;

		n = n < len - done ? n : len - done;
		err = copy_from_present_page(vma, offset, (char *)to + done, n, nowait);
		if (!err)
			done += n;
		else if (nowait)
			err = cache_why(EAGAIN, "the buffer lies in a mapping and is not there");
		else
			err = fault_in_page(vma, vma->vm_pgoff + (offset >> PAGE_SHIFT));
		if (err)
			return done ? (ssize_t)done : err;
	}
	return (ssize_t)done;
}
