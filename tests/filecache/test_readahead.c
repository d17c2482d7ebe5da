/* SPDX-License-Identifier: MIT */
#include "blockmap.h"
#include "fc_fixture.h"
#include "support/ck_main.h"

static int fail_page_9(void *arg, enum image_io dir, const struct inode *inode, uint64_t index)
{
	(void)arg, (void)inode;
	return dir == IMAGE_READ && index == 9 ? -EIO : 0;
}

/* A file of `n` pages on disk, nothing in the cache. */
static void file_of(unsigned int n)
{
	fc_fill(&fc_file, 0, n, 'r');
	fc_drop();
	file_ra_state_init(&fc_file.f_ra, fc_image->sw.ra_pages);
	cache_stats_reset(fc_image);
}

static bool cached(pgoff_t index)
{
	struct page *page = find_get_next_page(fc_file.f_mapping, index, index);

	if (page)
		put_page(page);
	return page != NULL;
}

static unsigned int bring(pgoff_t index, unsigned int nr, int flags)
{
	struct kiocb iocb;

	init_sync_kiocb(&iocb, &fc_file, 0, flags);
	return page_cache_readahead(&iocb, index, nr);
}

START_TEST(readahead_brings_pages_in)
{
	file_of(20);
	ck_assert_uint_eq(bring(4, 10, 0), 10);
	ck_assert(!cached(3));
	ck_assert(cached(4) && cached(13));
	ck_assert(!cached(14));
	ck_assert_uint_eq(fc_count(CACHE_readahead), 10);
	/* What it brought is used without another read. */
	fc_hook(fail_page_9, NULL);
	ck_assert_int_eq(fc_byte(&fc_file, 9 * PAGE_SIZE, 0), 'r');
}
END_TEST

START_TEST(readahead_skips_what_is_there_and_ends_at_the_end)
{
	file_of(20);
	ck_assert_uint_eq(bring(10, 2, 0), 2);
	ck_assert_uint_eq(bring(8, 100, 0), 10);
	ck_assert_uint_eq(bring(8, 100, 0), 0);
	ck_assert_uint_eq(bring(20, 5, 0), 0);
}
END_TEST

START_TEST(readahead_without_io_does_nothing)
{
	file_of(4);
	ck_assert_uint_eq(bring(0, 4, IOCB_NOIO), 0);
	ck_assert(!cached(0));
}
END_TEST

START_TEST(readahead_that_may_not_wait_leaves_the_lock)
{
	file_of(4);
	down_write(&fc_file.f_mapping->invalidate_lock);
	ck_assert_uint_eq(bring(0, 4, IOCB_NOWAIT), 0);
	up_write(&fc_file.f_mapping->invalidate_lock);
	ck_assert(!cached(0));
}
END_TEST

START_TEST(sequential_reads_find_their_pages)
{
	unsigned int i, largest = 0;

	file_of(200);
	for (i = 0; i < 200; i++) {
		ck_assert_int_eq(fc_byte(&fc_file, (int64_t)i * PAGE_SIZE, 0), 'r');
		if (fc_file.f_ra.size > largest)
			largest = fc_file.f_ra.size;
	}
	/* The first read misses; after that the next window is there before it is needed. */
	ck_assert_uint_eq(fc_count(CACHE_misses), 1);
	ck_assert_uint_eq(largest, fc_image->sw.ra_pages);
}
END_TEST

START_TEST(random_reads_bring_only_their_page)
{
	static const unsigned int index[] = { 50, 10, 120, 77, 3 };
	unsigned int i;

	file_of(150);
	for (i = 0; i < 5; i++)
		ck_assert_int_eq(fc_byte(&fc_file, (int64_t)index[i] * PAGE_SIZE, 0), 'r');
	ck_assert_uint_eq(fc_file.f_mapping->nrpages, 5);
}
END_TEST

START_TEST(readahead_error_shrinks_the_window)
{
	unsigned int before;
	int i;

	file_of(100);
	before = fc_file.f_ra.ra_pages;
	fc_hook(fail_page_9, NULL);
	for (i = 0; i < 9; i++)
		ck_assert_int_eq(fc_byte(&fc_file, (int64_t)i * PAGE_SIZE, 0), 'r');
	ck_assert_uint_lt(fc_file.f_ra.ra_pages, before);
	ck_assert_int_eq(fc_byte(&fc_file, 9 * PAGE_SIZE, 0), -EIO);
	fc_hook(NULL, NULL);
	ck_assert_int_eq(fc_byte(&fc_file, 9 * PAGE_SIZE, 0), 'r');
}
END_TEST

START_TEST(readahead_of_blocks_out_of_order_reads_each_right)
{
	unsigned int i;

	/* Written back to front: adjacent pages lie on blocks in the wrong order. */
	for (i = 40; i-- > 0;) {
		fc_fill(&fc_file, i, 1, 'A' + (int)i);
		ck_assert_int_eq(filemap_write_and_wait_range(fc_file.f_mapping, 0, 99), 0);
	}
	ck_assert_int_eq(filemap_punch_hole(&fc_file, 20 * PAGE_SIZE, 3 * PAGE_SIZE), 0);
	fc_drop();
	ck_assert_uint_eq(bring(0, 40, 0), 40);
	for (i = 0; i < 40; i++)
		ck_assert_int_eq(fc_byte(&fc_file, (int64_t)i * PAGE_SIZE, 0),
				 i >= 20 && i < 23 ? 0 : 'A' + (int)i);
}
END_TEST

static Suite *readahead_suite(void)
{
	Suite *suite = suite_create("readahead");
	TCase *tcase = tcase_create("readahead");

	tcase_add_checked_fixture(tcase, fc_setup, fc_teardown);
	tcase_add_test(tcase, readahead_brings_pages_in);
	tcase_add_test(tcase, readahead_skips_what_is_there_and_ends_at_the_end);
	tcase_add_test(tcase, readahead_without_io_does_nothing);
	tcase_add_test(tcase, readahead_that_may_not_wait_leaves_the_lock);
	tcase_add_test(tcase, sequential_reads_find_their_pages);
	tcase_add_test(tcase, random_reads_bring_only_their_page);
	tcase_add_test(tcase, readahead_error_shrinks_the_window);
	tcase_add_test(tcase, readahead_of_blocks_out_of_order_reads_each_right);
	suite_add_tcase(suite, tcase);
	return suite;
}

CK_MAIN(readahead_suite())
