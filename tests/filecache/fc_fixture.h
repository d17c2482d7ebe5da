/* SPDX-License-Identifier: MIT */
/* What the Check programs of the engine share: an image in the current folder, and short calls. */
#ifndef KLOCK_TESTS_FC_FIXTURE_H
#define KLOCK_TESTS_FC_FIXTURE_H

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <klock/task.h>

#include "filecache.h"

#define FC_BLOCKS 256u
#define FC_INODES 8u

#define FC_UNUSED __attribute__((unused))

static char fc_path[64];
static struct image *fc_image;
static struct file fc_file; /* "a", open */

static FC_UNUSED void fc_open_image(unsigned int flags)
{
	ck_assert_msg(!image_open(fc_path, flags, &fc_image), "%s", cache_error());
}

/* For tcase_add_checked_fixture(): an image with one empty file. */
static FC_UNUSED void fc_setup(void)
{
	snprintf(fc_path, sizeof(fc_path), "fc-test.%d.img", (int)getpid());
	ck_assert_msg(!image_mkfs(fc_path, FC_BLOCKS, FC_INODES, true), "%s", cache_error());
	fc_open_image(IMAGE_NOSYNC);
	ck_assert_int_eq(file_open(fc_image, "a", O_CREAT, &fc_file), 0);
}

/* Under a lock that the handler of faults takes, since TSan does not see a fault order the two. */
static FC_UNUSED void fc_hook(image_io_hook hook, void *arg)
{
	down_write(&fc_image->mm->mmap_lock);
	fc_image->sw.io_hook_arg = arg;
	fc_image->sw.io_hook = hook;
	up_write(&fc_image->mm->mmap_lock);
}

static FC_UNUSED void fc_teardown(void)
{
	if (fc_image) {
		fc_hook(NULL, NULL);
		image_abandon(fc_image);
		fc_image = NULL;
	}
	unlink(fc_path);
}

/* Closes and opens: what comes after reads what is on disk. */
static FC_UNUSED void fc_reopen(void)
{
	file_close(&fc_file);
	ck_assert_int_eq(image_close(fc_image), 0);
	fc_image = NULL;
	fc_open_image(IMAGE_NOSYNC);
	ck_assert_int_eq(file_open(fc_image, "a", 0, &fc_file), 0);
}

static FC_UNUSED ssize_t fc_read(struct file *file, int64_t pos, void *buf, size_t len, int flags)
{
	struct kiocb iocb;

	init_sync_kiocb(&iocb, file, pos, flags);
	return filemap_read(&iocb, buf, len);
}

static FC_UNUSED ssize_t fc_write(struct file *file, int64_t pos, const void *buf, size_t len,
				  int flags)
{
	struct kiocb iocb;

	init_sync_kiocb(&iocb, file, pos, flags);
	return filemap_write(&iocb, buf, len);
}

/* Writes `n` pages of the byte `c` from page `index` on. */
static FC_UNUSED void fc_fill(struct file *file, pgoff_t index, unsigned int n, int c)
{
	char page[PAGE_SIZE];

	memset(page, c, sizeof(page));
	for (; n--; index++)
		ck_assert_int_eq(fc_write(file, (int64_t)index * PAGE_SIZE, page, PAGE_SIZE, 0),
				 PAGE_SIZE);
}

/* The byte at `pos`, or a negative errno; 1000: the file ends before it. */
static FC_UNUSED int fc_byte(struct file *file, int64_t pos, int flags)
{
	unsigned char c;
	ssize_t n = fc_read(file, pos, &c, 1, flags);

	return n == 1 ? c : n < 0 ? (int)n : 1000;
}

/* One byte read, or written, by another thread: not by the one that has the test's locks. */
struct fc_other {
	struct file *file;
	int64_t pos;
	int flags;
	bool write;
	int result;
	char error[512]; /* that thread's cache_error() */
};

static FC_UNUSED void *fc_other_run(void *arg)
{
	struct fc_other *other = arg;

	if (other->write)
		other->result = (int)fc_write(other->file, other->pos, "x", 1, other->flags);
	else
		other->result = fc_byte(other->file, other->pos, other->flags);
	snprintf(other->error, sizeof(other->error), "%s", cache_error());
	return NULL;
}

static FC_UNUSED int fc_by_other(struct fc_other *other)
{
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, fc_other_run, other), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	return other->result;
}

static FC_UNUSED int fc_byte_by_other(struct file *file, int64_t pos, int flags)
{
	struct fc_other other = { .file = file, .pos = pos, .flags = flags };

	return fc_by_other(&other);
}

/*
 * Everything to disk and out of the cache. More than once: a fault's handler may
 * have woken the thread that faulted and not have let go of the page yet.
 */
static FC_UNUSED void fc_drop(void)
{
	struct page *page;

	do {
		ck_assert_int_eq(image_drop_pages(fc_image), 0);
		page = find_get_next_page(fc_file.f_mapping, 0, UINT64_MAX);
		if (page)
			put_page(page);
	} while (page);
}

static FC_UNUSED uint64_t fc_count(enum cache_counter counter)
{
	struct cache_stats stats;

	cache_stats_get(fc_image, &stats);
	return stats.count[counter];
}

static FC_UNUSED uint32_t fc_available(void)
{
	uint32_t total, available;

	image_space(fc_image, &total, &available);
	return available;
}

/* A thread that makes one call, and can be waited for until it sleeps. */
struct fc_thread {
	pthread_t thread;
	sem_t started;
	pid_t tid;
	struct klock_task *task;
	int (*fn)(void *arg);
	void *arg;
	int result;
};

static FC_UNUSED void *fc_thread_run(void *arg)
{
	struct fc_thread *t = arg;

	t->task = klock_current();
	t->tid = klock_task_tid(t->task);
	sem_post(&t->started);
	t->result = t->fn(t->arg);
	return NULL;
}

static FC_UNUSED void fc_thread_start(struct fc_thread *t, int (*fn)(void *arg), void *arg)
{
	memset(t, 0, sizeof(*t));
	sem_init(&t->started, 0, 0);
	t->fn = fn;
	t->arg = arg;
	ck_assert_int_eq(pthread_create(&t->thread, NULL, fc_thread_run, t), 0);
	sem_wait(&t->started);
}

/* Returns when the kernel says that the thread sleeps. */
static FC_UNUSED void fc_thread_asleep(struct fc_thread *t)
{
	char path[64], state = 0;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", (int)t->tid);
	while (state != 'S') {
		FILE *stat = fopen(path, "r");

		ck_assert_ptr_nonnull(stat);
		if (fscanf(stat, "%*d (%*[^)]) %c", &state) != 1)
			state = 0;
		fclose(stat);
		sched_yield();
	}
}

static FC_UNUSED int fc_thread_join(struct fc_thread *t)
{
	pthread_join(t->thread, NULL);
	sem_destroy(&t->started);
	return t->result;
}

#endif
