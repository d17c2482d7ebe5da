/* SPDX-License-Identifier: MIT */
/*
 * Errors of writeback, and whom they have been told. An error counts up; an open file remembers
 * how far it has been told. So each of those that are open learns of it once, and none loses
 * it to another that asks first. One that is opened after all of that does not.
 */
#include "error.h"
#include "filemap.h"
#include "short_lock.h"

/* Where one that comes now begins: an error that nobody has been told of is told it, too. */
static uint64_t sample(const struct wb_err *wb_err)
{
	return wb_err->seq - (wb_err->err && !wb_err->seen);
}

static int check_and_advance(struct wb_err *wb_err, uint64_t *since)
{
	if (*since == wb_err->seq)
		return 0;
	*since = wb_err->seq;
	wb_err->seen = true;
	return wb_err->err;
}

void mapping_set_error(struct address_space *mapping, int err)
{
	struct image *image = mapping->host->i_image;

	short_lock(&image->stat_lock);
	mapping->wb_err.err = err;
	mapping->wb_err.seen = false;
	mapping->wb_err.seq++;
	short_unlock(&image->stat_lock);
}

void mapping_forget_error(struct address_space *mapping)
{
	struct image *image = mapping->host->i_image;

	short_lock(&image->stat_lock);
	mapping->wb_err.err = 0;
	short_unlock(&image->stat_lock);
}

uint64_t filemap_sample_wb_err(struct address_space *mapping)
{
	struct image *image = mapping->host->i_image;
	uint64_t since;

	short_lock(&image->stat_lock);
	since = sample(&mapping->wb_err);
	short_unlock(&image->stat_lock);
	return since;
}

int file_check_and_advance_wb_err(struct file *file)
{
	struct inode *inode = file->f_inode;
	int err;

	short_lock(&inode->i_image->stat_lock);
	err = check_and_advance(&file->f_mapping->wb_err, &file->f_wb_err);
	short_unlock(&inode->i_image->stat_lock);
	return err;
}

int image_check_wb_err(struct image *image)
{
	int err = 0;
	uint32_t i;

	short_lock(&image->stat_lock);
	for (i = 0; i < image->nr_inodes; i++) {
		struct wb_err *wb_err = &image->inodes[i].i_data.wb_err;

		if (wb_err->err && !wb_err->seen)
			err = wb_err->err;
		wb_err->seen = true;
	}
	short_unlock(&image->stat_lock);
	return err;
}
