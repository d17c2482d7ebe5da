/* SPDX-License-Identifier: MIT */
/* Writeback that fails: which open files learn of it, and what a full disk costs. */
#include "fc_fixture.h"
#include "support/ck_main.h"

static int failing;
static unsigned int attempts;

static int fail_writes(void *arg, enum image_io dir, const struct inode *inode, uint64_t index)
{
	(void)arg, (void)inode, (void)index;
	if (dir != IMAGE_WRITE || !failing)
		return 0;
	attempts++;
	return failing;
}

/* A page of the file is dirty, and writing it fails once. */
static void fail_writeback(struct file *file, int err)
{
	fc_hook(fail_writes, NULL);
	fc_fill(file, 0, 1, 'w');
	failing = err;
	ck_assert_int_eq(filemap_write_and_wait_range(file->f_mapping, 0, 9), err);
	failing = 0;
}

START_TEST(wb_err_is_told_to_each_open_file_once)
{
	struct file other;

	ck_assert_int_eq(file_open(fc_image, "a", 0, &other), 0);
	fail_writeback(&fc_file, -EIO);
	ck_assert_int_eq(filemap_fsync(&fc_file), -EIO);
	ck_assert_ptr_nonnull(strstr(cache_error(), "file a: could not be written"));
	ck_assert_int_eq(filemap_fsync(&other), -EIO);
	ck_assert_int_eq(filemap_fsync(&fc_file), 0);
	ck_assert_int_eq(filemap_fsync(&other), 0);
	ck_assert_int_eq(file_close(&other), 0);
}
END_TEST

START_TEST(wb_err_that_nobody_was_told_of_is_told_to_the_next_file)
{
	struct file other;

	fail_writeback(&fc_file, -ENOSPC);
	ck_assert_int_eq(file_open(fc_image, "a", 0, &other), 0);
	ck_assert_int_eq(filemap_fsync(&other), -ENOSPC);
	ck_assert_int_eq(file_close(&other), 0);
	/* Somebody knows by now. */
	ck_assert_int_eq(file_open(fc_image, "a", 0, &other), 0);
	ck_assert_int_eq(filemap_fsync(&other), 0);
	ck_assert_int_eq(file_close(&other), 0);
	ck_assert_int_eq(filemap_fsync(&fc_file), -ENOSPC);
}
END_TEST

START_TEST(wb_err_is_told_by_close)
{
	struct file other;

	ck_assert_int_eq(file_open(fc_image, "a", 0, &other), 0);
	fail_writeback(&fc_file, -EIO);
	ck_assert_int_eq(filemap_fsync(&fc_file), -EIO);
	ck_assert_int_eq(file_close(&other), -EIO);
	ck_assert_int_eq(file_open(fc_image, "a", 0, &other), 0);
	ck_assert_int_eq(file_close(&other), 0);
}
END_TEST

START_TEST(wb_err_is_told_by_sync_once)
{
	fail_writeback(&fc_file, -EIO);
	ck_assert_int_eq(image_sync(fc_image), -EIO);
	ck_assert_int_eq(image_sync(fc_image), 0);
	/* The caller of image_sync() is not the owner of the open file, which is told as well. */
	ck_assert_int_eq(filemap_fsync(&fc_file), -EIO);
}
END_TEST

START_TEST(wb_err_of_eviction_is_told_to_each_open_file)
{
	struct file other;

	ck_assert_int_eq(file_open(fc_image, "a", 0, &other), 0);
	fc_hook(fail_writes, NULL);
	fc_image->sw.max_pages = 8;
	fc_fill(&fc_file, 0, 8, 'e');
	failing = -EIO;
	ck_assert_int_eq((int)fc_write(&fc_file, 100 * PAGE_SIZE, "x", 1, 0), -EIO);
	failing = 0;
	ck_assert_int_eq(filemap_fsync(&fc_file), -EIO);
	ck_assert_int_eq(filemap_fsync(&other), -EIO);
	ck_assert_int_eq(filemap_fsync(&fc_file), 0);
	file_close(&other);
}
END_TEST

START_TEST(wb_err_goes_with_its_file)
{
	struct file other;

	fail_writeback(&fc_file, -EIO);
	ck_assert_int_eq(file_close(&fc_file), -EIO);
	ck_assert_int_eq(inode_unlink(fc_image, "a"), 0);
	ck_assert_int_eq(file_open(fc_image, "new", O_CREAT, &other), 0);
	ck_assert_int_eq(other.f_inode->i_ino, 0);
	ck_assert_int_eq(filemap_fsync(&other), 0);
	ck_assert_int_eq(file_close(&other), 0);
	ck_assert_int_eq(file_open(fc_image, "a", O_CREAT, &fc_file), 0);
}
END_TEST

START_TEST(wb_err_of_a_replacement_goes_with_it)
{
	struct file new;

	ck_assert_int_eq(file_open_replacement(fc_image, "a", 0, &new), 0);
	fail_writeback(&new, -EIO);
	ck_assert_int_eq(file_close(&new), -EIO);
	ck_assert_int_eq(filemap_fsync(&fc_file), 0);
	ck_assert_int_eq(file_open_replacement(fc_image, "a", 0, &new), 0);
	ck_assert_int_eq(file_close(&new), 0);
}
END_TEST

START_TEST(full_disk_ends_a_write_at_the_limit)
{
	static char data[100 * PAGE_SIZE];
	ssize_t n;

	fc_hook(fail_writes, NULL);
	fc_image->sw.max_pages = 16;
	failing = -ENOSPC;
	attempts = 0;
	n = fc_write(&fc_file, 0, data, sizeof(data), 0);
	ck_assert_int_eq(n, 16 * PAGE_SIZE);
	for (int i = 0; i < 50; i++)
		ck_assert_int_eq((int)fc_write(&fc_file, 200 * PAGE_SIZE, data, PAGE_SIZE, 0),
				 -ENOSPC);
	ck_assert_ptr_nonnull(strstr(cache_error(), "No space left"));
	ck_assert_uint_le(fc_image->nr_pages, 16);
	/* One write of neighbours and a few of single pages for each page that was asked for. */
	ck_assert_uint_le(attempts, 51 * (16 + 4));
	/* What is in the cache can be read and written, and reads find a page still. */
	ck_assert_int_eq((int)fc_write(&fc_file, 5, "x", 1, 0), 1);
	ck_assert_int_eq(fc_byte(&fc_file, 5, 0), 'x');
	failing = 0;
	ck_assert_int_eq((int)fc_write(&fc_file, 200 * PAGE_SIZE, data, PAGE_SIZE, 0), PAGE_SIZE);
	ck_assert_int_eq(filemap_fsync(&fc_file), -ENOSPC);
	ck_assert_int_eq(filemap_fsync(&fc_file), 0);
}
END_TEST

START_TEST(full_disk_leaves_reads_alone)
{
	fc_fill(&fc_file, 0, 60, 'r');
	fc_drop();
	fc_hook(fail_writes, NULL);
	fc_image->sw.max_pages = 16;
	fc_file.f_ra.ra_pages = 0;
	failing = -ENOSPC;
	for (unsigned int i = 0; i < 16; i++)
		fc_fill(&fc_file, i, 1, 'w');
	for (unsigned int i = 16; i < 60; i++)
		ck_assert_int_eq(fc_byte(&fc_file, i * PAGE_SIZE, 0), 'r');
	ck_assert_uint_le(fc_image->nr_pages, 17);
	failing = 0;
}
END_TEST

static Suite *wb_err_suite(void)
{
	Suite *suite = suite_create("wb_err");
	TCase *tcase = tcase_create("wb_err");

	tcase_add_checked_fixture(tcase, fc_setup, fc_teardown);
	tcase_add_test(tcase, wb_err_is_told_to_each_open_file_once);
	tcase_add_test(tcase, wb_err_that_nobody_was_told_of_is_told_to_the_next_file);
	tcase_add_test(tcase, wb_err_is_told_by_close);
	tcase_add_test(tcase, wb_err_is_told_by_sync_once);
	tcase_add_test(tcase, wb_err_of_eviction_is_told_to_each_open_file);
	tcase_add_test(tcase, wb_err_goes_with_its_file);
	tcase_add_test(tcase, wb_err_of_a_replacement_goes_with_it);
	tcase_add_test(tcase, full_disk_ends_a_write_at_the_limit);
	tcase_add_test(tcase, full_disk_leaves_reads_alone);
	suite_add_tcase(suite, tcase);
	return suite;
}

CK_MAIN(wb_err_suite())
