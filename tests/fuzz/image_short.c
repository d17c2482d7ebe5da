/* SPDX-License-Identifier: MIT */
/* An image with checksums that are right, which hardly any change to an image's bytes leaves so. */
#include "fuzz/image.h"
#include "crc32.h"
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
	disk_header_fill(&image->header[0], 2, 0);
	disk_header_fill(&image->header[1], 1, 0);
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

/* Of the table that starts there; 0 when it is not all within. */
static uint32_t table_crc(const unsigned char *file, uint32_t block, uint32_t nr)
{
	uint32_t crc[SHORT_BLOCKS], i;

	if (nr > SHORT_BLOCKS || block > SHORT_BLOCKS - nr)
		return 0;
	for (i = 0; i < nr; i++)
		crc[i] = crc32(0, file + (size_t)(block + i) * IMAGE_BLOCK_SIZE, IMAGE_BLOCK_SIZE);
	return disk_table_crc(crc, nr);
}

void short_image_write(struct short_image *image, unsigned int wrong, unsigned char *file)
{
	struct disk_super *super = &image->super;
	struct disk_layout layout;

	memset(file, 0, SHORT_SIZE);
	for (uint32_t i = 1; i < SHORT_BLOCKS; i++) /* the data: each block is another one */
		memset(file + (size_t)i * IMAGE_BLOCK_SIZE + 10, (int)i, 20);
	if (!(wrong & WRONG_SUPER))
		super->crc = htole32(crc32(0, super, offsetof(struct disk_super, crc)));
	if (!disk_layout_init(&layout, le32toh(super->nr_blocks), le32toh(super->nr_inodes)))
		disk_layout_init(&layout, SHORT_BLOCKS, SHORT_INODES);
	for (uint32_t i = 0; i < 2; i++) {
		struct disk_header *header = &image->header[i];
		uint32_t at = layout.header[i] + 1;

		for (uint32_t n = 0; n < layout.table_blocks && at + n < SHORT_BLOCKS; n++)
			memset(file + (size_t)(at + n) * IMAGE_BLOCK_SIZE, 0, IMAGE_BLOCK_SIZE);
		put(file, at, image->inode, sizeof(image->inode));
		put(file, (uint64_t)at + layout.inode_blocks, image->owner, sizeof(image->owner));
		if (!(wrong & WRONG_TABLE))
			header->table_crc = htole32(table_crc(file, at, layout.table_blocks));
		if (!(wrong & WRONG_HEADER))
			header->crc = htole32(crc32(0, header, offsetof(struct disk_header, crc)));
		put(file, layout.header[i], header, sizeof(*header));
	}
	put(file, 0, super, sizeof(*super));
}
