/* SPDX-License-Identifier: MIT */
/* Reading through the cache. */
#include <signal.h>
#include <sys/mman.h>

#include "blockmap.h"
#include "fc_fixture.h"
#include "image_format.h"
#include "support/ck_main.h"

/* Fails I/O in one direction while `left` is not 0. */
struct failing {
	enum image_io dir;
	unsigned int left;
	uint64_t index; /* or UINT64_MAX: any */
};

static int fail_io(void *arg, enum image_io dir, const struct inode *inode, uint64_t index)
{
	struct failing *failing = arg;

	(void)inode;
	if (dir != failing->dir || !failing->left ||
	    (failing->index != UINT64_MAX && failing->index != index))
		return 0;
	failing->left--;
	return -EIO;
}

static void fail_reads(struct failing *failing, unsigned int times, uint64_t index)
{
	*failing = (struct failing){ IMAGE_READ, times, index };
	fc_hook(fail_io, failing);
}

static int read_first_byte(void *arg)
{
	return fc_byte(arg, 0, 0);
}

START_TEST(read_of_a_cached_page_is_a_hit)
{
	uint64_t misses;

	fc_fill(&fc_file, 0, 1, 'a');
	fc_drop();
	ck_assert_int_eq(fc_byte(&fc_file, 7, 0), 'a');
	misses = fc_count(CACHE_misses);
	ck_assert_int_eq(fc_byte(&fc_file, 8, 0), 'a');
	ck_assert_uint_eq(fc_count(CACHE_misses), misses);
}
END_TEST

START_TEST(read_ends_at_the_end)
{
	char buf[100];

	ck_assert_int_eq((int)fc_read(&fc_file, 0, buf, 10, 0), 0);
	ck_assert_int_eq((int)fc_write(&fc_file, 0, "0123456789", 10, 0), 10);
	ck_assert_int_eq((int)fc_read(&fc_file, 4, buf, 100, 0), 6);
	ck_assert_int_eq(memcmp(buf, "456789", 6), 0);
	ck_assert_int_eq((int)fc_read(&fc_file, 10, buf, 1, 0), 0);
	ck_assert_int_eq((int)fc_read(&fc_file, INT64_MAX - 5, buf, 1, 0), 0);
	ck_assert_int_eq((int)fc_read(&fc_file, -1, buf, 1, 0), -EINVAL);
}
END_TEST

START_TEST(read_of_a_hole_is_zero_and_no_io)
{
	struct failing failing;

	ck_assert_int_eq(filemap_truncate(&fc_file, 10 * PAGE_SIZE), 0);
	fail_reads(&failing, 1, UINT64_MAX);
	ck_assert_int_eq(fc_byte(&fc_file, 5 * PAGE_SIZE, 0), 0);
	ck_assert_uint_eq(failing.left, 1);
}
END_TEST

START_TEST(read_moves_the_position)
{
	struct kiocb iocb;
	char buf[PAGE_SIZE];

	fc_fill(&fc_file, 0, 2, 'p');
	init_sync_kiocb(&iocb, &fc_file, 100, 0);
	ck_assert_int_eq((int)filemap_read(&iocb, buf, PAGE_SIZE), PAGE_SIZE);
	ck_assert_int_eq(iocb.ki_pos, 100 + PAGE_SIZE);
}
END_TEST

START_TEST(read_error_leaves_page_not_uptodate)
{
	struct failing failing;
	struct page *page;

	fc_fill(&fc_file, 0, 4, 'e');
	fc_drop();
	fc_file.f_ra.ra_pages = 0;
	fail_reads(&failing, 1, 2);
	ck_assert_int_eq(fc_byte(&fc_file, 2 * PAGE_SIZE, 0), -EIO);
	ck_assert_ptr_nonnull(strstr(cache_error(), "file a, offset 8192: read"));
	page = find_get_page(fc_file.f_mapping, 2);
	ck_assert_ptr_nonnull(page);
	ck_assert(!test_bit(PG_uptodate, &page->flags));
	ck_assert(test_bit(PG_error, &page->flags));
	put_page(page);
	/* The next one tries again. */
	ck_assert_int_eq(fc_byte(&fc_file, 2 * PAGE_SIZE, 0), 'e');
}
END_TEST

START_TEST(read_error_after_some_bytes_gives_those)
{
	struct failing failing;
	char buf[4 * PAGE_SIZE];

	fc_fill(&fc_file, 0, 4, 'e');
	fc_drop();
	fc_file.f_ra.ra_pages = 0;
	fail_reads(&failing, 100, 2);
	ck_assert_int_eq((int)fc_read(&fc_file, 10, buf, sizeof(buf), 0), 2 * PAGE_SIZE - 10);
	ck_assert_int_eq((int)fc_read(&fc_file, 2 * PAGE_SIZE, buf, 10, 0), -EIO);
}
END_TEST

START_TEST(read_of_an_image_cut_short_is_an_error)
{
	fc_fill(&fc_file, 0, 1, 'c');
	fc_drop();
	ck_assert_int_eq(truncate(fc_path, fc_image->layout->data_start * 4096 + 100), 0);
	ck_assert_int_eq(fc_byte(&fc_file, 0, 0), -EIO);
	ck_assert_ptr_nonnull(strstr(cache_error(), "the image file ends here"));
}
END_TEST

START_TEST(nowait_read_of_a_cached_page_succeeds)
{
	fc_fill(&fc_file, 0, 1, 'n');
	ck_assert_int_eq(fc_byte(&fc_file, 0, IOCB_NOWAIT | IOCB_NOIO), 'n');
	/* Also while somebody drops pages: the page that is there is found without the lock. */
	down_write(&fc_file.f_mapping->invalidate_lock);
	ck_assert_int_eq(fc_byte_by_other(&fc_file, 0, IOCB_NOWAIT | IOCB_NOIO), 'n');
	up_write(&fc_file.f_mapping->invalidate_lock);
}
END_TEST

START_TEST(nowait_read_finds_invalidate_lock_taken)
{
	struct fc_other other = { .file = &fc_file, .flags = IOCB_NOWAIT };

	fc_fill(&fc_file, 0, 1, 'n');
	fc_drop();
	down_write(&fc_file.f_mapping->invalidate_lock);
	ck_assert_int_eq(fc_by_other(&other), -EAGAIN);
	ck_assert_str_eq(other.error, "the invalidate lock is taken");
	up_write(&fc_file.f_mapping->invalidate_lock);
	ck_assert_uint_eq(fc_count(CACHE_eagain_lock), 1);
	ck_assert_int_eq(fc_byte(&fc_file, 0, 0), 'n');
}
END_TEST

/* Page 0 in the cache, locked by the caller, and not uptodate. */
static struct page *locked_page_not_uptodate(void)
{
	struct failing failing;
	struct page *page;

	fc_fill(&fc_file, 0, 1, 'l');
	fc_drop();
	fc_file.f_ra.ra_pages = 0;
	fail_reads(&failing, 1, UINT64_MAX);
	ck_assert_int_eq(fc_byte(&fc_file, 0, 0), -EIO);
	fc_hook(NULL, NULL);
	page = find_get_page(fc_file.f_mapping, 0);
	ck_assert_ptr_nonnull(page);
	ck_assert(trylock_page(page));
	return page;
}

START_TEST(nowait_read_finds_page_locked)
{
	struct page *page = locked_page_not_uptodate();

	ck_assert_int_eq(fc_byte(&fc_file, 0, IOCB_NOWAIT), -EAGAIN);
	ck_assert_uint_eq(fc_count(CACHE_eagain_page), 1);
	unlock_page(page);
	put_page(page);
	ck_assert_int_eq(fc_byte(&fc_file, 0, 0), 'l');
}
END_TEST

START_TEST(noio_read_does_not_touch_the_disk)
{
	struct failing failing;

	fc_fill(&fc_file, 0, 1, 'o');
	fc_drop();
	fail_reads(&failing, 1, UINT64_MAX);
	ck_assert_int_eq(fc_byte(&fc_file, 0, IOCB_NOIO), -EAGAIN);
	ck_assert_int_eq(fc_byte(&fc_file, 0, IOCB_NOWAIT | IOCB_NOIO), -EAGAIN);
	ck_assert_uint_eq(failing.left, 1);
	ck_assert_uint_eq(fc_count(CACHE_eagain_noio), 2);
}
END_TEST

/* Whether the kernel has block 0 of the file's data in its own cache. */
static bool in_host_cache(void)
{
	off_t pos = (off_t)inode_block(fc_file.f_inode, 0) * IMAGE_BLOCK_SIZE;
	void *map = mmap(NULL, IMAGE_BLOCK_SIZE, PROT_READ, MAP_SHARED, fc_image->fd, pos);
	unsigned char vec;

	ck_assert_ptr_ne(map, MAP_FAILED);
	ck_assert_int_eq(mincore(map, IMAGE_BLOCK_SIZE, &vec), 0);
	munmap(map, IMAGE_BLOCK_SIZE);
	return vec & 1;
}

/* Reads by NOWAIT what was thrown out of both caches. */
static int nowait_read_uncached(bool *uncached)
{
	fc_drop();
	fsync(fc_image->fd);
	posix_fadvise(fc_image->fd, 0, 0, POSIX_FADV_DONTNEED);
	*uncached = !fc_image->memory_backed && !in_host_cache();
	return fc_byte(&fc_file, 0, IOCB_NOWAIT);
}

START_TEST(nowait_read_waits_for_no_disk)
{
	bool uncached = true;
	int got = 0, i;

	fc_fill(&fc_file, 0, 1, 'd');
	/* More than once: the kernel may bring the page back by itself. */
	for (i = 0; i < 100 && uncached && got != -EAGAIN; i++)
		got = nowait_read_uncached(&uncached);
	if (got == -EAGAIN) {
		ck_assert(!fc_image->memory_backed); /* there it never waits */
		ck_assert_uint_eq(fc_count(CACHE_eagain_disk), 1);
	} else {
		/* It came from memory: that of the file system, or the kernel's cache. */
		ck_assert_int_eq(got, 'd');
		ck_assert(fc_image->memory_backed || in_host_cache());
	}
	ck_assert_int_eq(fc_byte(&fc_file, 0, 0), 'd');
}
END_TEST

START_TEST(read_by_rwf_flags_takes_what_preadv2_takes)
{
	struct kiocb iocb;

	init_sync_kiocb(&iocb, &fc_file, 0, 0);
	ck_assert_int_eq(kiocb_set_rw_flags(&iocb, 0x80000000u), -EOPNOTSUPP);
	ck_assert_int_eq(kiocb_set_rw_flags(&iocb, KLOCK_RWF_NOWAIT), 0);
	ck_assert_int_eq(iocb.ki_flags, IOCB_NOWAIT | IOCB_NOIO);
}
END_TEST

START_TEST(killed_read_gives_up_the_invalidate_lock)
{
	struct fc_thread t;

	fc_fill(&fc_file, 0, 1, 'k');
	fc_drop();
	fc_file.f_ra.ra_pages = 0;
	down_write(&fc_file.f_mapping->invalidate_lock);
	fc_thread_start(&t, read_first_byte, &fc_file);
	klock_kill(t.task);
	ck_assert_int_eq(fc_thread_join(&t), -EINTR);
	up_write(&fc_file.f_mapping->invalidate_lock);
	ck_assert_uint_eq(fc_count(CACHE_eintr), 1);
	ck_assert_int_eq(fc_byte(&fc_file, 0, 0), 'k');
}
END_TEST

START_TEST(sigterm_ends_a_read_that_waits_for_a_page)
{
	struct page *page = locked_page_not_uptodate();
	struct fc_thread t;

	ck_assert_int_eq(klock_catch_signal(SIGTERM, KLOCK_KILL), 0);
	fc_thread_start(&t, read_first_byte, &fc_file);
	fc_thread_asleep(&t);
	raise(SIGTERM);
	ck_assert_int_eq(fc_thread_join(&t), -EINTR);
	klock_unkill_all();
	unlock_page(page);
	put_page(page);
	ck_assert_int_eq(fc_byte(&fc_file, 0, 0), 'l');
}
END_TEST

START_TEST(read_of_a_page_truncated_under_its_lock_starts_again)
{
	struct page *page = locked_page_not_uptodate();
	struct fc_thread t;

	fc_thread_start(&t, read_first_byte, &fc_file);
	fc_thread_asleep(&t);
	delete_from_page_cache(page);
	unlock_page(page);
	put_page(page);
	ck_assert_int_eq(fc_thread_join(&t), 'l');
	ck_assert_uint_ge(fc_count(CACHE_truncated_retries), 1);
	ck_assert_uint_ge(fc_count(CACHE_page_waits), 1);
}
END_TEST

START_TEST(read_that_waited_for_a_punch_takes_the_page_there_is_now)
{
	struct page *page = locked_page_not_uptodate();
	struct fc_thread t;

	unlock_page(page);
	down_write(&fc_file.f_mapping->invalidate_lock);
	fc_thread_start(&t, read_first_byte, &fc_file);
	fc_thread_asleep(&t); /* it has found the page, and waits for the lock */
	lock_page(fc_image, page);
	delete_from_page_cache(page);
	unlock_page(page);
	block_free_range(fc_file.f_inode, 0, 0, PAGE_SIZE);
	up_write(&fc_file.f_mapping->invalidate_lock);
	ck_assert_int_eq(fc_thread_join(&t), 0);
	ck_assert_uint_eq(fc_count(CACHE_truncated_retries), 1);
	ck_assert(!test_bit(PG_uptodate, &page->flags));
	ck_assert_uint_eq(fc_file.f_mapping->nrpages, 1);
	put_page(page);
}
END_TEST

static Suite *filemap_suite(void)
{
	Suite *suite = suite_create("filemap");
	TCase *tcase = tcase_create("filemap");

	tcase_add_checked_fixture(tcase, fc_setup, fc_teardown);
	tcase_add_test(tcase, read_of_a_cached_page_is_a_hit);
	tcase_add_test(tcase, read_ends_at_the_end);
	tcase_add_test(tcase, read_of_a_hole_is_zero_and_no_io);
	tcase_add_test(tcase, read_moves_the_position);
	tcase_add_test(tcase, read_error_leaves_page_not_uptodate);
	tcase_add_test(tcase, read_error_after_some_bytes_gives_those);
	tcase_add_test(tcase, read_of_an_image_cut_short_is_an_error);
	tcase_add_test(tcase, nowait_read_of_a_cached_page_succeeds);
	tcase_add_test(tcase, nowait_read_finds_invalidate_lock_taken);
	tcase_add_test(tcase, nowait_read_finds_page_locked);
	tcase_add_test(tcase, noio_read_does_not_touch_the_disk);
	tcase_add_test(tcase, nowait_read_waits_for_no_disk);
	tcase_add_test(tcase, read_by_rwf_flags_takes_what_preadv2_takes);
	tcase_add_test(tcase, killed_read_gives_up_the_invalidate_lock);
	tcase_add_test(tcase, sigterm_ends_a_read_that_waits_for_a_page);
	tcase_add_test(tcase, read_that_waited_for_a_punch_takes_the_page_there_is_now);
	tcase_add_test(tcase, read_of_a_page_truncated_under_its_lock_starts_again);
	suite_add_tcase(suite, tcase);
	return suite;
}

CK_MAIN(filemap_suite())
