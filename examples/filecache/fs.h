/* SPDX-License-Identifier: MIT */
/* The files of an image. */
#ifndef FILECACHE_FS_H
#define FILECACHE_FS_H

#include <klock/iocb.h>
#include <klock/lockdep.h>
#include <klock/mutex.h>
#include <klock/rwsem.h>

#include "image.h"
#include "pagemap.h"
#include "xarray.h"

/* Greatest size of a file. */
#define INODE_MAX_SIZE ((int64_t)1 << 43)

struct inode {
	struct image *i_image;
	uint32_t i_ino; /* its place in the inode table */

	/* Exclusive: write, truncate, punch. Above mmap_lock: a write faults in its buffer. */
	struct rw_semaphore i_rwsem;
	/*
	 * Set when the image is opened: the last writer may have been killed after it
	 * wrote behind the end into the last block, and before the new end was on disk.
	 */
	bool i_tail_unknown; /* under i_rwsem */

	struct mutex i_size_lock;
	int64_t i_size; /* written under i_rwsem as well; see i_size_read() */

	/* Under image->map_lock. */
	struct xarray i_blocks; /* page index -> block number */
	int64_t i_disksize;	/* what the metadata say */

	/* Under image->name_lock. */
	char i_name[IMAGE_NAME_MAX + 1]; /* empty: the inode is not in use */
	unsigned int i_count;		 /* open files and mappings */

	struct address_space i_data;
};

/* How far readahead has got in one open file. Not locked: one thread at a time. */
struct file_ra_state {
	uint64_t start;		 /* of the last window */
	unsigned int size;	 /* of the last window, in pages */
	unsigned int async_size; /* the next one starts when so many are left */
	unsigned int ra_pages;	 /* limit of a window; shrinks on I/O errors */
	int64_t prev_index;	 /* last page read; -1: none */
};

/* An open file. Each thread has its own: the readahead state is not locked. */
struct file {
	struct inode *f_inode;
	struct address_space *f_mapping;
	struct file_ra_state f_ra;
	uint64_t f_wb_err; /* errors of writeback it has been told of */
};

/*
 * Opens the file called `name`. O_CREAT in `flags` makes it when there is none,
 * with O_EXCL it must not be there; O_TRUNC empties it. -ENOENT, -EEXIST,
 * -ENOSPC (no inode is free), -EROFS, -ENAMETOOLONG, -EINVAL (empty name, or
 * one with a slash).
 */
int file_open(struct image *image, const char *name, int flags, struct file *file);
/* Closes it in any case. 0, or an error of writeback that this open file has not been told of. */
int file_close(struct file *file);

/*
 * Opens an empty file that is to take the place of the one called `name`, or be the first
 * of that name. It is written like any other, but is in no listing, and after a kill there is
 * nothing of it. file_close() drops it. With O_EXCL there must be no file called `name`.
 * -EEXIST, -EBUSY (there can be one at a time), and as file_open().
 */
int file_open_replacement(struct image *image, const char *name, int flags, struct file *file);

/*
 * Writes back the replacement and gives it its name, as one step: on disk there is the old
 * file or the new one, whole. On success `file` is empty, and to be closed; on an error the
 * old file is as it was.
 */
int file_replace(struct file *file);

/* Counts one user more of a file that is open, and one less. */
void inode_hold(struct inode *inode);
void inode_release(struct inode *inode);

/*
 * A kind of image, with lock classes of its own for i_rwsem and invalidate_lock, as each file
 * system type of the kernel has them. A program that writes to one image while it holds locks
 * of another, as a file system on a loop device does, gives the two different types: to lockdep
 * one lock of a class taken under another of it is a deadlock. The declared order is that of
 * images without a type; others are declared by their names.
 */
struct file_system_type {
	const char *i_rwsem_name, *invalidate_lock_name;
	struct lock_class_key i_rwsem_key, invalidate_lock_key;
};

#define FILE_SYSTEM_TYPE(name)                                                                     \
	{                                                                                          \
		.i_rwsem_name = name ".i_rwsem",                                                   \
		.invalidate_lock_name = name ".invalidate_lock",                                   \
	}

/* While nobody else uses the image, and no lock of it is held. `type` outlives it. */
void image_set_fs_type(struct image *image, struct file_system_type *type);

/* Removes a file and frees its blocks. -ENOENT; -EBUSY while it is open or mapped. */
int inode_unlink(struct image *image, const char *name);

/* One line of a listing. */
struct inode_info {
	char name[IMAGE_NAME_MAX + 1];
	uint32_t ino;
	int64_t size;
	uint64_t blocks; /* data blocks it has on disk */
};

/* Fills `info` for the n-th file (0, 1, ...). -ENOENT: there are no more. */
int inode_stat_nth(struct image *image, unsigned int n, struct inode_info *info);
int inode_stat(struct image *image, const char *name, struct inode_info *info);

/* The blocks that it has on disk, and in how many runs of neighbours they lie. */
void inode_layout(struct inode *inode, uint64_t *blocks, uint64_t *runs);

/* The size at this moment. Truncate and write may change it the next, unless i_rwsem is held. */
int64_t i_size_read(struct inode *inode);

/* Only with i_rwsem held for writing. */
void i_size_write(struct inode *inode, int64_t size);

/*
 * The block of the image that holds page `index`, 0 when there is none: a hole,
 * or not written back yet. Stable while invalidate_lock or i_rwsem is held and
 * the page is locked.
 */
uint32_t inode_block(struct inode *inode, uint64_t index);

/*
 * A request on `file` at `pos`. `flags` are IOCB_*; those of a preadv2() come
 * by kiocb_set_rw_flags(). RWF_NOWAIT brings IOCB_NOIO with it, as in the kernel:
 * such a request is answered from the cache alone. IOCB_NOWAIT by itself may
 * read from the disk as long as that does not wait (preadv2 with RWF_NOWAIT).
 */
static inline void init_sync_kiocb(struct kiocb *iocb, struct file *file, int64_t pos, int flags)
{
	iocb->ki_pos = pos;
	iocb->ki_flags = flags;
	iocb->ki_ioprio = 0;
	iocb->private_data = file;
	iocb->ki_waitq = NULL;
}

/*
 * The request as the engine passes it on. One with IOCB_WAITQ becomes one that may not wait,
 * but for a page it may queue, by its ki_waitq, which is NULL in all others.
 */
static inline struct kiocb kiocb_request(const struct kiocb *iocb)
{
	struct kiocb request = *iocb;

	if (!(iocb->ki_flags & IOCB_WAITQ))
		request.ki_waitq = NULL;
	else
		request.ki_flags = (iocb->ki_flags & ~IOCB_WAITQ) | IOCB_NOWAIT;
	return request;
}

/* Whether a request with these flags may not start what the disk is needed for. */
static inline bool ki_noio(int ki_flags)
{
	return ki_flags & (IOCB_NOWAIT | IOCB_NOIO);
}

/* Around all that a request does that may not wait: lockdep reports what could block. */
static inline void nowait_begin(int ki_flags)
{
	if (ki_flags & IOCB_NOWAIT)
		non_block_start();
}

static inline void nowait_end(int ki_flags)
{
	if (ki_flags & IOCB_NOWAIT)
		non_block_end();
}

static inline struct file *kiocb_file(const struct kiocb *iocb)
{
	return iocb->private_data;
}

#endif
