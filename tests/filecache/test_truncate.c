/* SPDX-License-Identifier: MIT */
/* Truncate and punch, and what the invalidate lock keeps away from them. */
#include "blockmap.h"
#include "fc_fixture.h"
#include "support/ck_main.h"

START_TEST(truncate_down_frees_blocks_and_zeroes_the_tail)
{
	uint32_t available = fc_available();

	fc_fill(&fc_file, 0, 10, 't');
	fc_drop();
	ck_assert_int_eq(filemap_truncate(&fc_file, 2 * PAGE_SIZE + 100), 0);
	ck_assert_uint_eq(fc_available(), available - 3);
	ck_assert_int_eq(filemap_truncate(&fc_file, 10 * PAGE_SIZE), 0);
	ck_assert_int_eq(fc_byte(&fc_file, 2 * PAGE_SIZE + 99, 0), 't');
	ck_assert_int_eq(fc_byte(&fc_file, 2 * PAGE_SIZE + 100, 0), 0);
	ck_assert_int_eq(fc_byte(&fc_file, 5 * PAGE_SIZE, 0), 0);
	fc_drop();
	ck_assert_int_eq(fc_byte(&fc_file, 2 * PAGE_SIZE + 100, 0), 0);
}
END_TEST

START_TEST(truncate_zeroes_the_tail_on_disk_before_the_size)
{
	fc_fill(&fc_file, 0, 1, 't');
	ck_assert_int_eq(filemap_fsync(&fc_file), 0);
	ck_assert_int_eq(filemap_truncate(&fc_file, 100), 0);
	ck_assert_int_eq(image_commit(fc_image, UINT64_MAX), 0);
	/* As after a kill: only what is on disk. Then the file grows again. */
	image_abandon(fc_image);
	fc_open_image(IMAGE_NOSYNC);
	ck_assert_int_eq(file_open(fc_image, "a", 0, &fc_file), 0);
	ck_assert_int_eq(filemap_truncate(&fc_file, PAGE_SIZE), 0);
	ck_assert_int_eq(fc_byte(&fc_file, 99, 0), 't');
	ck_assert_int_eq(fc_byte(&fc_file, 100, 0), 0);
}
END_TEST

START_TEST(tail_written_before_a_kill_is_zero_when_the_file_grows)
{
	int i;

	for (i = 0; i < 3; i++) { /* grown by truncate, by a write, by a write in that page */
		ck_assert_int_eq(filemap_truncate(&fc_file, 0), 0);
		ck_assert_int_eq((int)fc_write(&fc_file, 0, "old", 3, 0), 3);
		ck_assert_int_eq(filemap_fsync(&fc_file), 0);
		/* Over the end, into the same block; killed before the size is committed. */
		fc_fill(&fc_file, 0, 1, 'n');
		ck_assert_int_eq(filemap_write_and_wait_range(fc_file.f_mapping, 0, 0), 0);
		image_abandon(fc_image);
		fc_open_image(IMAGE_NOSYNC);
		ck_assert_int_eq(file_open(fc_image, "a", 0, &fc_file), 0);
		ck_assert_int_eq(i_size_read(fc_file.f_inode), 3);
		if (i == 0)
			ck_assert_int_eq(filemap_truncate(&fc_file, 2 * PAGE_SIZE), 0);
		else
			ck_assert_int_eq((int)fc_write(&fc_file, i * 3000, "x", 1, 0), 1);
		ck_assert_int_eq(fc_byte(&fc_file, 1000, 0), 0);
		fc_reopen();
		ck_assert_int_eq(fc_byte(&fc_file, 1000, 0), 0);
	}
}
END_TEST

START_TEST(truncate_impossible_size_is_refused)
{
	ck_assert_int_eq(filemap_truncate(&fc_file, -1), -EINVAL);
	ck_assert_int_eq(filemap_truncate(&fc_file, INODE_MAX_SIZE + 1), -EFBIG);
	ck_assert_int_eq(filemap_truncate(&fc_file, INODE_MAX_SIZE), 0);
}
END_TEST

static int fail_io(void *arg, enum image_io dir, const struct inode *inode, uint64_t index)
{
	(void)inode, (void)index;
	return dir == *(enum image_io *)arg ? -EIO : 0;
}

START_TEST(truncate_error_changes_nothing)
{
	enum image_io dir = IMAGE_READ;

	fc_fill(&fc_file, 0, 3, 't');
	fc_drop();
	fc_hook(fail_io, &dir);
	ck_assert_int_eq(filemap_truncate(&fc_file, PAGE_SIZE + 1), -EIO);
	dir = IMAGE_WRITE;
	ck_assert_int_eq(filemap_truncate(&fc_file, PAGE_SIZE + 1), -EIO);
	fc_hook(NULL, NULL);
	ck_assert_int_eq(i_size_read(fc_file.f_inode), 3 * PAGE_SIZE);
	ck_assert_int_eq(fc_byte(&fc_file, PAGE_SIZE + 1, 0), 't');
	fc_drop();
	ck_assert_int_eq(fc_byte(&fc_file, PAGE_SIZE + 1, 0), 't');
}
END_TEST

START_TEST(punch_whole_pages_frees_their_blocks)
{
	uint32_t available = fc_available();

	fc_fill(&fc_file, 0, 10, 'p');
	fc_drop();
	ck_assert_int_eq(filemap_punch_hole(&fc_file, PAGE_SIZE + 10, 4 * PAGE_SIZE), 0);
	ck_assert_uint_eq(fc_available(), available - 7);
	ck_assert_int_eq(i_size_read(fc_file.f_inode), 10 * PAGE_SIZE);
	ck_assert_int_eq(fc_byte(&fc_file, PAGE_SIZE + 9, 0), 'p');
	ck_assert_int_eq(fc_byte(&fc_file, PAGE_SIZE + 10, 0), 0);
	ck_assert_int_eq(fc_byte(&fc_file, 3 * PAGE_SIZE, 0), 0);
	ck_assert_int_eq(fc_byte(&fc_file, 5 * PAGE_SIZE + 9, 0), 0);
	ck_assert_int_eq(fc_byte(&fc_file, 5 * PAGE_SIZE + 10, 0), 'p');
}
END_TEST

START_TEST(punch_within_a_page_frees_nothing)
{
	uint32_t available;

	fc_fill(&fc_file, 0, 2, 'p');
	available = fc_available();
	ck_assert_int_eq(filemap_punch_hole(&fc_file, 10, 20), 0);
	ck_assert_uint_eq(fc_available(), available);
	ck_assert_int_eq(fc_byte(&fc_file, 9, 0), 'p');
	ck_assert_int_eq(fc_byte(&fc_file, 10, 0), 0);
	ck_assert_int_eq(fc_byte(&fc_file, 29, 0), 0);
	ck_assert_int_eq(fc_byte(&fc_file, 30, 0), 'p');
}
END_TEST

START_TEST(punch_past_the_end_keeps_the_size)
{
	uint32_t available = fc_available();

	ck_assert_int_eq((int)fc_write(&fc_file, 0, "abc", 3, 0), 3);
	ck_assert_int_eq(filemap_punch_hole(&fc_file, 0, INT64_MAX), 0);
	ck_assert_int_eq(filemap_punch_hole(&fc_file, 100, 100), 0);
	ck_assert_int_eq(i_size_read(fc_file.f_inode), 3);
	ck_assert_int_eq(fc_byte(&fc_file, 1, 0), 0);
	ck_assert_uint_eq(fc_available(), available);
	ck_assert_int_eq(filemap_punch_hole(&fc_file, 1, INT64_MAX), -EINVAL);
	ck_assert_int_eq(filemap_punch_hole(&fc_file, 0, 0), -EINVAL);
	ck_assert_int_eq(filemap_punch_hole(&fc_file, -1, 5), -EINVAL);
}
END_TEST

static int truncate_to_zero(void *arg)
{
	return filemap_truncate(arg, 0);
}

START_TEST(killed_truncate_changes_nothing)
{
	struct fc_thread t;

	fc_fill(&fc_file, 0, 2, 'k');
	/* Behind a reader that brings a page in. */
	down_read(&fc_file.f_mapping->invalidate_lock);
	fc_thread_start(&t, truncate_to_zero, &fc_file);
	fc_thread_asleep(&t);
	klock_kill(t.task);
	ck_assert_int_eq(fc_thread_join(&t), -EINTR);
	up_read(&fc_file.f_mapping->invalidate_lock);
	ck_assert_int_eq(i_size_read(fc_file.f_inode), 2 * PAGE_SIZE);
	/* And it let go of i_rwsem. */
	ck_assert_int_eq(filemap_truncate(&fc_file, 0), 0);
}
END_TEST

/* In the middle of a punch: reads page 3, whose block is about to be freed. */
struct intruder {
	struct file file;
	int flags;
	int got;
};

static int read_page_3(void *arg, enum image_io dir, const struct inode *inode, uint64_t index)
{
	struct intruder *intruder = arg;

	(void)inode, (void)index;
	if (dir == IMAGE_FREE)
		intruder->got = fc_byte_by_other(&intruder->file, 3 * PAGE_SIZE,
						 intruder->flags);
	return 0;
}

static void punch_with_intruder(struct intruder *intruder)
{
	fc_fill(&fc_file, 0, 8, 's');
	fc_drop();
	ck_assert_int_eq(file_open(fc_image, "a", 0, &intruder->file), 0);
	intruder->file.f_ra.ra_pages = 0;
	fc_hook(read_page_3, intruder);
	ck_assert_int_eq(filemap_punch_hole(&fc_file, 2 * PAGE_SIZE, 4 * PAGE_SIZE), 0);
	fc_hook(NULL, NULL);
	file_close(&intruder->file);
}

START_TEST(reader_without_the_lock_makes_a_stale_page)
{
	struct intruder intruder = { .flags = 0 };

	fc_image->sw.use_invalidate_lock = false;
	punch_with_intruder(&intruder);
	ck_assert_int_eq(intruder.got, 's');
	ck_assert_int_eq(fc_byte(&fc_file, 2 * PAGE_SIZE, 0), 0);
	ck_assert_int_eq(fc_byte(&fc_file, 3 * PAGE_SIZE, 0), 's'); /* punched, and still there */
}
END_TEST

START_TEST(reader_with_the_lock_is_kept_out_of_a_punch)
{
	struct intruder intruder = { .flags = IOCB_NOWAIT };

	punch_with_intruder(&intruder);
	ck_assert_int_eq(intruder.got, -EAGAIN);
	ck_assert_uint_eq(fc_count(CACHE_eagain_lock), 1);
	ck_assert_int_eq(fc_byte(&fc_file, 3 * PAGE_SIZE, 0), 0);
}
END_TEST

static int start_reader(void *arg, enum image_io dir, const struct inode *inode, uint64_t index)
{
	struct fc_thread *t = arg;

	(void)inode, (void)index;
	if (dir == IMAGE_FREE) {
		sem_post(t->arg);
		fc_thread_asleep(t);
	}
	return 0;
}

static struct file reader_file;

static int read_when_told(void *arg)
{
	sem_wait(arg);
	return fc_byte(&reader_file, 3 * PAGE_SIZE, 0);
}

START_TEST(reader_that_may_wait_sees_the_hole)
{
	struct fc_thread t;
	sem_t go;

	fc_fill(&fc_file, 0, 8, 's');
	fc_drop();
	ck_assert_int_eq(file_open(fc_image, "a", 0, &reader_file), 0);
	sem_init(&go, 0, 0);
	fc_thread_start(&t, read_when_told, &go);
	fc_hook(start_reader, &t);
	ck_assert_int_eq(filemap_punch_hole(&fc_file, 2 * PAGE_SIZE, 4 * PAGE_SIZE), 0);
	ck_assert_int_eq(fc_thread_join(&t), 0);
	file_close(&reader_file);
}
END_TEST

static Suite *truncate_suite(void)
{
	Suite *suite = suite_create("truncate");
	TCase *tcase = tcase_create("truncate");

	tcase_add_checked_fixture(tcase, fc_setup, fc_teardown);
	tcase_add_test(tcase, truncate_down_frees_blocks_and_zeroes_the_tail);
	tcase_add_test(tcase, truncate_zeroes_the_tail_on_disk_before_the_size);
	tcase_add_test(tcase, tail_written_before_a_kill_is_zero_when_the_file_grows);
	tcase_add_test(tcase, truncate_impossible_size_is_refused);
	tcase_add_test(tcase, truncate_error_changes_nothing);
	tcase_add_test(tcase, punch_whole_pages_frees_their_blocks);
	tcase_add_test(tcase, punch_within_a_page_frees_nothing);
	tcase_add_test(tcase, punch_past_the_end_keeps_the_size);
	tcase_add_test(tcase, killed_truncate_changes_nothing);
	tcase_add_test(tcase, reader_without_the_lock_makes_a_stale_page);
	tcase_add_test(tcase, reader_with_the_lock_is_kept_out_of_a_punch);
	tcase_add_test(tcase, reader_that_may_wait_sees_the_hole);
	suite_add_tcase(suite, tcase);
	return suite;
}

CK_MAIN(truncate_suite())
