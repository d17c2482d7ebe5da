/* SPDX-License-Identifier: MIT */
/* Names of files from options: what cannot be one is said, and nothing is cut off. */
#include "base/filename.h"
#include "support/ck_main.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static char name[KLOCK_FILENAME_MAX], text[KLOCK_FILENAME_MAX + 1];

/* "/aaa...", of that many characters. */
static const char *long_name(size_t length)
{
	memset(text, 'a', length);
	text[0] = '/';
	text[length] = '\0';
	return text;
}

START_TEST(filename_that_is_just_short_enough_is_whole)
{
	ck_assert(klock_filename_whole(long_name(KLOCK_FILENAME_MAX - 1), name));
	ck_assert_str_eq(name, text);
}
END_TEST

START_TEST(filename_that_is_too_long_is_refused)
{
	errno = 0;
	ck_assert(!klock_filename_whole(long_name(KLOCK_FILENAME_MAX), name));
	ck_assert_int_eq(errno, ENAMETOOLONG);
}
END_TEST

START_TEST(filename_that_is_too_long_with_the_pid_is_refused)
{
	long_name(KLOCK_FILENAME_MAX);
	memcpy(text + 1, "%p", 2); /* a number of one digit or more: still too long */
	ck_assert_int_eq(klock_filename_check(text), ENAMETOOLONG);
	errno = 0;
	ck_assert_int_eq(klock_filename_open(text, 0), -1);
	ck_assert_int_eq(errno, ENAMETOOLONG);
}
END_TEST

START_TEST(filename_that_is_empty_is_refused)
{
	ck_assert(!klock_filename_whole("", name));
	ck_assert_int_eq(klock_filename_check(""), ENOENT);
}
END_TEST

START_TEST(filename_in_a_folder_that_is_gone_is_refused)
{
	char folder[] = "/tmp/klock-XXXXXX";
	int before = open(".", O_RDONLY | O_DIRECTORY);

	ck_assert(mkdtemp(folder) && !chdir(folder) && !rmdir(folder));
	ck_assert(!klock_filename_whole("a", name));
	ck_assert(klock_filename_whole("/a", name));
	ck_assert(!fchdir(before) && !close(before)); /* without forks, others come after us */
}
END_TEST

static Suite *filename_suite(void)
{
	Suite *suite = suite_create("filename");
	TCase *tc = tcase_create("filename");

	tcase_add_test(tc, filename_that_is_just_short_enough_is_whole);
	tcase_add_test(tc, filename_that_is_too_long_is_refused);
	tcase_add_test(tc, filename_that_is_too_long_with_the_pid_is_refused);
	tcase_add_test(tc, filename_that_is_empty_is_refused);
	tcase_add_test(tc, filename_in_a_folder_that_is_gone_is_refused);
	suite_add_tcase(suite, tc);
	return suite;
}

CK_MAIN(filename_suite())
