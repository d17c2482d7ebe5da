/* SPDX-License-Identifier: MIT */
/* Files by name. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "blockmap.h"
#include "error.h"
#include "filemap.h"
#include "mm.h"

int64_t i_size_read(struct inode *inode)
{
	int64_t size;

	mutex_lock(&inode->i_size_lock);
	size = inode->i_size;
	mutex_unlock(&inode->i_size_lock);
	return size;
}

void i_size_write(struct inode *inode, int64_t size)
{
	rwsem_assert_held_write(&inode->i_rwsem);
	mutex_lock(&inode->i_size_lock);
	inode->i_size = size;
	mutex_unlock(&inode->i_size_lock);
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
		return cache_fail(EINVAL, "%s: no name for a file: \"%s\"", image->path, name);
	if (strlen(name) > IMAGE_NAME_MAX)
		return cache_fail(ENAMETOOLONG, "%s: a file's name has at most %d bytes: %s",
				  image->path, IMAGE_NAME_MAX, name);
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
		err = cache_fail(EEXIST, "%s: file %s: is there already", image->path, name);
	else if (!inode && !(flags & O_CREAT))
		err = cache_fail(ENOENT, "%s: file %s: not found", image->path, name);
	else if (!inode)
		err = inode_create(image, name, &inode);
	if (!err) {
		inode->i_count++;
		*result = inode;
	}
	mutex_unlock(&image->name_lock);
	return err;
}

int file_open(struct image *image, const char *name, int flags, struct file *file)
{
	struct inode *inode = NULL;
	int err = inode_get(image, name, flags, &inode);

	if (err)
		return err;
	file->f_inode = inode;
	file->f_mapping = &inode->i_data;
	file_ra_state_init(&file->f_ra, image->sw.ra_pages);
	if (flags & O_TRUNC)
		err = filemap_truncate(file, 0);
	if (err)
		file_close(file);
	return err;
}

void file_close(struct file *file)
{
	struct image *image = file->f_inode->i_image;

	mutex_lock(&image->name_lock);
	file->f_inode->i_count--;
	mutex_unlock(&image->name_lock);
	file->f_inode = NULL;
	file->f_mapping = NULL;
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
		err = cache_fail(ENOENT, "%s: file %s: not found", image->path, name);
	else if (image->rdonly)
		err = cache_fail(EROFS, "%s: opened for reading only", image->path);
	else if (inode->i_count)
		err = cache_fail(EBUSY, "%s: file %s: is open", image->path, name);
	if (!err) {
		file.f_inode = inode;
		file.f_mapping = &inode->i_data;
		err = filemap_truncate(&file, 0);
	}
	if (!err) {
		block_set_inode(inode, "", false);
		memset(inode->i_name, 0, sizeof(inode->i_name));
	}
	mutex_unlock(&image->name_lock);
	return err;
}

static void fill_info(struct inode *inode, struct inode_info *info)
{
	struct image *image = inode->i_image;
	uint64_t index = 0;

	memcpy(info->name, inode->i_name, sizeof(info->name));
	info->ino = inode->i_ino;
	info->size = i_size_read(inode);
	info->blocks = 0;
	mutex_lock(&image->map_lock);
	while (xa_find(&inode->i_blocks, &index, UINT64_MAX)) {
		info->blocks++;
		index++;
	}
	mutex_unlock(&image->map_lock);
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
		err = cache_fail(ENOENT, "%s: file %s: not found", image->path, name);
	mutex_unlock(&image->name_lock);
	return err;
}
