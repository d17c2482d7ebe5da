/* SPDX-License-Identifier: MIT */
/*
 * What an image looks like on disk. Numbers are little-endian.
 *
 *	block 0              struct disk_super, written by mkfs only
 *	then, copy 0:        one block with struct disk_header, then the table:
 *	                       the inodes, struct disk_inode[nr_inodes], in whole blocks;
 *	                       the owners, struct disk_owner[nr_blocks], in whole blocks
 *	then, copy 1:        the same
 *	from data_start on   data blocks
 *
 * The owner of a block is the page of the file that it holds: together they are
 * the block maps of all files and the list of free blocks at once, which
 * therefore cannot contradict each other.
 *
 * A commit of generation g goes to copy g & 1, the older one: the data it speaks
 * of are written before, then the changed blocks of the table, then the header
 * with the checksum of the whole table. Between these steps the file is synced.
 * So the copy with the newer header is always whole, whenever the writer is
 * killed; the older one's table need not match its header.
 */
#ifndef FILECACHE_IMAGE_FORMAT_H
#define FILECACHE_IMAGE_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#include "image.h"

#define DISK_SUPER_MAGIC "klock-fc"
#define DISK_HEADER_MAGIC "klock-tb"
#define DISK_VERSION 1u
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

/* Lies in one sector, so that a disk writes all of it or nothing. */
struct disk_header {
	char magic[8];
	uint64_t generation;
	uint32_t table_crc; /* of the checksums of the table's blocks */
	uint32_t crc;	    /* of what stands before it */
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

/* Where things are, from the two numbers of the superblock. */
struct disk_layout {
	uint32_t nr_blocks, nr_inodes;
	uint32_t inode_blocks, table_blocks;
	uint32_t header[2]; /* block of each copy's header; its table follows */
	uint32_t data_start;
};

/* false: no image can have these numbers. */
bool disk_layout_init(struct disk_layout *layout, uint32_t nr_blocks, uint32_t nr_inodes);

/* The metadata of an image as read from disk. */
struct disk_meta {
	struct disk_layout layout;
	uint64_t generation[2]; /* of the copies' headers */
	unsigned int newest;
	unsigned char *table; /* of the newest copy; the caller frees it */
};

/* Reads and checks superblock, headers and table of `fd`. As image_open(). */
int disk_meta_read(int fd, const char *path, struct disk_meta *meta);

/*
 * Checks what the table says; calls `report`, if not NULL, for each problem.
 * Returns how many there are, or -ENOMEM.
 */
int disk_table_check(const struct disk_layout *layout, const unsigned char *table,
		     void (*report)(void *arg, const char *problem), void *arg);

void disk_super_fill(struct disk_super *super, const struct disk_layout *layout);
void disk_header_fill(struct disk_header *header, uint64_t generation, uint32_t table_crc);

/* The checksum that goes into a header: of the `nr` checksums of the table's blocks. */
uint32_t disk_table_crc(const uint32_t *block_crc, uint32_t nr);

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
