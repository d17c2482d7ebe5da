/* SPDX-License-Identifier: MIT */
/* Block maps, the allocator, commits. */
#include "blockmap.h"
#include "fc_fixture.h"
#include "image_format.h"
#include "support/ck_main.h"

START_TEST(alloc_takes_the_block_freed_last)
{
	struct file b;
	uint32_t freed;

	fc_fill(&fc_file, 0, 8, 'a');
	fc_drop();
	freed = inode_block(fc_file.f_inode, 5);
	ck_assert_uint_ne(freed, 0);
	ck_assert_int_eq(filemap_punch_hole(&fc_file, 5 * PAGE_SIZE, PAGE_SIZE), 0);
	ck_assert_uint_eq(inode_block(fc_file.f_inode, 5), 0);
	ck_assert_int_eq(file_open(fc_image, "b", O_CREAT, &b), 0);
	fc_fill(&b, 0, 1, 'b');
	fc_drop();
	ck_assert_uint_eq(inode_block(b.f_inode, 0), freed);
	file_close(&b);
}
END_TEST

START_TEST(alloc_of_a_block_freed_since_the_commit_commits_first)
{
	uint64_t commits;

	fc_fill(&fc_file, 0, 8, 'a');
	ck_assert_int_eq(filemap_fsync(&fc_file), 0);
	commits = fc_count(CACHE_commits);
	ck_assert_int_eq(filemap_punch_hole(&fc_file, 0, 2 * PAGE_SIZE), 0);
	ck_assert_uint_eq(fc_count(CACHE_commits), commits);
	fc_fill(&fc_file, 20, 2, 'b');
	ck_assert_int_eq(filemap_write_and_wait_range(fc_file.f_mapping, 0, 100), 0);
	/* One is enough for both blocks. */
	ck_assert_uint_eq(fc_count(CACHE_commits), commits + 1);
}
END_TEST

START_TEST(alloc_in_a_full_image_is_refused)
{
	uint32_t available = fc_available();
	char page[PAGE_SIZE] = { 1 };

	ck_assert_uint_eq(available, FC_BLOCKS - fc_image->layout->data_start);
	fc_fill(&fc_file, 0, available, 'a'); /* more than the cache holds is not written yet */
	ck_assert_uint_eq(fc_available(), 0);
	ck_assert_int_eq((int)fc_write(&fc_file, 1 << 22, page, 10, 0), -ENOSPC);
	ck_assert_ptr_nonnull(strstr(cache_error(), "no block is free for file a"));
	ck_assert_int_eq(i_size_read(fc_file.f_inode), (int64_t)available * PAGE_SIZE);
	/* What has a block can be written over. */
	ck_assert_int_eq((int)fc_write(&fc_file, 100, page, 10, 0), 10);
	ck_assert_int_eq(filemap_punch_hole(&fc_file, 0, PAGE_SIZE), 0);
	ck_assert_int_eq((int)fc_write(&fc_file, 1 << 22, page, 10, 0), 10);
	ck_assert_int_eq(filemap_fsync(&fc_file), 0);
}
END_TEST

START_TEST(promise_of_a_dropped_page_is_taken_back)
{
	uint32_t available = fc_available();

	fc_fill(&fc_file, 0, 5, 'a');
	ck_assert_uint_eq(fc_available(), available - 5);
	ck_assert_int_eq(filemap_truncate(&fc_file, 0), 0);
	ck_assert_uint_eq(fc_available(), available);
}
END_TEST

START_TEST(promise_outlives_a_failed_write)
{
	uint32_t available = fc_available(), block;
	uint64_t trans;

	ck_assert_int_eq(block_reserve(fc_file.f_inode), 0);
	block = block_alloc(fc_image, &trans);
	ck_assert_uint_eq(trans, 0);
	block_alloc_undo(fc_image, block);
	ck_assert_uint_eq(fc_available(), available - 1);
	block_unreserve(fc_image);
	ck_assert_uint_eq(fc_available(), available);
}
END_TEST

START_TEST(hole_takes_no_block)
{
	uint32_t available = fc_available();

	ck_assert_int_eq(filemap_truncate(&fc_file, (int64_t)1 << 40), 0);
	fc_fill(&fc_file, (1 << 28) - 2, 1, 'z'); /* the last page but one */
	fc_reopen();
	ck_assert_uint_eq(fc_available(), available - 1);
	ck_assert_int_eq(i_size_read(fc_file.f_inode), (int64_t)1 << 40);
	ck_assert_int_eq(fc_byte(&fc_file, ((int64_t)1 << 40) - 2 * PAGE_SIZE, 0), 'z');
	ck_assert_int_eq(fc_byte(&fc_file, ((int64_t)1 << 40) - 1, 0), 0);
	ck_assert_int_eq(fc_byte(&fc_file, (int64_t)1 << 40, 0), 1000);
}
END_TEST

START_TEST(commit_with_nothing_changed_writes_nothing)
{
	uint64_t generation;

	fc_fill(&fc_file, 0, 1, 'a');
	ck_assert_int_eq(filemap_fsync(&fc_file), 0);
	generation = fc_image->generation;
	ck_assert_int_eq(filemap_fsync(&fc_file), 0);
	ck_assert_uint_eq(fc_image->generation, generation);
}
END_TEST

START_TEST(commit_that_fails_keeps_the_good_copy)
{
	uint64_t generation;
	int fd = open("/dev/null", O_RDONLY), keep = fc_image->fd;

	fc_fill(&fc_file, 0, 1, 'a');
	ck_assert_int_eq(filemap_fsync(&fc_file), 0);
	generation = fc_image->generation;
	fc_fill(&fc_file, 1, 1, 'b');
	ck_assert_int_eq(filemap_write_and_wait_range(fc_file.f_mapping, 0, 9), 0);
	fc_image->fd = fd; /* cannot be written */
	ck_assert_int_eq(image_commit(fc_image, UINT64_MAX), -EBADF);
	ck_assert_ptr_nonnull(strstr(cache_error(), "cannot write the metadata at offset"));
	fc_image->fd = keep;
	close(fd);
	ck_assert_uint_eq(fc_image->generation, generation);
	fc_reopen();
	ck_assert_uint_eq(fc_image->generation, generation + 1);
	ck_assert_int_eq(fc_byte(&fc_file, PAGE_SIZE, 0), 'b');
}
END_TEST

static Suite *blockmap_suite(void)
{
	Suite *suite = suite_create("blockmap");
	TCase *tcase = tcase_create("blockmap");

	tcase_add_checked_fixture(tcase, fc_setup, fc_teardown);
	tcase_add_test(tcase, alloc_takes_the_block_freed_last);
	tcase_add_test(tcase, alloc_of_a_block_freed_since_the_commit_commits_first);
	tcase_add_test(tcase, alloc_in_a_full_image_is_refused);
	tcase_add_test(tcase, promise_of_a_dropped_page_is_taken_back);
	tcase_add_test(tcase, promise_outlives_a_failed_write);
	tcase_add_test(tcase, hole_takes_no_block);
	tcase_add_test(tcase, commit_with_nothing_changed_writes_nothing);
	tcase_add_test(tcase, commit_that_fails_keeps_the_good_copy);
	suite_add_tcase(suite, tcase);
	return suite;
}

CK_MAIN(blockmap_suite())
