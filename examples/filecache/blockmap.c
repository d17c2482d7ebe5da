/* SPDX-License-Identifier: MIT */
/* Which block holds which page of which file, and which blocks are free. */
#include "blockmap.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

#include "error.h"
#include "image_format.h"
#include "quote.h"
#include "short_lock.h"

void table_changed(struct image *image, const void *at)
{
	size_t offset = (size_t)((const unsigned char *)at - image->table);

	uint32_t block = (uint32_t)(offset / IMAGE_BLOCK_SIZE);

	if (image->table_trans[block] == image->trans)
		return;
	image->table_trans[block] = image->trans;
	image->changed[image->nr_changed++] = block;
}

uint32_t inode_block(struct inode *inode, uint64_t index)
{
	struct image *image = inode->i_image;
	void *entry;

	short_lock(&image->map_lock);
	entry = xa_load(&inode->i_blocks, index);
	short_unlock(&image->map_lock);
	return (uint32_t)(uintptr_t)entry;
}

int block_reserve(struct inode *inode)
{
	struct image *image = inode->i_image;
	bool full;

	short_lock(&image->map_lock);
	full = image->nr_free == image->nr_reserved;
	if (!full)
		image->nr_reserved++;
	short_unlock(&image->map_lock);
	if (full)
		return cache_fail(ENOSPC, "%s: no block is free for file %s", image->path,
				  quote_name(inode->i_name));
	return 0;
}

void block_unreserve(struct image *image)
{
	short_lock(&image->map_lock);
	image->nr_reserved--;
	short_unlock(&image->map_lock);
}

/* The lowest of the blocks that have not been taken; there is one. */
static uint32_t take_fresh(struct image *image)
{
	const uint32_t bits = 8 * sizeof(*image->taken);
	unsigned long *word = &image->taken[image->fresh / bits];

	while (*word >> image->fresh % bits & 1) {
		/* A word at a time where all of it is taken. */
		if (*word == ~0ul)
			image->fresh = (image->fresh / bits + 1) * bits;
		else
			image->fresh++;
		word = &image->taken[image->fresh / bits];
	}
	*word |= 1ul << image->fresh % bits;
	return image->fresh++;
}

uint32_t block_alloc(struct image *image, uint64_t *trans)
{
	uint32_t block;

	*trans = 0;
	short_lock(&image->map_lock);
	image->nr_free--;
	image->nr_reserved--;
	if (image->nr_stacked) {
		block = image->free_stack[--image->nr_stacked];
		if (image->freed_trans[block] > image->committed)
			*trans = image->freed_trans[block];
	} else {
		block = take_fresh(image);
	}
	short_unlock(&image->map_lock);
	return block;
}

/* Under map_lock. */
static void push_free(struct image *image, uint32_t block)
{
	image->free_stack[image->nr_stacked++] = block;
	image->nr_free++;
}

void block_alloc_undo(struct image *image, uint32_t block)
{
	short_lock(&image->map_lock);
	push_free(image, block);
	image->nr_reserved++;
	short_unlock(&image->map_lock);
}

/* The table knows nothing of a replacement: its blocks are free there until it has a name. */
static bool in_table(const struct inode *inode)
{
	return inode->i_ino < inode->i_image->nr_inodes;
}

/* The block holds page `index`, or with `used` unset it is free. */
static void set_owner(struct inode *inode, uint32_t block, bool used, uint64_t index)
{
	struct image *image = inode->i_image;
	struct disk_owner *o = disk_owner(image->table, image->layout, block);

	if (!in_table(inode))
		return;
	o->owner = htole32(used ? inode->i_ino + 1 : 0);
	o->index = htole32((uint32_t)index);
	table_changed(image, o);
}

static void set_disksize(struct inode *inode, int64_t disksize)
{
	struct disk_inode *d = disk_inode(inode->i_image->table, inode->i_ino);

	if (inode->i_disksize == disksize)
		return;
	inode->i_disksize = disksize;
	if (!in_table(inode))
		return;
	d->size = htole64((uint64_t)disksize);
	table_changed(inode->i_image, d);
}

int block_map(struct inode *inode, uint64_t index, uint32_t block, int64_t disksize)
{
	struct image *image = inode->i_image;
	int err;

	short_lock(&image->map_lock);
	err = xa_store(&inode->i_blocks, index, (void *)(uintptr_t)block);
	if (!err) {
		set_owner(inode, block, true, index);
		if (inode->i_disksize < disksize)
			set_disksize(inode, disksize);
	}
	short_unlock(&image->map_lock);
	return err;
}

void block_extend(struct inode *inode, int64_t disksize)
{
	short_lock(&inode->i_image->map_lock);
	if (inode->i_disksize < disksize)
		set_disksize(inode, disksize);
	short_unlock(&inode->i_image->map_lock);
}

/* Under map_lock. */
static void free_range(struct inode *inode, uint64_t first, uint64_t last)
{
	struct image *image = inode->i_image;
	uint64_t index = first;
	void *entry;

	while (first <= last && (entry = xa_find(&inode->i_blocks, &index, last))) {
		uint32_t block = (uint32_t)(uintptr_t)entry;

		xa_erase(&inode->i_blocks, index);
		set_owner(inode, block, false, 0);
		image->freed_trans[block] = in_table(inode) ? image->trans : 0;
		push_free(image, block);
	}
}

void block_free_range(struct inode *inode, uint64_t first, uint64_t last, int64_t disksize)
{
	short_lock(&inode->i_image->map_lock);
	free_range(inode, first, last);
	set_disksize(inode, disksize);
	short_unlock(&inode->i_image->map_lock);
}

void block_replace(struct inode *inode, struct inode *from, int64_t disksize)
{
	uint64_t index = 0;
	void *entry;

	short_lock(&inode->i_image->map_lock);
	free_range(inode, 0, UINT64_MAX);
	inode->i_blocks = from->i_blocks;
	xa_init(&from->i_blocks);
	for (; (entry = xa_find(&inode->i_blocks, &index, UINT64_MAX)); index++)
		set_owner(inode, (uint32_t)(uintptr_t)entry, true, index);
	set_disksize(inode, disksize);
	from->i_disksize = 0;
	short_unlock(&inode->i_image->map_lock);
}

void block_set_inode(struct inode *inode, const char *name, bool used)
{
	struct image *image = inode->i_image;
	struct disk_inode *d = disk_inode(image->table, inode->i_ino);

	short_lock(&image->map_lock);
	memset(d, 0, sizeof(*d));
	d->used = htole32(used);
	memcpy(d->name, name, strlen(name));
	inode->i_disksize = 0;
	table_changed(image, d);
	short_unlock(&image->map_lock);
}

void image_space(struct image *image, uint32_t *total, uint32_t *available)
{
	short_lock(&image->map_lock);
	*total = image->layout->nr_blocks - image->layout->data_start;
	*available = image->nr_free - image->nr_reserved;
	short_unlock(&image->map_lock);
}
