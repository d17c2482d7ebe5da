/* SPDX-License-Identifier: MIT */
/* Faults that wait: without mmap_lock. And reclaim that may not write. */
#include "fc_fixture.h"
#include "support/ck_main.h"

static struct file other; /* "b" */
static struct vm_area_struct *vma, *mapped;
static int reads;

static void setup(void)
{
	fc_setup();
	ck_assert_int_eq(file_open(fc_image, "b", O_CREAT, &other), 0);
	fc_fill(&fc_file, 0, 4, 'f');
	fc_fill(&other, 0, 4, 'o');
	fc_drop();
	reads = 0;
	if (mm_available())
		return;
	ck_assert_int_eq(filemap_mmap(&fc_file, 0, 4, &vma), 0);
	down_write(&fc_image->mm->mmap_lock);
	vma->vm_file.f_ra.ra_pages = 0;
	up_write(&fc_image->mm->mmap_lock);
}

static int mapped_byte(struct vm_area_struct *v, size_t offset)
{
	unsigned char c;
	int err = vma_read(v, offset, &c, 1, NULL);

	return err ? err : c;
}

static int map_other(void *arg)
{
	(void)arg;
	return filemap_mmap(&other, 0, 4, &mapped);
}

/* While the handler reads, another thread maps a file, and is waited for. */
static int map_meanwhile(void *arg, enum image_io dir, const struct inode *inode, uint64_t index)
{
	struct fc_thread t;

	(void)arg, (void)inode, (void)index;
	if (dir == IMAGE_READ && !reads++) {
		fc_thread_start(&t, map_other, NULL);
		ck_assert_int_eq(fc_thread_join(&t), 0);
	}
	return 0;
}

START_TEST(fault_that_reads_lets_others_map)
{
	fc_hook(map_meanwhile, NULL);
	ck_assert_int_eq(mapped_byte(vma, 0), 'f');
	fc_hook(NULL, NULL);
	ck_assert_int_eq(reads, 1);
	ck_assert_int_eq(mapped_byte(mapped, 0), 'o');
}
END_TEST

static int touch(void *arg)
{
	(void)arg;
	return mapped_byte(vma, 0);
}

START_TEST(fault_that_waits_for_a_page_lets_others_map)
{
	struct fc_thread t, mapper;
	struct page *page;

	ck_assert_int_eq(fc_byte(&fc_file, 0, 0), 'f');
	page = find_get_page(fc_file.f_mapping, 0);
	lock_page(fc_image, page);
	fc_thread_start(&t, touch, NULL);
	fc_thread_asleep(&t);
	fc_thread_start(&mapper, map_other, NULL); /* whatever the handler has come to by now */
	ck_assert_int_eq(fc_thread_join(&mapper), 0);
	unlock_page(page);
	put_page(page);
	ck_assert_int_eq(fc_thread_join(&t), 'f');
}
END_TEST

static int fail_first_read(void *arg, enum image_io dir, const struct inode *inode, uint64_t index)
{
	(void)arg, (void)inode, (void)index;
	return dir == IMAGE_READ && !reads++ ? -EIO : 0;
}

START_TEST(fault_that_cannot_read_its_page_reads_once)
{
	fc_hook(fail_first_read, NULL);
	ck_assert_int_eq(mapped_byte(vma, 0), -EFAULT);
	fc_hook(NULL, NULL);
	ck_assert_int_eq(reads, 1);
	ck_assert_uint_eq(fc_count(CACHE_faults), 1);
	ck_assert_uint_eq(fc_count(CACHE_major_faults), 1);
}
END_TEST

START_TEST(fault_counts_once_though_it_was_tried_twice)
{
	ck_assert_int_eq(mapped_byte(vma, 0), 'f');
	ck_assert_uint_eq(fc_count(CACHE_faults), 1);
	ck_assert_uint_eq(fc_count(CACHE_major_faults), 1);
}
END_TEST

/* A cache full of dirty pages. */
static void fill_with_dirty_pages(void)
{
	fc_image->sw.max_pages = 8;
	fc_fill(&other, 0, 8, 'd');
	ck_assert_uint_eq(fc_image->nr_pages, 8);
}

START_TEST(reclaim_under_nofs_writes_nothing)
{
	unsigned int outer, inner;
	uint64_t before;

	fill_with_dirty_pages();
	before = fc_count(CACHE_writebacks);
	outer = memalloc_nofs_save();
	inner = memalloc_nofs_save();
	ck_assert(!shrink_page_list(fc_image, true));
	memalloc_nofs_restore(inner);
	ck_assert(!shrink_page_list(fc_image, true));
	ck_assert_uint_eq(fc_count(CACHE_writebacks), before);
	memalloc_nofs_restore(outer);
	ck_assert(shrink_page_list(fc_image, true));
	ck_assert_uint_gt(fc_count(CACHE_writebacks), before);
}
END_TEST

START_TEST(readahead_into_a_cache_full_of_dirty_pages_writes_nothing)
{
	struct kiocb iocb;
	uint64_t before;

	fill_with_dirty_pages();
	before = fc_count(CACHE_writebacks);
	init_sync_kiocb(&iocb, &fc_file, 0, 0);
	ck_assert_uint_eq(page_cache_readahead(&iocb, 0, 4), 0);
	ck_assert_uint_eq(fc_count(CACHE_writebacks), before);
	ck_assert_uint_eq(fc_image->nr_pages, 8);
	/* The read itself makes room. */
	ck_assert_int_eq(fc_byte(&fc_file, 0, 0), 'f');
	ck_assert_uint_gt(fc_count(CACHE_writebacks), before);
}
END_TEST

static Suite *fault_suite(void)
{
	Suite *suite = suite_create("fault");
	TCase *tcase = tcase_create("fault");

	tcase_add_checked_fixture(tcase, setup, fc_teardown);
	if (!mm_available()) {
		tcase_add_test(tcase, fault_that_reads_lets_others_map);
		tcase_add_test(tcase, fault_that_waits_for_a_page_lets_others_map);
		tcase_add_test(tcase, fault_that_cannot_read_its_page_reads_once);
		tcase_add_test(tcase, fault_counts_once_though_it_was_tried_twice);
	}
	tcase_add_test(tcase, reclaim_under_nofs_writes_nothing);
	tcase_add_test(tcase, readahead_into_a_cache_full_of_dirty_pages_writes_nothing);
	suite_add_tcase(suite, tcase);
	return suite;
}

CK_MAIN(fault_suite())
