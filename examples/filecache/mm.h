/* SPDX-License-Identifier: MIT */
/*
 * Memory mappings of cached files, served by userfaultfd.
 *
 * A mapping is private anonymous memory, read-only, whose missing pages are
 * filled from the cache by one handler thread per image. Truncate, punch, write
 * and eviction take the pages they change out of it again, so that the next
 * access faults. An access beyond the file's last page, or to a page that cannot
 * be read, raises a real SIGBUS in the thread that made it.
 *
 * Unprivileged processes get userfaultfd for user mode only: a system call that
 * is given an address in a mapping fails with EFAULT where the page is not there
 * yet. Touch it first, or use vma_read(). filemap_read() and filemap_write()
 * refuse buffers in a mapping in any case (-EFAULT): they would wait for the
 * handler with a page's lock held.
 */
#ifndef FILECACHE_MM_H
#define FILECACHE_MM_H

#include <pthread.h>

#include "fs.h"

/* What all mappings of an image share. */
struct mm {
	struct image *image;
	struct rw_semaphore mmap_lock; /* shared: handle a fault; exclusive: all below */
	struct list_head vmas;
	bool started; /* the rest is there: from the first mapping on */
	int uffd;
	int stop_fd; /* an eventfd: ends the handler */
	int bus_fd;  /* an empty memfd: mapped where SIGBUS is wanted */
	pthread_t handler;
};

struct vm_area_struct {
	unsigned char *vm_start;
	size_t vm_pages;
	pgoff_t vm_pgoff; /* page of the file at vm_start */
	struct file vm_file;
	struct mm *vm_mm;
	struct list_head vm_list;   /* mm->vmas; mmap_lock */
	struct list_head i_mmap;    /* mapping->i_mmap; i_mmap_rwsem */
	unsigned char *bus;	    /* [vm_pages]: SIGBUS is mapped there; i_mmap_rwsem */
};

/*
 * Whether mappings can work here. 0; -ENOSYS, -EPERM or -EACCES, with the
 * reason in cache_error(): the kernel has no userfaultfd, forbids it to this
 * user, or has pages of another size than PAGE_SIZE.
 */
int mm_available(void);

/* Maps `nr` pages of `file` from page `pgoff` on. Pages past the end may be included. */
int filemap_mmap(struct file *file, pgoff_t pgoff, size_t nr, struct vm_area_struct **vma);

/* Ends a mapping that no thread touches any more. */
void filemap_munmap(struct vm_area_struct *vma);

/*
 * Copies out of a mapping by plain loads, `offset` bytes from its start. 0;
 * -EFAULT where that raised SIGBUS; `*done`, if not NULL, gets the bytes copied.
 * Any thread. The first call installs a handler for SIGBUS that passes on those
 * that are not its own.
 */
int vma_read(struct vm_area_struct *vma, size_t offset, void *buf, size_t len, size_t *done);

/* The rest is for the engine. */

enum vm_fault_reason {
	VM_FAULT_LOCKED = 0x200, /* vmf->page is locked and has a reference */
	VM_FAULT_SIGBUS = 0x002, /* with LOCKED: it could not be read; alone: beyond the end */
	VM_FAULT_OOM = 0x001,
	VM_FAULT_MAJOR = 0x004, /* it had to be read; added to the others */
};

struct vm_fault {
	struct vm_area_struct *vma;
	pgoff_t pgoff;
	struct page *page;
};

/* fault.c. Called with mmap_lock held shared; never killed. */
unsigned int filemap_fault(struct vm_fault *vmf);

/*
 * Takes pages [first, last] out of all mappings of the file, so that the next
 * access faults, and lets go of SIGBUS there. Leaves PG_mapped to the caller.
 */
void unmap_mapping_range(struct address_space *mapping, pgoff_t first, pgoff_t last);
/* The same for a locked page of a file, if PG_mapped says that there is something to do. */
void try_to_unmap(struct page *page);
/* Whether memory of any mapping of the image lies in [buf, buf + len). */
bool mm_overlaps(struct image *image, const void *buf, size_t len);
int mm_init(struct image *image);
void mm_destroy(struct image *image);

#endif
