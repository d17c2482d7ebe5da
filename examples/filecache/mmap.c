/* SPDX-License-Identifier: MIT */
/* Memory mappings: making, filling, emptying and ending them. */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "error.h"
#include "mm.h"

#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1
#endif

static int uffd_open(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	int fd, err;

	if (sysconf(_SC_PAGESIZE) != PAGE_SIZE)
		return cache_fail(ENOSYS, "memory mappings need pages of %u bytes, here they have "
				  "%ld", PAGE_SIZE, sysconf(_SC_PAGESIZE));
	fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 && errno == EPERM) {
		fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY);
		if (fd < 0)
			errno = EPERM; /* EINVAL: a kernel that does not know the flag */
	}
	if (fd < 0 || ioctl(fd, UFFDIO_API, &api)) {
		err = errno;
		if (fd >= 0)
			close(fd);
		return cache_fail(err, "memory mappings need userfaultfd: %s", strerror(err));
	}
	return fd;
}

int mm_available(void)
{
	int fd = uffd_open();

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static unsigned char *mapped_address(const struct vm_area_struct *vma, size_t n)
{
	return vma->vm_start + n * PAGE_SIZE;
}

/* Whoever waits for page `n` of the mapping looks again. */
static void uffd_wake(struct vm_area_struct *vma, size_t n)
{
	struct uffdio_range range = {
		.start = (uintptr_t)mapped_address(vma, n),
		.len = PAGE_SIZE,
	};

	ioctl(vma->vm_mm->uffd, UFFDIO_WAKE, &range);
}

/*
 * Replaces what is mapped at `address`. By system call: TSan would take mmap() for
 * a write, and not see that the kernel orders it with the accesses of others.
 */
static bool map_over(unsigned char *address, size_t len, int flags, int fd, size_t pages_off)
{
#ifdef SYS_mmap2
	long ret = syscall(SYS_mmap2, address, len, PROT_READ, flags | MAP_FIXED, fd, pages_off);
#else
	long ret = syscall(SYS_mmap, address, len, PROT_READ, flags | MAP_FIXED, fd,
			   pages_off * PAGE_SIZE);
#endif

	return (unsigned char *)ret == address;
}

/* Maps what raises SIGBUS: a page past the end of an empty file. i_mmap_rwsem is held. */
static void map_sigbus(struct vm_area_struct *vma, size_t n)
{
	/* Offsets as in the mapping, so that the kernel merges neighbours into one. */
	if (map_over(mapped_address(vma, n), PAGE_SIZE, MAP_SHARED, vma->vm_mm->bus_fd, n))
		vma->bus[n] = 1;
	cache_count(vma->vm_mm->image, CACHE_sigbus, 1);
}

/* The fault found page `n` beyond the end of the file. */
static void map_beyond_end(struct vm_area_struct *vma, size_t n)
{
	struct inode *inode = vma->vm_file.f_inode;
	const struct image_switches *sw = &inode->i_image->sw;
	pgoff_t pgoff = vma->vm_pgoff + n;

	if (sw->io_hook)
		(void)sw->io_hook(sw->io_hook_arg, IMAGE_SIGBUS, inode, pgoff);
	down_write(&inode->i_data.i_mmap_rwsem);
	/*
	 * Is it still? Who lengthens the file changes its size, and only then takes
	 * this lock to let go of SIGBUS. Within the file, the access faults again.
	 */
	if ((int64_t)(pgoff << PAGE_SHIFT) >= i_size_read(inode))
		map_sigbus(vma, n);
	up_write(&inode->i_data.i_mmap_rwsem);
	uffd_wake(vma, n);
}

/* A locked page could not be read. SIGBUS until it is, or is written or dropped. */
static void map_unreadable(struct vm_area_struct *vma, size_t n, struct page *page)
{
	struct rw_semaphore *lock = &vma->vm_file.f_mapping->i_mmap_rwsem;

	set_bit(PG_mapped, &page->flags);
	down_write(lock);
	map_sigbus(vma, n);
	up_write(lock);
	uffd_wake(vma, n);
}

/* No memory for the page: the access is tried again, as the kernel does. */
static void retry_later(struct vm_area_struct *vma, size_t n)
{
	usleep(1000);
	uffd_wake(vma, n);
}

/* Copies a locked page into the mapping. */
static void map_page(struct vm_area_struct *vma, size_t n, struct page *page)
{
	struct uffdio_copy copy = {
		.dst = (uintptr_t)mapped_address(vma, n),
		.src = (uintptr_t)page->data,
		.len = PAGE_SIZE,
	};

	set_bit(PG_mapped, &page->flags);
	while (ioctl(vma->vm_mm->uffd, UFFDIO_COPY, &copy)) {
		if (errno == EAGAIN) {
			copy.copy = 0;
			continue;
		}
		/* EEXIST: another thread's fault has brought it in. */
		uffd_wake(vma, n);
		break;
	}
}

static struct vm_area_struct *find_vma(struct mm *mm, uintptr_t address)
{
	struct list_head *at;

	for (at = mm->vmas.next; at != &mm->vmas; at = at->next) {
		struct vm_area_struct *vma = list_entry(at, struct vm_area_struct, vm_list);

		if (address - (uintptr_t)vma->vm_start < vma->vm_pages * PAGE_SIZE)
			return vma;
	}
	return NULL;
}

/* What filemap_fault() has found for page `n` goes into the mapping. */
static void finish_fault(struct vm_area_struct *vma, size_t n, struct vm_fault *vmf,
			 unsigned int ret)
{
	struct page *page = vmf->page;

	vma->vm_file.f_ra = vmf->file.f_ra;
	if (ret & VM_FAULT_OOM) {
		retry_later(vma, n);
	} else if (ret & VM_FAULT_LOCKED) {
		if (ret & VM_FAULT_SIGBUS)
			map_unreadable(vma, n, page);
		else
			map_page(vma, n, page);
		unlock_page(page);
		mark_page_accessed(page);
		put_page(page);
	} else {
		map_beyond_end(vma, n);
	}
}

/* Not killable: the access that faulted cannot be ended with an error. */
static void handle_fault(struct mm *mm, uintptr_t address) KLOCK_NO_ANALYSIS
{
	struct vm_fault vmf = { .mm = mm, .flags = FAULT_FLAG_ALLOW_RETRY };
	struct vm_area_struct *vma;
	unsigned int ret, major = 0;
	size_t n;

	down_read(&mm->mmap_lock);
	while ((vma = find_vma(mm, address))) {
		n = (address - (uintptr_t)vma->vm_start) / PAGE_SIZE;
		/* Another mapping may be there by now. */
		if (vmf.file.f_inode != vma->vm_file.f_inode || vmf.pgoff != vma->vm_pgoff + n) {
			vmf.file = vma->vm_file;
			vmf.pgoff = vma->vm_pgoff + n;
			vmf.error = 0;
		}
		ret = filemap_fault(&vmf);
		major |= ret & VM_FAULT_MAJOR;
		if (ret & VM_FAULT_RETRY) {
			(void)fault_retry(&vmf); /* takes mmap_lock */
			continue;
		}
		cache_count(mm->image, CACHE_faults, 1);
		if (major)
			cache_count(mm->image, CACHE_major_faults, 1);
		finish_fault(vma, n, &vmf, ret);
		break;
	}
	up_read(&mm->mmap_lock);
}

static void *fault_thread(void *arg)
{
	struct mm *mm = arg;
	struct pollfd fds[2] = {
		{ .fd = mm->uffd, .events = POLLIN },
		{ .fd = mm->stop_fd, .events = POLLIN },
	};
	struct uffd_msg msg;

	while (!fds[1].revents) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			break;
		while (read(mm->uffd, &msg, sizeof(msg)) == (ssize_t)sizeof(msg))
			if (msg.event == UFFD_EVENT_PAGEFAULT)
				handle_fault(mm, (uintptr_t)msg.arg.pagefault.address);
	}
	return NULL;
}

/* The handler is not to run the program's signal handlers: they may wait for a fault. */
static int start_handler(struct mm *mm)
{
	sigset_t all, old;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(&mm->handler, NULL, fault_thread, mm);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return err;
}

static int mm_start(struct mm *mm)
{
	int err;

	if (mm->started)
		return 0;
	mm->uffd = uffd_open();
	if (mm->uffd < 0)
		return mm->uffd;
	mm->stop_fd = eventfd(0, EFD_CLOEXEC);
	mm->bus_fd = memfd_create("filecache-sigbus", MFD_CLOEXEC);
	err = mm->stop_fd < 0 || mm->bus_fd < 0 ? errno : start_handler(mm);
	if (err) {
		close(mm->uffd);
		if (mm->stop_fd >= 0)
			close(mm->stop_fd);
		if (mm->bus_fd >= 0)
			close(mm->bus_fd);
		return cache_fail(err, "cannot start to serve memory mappings: %s", strerror(err));
	}
	mm->started = true;
	return 0;
}

int mm_init(struct image *image)
{
	struct mm *mm = calloc(1, sizeof(*mm));

	if (!mm)
		return cache_fail(ENOMEM, "%s: no memory", image->path);
	mm->image = image;
	init_rwsem(&mm->mmap_lock);
	INIT_LIST_HEAD(&mm->vmas);
	image->mm = mm;
	return 0;
}

void mm_destroy(struct image *image)
{
	struct mm *mm = image->mm;
	uint64_t one = 1;

	if (!mm)
		return;
	while (!list_empty(&mm->vmas))
		filemap_munmap(list_entry(mm->vmas.next, struct vm_area_struct, vm_list));
	if (mm->started) {
		while (write(mm->stop_fd, &one, sizeof(one)) < 0 && errno == EINTR)
			;
		pthread_join(mm->handler, NULL);
		close(mm->uffd);
		close(mm->stop_fd);
		close(mm->bus_fd);
	}
	free(mm);
	image->mm = NULL;
}

/* Anonymous memory whose missing pages the handler is asked for; at `address`, or anywhere. */
static unsigned char *map_missing(struct mm *mm, unsigned char *address, size_t len)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };

	if (!address)
		address = mmap(NULL, len, PROT_READ, flags, -1, 0);
	else if (!map_over(address, len, flags, -1, 0))
		return NULL;
	if (address == MAP_FAILED)
		return NULL;
	/* A child would get the memory without the handler. */
	madvise(address, len, MADV_DONTFORK);
	madvise(address, len, MADV_NOHUGEPAGE);
	reg.range.start = (uintptr_t)address;
	reg.range.len = len;
	if (ioctl(mm->uffd, UFFDIO_REGISTER, &reg))
		return NULL;
	/* Who touched it before it was registered got a page of zeroes: away with that. */
	madvise(address, len, MADV_DONTNEED);
	return address;
}

static void vma_free(struct vm_area_struct *vma)
{
	if (vma) {
		free(vma->bus);
		free(vma);
	}
}

int filemap_mmap(struct file *file, pgoff_t pgoff, size_t nr, struct vm_area_struct **result)
{
	struct inode *inode = file->f_inode;
	struct mm *mm = inode->i_image->mm;
	struct vm_area_struct *vma = calloc(1, sizeof(*vma));
	int err;

	if (vma)
		vma->bus = calloc(nr ? nr : 1, 1);
	if (!vma || !vma->bus) {
		vma_free(vma);
		return cache_fail(ENOMEM, "no memory for a mapping of %zu pages", nr);
	}
	inode_hold(inode);
	down_write(&mm->mmap_lock);
	err = nr ? mm_start(mm) : cache_fail(EINVAL, "a mapping of no pages");
	if (!err) {
		vma->vm_start = map_missing(mm, NULL, nr * PAGE_SIZE);
		if (!vma->vm_start)
			err = cache_fail(errno, "cannot map %zu pages: %s", nr, strerror(errno));
	}
	if (!err) {
		vma->vm_pages = nr;
		vma->vm_pgoff = pgoff;
		vma->vm_file = *file;
		vma->vm_mm = mm;
		list_add(&vma->vm_list, &mm->vmas);
		down_write(&inode->i_data.i_mmap_rwsem);
		list_add(&vma->i_mmap, &inode->i_data.i_mmap);
		up_write(&inode->i_data.i_mmap_rwsem);
		user_vma_add(vma);
	}
	up_write(&mm->mmap_lock);
	if (err) {
		inode_release(inode);
		vma_free(vma);
	} else {
		*result = vma;
	}
	return err;
}

void filemap_munmap(struct vm_area_struct *vma)
{
	struct address_space *mapping = vma->vm_file.f_mapping;
	struct mm *mm = vma->vm_mm;

	down_write(&mm->mmap_lock);
	list_del_init(&vma->vm_list);
	user_vma_del(vma);
	down_write(&mapping->i_mmap_rwsem);
	list_del_init(&vma->i_mmap);
	up_write(&mapping->i_mmap_rwsem);
	munmap(vma->vm_start, vma->vm_pages * PAGE_SIZE);
	up_write(&mm->mmap_lock);
	file_close(&vma->vm_file);
	vma_free(vma);
}

/* Lets the runs of SIGBUS among pages [first, last] of the mapping go. */
static void unmap_sigbus(struct vm_area_struct *vma, size_t first, size_t last)
{
	size_t n, end;

	for (n = first; n <= last; n = end + 1) {
		for (end = n; end <= last && vma->bus[end]; end++)
			;
		if (end == n)
			continue;
		/* Should that fail, SIGBUS stays: the access ends with it, not with wrong data. */
		if (map_missing(vma->vm_mm, mapped_address(vma, n), (end - n) * PAGE_SIZE))
			memset(vma->bus + n, 0, end - n);
	}
}

void unmap_mapping_range_locked(struct address_space *mapping, pgoff_t first, pgoff_t last)
{
	struct list_head *at;

	rwsem_assert_held_write(&mapping->i_mmap_rwsem);
	for (at = mapping->i_mmap.next; at != &mapping->i_mmap; at = at->next) {
		struct vm_area_struct *vma = list_entry(at, struct vm_area_struct, i_mmap);
		pgoff_t end = vma->vm_pgoff + vma->vm_pages - 1; /* its last page */
		size_t from, to;

		if (first > end || last < vma->vm_pgoff)
			continue;
		from = first > vma->vm_pgoff ? (size_t)(first - vma->vm_pgoff) : 0;
		to = (size_t)((last < end ? last : end) - vma->vm_pgoff);
		unmap_sigbus(vma, from, to);
		madvise(mapped_address(vma, from), (to - from + 1) * PAGE_SIZE,
			MADV_DONTNEED);
		cache_count(mapping->host->i_image, CACHE_zaps, 1);
	}
}

void unmap_mapping_range(struct address_space *mapping, pgoff_t first, pgoff_t last)
{
	down_write(&mapping->i_mmap_rwsem);
	unmap_mapping_range_locked(mapping, first, last);
	up_write(&mapping->i_mmap_rwsem);
}

bool try_to_unmap(struct page *page, bool nowait)
{
	struct address_space *mapping = page->mapping;

	if (!test_bit(PG_mapped, &page->flags))
		return true;
	if (!down_write_try_or_lock(&mapping->i_mmap_rwsem, nowait))
		return false;
	unmap_mapping_range_locked(mapping, page->index, page->index);
	up_write(&mapping->i_mmap_rwsem);
	clear_bit(PG_mapped, &page->flags);
	return true;
}
