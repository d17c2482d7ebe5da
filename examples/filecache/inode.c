/* SPDX-License-Identifier: MIT */
/* Files by name. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "blockmap.h"
#include "error.h"
#include "filemap.h"
#include "mm.h"
#include "quote.h"
#include "short_lock.h"

int64_t i_size_read(struct inode *inode)
{
	int64_t size;

	short_lock(&inode->i_size_lock);
	size = inode->i_size;
	short_unlock(&inode->i_size_lock);
	return size;
}

void i_size_write(struct inode *inode, int64_t size)
{
	rwsem_assert_held_write(&inode->i_rwsem);
	short_lock(&inode->i_size_lock);
	inode->i_size = size;
	short_unlock(&inode->i_size_lock);
}

/* Under name_lock. An empty name finds an inode that is not in use. */
static struct inode *inode_lookup(struct image *image, const char *name)
{
	uint32_t i;

	for (i = 0; i < image->nr_inodes; i++)
		if (!strcmp(image->inodes[i].i_name, name))
			return &image->inodes[i];
	return NULL;
}

static int name_check(struct image *image, const char *name)
{
	if (!*name || strchr(name, '/'))
		return cache_fail(EINVAL, "%s: no name for a file: %s", image->path,
				  quote_name(name));
	if (strlen(name) > IMAGE_NAME_MAX)
		return cache_fail(ENAMETOOLONG, "%s: a file's name has at most %d bytes: %s",
				  image->path, IMAGE_NAME_MAX, quote_name(name));
	return 0;
}

/* Under name_lock. */
static int inode_create(struct image *image, const char *name, struct inode **result)
{
	struct inode *inode = inode_lookup(image, "");

	if (image->rdonly)
		return cache_fail(EROFS, "%s: opened for reading only", image->path);
	if (!inode)
		return cache_fail(ENOSPC, "%s: no room for a file more than %u", image->path,
				  image->nr_inodes);
	memcpy(inode->i_name, name, strlen(name) + 1);
	block_set_inode(inode, name, true);
	*result = inode;
	return 0;
}

/* Under name_lock: it has no blocks any more. */
static void inode_forget(struct inode *inode)
{
	block_set_inode(inode, "", false);
	mapping_forget_error(&inode->i_data);
	memset(inode->i_name, 0, sizeof(inode->i_name));
}

/* Finds or makes the inode, and counts the user. */
static int inode_get(struct image *image, const char *name, int flags, struct inode **result)
{
	int err = name_check(image, name);
	struct inode *inode;

	if (err)
		return err;
	mutex_lock(&image->name_lock);
	inode = inode_lookup(image, name);
	if (inode && (flags & O_CREAT) && (flags & O_EXCL))
		err = cache_fail(EEXIST, "%s: file %s: is there already", image->path,
				 quote_name(name));
	else if (!inode && !(flags & O_CREAT))
		err = cache_fail(ENOENT, "%s: file %s: not found", image->path, quote_name(name));
	else if (!inode)
		err = inode_create(image, name, &inode);
	if (!err) {
		inode->i_count++;
		*result = inode;
	}
	mutex_unlock(&image->name_lock);
	return err;
}

static void file_init(struct file *file, struct inode *inode)
{
	file->f_inode = inode;
	file->f_mapping = &inode->i_data;
	file_ra_state_init(&file->f_ra, inode->i_image->sw.ra_pages);
	file->f_wb_err = filemap_sample_wb_err(file->f_mapping);
}

int file_open(struct image *image, const char *name, int flags, struct file *file)
{
	struct inode *inode = NULL;
	int err = inode_get(image, name, flags, &inode);

	if (err)
		return err;
	file_init(file, inode);
	if (flags & O_TRUNC)
		err = filemap_truncate(file, 0);
	if (err)
		file_close(file);
	return err;
}

/* Nobody else can have it: no lock is waited for. */
static void drop_replacement(struct inode *inode)
{
	down_write(&inode->i_rwsem);
	truncate_inode_pages_range(&inode->i_data, 0, UINT64_MAX);
	block_free_range(inode, 0, UINT64_MAX, 0);
	mapping_forget_error(&inode->i_data);
	i_size_write(inode, 0);
	up_write(&inode->i_rwsem);
}

void inode_hold(struct inode *inode)
{
	mutex_lock(&inode->i_image->name_lock);
	inode->i_count++;
	mutex_unlock(&inode->i_image->name_lock);
}

void inode_release(struct inode *inode)
{
	mutex_lock(&inode->i_image->name_lock);
	inode->i_count--;
	mutex_unlock(&inode->i_image->name_lock);
}

int file_close(struct file *file)
{
	int err = file_check_and_advance_wb_err(file);

	if (err)
		cache_fail(-err, "%s: file %s: could not be written to the image before",
			   file->f_inode->i_image->path, quote_name(file->f_inode->i_name));
	if (file->f_inode == file->f_inode->i_image->replacement)
		drop_replacement(file->f_inode);
	inode_release(file->f_inode);
	file->f_inode = NULL;
	file->f_mapping = NULL;
	return err;
}

int file_open_replacement(struct image *image, const char *name, int flags, struct file *file)
{
	struct inode *inode = image->replacement;
	int err = name_check(image, name);

	if (err)
		return err;
	mutex_lock(&image->name_lock);
	if (image->rdonly)
		err = cache_fail(EROFS, "%s: opened for reading only", image->path);
	else if ((flags & O_EXCL) && inode_lookup(image, name))
		err = cache_fail(EEXIST, "%s: file %s: is there already", image->path,
				 quote_name(name));
	else if (inode->i_count)
		err = cache_fail(EBUSY, "%s: another file is being replaced", image->path);
	if (!err) {
		inode->i_count++;
		memcpy(inode->i_name, name, strlen(name) + 1); /* for messages */
		file_init(file, inode);
	}
	mutex_unlock(&image->name_lock);
	return err;
}

int file_replace(struct file *file)
{
	struct inode *from = file->f_inode, *inode;
	struct image *image = from->i_image;
	bool made = false;
	int err = filemap_write_and_wait_range(file->f_mapping, 0, UINT64_MAX);

	if (err)
		return err;
	mutex_lock(&image->name_lock);
	inode = inode_lookup(image, from->i_name);
	if (!inode) {
		err = inode_create(image, from->i_name, &inode);
		made = !err;
	}
	if (!err)
		err = filemap_replace(inode, from);
	if (err && made)
		inode_forget(inode);
	mutex_unlock(&image->name_lock);
	return err;
}

int inode_unlink(struct image *image, const char *name)
{
	struct inode *inode;
	struct file file;
	int err = name_check(image, name);

	if (err)
		return err;
	mutex_lock(&image->name_lock);
	inode = inode_lookup(image, name);
	if (!inode)
		err = cache_fail(ENOENT, "%s: file %s: not found", image->path, quote_name(name));
	else if (image->rdonly)
		err = cache_fail(EROFS, "%s: opened for reading only", image->path);
	else if (inode->i_count)
		err = cache_fail(EBUSY, "%s: file %s: is open", image->path, quote_name(name));
	if (!err) {
		file.f_inode = inode;
		file.f_mapping = &inode->i_data;
		err = filemap_truncate(&file, 0);
	}
	if (!err)
		inode_forget(inode);
	mutex_unlock(&image->name_lock);
	return err;
}

void inode_layout(struct inode *inode, uint64_t *blocks, uint64_t *runs)
{
	uint64_t index = 0, next = 0, block = 0;
	void *entry;

	*blocks = *runs = 0;
	short_lock(&inode->i_image->map_lock);
	while ((entry = xa_find(&inode->i_blocks, &index, UINT64_MAX))) {
		*runs += !*blocks || index != next || (uintptr_t)entry != block + 1;
		++*blocks;
		block = (uintptr_t)entry;
		next = ++index;
	}
	short_unlock(&inode->i_image->map_lock);
}

static void fill_info(struct inode *inode, struct inode_info *info)
{
	uint64_t runs;

	memcpy(info->name, inode->i_name, sizeof(info->name));
	info->ino = inode->i_ino;
	info->size = i_size_read(inode);
	inode_layout(inode, &info->blocks, &runs);
}

int inode_stat_nth(struct image *image, unsigned int n, struct inode_info *info)
{
	int err = -ENOENT;
	uint32_t i;

	mutex_lock(&image->name_lock);
	for (i = 0; i < image->nr_inodes; i++) {
		if (!*image->inodes[i].i_name || n--)
			continue;
		fill_info(&image->inodes[i], info);
		err = 0;
		break;
	}
	mutex_unlock(&image->name_lock);
	return err;
}

int inode_stat(struct image *image, const char *name, struct inode_info *info)
{
	struct inode *inode;
	int err = name_check(image, name);

	if (err)
		return err;
	mutex_lock(&image->name_lock);
	inode = inode_lookup(image, name);
	if (inode)
		fill_info(inode, info);
	else
		err = cache_fail(ENOENT, "%s: file %s: not found", image->path, quote_name(name));
	mutex_unlock(&image->name_lock);
	return err;
}
