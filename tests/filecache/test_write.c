/* SPDX-License-Identifier: MIT */
/* Writing, writeback, fsync. */
#include "blockmap.h"
#include "fc_fixture.h"
#include "support/ck_main.h"

static enum image_io fail_dir;
static unsigned int fail_left;

static int fail_some(void *arg, enum image_io dir, const struct inode *inode, uint64_t index)
{
	(void)arg, (void)inode, (void)index;
	if (dir != fail_dir || !fail_left)
		return 0;
	fail_left--;
	return -EIO;
}

static void fail_next(enum image_io dir, unsigned int times)
{
	fail_dir = dir;
	fail_left = times;
	fc_hook(fail_some, NULL);
}

START_TEST(write_grows_the_file_and_leaves_zeroes)
{
	ck_assert_int_eq((int)fc_write(&fc_file, 3 * PAGE_SIZE + 5, "x", 1, 0), 1);
	ck_assert_int_eq(i_size_read(fc_file.f_inode), 3 * PAGE_SIZE + 6);
	ck_assert_int_eq(fc_byte(&fc_file, 3 * PAGE_SIZE + 4, 0), 0);
	ck_assert_int_eq(fc_byte(&fc_file, PAGE_SIZE, 0), 0);
	fc_reopen();
	ck_assert_int_eq(i_size_read(fc_file.f_inode), 3 * PAGE_SIZE + 6);
	ck_assert_int_eq(fc_byte(&fc_file, 3 * PAGE_SIZE + 5, 0), 'x');
	ck_assert_int_eq(fc_byte(&fc_file, 3 * PAGE_SIZE + 4, 0), 0);
}
END_TEST

START_TEST(write_into_part_of_a_page_keeps_the_rest)
{
	fc_fill(&fc_file, 0, 2, 'o');
	fc_drop();
	ck_assert_int_eq((int)fc_write(&fc_file, PAGE_SIZE - 1, "nn", 2, 0), 2);
	ck_assert_int_eq(fc_byte(&fc_file, PAGE_SIZE - 2, 0), 'o');
	ck_assert_int_eq(fc_byte(&fc_file, PAGE_SIZE - 1, 0), 'n');
	ck_assert_int_eq(fc_byte(&fc_file, PAGE_SIZE, 0), 'n');
	ck_assert_int_eq(fc_byte(&fc_file, PAGE_SIZE + 1, 0), 'o');
}
END_TEST

START_TEST(write_append_goes_to_the_end)
{
	struct kiocb iocb;

	ck_assert_int_eq((int)fc_write(&fc_file, 0, "abc", 3, 0), 3);
	init_sync_kiocb(&iocb, &fc_file, 1, IOCB_APPEND);
	ck_assert_int_eq((int)filemap_write(&iocb, "d", 1), 1);
	ck_assert_int_eq(iocb.ki_pos, 4);
	ck_assert_int_eq(fc_byte(&fc_file, 3, 0), 'd');
}
END_TEST

START_TEST(write_of_nothing_changes_nothing)
{
	ck_assert_int_eq((int)fc_write(&fc_file, 1000, "", 0, 0), 0);
	ck_assert_int_eq(i_size_read(fc_file.f_inode), 0);
}
END_TEST

START_TEST(write_past_the_greatest_size_is_refused)
{
	ck_assert_int_eq((int)fc_write(&fc_file, INODE_MAX_SIZE, "x", 1, 0), -EFBIG);
	ck_assert_int_eq((int)fc_write(&fc_file, INT64_MAX, "x", 1, 0), -EFBIG);
	ck_assert_int_eq((int)fc_write(&fc_file, -1, "x", 1, 0), -EINVAL);
	ck_assert_int_eq((int)fc_write(&fc_file, INODE_MAX_SIZE - 1, "x", 1, 0), 1);
	ck_assert_int_eq(filemap_fsync(&fc_file), 0);
}
END_TEST

START_TEST(write_that_cannot_read_its_page_changes_nothing)
{
	fc_fill(&fc_file, 0, 1, 'o');
	fc_drop();
	fail_next(IMAGE_READ, 1);
	ck_assert_int_eq((int)fc_write(&fc_file, 10, "n", 1, 0), -EIO);
	ck_assert_int_eq(fc_byte(&fc_file, 10, 0), 'o');
}
END_TEST

static int write_one(void *arg)
{
	return (int)fc_write(arg, 0, "w", 1, 0);
}

START_TEST(nowait_write_finds_i_rwsem_taken)
{
	struct fc_other other = { .file = &fc_file, .flags = IOCB_NOWAIT, .write = true };

	down_write(&fc_file.f_inode->i_rwsem);
	ck_assert_int_eq(fc_by_other(&other), -EAGAIN);
	up_write(&fc_file.f_inode->i_rwsem);
	ck_assert_int_eq(fc_by_other(&other), 1);
}
END_TEST

START_TEST(nowait_write_finds_page_locked)
{
	struct page *page;

	fc_fill(&fc_file, 0, 1, 'o');
	page = find_get_page(fc_file.f_mapping, 0);
	ck_assert(trylock_page(page));
	ck_assert_int_eq((int)fc_write(&fc_file, 0, "x", 1, IOCB_NOWAIT), -EAGAIN);
	unlock_page(page);
	put_page(page);
	ck_assert_int_eq(fc_byte(&fc_file, 0, 0), 'o');
}
END_TEST

START_TEST(killed_write_changes_nothing)
{
	struct fc_thread t;

	down_write(&fc_file.f_inode->i_rwsem);
	fc_thread_start(&t, write_one, &fc_file);
	klock_kill(t.task);
	ck_assert_int_eq(fc_thread_join(&t), -EINTR);
	up_write(&fc_file.f_inode->i_rwsem);
	ck_assert_int_eq(i_size_read(fc_file.f_inode), 0);
}
END_TEST

START_TEST(reads_need_no_i_rwsem)
{
	fc_fill(&fc_file, 0, 2, 'r');
	fc_drop();
	down_write(&fc_file.f_inode->i_rwsem);
	ck_assert_int_eq(fc_byte_by_other(&fc_file, PAGE_SIZE, 0), 'r');
	up_write(&fc_file.f_inode->i_rwsem);
}
END_TEST

START_TEST(dsync_write_is_on_disk)
{
	ck_assert_int_eq((int)fc_write(&fc_file, 0, "durable", 7, IOCB_DSYNC), 7);
	image_abandon(fc_image);
	fc_open_image(IMAGE_NOSYNC);
	ck_assert_int_eq(file_open(fc_image, "a", 0, &fc_file), 0);
	ck_assert_int_eq(i_size_read(fc_file.f_inode), 7);
	ck_assert_int_eq(fc_byte(&fc_file, 0, 0), 'd');
}
END_TEST

START_TEST(fsync_error_is_returned_once_and_page_stays_dirty)
{
	fc_fill(&fc_file, 0, 1, 'e');
	fail_next(IMAGE_WRITE, 1);
	ck_assert_int_eq(filemap_fsync(&fc_file), -EIO);
	ck_assert_ptr_nonnull(strstr(cache_error(), "file a, offset 0: write"));
	ck_assert_int_eq(filemap_fsync(&fc_file), 0);
	fc_reopen();
	ck_assert_int_eq(fc_byte(&fc_file, 0, 0), 'e');
}
END_TEST

START_TEST(error_of_eviction_is_returned_by_the_next_fsync)
{
	fc_image->sw.max_pages = 8;
	fc_fill(&fc_file, 0, 8, 'e');
	fail_next(IMAGE_WRITE, 1);
	fc_fill(&fc_file, 8, 1, 'e'); /* one of the others has to go, and cannot */
	ck_assert_uint_eq(fail_left, 0);
	ck_assert_int_eq(filemap_fsync(&fc_file), -EIO);
	ck_assert_int_eq(filemap_fsync(&fc_file), 0);
}
END_TEST

START_TEST(size_is_kept_when_the_last_page_is_punched_before_writeback)
{
	fc_fill(&fc_file, 9, 1, 'p');
	ck_assert_int_eq(filemap_punch_hole(&fc_file, 9 * PAGE_SIZE, PAGE_SIZE), 0);
	fc_reopen();
	ck_assert_int_eq(i_size_read(fc_file.f_inode), 10 * PAGE_SIZE);
}
END_TEST

START_TEST(page_behind_the_end_is_not_written_back)
{
	struct page *page;
	int64_t size;

	fc_fill(&fc_file, 0, 2, 'b');
	page = find_get_page(fc_file.f_mapping, 1);
	/* As in the middle of a truncate: the size is new, the page is not dropped yet. */
	down_write(&fc_file.f_inode->i_rwsem);
	ck_assert(trylock_page(page));
	size = i_size_read(fc_file.f_inode);
	i_size_write(fc_file.f_inode, PAGE_SIZE);
	ck_assert_int_eq(write_page(fc_file.f_mapping, page), 0);
	ck_assert(test_bit(PG_dirty, &page->flags));
	ck_assert_uint_eq(inode_block(fc_file.f_inode, 1), 0);
	i_size_write(fc_file.f_inode, size);
	unlock_page(page);
	up_write(&fc_file.f_inode->i_rwsem);
	put_page(page);
}
END_TEST

static Suite *write_suite(void)
{
	Suite *suite = suite_create("write");
	TCase *tcase = tcase_create("write");

	tcase_add_checked_fixture(tcase, fc_setup, fc_teardown);
	tcase_add_test(tcase, write_grows_the_file_and_leaves_zeroes);
	tcase_add_test(tcase, write_into_part_of_a_page_keeps_the_rest);
	tcase_add_test(tcase, write_append_goes_to_the_end);
	tcase_add_test(tcase, write_of_nothing_changes_nothing);
	tcase_add_test(tcase, write_past_the_greatest_size_is_refused);
	tcase_add_test(tcase, write_that_cannot_read_its_page_changes_nothing);
	tcase_add_test(tcase, nowait_write_finds_i_rwsem_taken);
	tcase_add_test(tcase, nowait_write_finds_page_locked);
	tcase_add_test(tcase, killed_write_changes_nothing);
	tcase_add_test(tcase, reads_need_no_i_rwsem);
	tcase_add_test(tcase, dsync_write_is_on_disk);
	tcase_add_test(tcase, fsync_error_is_returned_once_and_page_stays_dirty);
	tcase_add_test(tcase, error_of_eviction_is_returned_by_the_next_fsync);
	tcase_add_test(tcase, size_is_kept_when_the_last_page_is_punched_before_writeback);
	tcase_add_test(tcase, page_behind_the_end_is_not_written_back);
	suite_add_tcase(suite, tcase);
	return suite;
}

CK_MAIN(write_suite())
