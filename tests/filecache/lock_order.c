/* SPDX-License-Identifier: MIT */
/* Takes two of the engine's locks, by their names in the declared order: lock_order OUTER INNER. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "filecache.h"

static struct image *image;
static struct file file;
static struct page *page;

static struct lock {
	const char *name;
	struct rw_semaphore *rwsem;
	struct mutex *mutex; /* neither: the lock of the page */
} locks[13];
static int nr_locks;

static void add_rwsem(const char *name, struct rw_semaphore *rwsem)
{
	locks[nr_locks++] = (struct lock){ name, rwsem, NULL };
}

static void add_mutex(const char *name, struct mutex *mutex)
{
	locks[nr_locks++] = (struct lock){ name, NULL, mutex };
}

static void fill_table(void)
{
	struct address_space *mapping = file.f_mapping;

	add_mutex("page.lock", NULL);
	add_rwsem("page.content", &page->content);
	add_rwsem("mapping.invalidate_lock", &mapping->invalidate_lock);
	add_mutex("image.commit_lock", &image->commit_lock);
	add_mutex("image.map_lock", &image->map_lock);
	add_mutex("mapping.i_pages_lock", &mapping->i_pages_lock);
	add_mutex("image.lru_lock", &image->lru_lock);
	add_mutex("inode.i_size_lock", &file.f_inode->i_size_lock);
	add_mutex("image.stat_lock", &image->stat_lock);
	add_rwsem("mapping.i_mmap_rwsem", &mapping->i_mmap_rwsem);
	add_rwsem("inode.i_rwsem", &file.f_inode->i_rwsem);
	add_mutex("image.name_lock", &image->name_lock);
	add_rwsem("mm.mmap_lock", &image->mm->mmap_lock);
}

static void take(const struct lock *lock)
{
	if (lock->rwsem)
		down_write(lock->rwsem);
	else if (lock->mutex)
		mutex_lock(lock->mutex);
	else
		lock_page(image, page);
}

static void give_back(const struct lock *lock)
{
	if (lock->rwsem)
		up_write(lock->rwsem);
	else if (lock->mutex)
		mutex_unlock(lock->mutex);
	else
		unlock_page(page);
}

static const struct lock *lock_called(const char *name)
{
	int i;

	for (i = 0; i < nr_locks; i++)
		if (!strcmp(locks[i].name, name))
			return &locks[i];
	fprintf(stderr, "lock_order: there is no lock %s\n", name);
	exit(2);
}

int main(int argc, char **argv)
{
	char path[64];
	int err;

	snprintf(path, sizeof(path), "lock-order.%d.img", (int)getpid());
	err = image_mkfs(path, 64, 4, true);
	if (!err)
		err = image_open(path, IMAGE_NOSYNC, &image);
	if (!err)
		err = file_open(image, "a", O_CREAT, &file);
	unlink(path);
	if (!err)
		err = grab_cache_page(file.f_mapping, 0, 0, &page);
	if (err || argc != 3) {
		fprintf(stderr, "usage: lock_order OUTER INNER (%s)\n", cache_error());
		return 2;
	}
	unlock_page(page);
	fill_table();
	take(lock_called(argv[1]));
	take(lock_called(argv[2]));
	give_back(lock_called(argv[2]));
	give_back(lock_called(argv[1]));
	put_page(page);
	file_close(&file);
	image_abandon(image);
	return 0;
}
