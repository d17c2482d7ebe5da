/* SPDX-License-Identifier: MIT */
/* Truncate stopped half way, while another thread looks at the file: what it finds is final. */
#include "blockmap.h"
#include "fc_fixture.h"
#include "support/ck_main.h"

#define CUT_SIZE (2 * PAGE_SIZE + 2048)

static int truncate_to_cut(void *arg)
{
	return filemap_truncate(arg, CUT_SIZE);
}

static int write_back(void *arg)
{
	return filemap_write_and_wait_range(arg, 0, UINT64_MAX);
}

/* Ten pages; the one that will be cut is locked, and has a block or not. */
static struct page *lock_cut_page(bool on_disk)
{
	struct page *page;

	fc_fill(&fc_file, 0, 10, 't');
	if (on_disk)
		ck_assert_int_eq(filemap_fsync(&fc_file), 0);
	page = find_get_page(fc_file.f_mapping, 2);
	ck_assert_ptr_nonnull(page);
	ck_assert(trylock_page(page));
	return page;
}

/*
 * The truncate gets as far as the new size and waits to set it. If it has unlocked the cut
 * page by then, writeback of that page still sees the old size, and puts that on disk.
 */
static void stop_truncate_at_its_new_size(bool on_disk)
{
	struct inode *inode = fc_file.f_inode;
	struct page *page = lock_cut_page(on_disk);
	struct fc_thread cut, writer;

	fc_thread_start(&cut, truncate_to_cut, &fc_file);
	fc_thread_asleep(&cut);
	mutex_lock(&inode->i_size_lock);
	unlock_page(page);
	while (!(klock_load_relaxed(&inode->i_size_lock.word) & KLOCK_W_WAITERS))
		sched_yield();
	ck_assert_msg(test_bit(PG_locked, &page->flags), "the cut page is unlocked too early");
	fc_thread_start(&writer, write_back, fc_file.f_mapping);
	mutex_unlock(&inode->i_size_lock);
	put_page(page);
	ck_assert_int_eq(fc_thread_join(&cut), 0);
	ck_assert_int_eq(fc_thread_join(&writer), 0);
	ck_assert_int_eq(inode->i_disksize, CUT_SIZE);
	fc_reopen();
	ck_assert_int_eq(i_size_read(fc_file.f_inode), CUT_SIZE);
	ck_assert_int_eq(fc_byte(&fc_file, CUT_SIZE - 1, 0), 't');
}

START_TEST(truncate_of_a_page_without_a_block_sets_the_size_before_it_unlocks)
{
	stop_truncate_at_its_new_size(false);
}
END_TEST

START_TEST(truncate_of_a_page_on_disk_sets_the_size_before_it_unlocks)
{
	stop_truncate_at_its_new_size(true);
}
END_TEST

static int read_ahead(void *arg)
{
	struct kiocb iocb;

	init_sync_kiocb(&iocb, arg, 0, 0);
	return (int)page_cache_readahead(&iocb, 0, 10);
}

/* With both locks held: what filemap_truncate() does between taking and giving them up. */
static void truncate_to_a_page_by_hand(struct inode *inode)
{
	i_size_write(inode, PAGE_SIZE);
	truncate_inode_pages_range(&inode->i_data, 1, UINT64_MAX);
	block_free_range(inode, 1, UINT64_MAX, PAGE_SIZE);
}

START_TEST(readahead_that_waited_for_a_truncate_ends_at_the_new_end)
{
	struct address_space *mapping = fc_file.f_mapping;
	struct page *page;
	struct fc_thread t;

	fc_fill(&fc_file, 0, 10, 'r');
	fc_drop();
	down_write(&fc_file.f_inode->i_rwsem);
	down_write(&mapping->invalidate_lock);
	fc_thread_start(&t, read_ahead, &fc_file);
	while (!rwsem_is_contended(&mapping->invalidate_lock))
		sched_yield();
	truncate_to_a_page_by_hand(fc_file.f_inode);
	up_write(&mapping->invalidate_lock);
	up_write(&fc_file.f_inode->i_rwsem);
	ck_assert_int_eq(fc_thread_join(&t), 1);
	page = find_get_next_page(mapping, 1, UINT64_MAX);
	ck_assert_msg(!page, "a page behind the end came into the cache");
}
END_TEST

static Suite *truncate_steps_suite(void)
{
	Suite *suite = suite_create("truncate in steps");
	TCase *tcase = tcase_create("truncate in steps");

	tcase_add_checked_fixture(tcase, fc_setup, fc_teardown);
	tcase_add_test(tcase, truncate_of_a_page_without_a_block_sets_the_size_before_it_unlocks);
	tcase_add_test(tcase, truncate_of_a_page_on_disk_sets_the_size_before_it_unlocks);
	tcase_add_test(tcase, readahead_that_waited_for_a_truncate_ends_at_the_new_end);
	suite_add_tcase(suite, tcase);
	return suite;
}

CK_MAIN(truncate_steps_suite())
