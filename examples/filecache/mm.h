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
 * A write may be given a buffer in a mapping, of this image or another, also one that maps
 * what is written. A read may not (-EFAULT), as mappings are read-only. Unprivileged processes
 * get userfaultfd for user mode only: other system calls that are given an address in a mapping
 * fail with EFAULT where the page is not there yet. Touch it first, or use vma_read().
 */
#ifndef FILECACHE_MM_H
#define FILECACHE_MM_H

#include <klock/lockdep.h>
#include <pthread.h>

#include "fs.h"

/* What all mappings of an image share. */
struct mm {
	struct image *image;
	/* Shared: handle a fault, though not over I/O; exclusive: all below. */
	struct rw_semaphore mmap_lock;
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
	struct list_head user_list; /* all mappings of the process; see usercopy.c */
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
	VM_FAULT_RETRY = 0x400, /* mmap_lock was dropped for a wait; added to MAJOR only */
};

enum fault_flag {
	FAULT_FLAG_ALLOW_RETRY = 0x04, /* mmap_lock may be dropped */
	FAULT_FLAG_KILLABLE = 0x10,
	FAULT_FLAG_TRIED = 0x20, /* it was dropped before: not again, so that the fault ends */
};

struct vm_fault {
	struct mm *mm;
	unsigned int flags;
	pgoff_t pgoff;
	struct file file; /* a copy: the mapping may go while mmap_lock is dropped */
	struct page *page;
	int error; /* of the last wait or read: 0, -EINTR or an I/O error */
};

/*
 * fault.c. Called with mmap_lock held shared, and returns with it but for VM_FAULT_RETRY. That
 * comes after a wait for the disk or for a lock without mmap_lock: the caller takes it again,
 * looks the mapping up, and tries once more with FAULT_FLAG_TRIED, or gives up when `error` is
 * -EINTR.
 */
unsigned int filemap_fault(struct vm_fault *vmf);
/* Takes mmap_lock for another try. 0 or -EINTR. */
int fault_retry(struct vm_fault *vmf);

/*
 * Takes pages [first, last] out of all mappings of the file, so that the next
 * access faults, and lets go of SIGBUS there. Leaves PG_mapped to the caller.
 */
void unmap_mapping_range(struct address_space *mapping, pgoff_t first, pgoff_t last);
/* The same with i_mmap_rwsem held for writing. */
void unmap_mapping_range_locked(struct address_space *mapping, pgoff_t first, pgoff_t last);
/*
 * The same for a locked page of a file, if PG_mapped says that there is something to do. False:
 * with `nowait`, i_mmap_rwsem was taken.
 */
bool try_to_unmap(struct page *page, bool nowait);

/* usercopy.c. Makes a mapping known to those below, and unknown. */
void user_vma_add(struct vm_area_struct *vma);
void user_vma_del(struct vm_area_struct *vma);
/*
 * The mapping, of any image, that `buf` lies in; NULL: plain memory. Shortens *len to what is
 * the one or the other as a whole. Does not sleep.
 */
struct vm_area_struct *find_user_vma(const void *buf, size_t *len);
/*
 * Copies out of a mapping, as the kernel's copy_from_iter() after fault_in_iov_iter_readable().
 * No page is locked, no mmap_lock held. The bytes copied, or an error before the first: -EFAULT
 * where an access would raise SIGBUS, -EINTR, -ENOMEM; -EAGAIN with `nowait`, for a page that is
 * not in the cache.
 */
ssize_t copy_from_mapping(struct vm_area_struct *vma, const void *from, void *to, size_t len,
			  bool nowait);

/*
 * Where memory of the caller's is touched, which may lie in a mapping: lockdep learns that
 * mmap_lock comes after what is held, as from might_fault() of the kernel.
 */
static inline void might_fault(struct image *image)
{
	might_lock_read(&image->mm->mmap_lock);
}

int mm_init(struct image *image);
void mm_destroy(struct image *image);

#endif
