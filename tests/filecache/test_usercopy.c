/* SPDX-License-Identifier: MIT */
/* Writes from memory mappings, of the file that is written too. */
#include "fc_fixture.h"
#include "support/ck_main.h"

static struct file source; /* "s" */
static struct vm_area_struct *vma, *own;

static void setup(void)
{
	fc_setup();
	ck_assert_int_eq(file_open(fc_image, "s", O_CREAT, &source), 0);
	fc_fill(&source, 0, 3, 's');
	fc_fill(&fc_file, 0, 3, 'a');
	fc_drop();
	if (!mm_available()) {
		ck_assert_int_eq(filemap_mmap(&source, 0, 5, &vma), 0);
		ck_assert_int_eq(filemap_mmap(&fc_file, 0, 5, &own), 0);
	}
}

START_TEST(plain_memory_is_no_mapping)
{
	char plain[100] = "";
	size_t len = sizeof(plain);

	ck_assert_ptr_null(find_user_vma(plain, &len));
	ck_assert_uint_eq(len, sizeof(plain));
}
END_TEST

START_TEST(memory_up_to_a_mapping_is_plain)
{
	size_t len = 3 * PAGE_SIZE;

	ck_assert_ptr_ne(find_user_vma(vma->vm_start + PAGE_SIZE, &len), NULL);
	ck_assert_uint_eq(len, 3 * PAGE_SIZE);
	len = 10 * PAGE_SIZE;
	ck_assert_ptr_eq(find_user_vma(vma->vm_start + PAGE_SIZE, &len), vma);
	ck_assert_uint_eq(len, 4 * PAGE_SIZE);
	filemap_munmap(own);
	len = 2 * PAGE_SIZE;
	ck_assert_ptr_null(find_user_vma(vma->vm_start - PAGE_SIZE, &len));
	ck_assert_uint_eq(len, PAGE_SIZE);
}
END_TEST

START_TEST(write_from_a_mapping_copies_it)
{
	ck_assert_int_eq((int)fc_write(&fc_file, 100, vma->vm_start + 50, 2 * PAGE_SIZE, 0),
			 2 * PAGE_SIZE);
	ck_assert_int_eq(fc_byte(&fc_file, 99, 0), 'a');
	ck_assert_int_eq(fc_byte(&fc_file, 100, 0), 's');
	ck_assert_int_eq(fc_byte(&fc_file, 100 + 2 * PAGE_SIZE - 1, 0), 's');
	ck_assert_int_eq(fc_byte(&fc_file, 100 + 2 * PAGE_SIZE, 0), 'a');
}
END_TEST

START_TEST(write_from_a_mapping_of_the_same_range_changes_nothing)
{
	char c;

	ck_assert_int_eq((int)fc_write(&fc_file, 0, own->vm_start, 3 * PAGE_SIZE, 0),
			 3 * PAGE_SIZE);
	ck_assert_int_eq(fc_byte(&fc_file, 2 * PAGE_SIZE, 0), 'a');
	ck_assert_int_eq(vma_read(own, PAGE_SIZE, &c, 1, NULL), 0);
	ck_assert_int_eq(c, 'a');
}
END_TEST

START_TEST(write_from_a_mapping_of_the_same_page_shifts_it)
{
	ck_assert_int_eq((int)fc_write(&fc_file, 0, "xyz", 3, 0), 3);
	ck_assert_int_eq((int)fc_write(&fc_file, 10, own->vm_start, 3, 0), 3);
	ck_assert_int_eq(fc_byte(&fc_file, 10, 0), 'x');
	ck_assert_int_eq(fc_byte(&fc_file, 12, 0), 'z');
	ck_assert_int_eq(fc_byte(&fc_file, 13, 0), 'a');
}
END_TEST

START_TEST(append_from_a_mapping_of_the_file_doubles_it)
{
	struct kiocb iocb;

	init_sync_kiocb(&iocb, &fc_file, 0, IOCB_APPEND);
	ck_assert_int_eq((int)filemap_write(&iocb, own->vm_start, 3 * PAGE_SIZE), 3 * PAGE_SIZE);
	ck_assert_int_eq(i_size_read(fc_file.f_inode), 6 * PAGE_SIZE);
	ck_assert_int_eq(fc_byte(&fc_file, 6 * PAGE_SIZE - 1, 0), 'a');
}
END_TEST

START_TEST(write_from_beyond_the_end_of_a_mapping_is_short_then_efault)
{
	ck_assert_int_eq((int)fc_write(&fc_file, 0, vma->vm_start + 2 * PAGE_SIZE, 2 * PAGE_SIZE,
				       0), PAGE_SIZE);
	ck_assert_int_eq((int)fc_write(&fc_file, 0, vma->vm_start + 3 * PAGE_SIZE, 10, 0),
			 -EFAULT);
	ck_assert_int_eq(fc_byte(&fc_file, PAGE_SIZE, 0), 'a');
}
END_TEST

static int fail_reads(void *arg, enum image_io dir, const struct inode *inode, uint64_t index)
{
	(void)arg, (void)index;
	return dir == IMAGE_READ && inode == source.f_inode ? -EIO : 0;
}

START_TEST(write_from_a_mapping_that_cannot_be_read_is_efault)
{
	fc_hook(fail_reads, NULL);
	ck_assert_int_eq((int)fc_write(&fc_file, 0, vma->vm_start, 10, 0), -EFAULT);
	fc_hook(NULL, NULL);
	ck_assert_int_eq(fc_byte(&fc_file, 0, 0), 'a');
}
END_TEST

START_TEST(nowait_write_from_a_mapping_takes_what_is_in_the_cache)
{
	ck_assert_int_eq(fc_byte(&fc_file, 0, 0), 'a');
	ck_assert_int_eq((int)fc_write(&fc_file, 0, vma->vm_start, 10, IOCB_NOWAIT), -EAGAIN);
	ck_assert_int_eq(fc_byte(&source, 0, 0), 's');
	ck_assert_int_eq((int)fc_write(&fc_file, 0, vma->vm_start, 10, IOCB_NOWAIT), 10);
	ck_assert_int_eq(fc_byte(&fc_file, 9, 0), 's');
}
END_TEST

START_TEST(read_into_a_mapping_is_efault)
{
	/* Mappings are read-only. */
	ck_assert_int_eq((int)fc_read(&fc_file, 0, vma->vm_start, 10, 0), -EFAULT);
}
END_TEST

static int write_from_mapping(void *arg)
{
	(void)arg;
	return (int)fc_write(&fc_file, 0, vma->vm_start, 10, 0);
}

START_TEST(write_that_waits_for_its_buffer_can_be_killed)
{
	struct fc_thread t;

	down_write(&source.f_mapping->invalidate_lock);
	fc_thread_start(&t, write_from_mapping, NULL);
	while (!rwsem_is_contended(&source.f_mapping->invalidate_lock))
		sched_yield();
	klock_kill(t.task);
	ck_assert_int_eq(fc_thread_join(&t), -EINTR);
	ck_assert_uint_eq(fc_count(CACHE_eintr), 1);
	up_write(&source.f_mapping->invalidate_lock);
	ck_assert_int_eq(fc_byte(&fc_file, 0, 0), 'a');
}
END_TEST

/* Each writes its file from a mapping of the other's: neither may keep a page locked meanwhile. */
struct crossing {
	struct file *to;
	struct vm_area_struct *from;
};

static int write_often(void *arg)
{
	struct crossing *c = arg;
	int i;

	for (i = 0; i < 200; i++) {
		if (fc_write(c->to, 0, c->from->vm_start, 2 * PAGE_SIZE, 0) != 2 * PAGE_SIZE)
			return -1;
		image_drop_pages(fc_image);
	}
	return 0;
}

START_TEST(writes_from_mappings_of_each_other_end)
{
	struct crossing a = { &fc_file, vma }, b = { &source, own };
	struct fc_thread ta, tb;

	fc_thread_start(&ta, write_often, &a);
	fc_thread_start(&tb, write_often, &b);
	ck_assert_int_eq(fc_thread_join(&ta), 0);
	ck_assert_int_eq(fc_thread_join(&tb), 0);
}
END_TEST

static Suite *usercopy_suite(void)
{
	Suite *suite = suite_create("usercopy");
	TCase *tcase = tcase_create("usercopy");

	suite_add_tcase(suite, tcase);
	tcase_add_checked_fixture(tcase, setup, fc_teardown);
	tcase_add_test(tcase, plain_memory_is_no_mapping);
	if (mm_available()) {
		printf("%s\n", cache_error());
		return suite;
	}
	tcase_add_test(tcase, memory_up_to_a_mapping_is_plain);
	tcase_add_test(tcase, write_from_a_mapping_copies_it);
	tcase_add_test(tcase, write_from_a_mapping_of_the_same_range_changes_nothing);
	tcase_add_test(tcase, write_from_a_mapping_of_the_same_page_shifts_it);
	tcase_add_test(tcase, append_from_a_mapping_of_the_file_doubles_it);
	tcase_add_test(tcase, write_from_beyond_the_end_of_a_mapping_is_short_then_efault);
	tcase_add_test(tcase, write_from_a_mapping_that_cannot_be_read_is_efault);
	tcase_add_test(tcase, nowait_write_from_a_mapping_takes_what_is_in_the_cache);
	tcase_add_test(tcase, read_into_a_mapping_is_efault);
	tcase_add_test(tcase, write_that_waits_for_its_buffer_can_be_killed);
	tcase_add_test(tcase, writes_from_mappings_of_each_other_end);
	return suite;
}

CK_MAIN(usercopy_suite())
