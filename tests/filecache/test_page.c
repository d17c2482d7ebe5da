/* SPDX-License-Identifier: MIT */
/* Pages, their index, the LRU, the counters. */
#include "fc_fixture.h"
#include "support/ck_main.h"

START_TEST(page_is_born_locked)
{
	struct page *page = page_alloc(5);

	ck_assert(!trylock_page(page));
	unlock_page(page);
	ck_assert(trylock_page(page));
	unlock_page(page);
	ck_assert_uint_eq(page->refcount, 1);
	put_page(page);
}
END_TEST

START_TEST(page_comes_into_the_index_once)
{
	struct page *page = page_alloc(7), *twin = page_alloc(7), *found;

	ck_assert_int_eq(add_to_page_cache_lru(fc_file.f_mapping, page), 0);
	ck_assert_int_eq(add_to_page_cache_lru(fc_file.f_mapping, twin), -EEXIST);
	unlock_page(twin);
	put_page(twin);
	found = find_get_page(fc_file.f_mapping, 7);
	ck_assert_ptr_eq(found, page);
	put_page(found);
	ck_assert_ptr_null(find_get_page(fc_file.f_mapping, 6));
	ck_assert_uint_eq(fc_image->nr_pages, 1);
	delete_from_page_cache(page);
	ck_assert_ptr_null(page->mapping);
	ck_assert_uint_eq(fc_image->nr_pages, 0);
	unlock_page(page);
	put_page(page);
}
END_TEST

START_TEST(page_in_use_is_not_removed)
{
	struct page *page = page_alloc(0);

	ck_assert_int_eq(add_to_page_cache_lru(fc_file.f_mapping, page), 0);
	get_page(page);
	ck_assert(!remove_mapping(page));
	put_page(page);
	ck_assert(remove_mapping(page));
	unlock_page(page);
	put_page(page);
}
END_TEST

static int lock_it(void *arg)
{
	int err = lock_page_killable(fc_image, arg);

	if (!err)
		unlock_page(arg);
	return err;
}

START_TEST(page_lock_is_waited_for)
{
	struct page *page = page_alloc(0);
	struct fc_thread t;

	fc_thread_start(&t, lock_it, page);
	fc_thread_asleep(&t);
	unlock_page(page);
	ck_assert_int_eq(fc_thread_join(&t), 0);
	ck_assert_uint_eq(fc_count(CACHE_page_waits), 1);
	ck_assert_uint_gt(fc_count(CACHE_page_ns), 0);
	put_page(page);
}
END_TEST

START_TEST(page_lock_wait_is_killed)
{
	struct page *page = page_alloc(0);
	struct fc_thread t;

	fc_thread_start(&t, lock_it, page);
	fc_thread_asleep(&t);
	klock_kill(t.task);
	ck_assert_int_eq(fc_thread_join(&t), -EINTR);
	unlock_page(page);
	put_page(page);
}
END_TEST

START_TEST(cache_keeps_its_limit)
{
	unsigned int i;

	fc_image->sw.max_pages = 16;
	fc_fill(&fc_file, 0, 100, 'l');
	ck_assert_uint_le(fc_image->nr_pages, 16);
	ck_assert_uint_eq(fc_count(CACHE_evictions), 84);
	for (i = 0; i < 100; i++)
		ck_assert_int_eq(fc_byte(&fc_file, (int64_t)i * PAGE_SIZE, 0), 'l');
	ck_assert_uint_le(fc_image->nr_pages, 16);
}
END_TEST

START_TEST(cache_keeps_pages_that_are_used)
{
	unsigned int i;

	fc_fill(&fc_file, 0, 60, 'u');
	fc_drop();
	fc_image->sw.max_pages = 16;
	fc_file.f_ra.ra_pages = 0;
	for (i = 1; i < 60; i++) {
		ck_assert_int_eq(fc_byte(&fc_file, (int64_t)i * PAGE_SIZE, 0), 'u');
		ck_assert_int_eq(fc_byte(&fc_file, 0, 0), 'u'); /* again and again */
	}
	ck_assert_int_eq(fc_byte(&fc_file, 0, IOCB_NOIO), 'u');
	ck_assert_int_eq(fc_byte(&fc_file, PAGE_SIZE, IOCB_NOIO), -EAGAIN);
}
END_TEST

START_TEST(cache_exceeds_its_limit_rather_than_lose_data)
{
	struct page *pinned[10];
	unsigned int i;

	fc_image->sw.max_pages = 8;
	for (i = 0; i < 10; i++) {
		fc_fill(&fc_file, i, 1, 'x');
		pinned[i] = find_get_page(fc_file.f_mapping, i);
	}
	ck_assert_uint_eq(fc_image->nr_pages, 10);
	for (i = 0; i < 10; i++)
		put_page(pinned[i]);
	fc_fill(&fc_file, 10, 1, 'x');
	ck_assert_uint_le(fc_image->nr_pages, 8);
}
END_TEST

static int fill_30_pages(void *arg)
{
	fc_fill(arg, 1, 30, 'k');
	return 0;
}

START_TEST(eviction_skips_locked_pages)
{
	struct fc_thread t;
	struct page *page;

	fc_image->sw.max_pages = 8;
	fc_fill(&fc_file, 0, 1, 'k');
	page = find_get_page(fc_file.f_mapping, 0);
	ck_assert(trylock_page(page));
	put_page(page); /* the lock alone keeps it */
	fc_thread_start(&t, fill_30_pages, &fc_file); /* i_rwsem comes before a page's lock */
	ck_assert_int_eq(fc_thread_join(&t), 0);
	ck_assert_ptr_eq(page->mapping, fc_file.f_mapping);
	unlock_page(page);
}
END_TEST

START_TEST(counters_have_names_and_are_reset)
{
	struct cache_stats stats;
	unsigned int i;

	fc_fill(&fc_file, 0, 3, 'c');
	ck_assert_uint_gt(fc_count(CACHE_misses), 0);
	cache_stats_reset(fc_image);
	cache_stats_get(fc_image, &stats);
	for (i = 0; i < CACHE_NR_COUNTERS; i++) {
		ck_assert_uint_eq(stats.count[i], 0);
		ck_assert_uint_gt(strlen(cache_counter_name[i]), 0);
		ck_assert_uint_gt(strlen(cache_counter_text[i]), 0);
	}
	ck_assert_str_eq(cache_counter_name[CACHE_evictions], "evictions");
}
END_TEST

static Suite *page_suite(void)
{
	Suite *suite = suite_create("page");
	TCase *tcase = tcase_create("page");

	tcase_add_checked_fixture(tcase, fc_setup, fc_teardown);
	tcase_add_test(tcase, page_is_born_locked);
	tcase_add_test(tcase, page_comes_into_the_index_once);
	tcase_add_test(tcase, page_in_use_is_not_removed);
	tcase_add_test(tcase, page_lock_is_waited_for);
	tcase_add_test(tcase, page_lock_wait_is_killed);
	tcase_add_test(tcase, cache_keeps_its_limit);
	tcase_add_test(tcase, cache_keeps_pages_that_are_used);
	tcase_add_test(tcase, cache_exceeds_its_limit_rather_than_lose_data);
	tcase_add_test(tcase, eviction_skips_locked_pages);
	tcase_add_test(tcase, counters_have_names_and_are_reset);
	suite_add_tcase(suite, tcase);
	return suite;
}

CK_MAIN(page_suite())
