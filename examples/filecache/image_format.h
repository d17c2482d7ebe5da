/* SPDX-License-Identifier: MIT */
/*
 * What an image looks like on disk. Numbers are little-endian.
 *
 *	block 0              struct disk_super, written by mkfs only
 *	blocks 1 and 2       struct disk_header; those of even generations in block 1
 *	then                 the table: level by level, and each level twice
 *	from data_start on   data blocks
 *
 * Level 0 is the table itself: the inodes, struct disk_inode[nr_inodes], in whole blocks, and
 * the owners, struct disk_owner[nr_blocks], in whole blocks. The owner of a block is the page
 * of the file that it holds: together they are the block maps of all files and the list of
 * free blocks at once, which therefore cannot contradict each other.
 *
 * Each block of the table has two places on disk, or none: one that is all zero is not stored,
 * so an image costs what is used of it. Which place is current, and the checksum of what is
 * there, is said by a struct disk_node in a block of the level above, up to the one of the top
 * level, whose node is in the header.
 *
 * Commits
 * -------
 * A commit of generation g writes the changed blocks of the table to that place of the two
 * which is not current, and the blocks above them likewise; then the header of g, over that of
 * g - 2. The image file is synced before the header, which brings the data that the table
 * speaks of to disk as well, and after it. What the header of g - 1 refers to is written over
 * by none of that. So, with whatever of the unsynced writes lost, the newer header that can be
 * read leads to a whole table: the one before the commit or the one after it.
 *
 * Who frees a block and gives it to another page waits for the commit in between. So no block
 * is written whose owner on disk is another page.
 *
 * A header that cannot be read is taken for one that was being written, and the other one is
 * used. When a header's write or sync fails it is not known what is there: the next commit
 * first puts the current state there once more, synced, as generation g - 1 has it.
 */
#ifndef FILECACHE_IMAGE_FORMAT_H
#define FILECACHE_IMAGE_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#include "image.h"

#define DISK_SUPER_MAGIC "klock-fc"
#define DISK_HEADER_MAGIC "klock-tb"
#define DISK_VERSION 2u
/* No image has had so many commits; those that follow must not come round to 0. */
#define DISK_MAX_GENERATION (UINT64_MAX / 2)

struct disk_super {
	char magic[8];
	uint32_t version;
	uint32_t block_size;
	uint32_t nr_blocks;
	uint32_t nr_inodes;
	uint32_t crc; /* of what stands before it */
};

/* A block of the table. */
struct disk_node {
	uint32_t place; /* 1 or 2; 0: it is all zero and not stored, `crc` is 0 too */
	uint32_t crc;
};
#define DISK_FANOUT ((uint32_t)(IMAGE_BLOCK_SIZE / sizeof(struct disk_node)))

/* Lies in one sector, so that a disk writes all of it or nothing. */
struct disk_header {
	char magic[8];
	uint64_t generation;
	struct disk_node root;
	uint32_t crc; /* of what stands before it */
};

struct disk_inode {
	uint64_t size;
	uint32_t used; /* 1, or 0 */
	uint32_t unused;
	char name[IMAGE_NAME_MAX + 1]; /* padded with zero bytes, at least one */
	char padding[48];
};
_Static_assert(IMAGE_BLOCK_SIZE % sizeof(struct disk_inode) == 0, "inodes fill a block");

struct disk_owner {
	uint32_t owner; /* number of the inode plus 1; 0: free */
	uint32_t index; /* page of that file */
};
#define DISK_OWNERS ((uint32_t)(IMAGE_BLOCK_SIZE / sizeof(struct disk_owner)))

/* Where things are, from the two numbers of the superblock. */
struct disk_layout {
	uint32_t nr_blocks, nr_inodes;
	uint32_t inode_blocks, table_blocks; /* the former are part of the latter */
	uint32_t header[2];
	uint32_t nr_levels; /* the top one has one block */
	uint32_t level_blocks[IMAGE_MAX_LEVELS], level_start[IMAGE_MAX_LEVELS];
	uint32_t data_start;
};

/* false: no image can have these numbers. */
bool disk_layout_init(struct disk_layout *layout, uint32_t nr_blocks, uint32_t nr_inodes);

/* Where block `n` of a level is, in place 1 or 2. */
static inline uint32_t disk_place(const struct disk_layout *layout, uint32_t level, uint32_t n,
				  uint32_t place)
{
	return layout->level_start[level] + (place - 1) * layout->level_blocks[level] + n;
}

/* The metadata of an image as read from disk. */
struct disk_meta {
	struct disk_layout layout;
	uint64_t generation[2]; /* of the headers; 0: it cannot be read */
	unsigned int newest;
	unsigned char *table;
	/* Of the blocks of each level; those of a level are what the blocks above it hold. */
	struct disk_node *node[IMAGE_MAX_LEVELS];
	uint32_t *used; /* the blocks of the table that are stored, ascending */
	uint32_t nr_used;
	char warning[160]; /* a header that cannot be read; or empty */
};

/*
 * Reads and checks superblock, headers and what is used of the table of `fd`. As image_open();
 * -EINTR when the thread is killed meanwhile. On success to be freed.
 */
int disk_meta_read(int fd, const char *path, struct disk_meta *meta);
void disk_meta_free(struct disk_meta *meta);

/*
 * Checks what the table says; calls `report`, if not NULL, for each problem.
 * Returns how many there are, or -ENOMEM or -EINTR.
 */
int disk_table_check(const struct disk_meta *meta, void (*report)(void *arg, const char *problem),
		     void *arg);

void disk_super_fill(struct disk_super *super, const struct disk_layout *layout);
void disk_header_fill(struct disk_header *header, uint64_t generation,
		      const struct disk_node *root);

/* Zeroed memory, of which only what is touched costs anything. NULL: there is none. */
void *sparse_alloc(uint64_t nr, size_t size);
void sparse_free(void *memory, uint64_t nr, size_t size);

static inline struct disk_inode *disk_inode(unsigned char *table, uint32_t ino)
{
	return (struct disk_inode *)(void *)table + ino;
}

static inline struct disk_owner *disk_owner(unsigned char *table, const struct disk_layout *layout,
					    uint32_t block)
{
	return (struct disk_owner *)(void *)(table + (size_t)layout->inode_blocks *
							     IMAGE_BLOCK_SIZE) + block;
}

#endif
