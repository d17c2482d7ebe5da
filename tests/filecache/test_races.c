/* SPDX-License-Identifier: MIT */
/* Two threads, each time in the one order in which a missing check or lock shows. */
#include "fc_fixture.h"
#include "support/ck_main.h"

static struct vm_area_struct *vma;

static void setup(void)
{
	fc_setup();
	fc_file.f_ra.ra_pages = 0;
	fc_fill(&fc_file, 0, 4, 'r');
	fc_drop();
}

/* What a truncate does, in two steps: here the locks and the size, later the rest. */
static void begin_cut(int64_t size)
{
	down_write(&fc_file.f_inode->i_rwsem);
	down_write(&fc_file.f_mapping->invalidate_lock);
	i_size_write(fc_file.f_inode, size);
}

static void end_cut(void)
{
	up_write(&fc_file.f_mapping->invalidate_lock);
	up_write(&fc_file.f_inode->i_rwsem);
}

/* Somebody has come to the invalidate lock, and sleeps there. */
static void until_contended(void)
{
	while (!rwsem_is_contended(&fc_file.f_mapping->invalidate_lock))
		sched_yield();
}

static int read_page_1(void *arg)
{
	char data[PAGE_SIZE];

	(void)arg;
	return (int)fc_read(&fc_file, PAGE_SIZE, data, PAGE_SIZE, 0);
}

START_TEST(read_that_waits_while_the_file_is_cut_ends_at_the_new_end)
{
	struct fc_thread t;

	down_write(&fc_file.f_inode->i_rwsem);
	down_write(&fc_file.f_mapping->invalidate_lock);
	fc_thread_start(&t, read_page_1, NULL);
	until_contended();
	i_size_write(fc_file.f_inode, PAGE_SIZE + 100);
	end_cut();
	ck_assert_int_eq(fc_thread_join(&t), 100);
}
END_TEST

static int read_ahead(void *arg)
{
	struct kiocb iocb;

	(void)arg;
	init_sync_kiocb(&iocb, &fc_file, 0, 0);
	return (int)page_cache_readahead(&iocb, 0, 4);
}

START_TEST(readahead_that_waits_while_the_file_is_cut_reads_what_is_left)
{
	struct fc_thread t;

	down_write(&fc_file.f_inode->i_rwsem);
	down_write(&fc_file.f_mapping->invalidate_lock);
	fc_thread_start(&t, read_ahead, NULL);
	until_contended();
	i_size_write(fc_file.f_inode, PAGE_SIZE + 100);
	end_cut();
	ck_assert_int_eq(fc_thread_join(&t), 2);
}
END_TEST

static int mapped_byte_of_page_3(void *arg)
{
	unsigned char c;
	int err = vma_read(vma, 3 * PAGE_SIZE, &c, 1, NULL);

	(void)arg;
	return err ? err : c;
}

START_TEST(fault_that_waits_while_the_file_is_cut_is_sigbus)
{
	struct fc_thread t;

	if (mm_available())
		return;
	ck_assert_int_eq(filemap_mmap(&fc_file, 0, 4, &vma), 0);
	down_write(&fc_file.f_inode->i_rwsem);
	down_write(&fc_file.f_mapping->invalidate_lock);
	fc_thread_start(&t, mapped_byte_of_page_3, NULL);
	until_contended();
	ck_assert(down_write_trylock(&fc_image->mm->mmap_lock));
	up_write(&fc_image->mm->mmap_lock);
	i_size_write(fc_file.f_inode, PAGE_SIZE);
	end_cut();
	ck_assert_int_eq(fc_thread_join(&t), -EFAULT);
	filemap_munmap(vma);
}
END_TEST

/* As the second try of a fault, which holds mmap_lock while it waits. */
static int fault_of_page_3(void *arg)
{
	struct vm_fault vmf = { .mm = fc_image->mm, .pgoff = 3, .flags = FAULT_FLAG_TRIED };
	unsigned int ret;

	(void)arg;
	vmf.file = fc_file;
	down_read(&fc_image->mm->mmap_lock);
	ret = filemap_fault(&vmf);
	if (ret & VM_FAULT_LOCKED) {
		ck_assert_ptr_eq(vmf.page->mapping, fc_file.f_mapping);
		unlock_page(vmf.page);
		put_page(vmf.page);
	}
	up_read(&fc_image->mm->mmap_lock);
	return (int)ret;
}

START_TEST(fault_that_finds_the_page_of_a_file_cut_meanwhile_is_sigbus)
{
	struct fc_thread t;

	down_write(&fc_file.f_inode->i_rwsem);
	down_write(&fc_file.f_mapping->invalidate_lock);
	fc_thread_start(&t, fault_of_page_3, NULL);
	until_contended();
	i_size_write(fc_file.f_inode, PAGE_SIZE);
	end_cut();
	ck_assert_int_eq(fc_thread_join(&t), VM_FAULT_SIGBUS);
}
END_TEST

START_TEST(fault_that_waits_while_the_file_grows_is_the_page)
{
	struct fc_thread t;

	if (mm_available())
		return;
	ck_assert_int_eq(filemap_mmap(&fc_file, 0, 4, &vma), 0);
	begin_cut(4 * PAGE_SIZE);
	fc_thread_start(&t, mapped_byte_of_page_3, NULL);
	until_contended();
	end_cut();
	ck_assert_int_eq(fc_thread_join(&t), 'r');
	filemap_munmap(vma);
}
END_TEST

/* In the cache, locked by the caller, and not uptodate, as one that another thread reads. */
static struct page *page_being_read(pgoff_t index)
{
	struct page *page = NULL;

	ck_assert_int_eq(grab_cache_page(fc_file.f_mapping, index, 0, &page), 0);
	ck_assert(!test_bit(PG_uptodate, &page->flags));
	return page;
}

START_TEST(read_that_waits_for_a_page_does_not_keep_truncates_out)
{
	struct page *page = page_being_read(1);
	struct fc_thread t;

	fc_thread_start(&t, read_page_1, NULL);
	fc_thread_asleep(&t);
	ck_assert(down_write_trylock(&fc_file.f_mapping->invalidate_lock));
	up_write(&fc_file.f_mapping->invalidate_lock);
	unlock_page(page);
	put_page(page);
	ck_assert_int_eq(fc_thread_join(&t), PAGE_SIZE);
}
END_TEST

START_TEST(fault_of_a_page_dropped_under_its_lock_starts_again)
{
	struct page *page = page_being_read(3);
	struct fc_thread t;

	fc_thread_start(&t, fault_of_page_3, NULL);
	fc_thread_asleep(&t);
	delete_from_page_cache(page);
	unlock_page(page);
	put_page(page);
	ck_assert_int_eq(fc_thread_join(&t), VM_FAULT_LOCKED | VM_FAULT_MAJOR);
}
END_TEST

static int write_into_page_1(void *arg)
{
	(void)arg;
	return (int)fc_write(&fc_file, PAGE_SIZE + 5, "w", 1, 0);
}

START_TEST(write_to_a_page_dropped_under_its_lock_starts_again)
{
	struct page *page = page_being_read(1);
	struct fc_thread t;

	fc_thread_start(&t, write_into_page_1, NULL);
	fc_thread_asleep(&t);
	delete_from_page_cache(page);
	unlock_page(page);
	put_page(page);
	ck_assert_int_eq(fc_thread_join(&t), 1);
	ck_assert_int_eq(fc_byte(&fc_file, PAGE_SIZE + 5, 0), 'w');
	fc_drop();
	ck_assert_int_eq(fc_byte(&fc_file, PAGE_SIZE + 5, 0), 'w');
}
END_TEST

static int truncate_to_page_1(void *arg)
{
	(void)arg;
	return filemap_truncate(&fc_file, PAGE_SIZE);
}

START_TEST(truncate_waits_for_a_page_with_nobody_let_in)
{
	struct page *page = page_being_read(1);
	struct fc_thread t;

	fc_thread_start(&t, truncate_to_page_1, NULL);
	fc_thread_asleep(&t);
	ck_assert(!down_read_trylock(&fc_file.f_mapping->invalidate_lock));
	ck_assert(!down_read_trylock(&fc_file.f_inode->i_rwsem));
	unlock_page(page);
	put_page(page);
	ck_assert_int_eq(fc_thread_join(&t), 0);
	ck_assert_uint_eq(fc_file.f_mapping->nrpages, 0);
}
END_TEST

static int fsync_it(void *arg)
{
	(void)arg;
	return filemap_fsync(&fc_file);
}

/* Neither lock: a file that is being written back can be read, written and cut. */
START_TEST(fsync_waits_for_a_page_with_everybody_let_in)
{
	struct page *page = NULL;
	struct fc_thread t;

	fc_fill(&fc_file, 1, 1, 'd');
	ck_assert_int_eq(grab_cache_page(fc_file.f_mapping, 1, 0, &page), 0);
	fc_thread_start(&t, fsync_it, NULL);
	fc_thread_asleep(&t);
	ck_assert(down_write_trylock(&fc_file.f_inode->i_rwsem));
	ck_assert(down_write_trylock(&fc_file.f_mapping->invalidate_lock));
	end_cut();
	ck_assert(mutex_trylock(&fc_image->commit_lock));
	mutex_unlock(&fc_image->commit_lock);
	unlock_page(page);
	put_page(page);
	ck_assert_int_eq(fc_thread_join(&t), 0);
}
END_TEST

/* The write of a page, seen from below: it is locked, and dirty until it is on disk. */
static int look_at_page(void *arg, enum image_io dir, const struct inode *inode, uint64_t index)
{
	unsigned int *looked = arg;
	struct page *page;

	(void)inode;
	page = find_get_page(fc_file.f_mapping, index);
	if (!page)
		return 0;
	if (dir == IMAGE_WRITE) {
		ck_assert(test_bit(PG_locked, &page->flags));
		ck_assert(test_bit(PG_dirty, &page->flags));
		(*looked)++;
	} else if (dir == IMAGE_READ) {
		ck_assert(test_bit(PG_locked, &page->flags));
		ck_assert(!test_bit(PG_uptodate, &page->flags));
		(*looked)++;
	}
	put_page(page);
	return 0;
}

START_TEST(page_is_locked_and_dirty_while_it_is_written)
{
	unsigned int looked = 0;

	fc_fill(&fc_file, 1, 2, 'd');
	fc_hook(look_at_page, &looked);
	ck_assert_int_eq(filemap_fsync(&fc_file), 0);
	fc_hook(NULL, NULL);
	ck_assert_uint_eq(looked, 2);
}
END_TEST

START_TEST(page_is_locked_and_not_uptodate_while_it_is_read)
{
	unsigned int looked = 0;

	fc_hook(look_at_page, &looked);
	ck_assert_int_eq(fc_byte(&fc_file, PAGE_SIZE, 0), 'r');
	fc_hook(NULL, NULL);
	ck_assert_uint_eq(looked, 1);
}
END_TEST

/* The blocks go when no page leads to them any more, and the lock is held. */
static int look_at_pages(void *arg, enum image_io dir, const struct inode *inode, uint64_t index)
{
	(void)arg, (void)index;
	if (dir != IMAGE_FREE)
		return 0;
	ck_assert(!find_get_next_page(fc_file.f_mapping, 1, 2));
	ck_assert_uint_ne(inode_block((struct inode *)(uintptr_t)inode, 1), 0);
	ck_assert(!down_read_trylock(&fc_file.f_mapping->invalidate_lock));
	return 0;
}

START_TEST(blocks_are_freed_after_their_pages_are_dropped_and_under_the_lock)
{
	fc_fill(&fc_file, 1, 1, 'x');
	ck_assert_int_eq(fc_byte(&fc_file, 2 * PAGE_SIZE, 0), 'r');
	fc_hook(look_at_pages, NULL);
	ck_assert_int_eq(filemap_punch_hole(&fc_file, PAGE_SIZE, 2 * PAGE_SIZE), 0);
	fc_hook(NULL, NULL);
	ck_assert_uint_eq(inode_block(fc_file.f_inode, 1), 0);
}
END_TEST

/* A wait for the lock of the page that a truncate writes; it is told inside unlock_page(). */
static struct {
	struct klock_waitq wq;
	struct kiocb iocb;
	int64_t size;
} woken;

static void look_at_size(struct klock_waitq *wq)
{
	(void)wq;
	woken.size = i_size_read(fc_file.f_inode);
}

static int wait_for_page(void *arg, enum image_io dir, const struct inode *inode, uint64_t index)
{
	struct page *page = find_get_page(fc_file.f_mapping, index);

	(void)arg, (void)inode;
	if (dir == IMAGE_WRITE) {
		klock_waitq_init(&woken.wq, look_at_size, -1);
		init_sync_kiocb(&woken.iocb, &fc_file, 0, IOCB_WAITQ);
		woken.iocb.ki_waitq = &woken.wq;
		ck_assert_int_eq(iocb_wait_on_bit(&woken.iocb, &page->flags, PG_locked),
				 -EIOCBQUEUED);
	}
	if (page)
		put_page(page);
	return 0;
}

START_TEST(page_that_is_cut_is_unlocked_with_the_new_size)
{
	struct page *page;

	/* For the reference: the request is in the page. */
	ck_assert_int_eq(fc_byte(&fc_file, PAGE_SIZE, 0), 'r');
	page = find_get_page(fc_file.f_mapping, 1);
	fc_hook(wait_for_page, NULL);
	ck_assert_int_eq(filemap_truncate(&fc_file, PAGE_SIZE + 100), 0);
	fc_hook(NULL, NULL);
	ck_assert_int_eq(klock_waitq_claim(&woken.wq), 0);
	ck_assert_int_eq(woken.size, PAGE_SIZE + 100);
	put_page(page);
}
END_TEST

static Suite *races_suite(void)
{
	Suite *suite = suite_create("races");
	TCase *tcase = tcase_create("races");

	suite_add_tcase(suite, tcase);
	tcase_add_checked_fixture(tcase, setup, fc_teardown);
	tcase_add_test(tcase, read_that_waits_while_the_file_is_cut_ends_at_the_new_end);
	tcase_add_test(tcase, readahead_that_waits_while_the_file_is_cut_reads_what_is_left);
	tcase_add_test(tcase, fault_that_waits_while_the_file_is_cut_is_sigbus);
	tcase_add_test(tcase, fault_that_finds_the_page_of_a_file_cut_meanwhile_is_sigbus);
	tcase_add_test(tcase, fault_that_waits_while_the_file_grows_is_the_page);
	tcase_add_test(tcase, read_that_waits_for_a_page_does_not_keep_truncates_out);
	tcase_add_test(tcase, fault_of_a_page_dropped_under_its_lock_starts_again);
	tcase_add_test(tcase, write_to_a_page_dropped_under_its_lock_starts_again);
	tcase_add_test(tcase, truncate_waits_for_a_page_with_nobody_let_in);
	tcase_add_test(tcase, fsync_waits_for_a_page_with_everybody_let_in);
	tcase_add_test(tcase, page_is_locked_and_dirty_while_it_is_written);
	tcase_add_test(tcase, page_is_locked_and_not_uptodate_while_it_is_read);
	tcase_add_test(tcase, blocks_are_freed_after_their_pages_are_dropped_and_under_the_lock);
	tcase_add_test(tcase, page_that_is_cut_is_unlocked_with_the_new_size);
	return suite;
}

CK_MAIN(races_suite())
