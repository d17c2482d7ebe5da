/* SPDX-License-Identifier: MIT */
/* Files by name. */
#include "fc_fixture.h"
#include "support/ck_main.h"

START_TEST(file_that_is_not_there_is_not_opened)
{
	struct file file;

	ck_assert_int_eq(file_open(fc_image, "b", 0, &file), -ENOENT);
	ck_assert_ptr_nonnull(strstr(cache_error(), "file b: not found"));
}
END_TEST

START_TEST(file_exclusive_must_not_be_there)
{
	struct file file;

	ck_assert_int_eq(file_open(fc_image, "a", O_CREAT | O_EXCL, &file), -EEXIST);
	ck_assert_int_eq(file_open(fc_image, "b", O_CREAT | O_EXCL, &file), 0);
	file_close(&file);
}
END_TEST

START_TEST(file_opened_with_trunc_is_empty)
{
	struct file file;

	fc_fill(&fc_file, 0, 3, 'a');
	ck_assert_int_eq(file_open(fc_image, "a", O_TRUNC, &file), 0);
	ck_assert_int_eq(i_size_read(file.f_inode), 0);
	ck_assert_ptr_eq(file.f_inode, fc_file.f_inode);
	file_close(&file);
}
END_TEST

START_TEST(name_that_is_none_is_refused)
{
	char name[IMAGE_NAME_MAX + 2];
	struct file file;

	memset(name, 'n', sizeof(name));
	name[IMAGE_NAME_MAX + 1] = 0;
	ck_assert_int_eq(file_open(fc_image, name, O_CREAT, &file), -ENAMETOOLONG);
	ck_assert_int_eq(file_open(fc_image, "", O_CREAT, &file), -EINVAL);
	ck_assert_int_eq(file_open(fc_image, "a/b", O_CREAT, &file), -EINVAL);
	name[IMAGE_NAME_MAX] = 0;
	ck_assert_int_eq(file_open(fc_image, name, O_CREAT, &file), 0);
	file_close(&file);
	fc_reopen();
	ck_assert_int_eq(file_open(fc_image, name, 0, &file), 0);
	file_close(&file);
}
END_TEST

START_TEST(files_as_many_as_mkfs_said)
{
	struct file file;
	unsigned int i;
	char name[8];

	for (i = 1; i < FC_INODES; i++) {
		snprintf(name, sizeof(name), "f%u", i);
		ck_assert_int_eq(file_open(fc_image, name, O_CREAT, &file), 0);
		file_close(&file);
	}
	ck_assert_int_eq(file_open(fc_image, "more", O_CREAT, &file), -ENOSPC);
	ck_assert_int_eq(inode_unlink(fc_image, "f3"), 0);
	ck_assert_int_eq(file_open(fc_image, "more", O_CREAT, &file), 0);
	file_close(&file);
}
END_TEST

START_TEST(unlink_of_an_open_file_is_busy)
{
	ck_assert_int_eq(inode_unlink(fc_image, "a"), -EBUSY);
	ck_assert_int_eq(inode_unlink(fc_image, "b"), -ENOENT);
}
END_TEST

START_TEST(unlink_frees_the_blocks)
{
	uint32_t available = fc_available();
	struct inode_info info;
	struct file file;

	ck_assert_int_eq(file_open(fc_image, "b", O_CREAT, &file), 0);
	fc_fill(&file, 0, 10, 'b');
	file_close(&file);
	ck_assert_int_eq(image_sync(fc_image), 0);
	ck_assert_int_eq(inode_unlink(fc_image, "b"), 0);
	fc_reopen();
	ck_assert_uint_eq(fc_available(), available);
	ck_assert_int_eq(inode_stat(fc_image, "b", &info), -ENOENT);
	/* A new file in its place has nothing of the old one. */
	ck_assert_int_eq(file_open(fc_image, "c", O_CREAT, &file), 0);
	ck_assert_int_eq(i_size_read(file.f_inode), 0);
	file_close(&file);
}
END_TEST

START_TEST(stat_counts_blocks_on_disk)
{
	struct inode_info info;

	fc_fill(&fc_file, 0, 2, 'a');
	fc_fill(&fc_file, 9, 1, 'a');
	ck_assert_int_eq(inode_stat(fc_image, "a", &info), 0);
	ck_assert_int_eq(info.size, 10 * PAGE_SIZE);
	ck_assert_uint_eq(info.blocks, 0);
	ck_assert_int_eq(filemap_fsync(&fc_file), 0);
	ck_assert_int_eq(inode_stat_nth(fc_image, 0, &info), 0);
	ck_assert_str_eq(info.name, "a");
	ck_assert_uint_eq(info.blocks, 3);
	ck_assert_int_eq(inode_stat_nth(fc_image, 1, &info), -ENOENT);
}
END_TEST

static Suite *inode_suite(void)
{
	Suite *suite = suite_create("inode");
	TCase *tcase = tcase_create("inode");

	tcase_add_checked_fixture(tcase, fc_setup, fc_teardown);
	tcase_add_test(tcase, file_that_is_not_there_is_not_opened);
	tcase_add_test(tcase, file_exclusive_must_not_be_there);
	tcase_add_test(tcase, file_opened_with_trunc_is_empty);
	tcase_add_test(tcase, name_that_is_none_is_refused);
	tcase_add_test(tcase, files_as_many_as_mkfs_said);
	tcase_add_test(tcase, unlink_of_an_open_file_is_busy);
	tcase_add_test(tcase, unlink_frees_the_blocks);
	tcase_add_test(tcase, stat_counts_blocks_on_disk);
	suite_add_tcase(suite, tcase);
	return suite;
}

CK_MAIN(inode_suite())
