/* SPDX-License-Identifier: MIT */
/* The image file: its blocks, its metadata, and the cache of its pages. */
#ifndef FILECACHE_IMAGE_H
#define FILECACHE_IMAGE_H

#include <klock/mutex.h>
#include <klock/rwsem.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "list.h"
#include "stats.h"

#define IMAGE_BLOCK_SIZE 4096u
#define IMAGE_BLOCK_SHIFT 12
#define IMAGE_MIN_BLOCKS 16u
#define IMAGE_MAX_BLOCKS (1u << 28) /* 1 TiB */
#define IMAGE_MAX_INODES 4096u
#define IMAGE_NAME_MAX 63	    /* bytes of a file name */
#define IMAGE_MAX_LEVELS 4u	    /* of the metadata; see image_format.h */
#define IMAGE_DEFAULT_PAGES 1024u   /* of the cache: 4 MiB */

struct disk_layout;
struct disk_node;
struct inode;
struct mm;

enum image_io { IMAGE_READ, IMAGE_WRITE, IMAGE_FREE, IMAGE_SIGBUS };

/*
 * Lets a test fail I/O on a file's data: called before page `index` of `inode`
 * is read or written, with no lock held but the page's and, when reading,
 * invalidate_lock. It may sleep, so a request with IOCB_NOWAIT fails with -EAGAIN where it would
 * be called. 0: go on; a negative errno: the I/O fails with it. Also with
 * IMAGE_FREE, for the first page of a punch or truncate, where punch_delay_us
 * would sleep: i_rwsem and invalidate_lock are held; and with IMAGE_SIGBUS, for
 * a page that was found beyond the end by a fault: mmap_lock is held shared. The
 * result of these two is ignored.
 */
typedef int (*image_io_hook)(void *arg, enum image_io dir, const struct inode *inode,
			     uint64_t index);

/*
 * What a program may set, and only while no other thread uses the image.
 * image_open() sets the defaults given here.
 */
struct image_switches {
	bool use_invalidate_lock;	/* true; false: the lock is taken nowhere */
	unsigned int punch_delay_us;	/* 0: sleep between dropping pages and freeing blocks */
	unsigned int fill_delay_us;	/* 0: sleep between looking a block up and reading it */
	unsigned int max_pages;		/* IMAGE_DEFAULT_PAGES: the cache's limit, at least 8 */
	unsigned int ra_pages;		/* 32: the readahead window's limit; 0: no readahead */
	image_io_hook io_hook;		/* NULL */
	void *io_hook_arg;
};

struct image {
	struct image_switches sw;

	/* Constant after image_open(). */
	char *path;
	int fd;
	bool rdonly, nosync, memory_backed;
	uint32_t nr_inodes;
	struct disk_layout *layout;
	char warning[160]; /* what was wrong and could be helped, or empty */
	struct inode *inodes;	   /* [nr_inodes], and behind them: */
	struct inode *replacement; /* see file_open_replacement() */

	/* The LRU of all pages; see page_lru.c. */
	struct mutex lru_lock;
	struct list_head lru; /* most recently added first */
	unsigned int nr_pages;

	/*
	 * Metadata in its on-disk form (image_format.h), block maps and the
	 * allocator. Transactions are counted from 1: what changes now belongs to
	 * `trans`, and what belongs to `committed` or before is on disk.
	 */
	struct mutex commit_lock; /* held over a commit's I/O; before map_lock */
	struct mutex map_lock;
	unsigned char *table;	  /* under map_lock, and what follows */
	uint64_t *table_trans;	  /* of each block of it: the transaction that last changed it */
	uint32_t *changed;	  /* the blocks of it that changed in this one */
	uint32_t nr_changed;
	uint64_t trans, committed;
	/*
	 * Under commit_lock. What was written before a sync that failed may be lost: the
	 * host takes it for clean, and a later sync says nothing of it.
	 */
	bool sync_failed;
	/* Under commit_lock: where each block of the table, and of the levels above, is on disk. */
	struct disk_node *node[IMAGE_MAX_LEVELS];
	uint64_t generation; /* of the newest header on disk */
	bool header_unknown; /* what the other one is: writing it has failed */
	/*
	 * Free blocks are on the stack, last freed, first used, or not `taken`, and then none
	 * has had to be touched: the lowest is the next.
	 */
	uint32_t *free_stack;
	uint32_t nr_stacked;
	unsigned long *taken; /* a bit for each block: in use, metadata, or on the stack */
	uint32_t fresh;	      /* all below are taken */
	uint32_t nr_free;
	uint32_t nr_reserved;  /* of the free ones, promised to dirty pages */
	uint64_t *freed_trans; /* of each block on the stack: the transaction that freed it */

	struct mutex stat_lock;
	struct cache_stats stats;

	struct mutex name_lock; /* names and use counts of the inodes; before i_rwsem */
	struct mm *mm;		/* its memory mappings */
};

enum image_open_flags {
	IMAGE_RDONLY = 1, /* nothing is written, whatever is called */
	/* No fdatasync(): what is committed survives a kill -9 but not a power cut. */
	IMAGE_NOSYNC = 2,
};

/*
 * Makes an empty image of `nr_blocks` blocks with room for `nr_inodes` files.
 * -EEXIST when `path` exists and `force` is not set.
 */
int image_mkfs(const char *path, uint32_t nr_blocks, uint32_t nr_inodes, bool force);

/*
 * Opens an image, checks what is used of its metadata, and locks it against other
 * processes. Nothing is written. Where one of the two metadata headers is damaged the other is
 * used, and image->warning says so. 0, or
 *	-EMEDIUMTYPE  not an image, or of another version
 *	-EUCLEAN      truncated or damaged
 *	-EBUSY        another process has it open
 *	-EINTR        the thread was killed meanwhile
 * or what open(2) said.
 */
int image_open(const char *path, unsigned int flags, struct image **image);

/*
 * Writes back what is dirty, commits, and frees everything, also when that
 * fails: the first error is returned. No file may be open.
 */
int image_close(struct image *image);

/* Frees everything and writes nothing, as if the process had been killed. */
void image_abandon(struct image *image);

/*
 * Writes back all dirty pages and commits the metadata. An error of earlier writeback
 * that no open file has been told of is returned too, once. Once the host has failed to sync
 * the image file, this, filemap_fsync() and image_close() return -EIO, and nothing is
 * committed any more, until the image is opened again: it is then as last committed.
 */
int image_sync(struct image *image);

/* Blocks that files can have, and those not in use or promised. */
void image_space(struct image *image, uint32_t *total, uint32_t *available);

/*
 * Checks an image that nobody has open and calls `report` for each problem.
 * The number of problems, or a negative errno as image_open() when it cannot
 * be read far enough to tell. Writes nothing.
 */
int image_fsck(const char *path, void (*report)(void *arg, const char *problem), void *arg);

/* Gives back all pages of the cache that nobody uses, writing back the dirty ones. */
int image_drop_pages(struct image *image);

/* Why the last call that failed in this thread did: file, offset and cause. Never NULL. */
const char *cache_error(void);

#endif
