/* SPDX-License-Identifier: MIT */
/* Reads with IOCB_WAITQ: queued for a page that somebody else reads, told, and tried again. */
#include <klock/waitq.h>

#include "fc_fixture.h"
#include "support/ck_main.h"

static struct klock_waitq waitq;
static int told;
static struct page *page; /* page 1: in the cache, not uptodate, locked by the test */

static void count_told(struct klock_waitq *wq)
{
	(void)wq;
	told++;
}

static int fail_reads(void *arg, enum image_io dir, const struct inode *inode, uint64_t index)
{
	(void)arg, (void)inode, (void)index;
	return dir == IMAGE_READ ? -EIO : 0;
}

static void setup(void)
{
	fc_setup();
	fc_fill(&fc_file, 0, 3, 'q');
	fc_drop();
	fc_file.f_ra.ra_pages = 0;
	fc_hook(fail_reads, NULL);
	ck_assert_int_eq(fc_byte(&fc_file, PAGE_SIZE, 0), -EIO);
	fc_hook(NULL, NULL);
	ck_assert_int_eq(fc_byte(&fc_file, 0, 0), 'q');
	page = find_get_page(fc_file.f_mapping, 1);
	ck_assert_ptr_nonnull(page);
	ck_assert(trylock_page(page));
	told = 0;
	klock_waitq_init(&waitq, count_told, -1);
}

static int read_by(struct klock_waitq *wq, int64_t pos, size_t len, int flags)
{
	unsigned char buf[2 * PAGE_SIZE];
	struct kiocb iocb;
	ssize_t n;

	init_sync_kiocb(&iocb, &fc_file, pos, flags);
	iocb.ki_waitq = wq;
	n = filemap_read(&iocb, buf, len);
	ck_assert_int_eq(iocb.ki_pos, pos + (n > 0 ? n : 0));
	return n == 1 ? buf[0] : (int)n;
}

static int read_page_1(void)
{
	return read_by(&waitq, PAGE_SIZE, 1, IOCB_WAITQ);
}

static void unlock(void)
{
	unlock_page(page);
	put_page(page);
}

START_TEST(waitq_read_of_a_locked_page_is_told_and_tried_again)
{
	ck_assert_int_eq(read_page_1(), -EIOCBQUEUED);
	ck_assert_int_eq(klock_waitq_claim(&waitq), -EIOCBQUEUED);
	ck_assert_int_eq(filemap_read_page(fc_file.f_mapping, page, 0), 0);
	ck_assert_int_eq(told, 0);
	unlock();
	ck_assert_int_eq(told, 1);
	ck_assert_int_eq(klock_waitq_claim(&waitq), 0);
	ck_assert_int_eq(read_page_1(), 'q');
	/* The page belongs to nobody. */
	ck_assert_int_eq((int)fc_write(&fc_file, PAGE_SIZE, "w", 1, IOCB_NOWAIT), 1);
}
END_TEST

START_TEST(waitq_read_of_a_page_locked_again_is_queued_again)
{
	ck_assert_int_eq(read_page_1(), -EIOCBQUEUED);
	unlock_page(page);
	ck_assert(trylock_page(page));
	ck_assert_int_eq(klock_waitq_claim(&waitq), 0);
	ck_assert_int_eq(read_page_1(), -EIOCBQUEUED);
	unlock();
	ck_assert_int_eq(told, 2);
	ck_assert_int_eq(klock_waitq_claim(&waitq), 0);
}
END_TEST

START_TEST(waitq_read_of_a_page_truncated_meanwhile_sees_the_end)
{
	ck_assert_int_eq(read_page_1(), -EIOCBQUEUED);
	unlock();
	ck_assert_int_eq(filemap_truncate(&fc_file, PAGE_SIZE), 0); /* the page is freed */
	ck_assert_int_eq(klock_waitq_claim(&waitq), 0);
	ck_assert_int_eq(read_page_1(), 0);
}
END_TEST

START_TEST(waitq_read_of_a_page_dropped_under_its_lock_finds_another)
{
	ck_assert_int_eq(read_page_1(), -EIOCBQUEUED);
	delete_from_page_cache(page);
	unlock();
	ck_assert_int_eq(told, 1);
	ck_assert_int_eq(klock_waitq_claim(&waitq), 0);
	ck_assert_int_eq(fc_byte(&fc_file, PAGE_SIZE, 0), 'q');
	ck_assert_int_eq(read_page_1(), 'q');
}
END_TEST

START_TEST(waitq_read_that_is_cancelled_is_not_told)
{
	ck_assert_int_eq(read_page_1(), -EIOCBQUEUED);
	ck_assert_int_eq(klock_waitq_cancel(&waitq), 0);
	unlock();
	ck_assert_int_eq(told, 0);
	ck_assert_int_eq(klock_waitq_claim(&waitq), -ECANCELED);
}
END_TEST

START_TEST(waitq_reads_of_one_page_are_all_told)
{
	struct klock_waitq other;

	klock_waitq_init(&other, count_told, -1);
	ck_assert_int_eq(read_page_1(), -EIOCBQUEUED);
	ck_assert_int_eq(read_by(&other, PAGE_SIZE, 1, IOCB_WAITQ | IOCB_NOWAIT), -EIOCBQUEUED);
	unlock();
	ck_assert_int_eq(told, 2);
	ck_assert_int_eq(klock_waitq_claim(&waitq), 0);
	ck_assert_int_eq(klock_waitq_claim(&other), 0);
}
END_TEST

START_TEST(waitq_read_that_has_bytes_returns_them)
{
	ck_assert_int_eq(read_by(&waitq, 10, 2 * PAGE_SIZE, IOCB_WAITQ), PAGE_SIZE - 10);
	/* It was not queued meanwhile: it can be now. */
	ck_assert_int_eq(read_page_1(), -EIOCBQUEUED);
	unlock();
	ck_assert_int_eq(told, 1);
	ck_assert_int_eq(klock_waitq_claim(&waitq), 0);
}
END_TEST

START_TEST(waitq_request_that_waits_for_no_page_is_not_queued)
{
	struct fc_other other = { .file = &fc_file, .pos = 2 * PAGE_SIZE, .flags = IOCB_WAITQ };

	ck_assert_int_eq(read_by(&waitq, 0, 1, IOCB_WAITQ), 'q');
	ck_assert_int_eq(read_by(NULL, 0, 1, IOCB_WAITQ), 'q');
	ck_assert_int_eq(read_by(NULL, PAGE_SIZE, 1, IOCB_WAITQ), -EAGAIN);
	ck_assert_int_eq(read_by(&waitq, PAGE_SIZE, 1, IOCB_WAITQ | IOCB_NOIO), -EAGAIN);
	ck_assert_int_eq((int)fc_write(&fc_file, PAGE_SIZE, "w", 1, IOCB_WAITQ), -EAGAIN);
	unlock();
	down_write(&fc_file.f_mapping->invalidate_lock);
	ck_assert_int_eq(fc_by_other(&other), -EAGAIN);
	up_write(&fc_file.f_mapping->invalidate_lock);
	ck_assert_int_eq(told, 0);
}
END_TEST

static Suite *waitq_suite(void)
{
	Suite *suite = suite_create("waitq");
	TCase *tcase = tcase_create("waitq");

	tcase_add_checked_fixture(tcase, setup, fc_teardown);
	tcase_add_test(tcase, waitq_read_of_a_locked_page_is_told_and_tried_again);
	tcase_add_test(tcase, waitq_read_of_a_page_locked_again_is_queued_again);
	tcase_add_test(tcase, waitq_read_of_a_page_truncated_meanwhile_sees_the_end);
	tcase_add_test(tcase, waitq_read_of_a_page_dropped_under_its_lock_finds_another);
	tcase_add_test(tcase, waitq_read_that_is_cancelled_is_not_told);
	tcase_add_test(tcase, waitq_reads_of_one_page_are_all_told);
	tcase_add_test(tcase, waitq_read_that_has_bytes_returns_them);
	tcase_add_test(tcase, waitq_request_that_waits_for_no_page_is_not_queued);
	suite_add_tcase(suite, tcase);
	return suite;
}

CK_MAIN(waitq_suite())
