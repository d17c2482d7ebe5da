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

static Suite *order_suite(void)
{
	Suite *suite = suite_create("order of the file cache");
	TCase *tc = tcase_create("order");

	tcase_add_checked_fixture(tc, setup, fc_teardown);
	tcase_add_test(tc, filecache_that_reads_and_writes_is_silent);
	tcase_add_test(tc, filecache_locks_as_declared_are_silent);
	tcase_add_test(tc, filecache_locks_swapped_are_caught);
	tcase_add_test(tc, filecache_locks_far_apart_swapped_are_caught);
	suite_add_tcase(suite, tc);
	return suite;
}

CK_MAIN(order_suite())
