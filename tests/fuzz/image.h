/* SPDX-License-Identifier: MIT */
/* An image of forty blocks, in short: what the target of images changes and then writes out. */
#ifndef KLOCK_TESTS_FUZZ_IMAGE_H
#define KLOCK_TESTS_FUZZ_IMAGE_H

#include "image_format.h"

#define SHORT_BLOCKS 40u
#define SHORT_INODES 4u
#define SHORT_SIZE ((size_t)SHORT_BLOCKS * IMAGE_BLOCK_SIZE)

/* Its metadata without what is zero. Both copies of the table are this one. */
struct short_image {
	struct disk_super super;
	struct disk_header header[2];
	struct disk_inode inode[SHORT_INODES];
	struct disk_owner owner[SHORT_BLOCKS];
};

/* Checksums that are left as they are. */
enum { WRONG_SUPER = 1, WRONG_HEADER = 2, WRONG_TABLE = 4 };

/* One that is in order: the files "a", with a hole, and "b". */
void short_image_init(struct short_image *image);

/* To SHORT_SIZE bytes, each part where the superblock means it to be, if that is within. */
void short_image_write(struct short_image *image, unsigned int wrong, unsigned char *file);

#endif
