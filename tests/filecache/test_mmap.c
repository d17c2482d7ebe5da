/* SPDX-License-Identifier: MIT */
/* Memory mappings. Where userfaultfd is forbidden, only that is tested. */
#include <signal.h>
#include <sys/wait.h>

#include "fc_fixture.h"
#include "support/ck_main.h"

static struct vm_area_struct *vma;

/* A mapping of 10 pages of a file of 6, not in the cache. */
static void setup(void)
{
	fc_setup();
	fc_fill(&fc_file, 0, 6, 'm');
	fc_drop();
	ck_assert_msg(!filemap_mmap(&fc_file, 0, 10, &vma), "%s", cache_error());
}

/* The byte of the mapping, or -EFAULT. */
static int mapped_byte(size_t offset)
{
	unsigned char c;
	int err = vma_read(vma, offset, &c, 1, NULL);

	return err ? err : c;
}

START_TEST(mapping_shows_the_file)
{
	size_t i;

	for (i = 0; i < 6; i++)
		ck_assert_int_eq(vma->vm_start[i * PAGE_SIZE + i], 'm');
	ck_assert_uint_eq(fc_count(CACHE_faults), 6);
	/* The pages are there now. */
	ck_assert_int_eq(vma->vm_start[5], 'm');
	ck_assert_uint_eq(fc_count(CACHE_faults), 6);
}
END_TEST

START_TEST(mapping_from_a_page_on_shows_that)
{
	struct vm_area_struct *other;

	fc_fill(&fc_file, 4, 1, 'n');
	ck_assert_int_eq(filemap_mmap(&fc_file, 4, 1, &other), 0);
	ck_assert_int_eq(other->vm_start[10], 'n');
	filemap_munmap(other);
}
END_TEST

START_TEST(mapping_sees_a_write)
{
	ck_assert_int_eq(mapped_byte(PAGE_SIZE), 'm');
	ck_assert_int_eq((int)fc_write(&fc_file, PAGE_SIZE, "new", 3, 0), 3);
	ck_assert_int_eq(mapped_byte(PAGE_SIZE), 'n');
	ck_assert_int_eq(mapped_byte(PAGE_SIZE + 3), 'm');
}
END_TEST

START_TEST(mapping_sees_a_punch)
{
	ck_assert_int_eq(mapped_byte(2 * PAGE_SIZE), 'm');
	ck_assert_int_eq(mapped_byte(3 * PAGE_SIZE), 'm');
	ck_assert_int_eq(filemap_punch_hole(&fc_file, 2 * PAGE_SIZE, PAGE_SIZE + 10), 0);
	ck_assert_int_eq(mapped_byte(2 * PAGE_SIZE), 0);
	ck_assert_int_eq(mapped_byte(3 * PAGE_SIZE + 9), 0);
	ck_assert_int_eq(mapped_byte(3 * PAGE_SIZE + 10), 'm');
}
END_TEST

START_TEST(mapping_sees_a_write_after_eviction)
{
	ck_assert_int_eq(mapped_byte(0), 'm');
	fc_drop();
	ck_assert_int_eq((int)fc_write(&fc_file, 0, "e", 1, 0), 1);
	ck_assert_int_eq(mapped_byte(0), 'e');
}
END_TEST

START_TEST(mapping_beyond_the_end_is_sigbus)
{
	ck_assert_int_eq(mapped_byte(6 * PAGE_SIZE - 1), 'm');
	ck_assert_int_eq(mapped_byte(6 * PAGE_SIZE), -EFAULT);
	ck_assert_int_eq(mapped_byte(9 * PAGE_SIZE), -EFAULT);
	ck_assert_int_eq(mapped_byte(6 * PAGE_SIZE), -EFAULT);
	ck_assert_uint_eq(fc_count(CACHE_sigbus), 2);
}
END_TEST

START_TEST(mapping_gives_zeroes_behind_the_end_in_the_last_page)
{
	ck_assert_int_eq(filemap_truncate(&fc_file, 2 * PAGE_SIZE + 5), 0);
	ck_assert_int_eq(mapped_byte(2 * PAGE_SIZE + 4), 'm');
	ck_assert_int_eq(mapped_byte(2 * PAGE_SIZE + 5), 0);
	ck_assert_int_eq(mapped_byte(3 * PAGE_SIZE), -EFAULT);
}
END_TEST

START_TEST(mapping_of_a_file_that_grows_reaches_further)
{
	ck_assert_int_eq(mapped_byte(7 * PAGE_SIZE), -EFAULT);
	ck_assert_int_eq(filemap_truncate(&fc_file, 8 * PAGE_SIZE), 0);
	ck_assert_int_eq(mapped_byte(7 * PAGE_SIZE), 0);
	ck_assert_int_eq(mapped_byte(8 * PAGE_SIZE), -EFAULT);
	fc_fill(&fc_file, 8, 1, 'g');
	ck_assert_int_eq(mapped_byte(8 * PAGE_SIZE), 'g');
	ck_assert_int_eq(filemap_truncate(&fc_file, PAGE_SIZE), 0);
	ck_assert_int_eq(mapped_byte(8 * PAGE_SIZE), -EFAULT);
	ck_assert_int_eq(mapped_byte(0), 'm');
}
END_TEST

static int fail_reads(void *arg, enum image_io dir, const struct inode *inode, uint64_t index)
{
	(void)arg, (void)inode, (void)index;
	return dir == IMAGE_READ ? -EIO : 0;
}

START_TEST(mapping_of_a_page_that_cannot_be_read_is_sigbus)
{
	fc_hook(fail_reads, NULL);
	ck_assert_int_eq(mapped_byte(0), -EFAULT);
	fc_hook(NULL, NULL);
	ck_assert_int_eq(mapped_byte(PAGE_SIZE), 'm');
}
END_TEST

START_TEST(mapping_of_a_page_that_can_be_read_again_shows_it)
{
	fc_hook(fail_reads, NULL);
	ck_assert_int_eq(mapped_byte(0), -EFAULT);
	ck_assert_int_eq(mapped_byte(PAGE_SIZE), -EFAULT);
	ck_assert_int_eq(mapped_byte(2 * PAGE_SIZE), -EFAULT);
	fc_fill(&fc_file, 1, 1, 'w');
	fc_hook(NULL, NULL);
	ck_assert_int_eq(fc_byte(&fc_file, 0, 0), 'm');
	ck_assert_int_eq(mapped_byte(0), 'm');
	ck_assert_int_eq(mapped_byte(PAGE_SIZE), 'w');
	ck_assert_int_eq(filemap_punch_hole(&fc_file, 2 * PAGE_SIZE, PAGE_SIZE), 0);
	ck_assert_int_eq(mapped_byte(2 * PAGE_SIZE), 0);
}
END_TEST

static void *lengthen(void *arg)
{
	(void)arg;
	ck_assert_int_eq(filemap_truncate(&fc_file, 10 * PAGE_SIZE), 0);
	return NULL;
}

/* By another thread: the handler holds mmap_lock, and may not take what comes before it. */
static int lengthen_before_sigbus(void *arg, enum image_io dir, const struct inode *inode,
				  uint64_t index)
{
	pthread_t thread;

	(void)arg, (void)inode, (void)index;
	if (dir == IMAGE_SIGBUS) {
		ck_assert_int_eq(pthread_create(&thread, NULL, lengthen, NULL), 0);
		ck_assert_int_eq(pthread_join(thread, NULL), 0);
	}
	return 0;
}

START_TEST(fault_beyond_an_end_that_moves_sees_the_longer_file)
{
	fc_hook(lengthen_before_sigbus, NULL);
	ck_assert_int_eq(mapped_byte(7 * PAGE_SIZE), 0);
	ck_assert_uint_eq(fc_count(CACHE_sigbus), 0);
}
END_TEST

START_TEST(mapping_access_beyond_the_end_kills_the_process)
{
	volatile unsigned char *at = vma->vm_start + 8 * PAGE_SIZE;

	unlink(fc_path); /* nobody comes to it after this */
	signal(SIGBUS, SIG_DFL); /* a sanitizer has a handler of its own */
	vma_read(vma, 0, (char[1]){ 0 }, 1, NULL); /* its handler passes on what is not its own */
	*at;
}
END_TEST

START_TEST(vma_read_gives_the_bytes_before_sigbus)
{
	char buf[3 * PAGE_SIZE];
	size_t done;

	ck_assert_int_eq(vma_read(vma, 4 * PAGE_SIZE + 1, buf, sizeof(buf), &done), -EFAULT);
	ck_assert_uint_eq(done, 2 * PAGE_SIZE - 1);
	ck_assert_int_eq(vma_read(vma, 10 * PAGE_SIZE, buf, 1, &done), -EINVAL);
	ck_assert_int_eq(vma_read(vma, 0, buf, SIZE_MAX, &done), -EINVAL);
}
END_TEST

START_TEST(mapping_is_read_only)
{
	ck_assert_int_eq((int)fc_read(&fc_file, 0, vma->vm_start + 100, 10, 0), -EFAULT);
}
END_TEST

START_TEST(mapping_keeps_the_file_in_use)
{
	file_close(&fc_file);
	ck_assert_int_eq(inode_unlink(fc_image, "a"), -EBUSY);
	filemap_munmap(vma);
	ck_assert_int_eq(inode_unlink(fc_image, "a"), 0);
}
END_TEST

START_TEST(mapping_of_nothing_is_refused)
{
	struct vm_area_struct *other;

	ck_assert_int_eq(filemap_mmap(&fc_file, 0, 0, &other), -EINVAL);
}
END_TEST

static int touch_page_3(void *arg)
{
	(void)arg;
	return mapped_byte(3 * PAGE_SIZE);
}

static int touch_in_punch(void *arg, enum image_io dir, const struct inode *inode, uint64_t index)
{
	(void)inode, (void)index;
	if (dir == IMAGE_FREE) {
		fc_thread_start(arg, touch_page_3, NULL);
		/* Until the handler waits for the lock; or, were there none, has read the page. */
		while (!rwsem_is_contended(&fc_file.f_mapping->invalidate_lock) &&
		       fc_count(CACHE_major_faults) < 2)
			sched_yield();
	}
	return 0;
}

START_TEST(fault_in_the_middle_of_a_punch_sees_the_hole)
{
	struct fc_thread t;

	/* Readahead of the fault would wait for the lock in its place. */
	down_write(&vma->vm_mm->mmap_lock);
	vma->vm_file.f_ra.ra_pages = 0;
	up_write(&vma->vm_mm->mmap_lock);
	ck_assert_int_eq(mapped_byte(3 * PAGE_SIZE), 'm');
	fc_hook(touch_in_punch, &t);
	ck_assert_int_eq(filemap_punch_hole(&fc_file, 3 * PAGE_SIZE, PAGE_SIZE), 0);
	ck_assert_int_eq(fc_thread_join(&t), 0);
}
END_TEST

START_TEST(mapping_shows_zeroes_behind_an_end_left_by_a_kill)
{
	filemap_munmap(vma);
	ck_assert_int_eq(filemap_truncate(&fc_file, 3), 0);
	ck_assert_int_eq(filemap_fsync(&fc_file), 0);
	/* Over the end, into the same block; killed before the size is committed. */
	fc_fill(&fc_file, 0, 1, 'n');
	ck_assert_int_eq(filemap_write_and_wait_range(fc_file.f_mapping, 0, 0), 0);
	image_abandon(fc_image);
	fc_open_image(IMAGE_NOSYNC);
	ck_assert_int_eq(file_open(fc_image, "a", 0, &fc_file), 0);
	ck_assert_int_eq(filemap_mmap(&fc_file, 0, 1, &vma), 0);
	ck_assert_int_eq(mapped_byte(2), 'n');
	ck_assert_int_eq(mapped_byte(3), 0);
}
END_TEST

START_TEST(mappings_that_cannot_be_say_why)
{
	struct vm_area_struct *other;
	int err = mm_available();

	ck_assert_msg(err == -ENOSYS || err == -EPERM || err == -EACCES, "%d", err);
	ck_assert_msg(strstr(cache_error(), "memory mappings need") != NULL, "%s", cache_error());
	fc_fill(&fc_file, 0, 1, 'm');
	ck_assert_int_eq(filemap_mmap(&fc_file, 0, 1, &other), err);
	/* All else goes on. */
	ck_assert_int_eq(fc_byte(&fc_file, 0, 0), 'm');
}
END_TEST

static Suite *mmap_suite(void)
{
	Suite *suite = suite_create("mmap");
	TCase *tcase = tcase_create("mmap");
	const char *no_fork = getenv("CK_FORK");

	suite_add_tcase(suite, tcase);
	if (mm_available()) {
		printf("%s\n", cache_error());
		tcase_add_checked_fixture(tcase, fc_setup, fc_teardown);
		tcase_add_test(tcase, mappings_that_cannot_be_say_why);
		return suite;
	}
	tcase_add_checked_fixture(tcase, setup, fc_teardown);
	tcase_add_test(tcase, mapping_shows_the_file);
	tcase_add_test(tcase, mapping_from_a_page_on_shows_that);
	tcase_add_test(tcase, mapping_sees_a_write);
	tcase_add_test(tcase, mapping_sees_a_punch);
	tcase_add_test(tcase, mapping_sees_a_write_after_eviction);
	tcase_add_test(tcase, mapping_beyond_the_end_is_sigbus);
	tcase_add_test(tcase, mapping_gives_zeroes_behind_the_end_in_the_last_page);
	tcase_add_test(tcase, mapping_of_a_file_that_grows_reaches_further);
	tcase_add_test(tcase, mapping_of_a_page_that_cannot_be_read_is_sigbus);
	tcase_add_test(tcase, mapping_of_a_page_that_can_be_read_again_shows_it);
	tcase_add_test(tcase, fault_beyond_an_end_that_moves_sees_the_longer_file);
	tcase_add_test(tcase, vma_read_gives_the_bytes_before_sigbus);
	tcase_add_test(tcase, mapping_is_read_only);
	tcase_add_test(tcase, mapping_keeps_the_file_in_use);
	tcase_add_test(tcase, mapping_of_nothing_is_refused);
	tcase_add_test(tcase, mapping_shows_zeroes_behind_an_end_left_by_a_kill);
	tcase_add_test(tcase, fault_in_the_middle_of_a_punch_sees_the_hole);
	if (!no_fork || strcmp(no_fork, "no")) /* it kills its process */
		tcase_add_test_raise_signal(tcase, mapping_access_beyond_the_end_kills_the_process,
					    SIGBUS);
	return suite;
}

CK_MAIN(mmap_suite())
