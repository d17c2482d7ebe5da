/* SPDX-License-Identifier: MIT */
/* An image as a whole: make, open, close, check. */
#include "image.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "beside.h"
#include "blockmap.h"
#include "error.h"
#include "filemap.h"
#include "image_format.h"
#include "mm.h"

#include <klock/lock_order.h>

/* The lock order of filecache.h, for KLOCK_LOCKDEP=1 to enforce. */
LOCKDEP_ORDER("image.name_lock", "inode.i_rwsem", "mm.mmap_lock", "mapping.invalidate_lock");
LOCKDEP_ORDER("mapping.invalidate_lock", "page.lock", "mapping.i_mmap_rwsem", "page.content");
LOCKDEP_ORDER("page.lock", "image.commit_lock", "image.map_lock");
LOCKDEP_ORDER("page.lock", "mapping.i_pages_lock", "image.lru_lock");
LOCKDEP_ORDER("page.content", "inode.i_size_lock");
LOCKDEP_ORDER("page.lock", "image.stat_lock");

/*
 * Writes superblock and headers of an image whose layout is set. The table is all zero, so none
 * of it is stored.
 */
static int mkfs_write(struct image *image)
{
	const struct disk_layout *layout = image->layout;
	const struct disk_node root = { 0, 0 };
	struct disk_super super = { 0 };
	struct disk_header header;
	uint64_t generation;
	int err;

	if (ftruncate(image->fd, 0) ||
	    ftruncate(image->fd, (off_t)layout->nr_blocks << IMAGE_BLOCK_SHIFT))
		return cache_fail(errno, "%s: cannot set the size: %s", image->path,
				  strerror(errno));
	for (generation = 2; generation <= 3; generation++) {
		disk_header_fill(&header, generation, &root);
		err = disk_write(image, "metadata header", &header, sizeof(header),
				 (off_t)layout->header[generation & 1] << IMAGE_BLOCK_SHIFT);
		if (err)
			return err;
	}
	/* The superblock last: without it this is no image. */
	err = disk_sync(image);
	disk_super_fill(&super, layout);
	if (!err)
		err = disk_write(image, "superblock", &super, sizeof(super), 0);
	return err ? err : disk_sync(image);
}

/* Keeps other processes away until the file is closed. */
static int lock_file(int fd, const char *path, bool shared)
{
	if (!flock(fd, (shared ? LOCK_SH : LOCK_EX) | LOCK_NB))
		return 0;
	if (errno == EWOULDBLOCK)
		return cache_fail(EBUSY, "%s: in use by another process", path);
	return cache_fail(errno, "%s: cannot lock: %s", path, strerror(errno));
}

/* The image that is there stays as it is until the new one is on disk. */
static int mkfs_replace(struct image *image, int old)
{
	struct beside new;
	struct stat st;
	int err = lock_file(old, image->path, false);

	if (err)
		return err;
	if (fstat(old, &st))
		return cache_fail(errno, "%s: %s", image->path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return cache_fail(EINVAL, "%s: not a regular file", image->path);
	if (beside_open(&new, image->path, &st))
		return cache_fail(errno, "%s: cannot make a new image beside it: %s", image->path,
				  strerror(errno));
	image->fd = new.fd;
	err = mkfs_write(image);
	if (err)
		beside_cancel(&new);
	else if (beside_commit(&new))
		err = cache_fail(errno, "%s: cannot be replaced: %s", image->path, strerror(errno));
	return err;
}

static int mkfs_new(struct image *image)
{
	int err;

	image->fd = open(image->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (image->fd < 0)
		return cache_fail(errno, "%s: cannot make the image: %s", image->path,
				  strerror(errno));
	err = lock_file(image->fd, image->path, false);
	if (!err)
		err = mkfs_write(image);
	if (err)
		unlink(image->path);
	close(image->fd);
	return err;
}

int image_mkfs(const char *path, uint32_t nr_blocks, uint32_t nr_inodes, bool force)
{
	struct disk_layout layout;
	struct image image = { .path = (char *)(uintptr_t)path, .layout = &layout };
	int err, old = -1;

	if (!disk_layout_init(&layout, nr_blocks, nr_inodes))
		return cache_fail(EINVAL, "%s: an image cannot have %u blocks and %u files", path,
				  nr_blocks, nr_inodes);
	if (force)
		old = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (force && old < 0 && errno != ENOENT)
		return cache_fail(errno, "%s: cannot replace it: %s", path, strerror(errno));
	mutex_init(&image.stat_lock);
	err = old < 0 ? mkfs_new(&image) : mkfs_replace(&image, old);
	mutex_destroy(&image.stat_lock);
	if (old >= 0)
		close(old);
	return err;
}

static void inode_init(struct image *image, uint32_t ino)
{
	struct inode *inode = &image->inodes[ino];

	inode->i_image = image;
	inode->i_ino = ino;
	init_rwsem(&inode->i_rwsem);
	mutex_init(&inode->i_size_lock);
	xa_init(&inode->i_blocks);
	address_space_init(&inode->i_data, inode);
}

static void inode_load(struct image *image, uint32_t ino)
{
	const struct disk_inode *d = disk_inode(image->table, ino);
	struct inode *inode = &image->inodes[ino];

	inode_init(image, ino);
	if (!d->used)
		return;
	memcpy(inode->i_name, d->name, IMAGE_NAME_MAX);
	inode->i_size = inode->i_disksize = (int64_t)le64toh(d->size);
	inode->i_tail_unknown = true;
}

static void block_take(struct image *image, uint32_t block)
{
	const uint32_t bits = 8 * sizeof(*image->taken);

	image->taken[block / bits] |= 1ul << block % bits;
}

/* Block `n` of the table has owners: they go into the block maps, and are not free. */
static int load_owners(struct image *image, uint32_t n)
{
	const struct disk_layout *layout = image->layout;
	uint32_t block, first = (n - layout->inode_blocks) * DISK_OWNERS;

	for (block = first; block < first + DISK_OWNERS; block++) {
		const struct disk_owner *o = disk_owner(image->table, layout, block);

		if (!o->owner)
			continue;
		if (xa_store(&image->inodes[le32toh(o->owner) - 1].i_blocks, le32toh(o->index),
			     (void *)(uintptr_t)block))
			return cache_fail(ENOMEM, "%s: no memory for the block maps", image->path);
		block_take(image, block);
		image->nr_free--;
	}
	return 0;
}

static int load_table(struct image *image, const struct disk_meta *meta)
{
	const struct disk_layout *layout = image->layout;
	int err = 0;
	uint32_t i;

	image->fresh = layout->data_start;
	image->nr_free = layout->nr_blocks - layout->data_start;
	for (i = 0; i < image->nr_inodes; i++)
		inode_load(image, i);
	inode_init(image, image->nr_inodes);
	image->replacement = &image->inodes[image->nr_inodes];
	for (i = 0; i < meta->nr_used && !err; i++)
		if (meta->used[i] >= layout->inode_blocks)
			err = load_owners(image, meta->used[i]);
	return err;
}

#define TAKEN_WORDS(layout) ((layout)->nr_blocks / (8 * sizeof(unsigned long)) + 1)

static void image_free(struct image *image)
{
	const struct disk_layout *layout = image->layout;
	uint32_t i;

	mm_destroy(image);
	for (i = 0; image->inodes && i <= image->nr_inodes; i++)
		xa_destroy(&image->inodes[i].i_blocks);
	free(image->inodes);
	if (layout) {
		struct disk_meta meta = { .layout = *layout, .table = image->table };

		memcpy(meta.node, image->node, sizeof(meta.node));
		disk_meta_free(&meta);
		sparse_free(image->table_trans, layout->table_blocks, sizeof(*image->table_trans));
		sparse_free(image->changed, layout->table_blocks, sizeof(*image->changed));
		sparse_free(image->free_stack, layout->nr_blocks, sizeof(*image->free_stack));
		sparse_free(image->freed_trans, layout->nr_blocks, sizeof(*image->freed_trans));
		sparse_free(image->taken, TAKEN_WORDS(layout), sizeof(*image->taken));
	}
	free(image->layout);
	if (image->fd >= 0)
		close(image->fd);
	free(image->path);
	free(image);
}

/* Sets up what is in memory. The table, which has been checked, becomes the image's. */
static int image_load(struct image *image, struct disk_meta *meta)
{
	const struct disk_layout *layout = &meta->layout;
	int err;

	image->layout = malloc(sizeof(*layout));
	if (!image->layout)
		return cache_fail(ENOMEM, "%s: no memory", image->path);
	*image->layout = *layout;
	image->table = meta->table;
	memcpy(image->node, meta->node, sizeof(image->node));
	image->inodes = calloc(layout->nr_inodes + 1, sizeof(*image->inodes));
	image->table_trans = sparse_alloc(layout->table_blocks, sizeof(*image->table_trans));
	image->changed = sparse_alloc(layout->table_blocks, sizeof(*image->changed));
	image->free_stack = sparse_alloc(layout->nr_blocks, sizeof(*image->free_stack));
	image->freed_trans = sparse_alloc(layout->nr_blocks, sizeof(*image->freed_trans));
	image->taken = sparse_alloc(TAKEN_WORDS(layout), sizeof(*image->taken));
	if (!image->inodes || !image->table_trans || !image->changed || !image->free_stack ||
	    !image->freed_trans || !image->taken)
		err = cache_fail(ENOMEM, "%s: no memory for %u blocks", image->path,
				 layout->nr_blocks);
	else
		err = 0;
	image->generation = meta->generation[meta->newest];
	memcpy(image->warning, meta->warning, sizeof(image->warning));
	/* What was read is transaction 1. */
	image->committed = 1;
	image->trans = 2;
	image->nr_inodes = layout->nr_inodes;
	if (!err)
		err = load_table(image, meta);
	/* The rest of it is the image's now. */
	sparse_free(meta->used, layout->table_blocks, sizeof(*meta->used));
	memset(meta, 0, sizeof(*meta));
	return err;
}

static void image_init(struct image *image, unsigned int flags)
{
	struct statfs fs;

	image->rdonly = flags & IMAGE_RDONLY;
	image->nosync = flags & IMAGE_NOSYNC;
	image->memory_backed = !fstatfs(image->fd, &fs) &&
			       ((uint32_t)fs.f_type == TMPFS_MAGIC ||
				(uint32_t)fs.f_type == RAMFS_MAGIC);
	image->sw.use_invalidate_lock = true;
	image->sw.max_pages = IMAGE_DEFAULT_PAGES;
	image->sw.ra_pages = 32;
	mutex_init(&image->lru_lock);
	mutex_init(&image->commit_lock);
	mutex_init(&image->map_lock);
	mutex_init(&image->stat_lock);
	mutex_init(&image->name_lock);
	INIT_LIST_HEAD(&image->lru);
}

static void keep_first(void *arg, const char *problem)
{
	char *first = arg;

	if (!*first)
		strncat(first, problem, 299);
}

static int check_meta(const char *path, const struct disk_meta *meta)
{
	char first[300] = "";
	int problems = disk_table_check(meta, keep_first, first);

	if (problems <= 0)
		return problems;
	return cache_fail(EUCLEAN, "%s: damaged: %s%s", path, first,
			  problems > 1 ? "; fsck lists all problems" : "");
}

int image_open(const char *path, unsigned int flags, struct image **result)
{
	struct image *image = calloc(1, sizeof(*image));
	struct disk_meta meta = { .table = NULL };
	int err;

	if (!image || !(image->path = strdup(path))) {
		free(image);
		return cache_fail(ENOMEM, "%s: no memory", path);
	}
	image->fd = open(path, (flags & IMAGE_RDONLY ? O_RDONLY : O_RDWR) | O_CLOEXEC);
	if (image->fd < 0)
		err = cache_fail(errno, "%s: cannot open: %s", path, strerror(errno));
	else
		err = lock_file(image->fd, path, flags & IMAGE_RDONLY);
	if (!err)
		err = disk_meta_read(image->fd, path, &meta);
	if (!err)
		err = check_meta(path, &meta);
	if (!err) {
		image_init(image, flags);
		err = mm_init(image);
	}
	if (!err)
		err = image_load(image, &meta);
	disk_meta_free(&meta);
	if (err) {
		image_free(image);
		return err;
	}
	*result = image;
	return 0;
}

int image_sync(struct image *image)
{
	int err, first = 0;
	uint32_t i;

	for (i = 0; i < image->nr_inodes; i++) {
		err = filemap_write_and_wait_range(&image->inodes[i].i_data, 0, UINT64_MAX);
		if (!first)
			first = err;
	}
	err = image->rdonly ? 0 : image_commit(image, UINT64_MAX);
	if (!first)
		first = err;
	err = image_check_wb_err(image);
	if (!err || first)
		return first;
	return cache_fail(-err, "%s: a file could not be written to the image before",
			  image->path);
}

void image_abandon(struct image *image)
{
	uint32_t i;

	mm_destroy(image); /* its handler brings pages in */
	for (i = 0; i <= image->nr_inodes; i++)
		truncate_inode_pages_range(&image->inodes[i].i_data, 0, UINT64_MAX);
	image_free(image);
}

int image_close(struct image *image)
{
	int err = image_sync(image);

	image_abandon(image);
	return err;
}

int image_fsck(const char *path, void (*report)(void *arg, const char *problem), void *arg)
{
	struct disk_meta meta;
	int err, fd = open(path, O_RDONLY | O_CLOEXEC);
	bool warned = false;

	if (fd < 0)
		return cache_fail(errno, "%s: cannot open: %s", path, strerror(errno));
	err = lock_file(fd, path, true);
	if (!err)
		err = disk_meta_read(fd, path, &meta);
	if (!err) {
		warned = *meta.warning;
		if (warned && report)
			report(arg, meta.warning);
		err = disk_table_check(&meta, report, arg);
		disk_meta_free(&meta);
	}
	close(fd);
	return err < 0 ? err : err + warned;
}
