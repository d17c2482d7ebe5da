/* SPDX-License-Identifier: MIT */
/* An image with checksums that are right, which hardly any change to an image's bytes leaves so. */
#include "fuzz/image.h"
#include "crc32c.h"
#include <endian.h>
#include <string.h>

static void give(struct short_image *image, uint32_t block, uint32_t inode, uint32_t index)
{
	image->owner[block].owner = htole32(inode + 1);
	image->owner[block].index = htole32(index);
}

static void add(struct short_image *image, uint32_t inode, const char *name, uint64_t size)
{
	image->inode[inode].used = htole32(1);
	image->inode[inode].size = htole64(size);
	strcpy(image->inode[inode].name, name);
}

void short_image_init(struct short_image *image)
{
	struct disk_layout layout;

	memset(image, 0, sizeof(*image));
	disk_layout_init(&layout, SHORT_BLOCKS, SHORT_INODES);
	disk_super_fill(&image->super, &layout);
	disk_header_fill(&image->header[0], 2, &(struct disk_node){ 0, 0 });
	disk_header_fill(&image->header[1], 3, &(struct disk_node){ 0, 0 });
	add(image, 0, "a", 4 * IMAGE_BLOCK_SIZE - 100);
	give(image, layout.data_start, 0, 0);
	give(image, layout.data_start + 2, 0, 3);
	add(image, 1, "b", 100);
	give(image, layout.data_start + 1, 1, 0);
}

static void put(unsigned char *file, uint64_t block, const void *from, size_t size)
{
	if (block < SHORT_BLOCKS && size <= (SHORT_BLOCKS - block) * IMAGE_BLOCK_SIZE)
		memcpy(file + block * IMAGE_BLOCK_SIZE, from, size);
}

/* What a block is called in the level above it; all zero when it is not within the file. */
static struct disk_node node_of(const unsigned char *file, uint32_t block, uint32_t place)
{
	const unsigned char *data = file + (size_t)block * IMAGE_BLOCK_SIZE;

	if (block >= SHORT_BLOCKS)
		return (struct disk_node){ 0, 0 };
	return (struct disk_node){ htole32(place), htole32(crc32c(0, data, IMAGE_BLOCK_SIZE)) };
}

/* The levels above the table in one of its places. Returns the node of the top. */
static struct disk_node put_levels(const struct disk_layout *layout, uint32_t place,
				   unsigned int wrong, unsigned char *file)
{
	struct disk_node node[DISK_FANOUT] = { { 0, 0 } };
	uint32_t level, n;

	/* An image that is this short has two levels, each of a block or a few. */
	for (level = 0; level < layout->nr_levels; level++) {
		for (n = 0; n < DISK_FANOUT && n < layout->level_blocks[level]; n++) {
			node[n] = node_of(file, disk_place(layout, level, n, place), place);
			if (level == 0 && (wrong & WRONG_TABLE))
				node[n].crc = 0;
		}
		if (level + 1 == layout->nr_levels)
			break;
		put(file, disk_place(layout, level + 1, 0, place), node, sizeof(node));
		memset(node, 0, sizeof(node));
	}
	return node[0];
}

void short_image_write(struct short_image *image, unsigned int wrong, unsigned char *file)
{
	struct disk_super *super = &image->super;
	struct disk_layout layout;

	memset(file, 0, SHORT_SIZE);
	for (uint32_t i = 1; i < SHORT_BLOCKS; i++) /* the data: each block is another one */
		memset(file + (size_t)i * IMAGE_BLOCK_SIZE + 10, (int)i, 20);
	if (!(wrong & WRONG_SUPER))
		super->crc = htole32(crc32c(0, super, offsetof(struct disk_super, crc)));
	if (!disk_layout_init(&layout, le32toh(super->nr_blocks), le32toh(super->nr_inodes)))
		disk_layout_init(&layout, SHORT_BLOCKS, SHORT_INODES);
	for (uint32_t i = 0; i < 2; i++) {
		struct disk_header *header = &image->header[i];
		uint32_t at = disk_place(&layout, 0, 0, i + 1);

		for (uint32_t n = 0; n < layout.table_blocks && at + n < SHORT_BLOCKS; n++)
			memset(file + (size_t)(at + n) * IMAGE_BLOCK_SIZE, 0, IMAGE_BLOCK_SIZE);
		put(file, at, image->inode, sizeof(image->inode));
		put(file, (uint64_t)at + layout.inode_blocks, image->owner, sizeof(image->owner));
		header->root = put_levels(&layout, i + 1, wrong, file);
		if (!(wrong & WRONG_HEADER))
			header->crc = htole32(crc32c(0, header, offsetof(struct disk_header, crc)));
		put(file, layout.header[i], header, sizeof(*header));
	}
	put(file, 0, super, sizeof(*super));
}
