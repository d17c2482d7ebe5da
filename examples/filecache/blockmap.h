/* SPDX-License-Identifier: MIT */
/* Block maps, the allocator, commits and the disk: what the page cache stands on. */
#ifndef FILECACHE_BLOCKMAP_H
#define FILECACHE_BLOCKMAP_H

#include "fs.h"

/* blockmap.c. These take map_lock. */

/* Promises a free block. -ENOSPC when all are in use or promised. */
int block_reserve(struct inode *inode);
void block_unreserve(struct image *image);

/*
 * Takes the block that was freed last, for which one was promised. `*trans`
 * becomes the transaction that has to be on disk before the block is written:
 * until then the metadata on disk give it to the file that had it before.
 */
uint32_t block_alloc(struct image *image, uint64_t *trans);
/* Undoes block_alloc(), the promise stands again. */
void block_alloc_undo(struct image *image, uint32_t block);

/* The block holds page `index` now; i_disksize reaches at least `disksize`. -ENOMEM. */
int block_map(struct inode *inode, uint64_t index, uint32_t block, int64_t disksize);
/* i_disksize reaches at least `disksize`. */
void block_extend(struct inode *inode, int64_t disksize);

/* Frees the blocks of pages [first, last] and sets i_disksize, as one step. */
void block_free_range(struct inode *inode, uint64_t first, uint64_t last, int64_t disksize);

/* Frees the blocks of `inode`, and gives it those of `from` and `disksize`, as one step. */
void block_replace(struct inode *inode, struct inode *from, int64_t disksize);

/* Puts name, use and size of an inode into the table. */
void block_set_inode(struct inode *inode, const char *name, bool used);

/* For the code that changes image->table, with map_lock held. */
void table_changed(struct image *image, const void *at);

/* commit.c: puts everything up to transaction `trans` on disk; UINT64_MAX: all there is. */
int image_commit(struct image *image, uint64_t trans);

/* disk.c. All count errors and set cache_error(). */

/*
 * Reads the blocks of pages [index, index + nr) of a file, which are adjacent on
 * disk from `block` on, into data[]. -EAGAIN with IOCB_NOWAIT when that would wait.
 */
int disk_read_pages(struct inode *inode, uint64_t index, uint32_t block, unsigned char *const *data,
		    unsigned int nr, int ki_flags);
/* Asks the hook whether page `index` may be written. */
int disk_may_write(struct inode *inode, uint64_t index);
/* Writes pages [index, index + nr) to blocks that are adjacent on disk, by one call. */
int disk_write_pages(struct inode *inode, uint64_t index, uint32_t block,
		     unsigned char *const *data, unsigned int nr);
int disk_write(struct image *image, const char *what, const void *data, size_t len, off_t pos);
int disk_sync(struct image *image);

/* Most pages that disk_read_pages() and disk_write_pages() take at once. */
#define DISK_MAX_PAGES 64u

#endif
