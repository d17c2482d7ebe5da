/* SPDX-License-Identifier: MIT */
/* The file cache declares its order: lockdep catches who takes two of its locks the other way. */
#include "filecache/fc_fixture.h"
#include "fs.h"
#include "lockdep/verdict.h"
#include "mm.h"
#include "support/ck_main.h"

static struct inode *inode;

static void setup(void)
{
	verdict_setup();
	fc_setup();
	inode = fc_file.f_inode;
}

START_TEST(filecache_that_reads_and_writes_is_silent)
{
	char text[] = "some text";

	ck_assert_int_eq(fc_write(&fc_file, 0, text, sizeof(text), 0), sizeof(text));
	fc_reopen();
	ck_assert_int_eq(fc_read(&fc_file, 0, text, sizeof(text), 0), sizeof(text));
	expect_silence();
}
END_TEST

START_TEST(filecache_locks_as_declared_are_silent)
{
	down_write(&inode->i_rwsem);
	down_write(&inode->i_data.invalidate_lock);
	up_write(&inode->i_data.invalidate_lock);
	up_write(&inode->i_rwsem);
	expect_silence();
}
END_TEST

START_TEST(filecache_locks_swapped_are_caught)
{
	down_read(&inode->i_data.invalidate_lock);
	down_write(&inode->i_rwsem); /* nobody has taken the two in any order yet */
	expect_report();
	up_write(&inode->i_rwsem);
	up_read(&inode->i_data.invalidate_lock);
}
END_TEST

START_TEST(filecache_locks_far_apart_swapped_are_caught)
{
	mutex_lock(&inode->i_data.i_pages_lock);
	down_write(&fc_image->mm->mmap_lock);
	expect_report();
	up_write(&fc_image->mm->mmap_lock);
	mutex_unlock(&inode->i_data.i_pages_lock);
}
END_TEST

/* What a fault would do if i_rwsem were what keeps truncate out. */
START_TEST(filecache_fault_that_takes_i_rwsem_is_caught)
{
	down_read(&fc_image->mm->mmap_lock);
	down_read(&inode->i_rwsem);
	expect_report();
	up_read(&inode->i_rwsem);
	up_read(&fc_image->mm->mmap_lock);
}
END_TEST

START_TEST(filecache_page_lock_before_the_invalidate_lock_is_caught)
{
	struct page *page;

	fc_fill(&fc_file, 0, 1, 'p');
	page = find_get_page(fc_file.f_mapping, 0);
	lock_page(fc_image, page);
	down_read(&inode->i_data.invalidate_lock);
	expect_report();
	up_read(&inode->i_data.invalidate_lock);
	unlock_page(page);
	put_page(page);
}
END_TEST

START_TEST(filecache_short_lock_in_a_nowait_section_is_silent)
{
	non_block_start();
	ck_assert_int_eq((int)fc_write(&fc_file, 0, "x", 1, IOCB_NOWAIT), 1);
	ck_assert_int_eq(fc_byte(&fc_file, 0, IOCB_NOWAIT), 'x');
	non_block_end();
	expect_silence();
}
END_TEST

START_TEST(filecache_request_that_may_wait_in_a_nowait_section_is_caught)
{
	non_block_start();
	ck_assert_int_eq((int)fc_write(&fc_file, 0, "x", 1, 0), 1);
	expect_report();
	non_block_end();
}
END_TEST

/* i_rwsem of two images, one inside the other. */
static void nest_images(struct file_system_type *type)
{
	char path[] = "fc-second.img";
	struct image *second;
	struct file file;

	ck_assert_int_eq(image_mkfs(path, 64, 4, true), 0);
	ck_assert_int_eq(image_open(path, IMAGE_NOSYNC, &second), 0);
	if (type)
		image_set_fs_type(second, type);
	ck_assert_int_eq(file_open(second, "s", O_CREAT, &file), 0);
	down_write(&inode->i_rwsem);
	down_write(&file.f_inode->i_rwsem);
	up_write(&file.f_inode->i_rwsem);
	up_write(&inode->i_rwsem);
	file_close(&file);
	image_abandon(second);
	unlink(path);
}

START_TEST(filecache_images_of_two_types_nested_are_silent)
{
	static struct file_system_type inner = FILE_SYSTEM_TYPE("inner");

	nest_images(&inner);
	expect_silence();
}
END_TEST

START_TEST(filecache_images_of_one_type_nested_are_caught)
{
	nest_images(NULL);
	expect_report();
}
END_TEST

static Suite *order_suite(void)
{
	Suite *suite = suite_create("order of the file cache");
	TCase *tc = tcase_create("order");

	tcase_add_checked_fixture(tc, setup, fc_teardown);
	tcase_add_test(tc, filecache_that_reads_and_writes_is_silent);
	tcase_add_test(tc, filecache_locks_as_declared_are_silent);
	tcase_add_test(tc, filecache_locks_swapped_are_caught);
	tcase_add_test(tc, filecache_locks_far_apart_swapped_are_caught);
	tcase_add_test(tc, filecache_fault_that_takes_i_rwsem_is_caught);
	tcase_add_test(tc, filecache_page_lock_before_the_invalidate_lock_is_caught);
	tcase_add_test(tc, filecache_short_lock_in_a_nowait_section_is_silent);
	tcase_add_test(tc, filecache_request_that_may_wait_in_a_nowait_section_is_caught);
	tcase_add_test(tc, filecache_images_of_two_types_nested_are_silent);
	tcase_add_test(tc, filecache_images_of_one_type_nested_are_caught);
	suite_add_tcase(suite, tc);
	return suite;
}

CK_MAIN(order_suite())
