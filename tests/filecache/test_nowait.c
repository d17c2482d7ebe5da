/* SPDX-License-Identifier: MIT */
/*
 * Everything that a request could wait for, held by another thread, against every request that
 * may not wait: each returns while it is still held. lockdep (make check-lockdep) sees too what
 * could have waited and did not happen to.
 */
#include "fc_fixture.h"
#include "support/ck_main.h"

#define SIZE (8 * PAGE_SIZE) /* of the file; page 0 is in the cache, and mapped if it can be */

static struct inode *inode;
static struct page *page_0;
static sem_t disk;

/* ---- what is held ---- */

static void hold_nothing(bool hold)
{
	(void)hold;
}

#define HOLD(name, lock, unlock)                                                                   \
	static void hold_##name(bool hold)                                                         \
	{                                                                                          \
		if (hold)                                                                          \
			lock;                                                                      \
		else                                                                               \
			unlock;                                                                    \
	}

HOLD(i_rwsem, down_write(&inode->i_rwsem), up_write(&inode->i_rwsem))
HOLD(i_rwsem_shared, down_read(&inode->i_rwsem), up_read(&inode->i_rwsem))
HOLD(mmap_lock, down_write(&fc_image->mm->mmap_lock), up_write(&fc_image->mm->mmap_lock))
HOLD(invalidate_lock, down_write(&inode->i_data.invalidate_lock),
     up_write(&inode->i_data.invalidate_lock))
HOLD(page, lock_page(fc_image, page_0), unlock_page(page_0))
HOLD(content, down_write(&page_0->content), up_write(&page_0->content))
HOLD(i_mmap_rwsem, down_write(&inode->i_data.i_mmap_rwsem),
     up_write(&inode->i_data.i_mmap_rwsem))
HOLD(commit_lock, mutex_lock(&fc_image->commit_lock), mutex_unlock(&fc_image->commit_lock))
HOLD(name_lock, mutex_lock(&fc_image->name_lock), mutex_unlock(&fc_image->name_lock))

/* As a disk that does not answer. */
static int wait_for_disk(void *arg, enum image_io dir, const struct inode *i, uint64_t index)
{
	(void)arg, (void)i, (void)index;
	if (dir == IMAGE_READ || dir == IMAGE_WRITE)
		sem_wait(&disk);
	return 0;
}

static void hold_disk(bool hold)
{
	if (hold)
		fc_hook(wait_for_disk, NULL);
	else
		for (int i = 0; i < 1000; i++)
			sem_post(&disk);
}

/* The cache is full, and all of it would have to be written back. */
static void hold_memory(bool hold)
{
	struct file other;

	if (!hold)
		return;
	fc_image->sw.max_pages = 8;
	ck_assert_int_eq((int)fc_write(&fc_file, 1, "c", 1, 0), 1);
	ck_assert_int_eq(file_open(fc_image, "b", O_CREAT, &other), 0);
	fc_fill(&other, 0, 7, 'b');
	ck_assert_uint_eq(fc_image->nr_pages, 8);
}

/* ---- what is asked for ---- */

static int read_cached(void *flags)
{
	return fc_byte(&fc_file, 0, *(int *)flags);
}

static int read_cached_without_io(void *flags)
{
	return fc_byte(&fc_file, 0, *(int *)flags | IOCB_NOIO);
}

static int read_uncached(void *flags)
{
	return fc_byte(&fc_file, 5 * PAGE_SIZE, *(int *)flags);
}

static int read_uncached_without_io(void *flags)
{
	return fc_byte(&fc_file, 6 * PAGE_SIZE, *(int *)flags | IOCB_NOIO);
}

static int write_cached(void *flags)
{
	return (int)fc_write(&fc_file, 10, "w", 1, *(int *)flags);
}

static int write_uncached(void *flags)
{
	return (int)fc_write(&fc_file, 4 * PAGE_SIZE + 10, "w", 1, *(int *)flags);
}

static int write_uncached_without_io(void *flags)
{
	return (int)fc_write(&fc_file, 7 * PAGE_SIZE + 10, "w", 1, *(int *)flags | IOCB_NOIO);
}

static int append(void *flags)
{
	return (int)fc_write(&fc_file, 0, "appended", 8, *(int *)flags | IOCB_APPEND);
}

static int write_to_disk(void *flags)
{
	return (int)fc_write(&fc_file, 20, "w", 1, *(int *)flags | IOCB_DSYNC);
}

static int read_ahead(void *flags)
{
	struct kiocb iocb;

	init_sync_kiocb(&iocb, &fc_file, 0, *(int *)flags);
	return page_cache_readahead(&iocb, 2, 2) ? 1 : -EAGAIN;
}

static int (*const request[])(void *) = {
	read_cached,    read_cached_without_io,    read_uncached, read_uncached_without_io,
	write_cached,   write_uncached,            append,        write_to_disk,
	read_ahead,     write_uncached_without_io,
};

#define NR_REQUESTS (sizeof(request) / sizeof(request[0]))

/*
 * What becomes of each request: d done, A -EAGAIN, ? either, as the host has the block in its
 * cache or not; m: A if page 0 is mapped.
 */
static const struct {
	const char *name;
	void (*hold)(bool hold);
	const char *expected; /* in the order of request[] */
} held[] = {
	{ "nothing", hold_nothing, "dd?Ad?dA?A" },
	{ "i_rwsem", hold_i_rwsem, "dd?AAAAA?A" },
	{ "i_rwsem, shared", hold_i_rwsem_shared, "dd?AAAAA?A" },
	{ "mmap_lock", hold_mmap_lock, "dd?Ad?dA?A" },
	{ "invalidate_lock", hold_invalidate_lock, "ddAAd?dAAA" },
	{ "page lock", hold_page, "dd?AA?dA?A" },
	{ "page contents", hold_content, "AA?AA?dA?A" },
	{ "i_mmap_rwsem", hold_i_mmap_rwsem, "dd?Am?AA?A" },
	{ "commit_lock", hold_commit_lock, "dd?Ad?dA?A" },
	{ "name_lock", hold_name_lock, "dd?Ad?dA?A" },
	{ "the disk", hold_disk, "ddAAdAdAAA" },
	{ "memory", hold_memory, "ddAAdAAAAA" },
};

#define NR_HELD (sizeof(held) / sizeof(held[0]))

static struct vm_area_struct *vma;

static void setup(void)
{
	char c;

	fc_setup();
	inode = fc_file.f_inode;
	sem_init(&disk, 0, 0);
	vma = NULL;
	fc_fill(&fc_file, 0, SIZE / PAGE_SIZE, 'n');
	fc_drop();
	fc_file.f_ra.ra_pages = 0;
	ck_assert_int_eq(fc_byte(&fc_file, 0, 0), 'n');
	page_0 = find_get_page(fc_file.f_mapping, 0);
	ck_assert_ptr_nonnull(page_0);
	if (!mm_available()) {
		ck_assert_int_eq(filemap_mmap(&fc_file, 0, 10, &vma), 0);
		ck_assert_int_eq(vma_read(vma, 0, &c, 1, NULL), 0);
		/* The handler lets go of the page after it has woken who touched it. */
		lock_page(fc_image, page_0);
		unlock_page(page_0);
	}
}

static void teardown(void)
{
	put_page(page_0);
	if (vma)
		filemap_munmap(vma);
	fc_teardown();
	sem_destroy(&disk);
}

static bool is_expected(char expected, int result)
{
	if (result == -EAGAIN)
		return expected == 'A' || expected == '?' || (expected == 'm' && vma);
	return result > 0 && (expected == 'd' || expected == '?' || (expected == 'm' && !vma));
}

START_TEST(nowait_request_returns_at_once)
{
	int flags = IOCB_NOWAIT;
	struct fc_thread t;
	size_t i;

	held[_i].hold(true);
	for (i = 0; i < NR_REQUESTS; i++) {
		fc_thread_start(&t, request[i], &flags);
		ck_assert_msg(is_expected(held[_i].expected[i], fc_thread_join(&t)),
			      "with %s held, request %zu: %d", held[_i].name, i, t.result);
	}
	held[_i].hold(false);
}
END_TEST

/* The same requests, when they may wait, are done: the table is not right by refusing all. */
START_TEST(request_that_may_wait_is_done)
{
	int flags = 0;
	size_t i;

	for (i = 0; i < NR_REQUESTS; i++)
		if (!strchr("A", held[0].expected[i]) || request[i] == write_to_disk)
			ck_assert_msg(request[i](&flags) > 0, "request %zu", i);
}
END_TEST

START_TEST(nowait_writes_keep_the_limit_of_pages)
{
	char page[PAGE_SIZE] = "";
	int i, done = 0;

	hold_memory(true);
	for (i = 0; i < 20; i++)
		done += fc_write(&fc_file, SIZE + i * PAGE_SIZE, page, PAGE_SIZE, IOCB_NOWAIT) > 0;
	ck_assert_int_eq(done, 0);
	ck_assert_uint_eq(fc_image->nr_pages, 8);
	ck_assert_uint_eq(fc_count(CACHE_eagain_room), 20);
}
END_TEST

START_TEST(nowait_write_of_several_pages_ends_where_it_would_wait)
{
	char buf[3 * PAGE_SIZE] = "";
	struct page *page;

	ck_assert_int_eq(fc_byte(&fc_file, 2 * PAGE_SIZE, 0), 'n');
	page = find_get_page(fc_file.f_mapping, 2);
	lock_page(fc_image, page);
	ck_assert_int_eq((int)fc_write(&fc_file, 0, buf, sizeof(buf), IOCB_NOWAIT), 2 * PAGE_SIZE);
	unlock_page(page);
	put_page(page);
}
END_TEST

START_TEST(nowait_dsync_write_changes_nothing)
{
	uint64_t writebacks = fc_count(CACHE_writebacks);

	ck_assert_int_eq((int)fc_write(&fc_file, 0, "w", 1, IOCB_NOWAIT | IOCB_DSYNC), -EAGAIN);
	ck_assert_int_eq(fc_byte(&fc_file, 0, 0), 'n');
	ck_assert_uint_eq(fc_count(CACHE_writebacks), writebacks);
}
END_TEST

static Suite *nowait_suite(void)
{
	Suite *suite = suite_create("nowait");
	TCase *tcase = tcase_create("nowait");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, nowait_request_returns_at_once, 0, (int)NR_HELD);
	tcase_add_test(tcase, request_that_may_wait_is_done);
	tcase_add_test(tcase, nowait_writes_keep_the_limit_of_pages);
	tcase_add_test(tcase, nowait_write_of_several_pages_ends_where_it_would_wait);
	tcase_add_test(tcase, nowait_dsync_write_changes_nothing);
	suite_add_tcase(suite, tcase);
	return suite;
}

CK_MAIN(nowait_suite())
