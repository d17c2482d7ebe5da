/* SPDX-License-Identifier: MIT */
/* Names and lines of addresses, from files that may be anything, by a process that may hang. */
#include "base/elf_symbol.h"
#include "base/helper.h"
#include "base/source_line.h"
#include "base/symbols.h"
#include "base/under_tsan.h"
#include "support/ck_main.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static __attribute__((noinline)) int not_exported(int n)
{
	return n * 7 + getpid();
}

static int in_zeroed_memory;
static int in_data = 1;

static void expect_site(const void *site, const char *wanted)
{
	char text[256];

	klock_describe_site(site, text, sizeof(text));
	ck_assert_msg(strstr(text, wanted), "'%s' has no '%s'", text, wanted);
}

START_TEST(site_of_a_static_function_is_named)
{
	ck_assert_int_ne(not_exported(1), 0);
	expect_site((const void *)(uintptr_t)not_exported, "test_symbols(not_exported+0x0)");
	expect_site((const char *)(uintptr_t)not_exported + 1, "(not_exported+0x1)");
}
END_TEST

START_TEST(site_of_a_variable_is_named)
{
	expect_site(&in_data, "test_symbols(in_data+0x0)");
	expect_site(&in_zeroed_memory, "test_symbols(in_zeroed_memory+0x0)");
}
END_TEST

START_TEST(site_in_no_file_is_an_address)
{
	int automatic = 0;

	expect_site(&automatic, "0x");
	expect_site(NULL, "0x0");
}
END_TEST

START_TEST(site_is_cut_where_there_is_no_room)
{
	char text[12];

	klock_describe_site(&in_data, text, sizeof(text));
	ck_assert_uint_eq(strlen(text), sizeof(text) - 1);
	klock_describe_call(&in_data, text, sizeof(text));
	ck_assert_uint_eq(strlen(text), sizeof(text) - 1);
}
END_TEST

/* The program's own file, damaged: a name or none, and nothing else happens. */
static size_t read_own(unsigned char **bytes)
{
	int fd = open("/proc/self/exe", O_RDONLY);
	struct stat st;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fstat(fd, &st), 0);
	*bytes = malloc((size_t)st.st_size);
	ck_assert_ptr_nonnull(*bytes);
	ck_assert_int_eq(read(fd, *bytes, (size_t)st.st_size), st.st_size);
	close(fd);
	return (size_t)st.st_size;
}

static void try_file(const unsigned char *bytes, size_t size)
{
	char path[] = "/tmp/klock-symbols-XXXXXX";
	int fd = mkstemp(path);
	struct klock_elf_symbol symbol;
	uintptr_t in_file;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, bytes, size), (ssize_t)size);
	close(fd);
	klock_elf_address(path, 0x1000, 0x2000, &in_file);
	klock_elf_symbol(path, 0x2000, &symbol);
	unlink(path);
}

START_TEST(symbols_of_a_damaged_file_do_no_harm)
{
	unsigned char *bytes;
	size_t size = read_own(&bytes);
	unsigned int seed = 1;

	for (size_t n = 0; n < 200; n++)
		try_file(bytes, n);
	for (size_t i = 0; i < 64; i++) {
		unsigned char was = bytes[i];

		bytes[i] = 0xff;
		try_file(bytes, size < 4096 ? size : 4096);
		bytes[i] = was;
	}
	for (int i = 0; i < 100; i++) {
		seed = seed * 1103515245 + 12345;
		bytes[size - 1 - seed % 4096] ^= 0xff; /* the sections' headers are at the end */
		try_file(bytes, size);
	}
	free(bytes);
}
END_TEST

/* ---- The process that is asked ---------------------------------------------------------- */

static volatile sig_atomic_t children;

static void on_child(int signo)
{
	(void)signo;
	children = children + 1;
}

static ssize_t run(const char *command, char *out, size_t size, int64_t timeout_ns)
{
	char *argv[] = { (char *)"sh", (char *)"-c", (char *)command, NULL };

	return klock_helper_run("/bin/sh", argv, out, size, timeout_ns);
}

START_TEST(helper_is_no_child_of_the_program)
{
	char out[64];

	if (klock_under_tsan()) /* its clone() fails in the child */
		return;
	signal(SIGCHLD, on_child);
	ck_assert_int_eq(run("echo yes", out, sizeof(out), 20000000000), 4);
	ck_assert_int_eq(memcmp(out, "yes\n", 4), 0);
	ck_assert_int_eq(waitpid(-1, NULL, 0), -1);
	ck_assert_int_eq(errno, ECHILD);
	ck_assert_int_eq(children, 0);
}
END_TEST

START_TEST(helper_that_hangs_is_not_waited_for)
{
	char out[64];

	if (klock_under_tsan()) /* its clone() fails in the child */
		return;
	errno = 42;
	ck_assert_int_eq(run("exec sleep 20", out, sizeof(out), 50000000), -1);
	ck_assert_int_eq(errno, 42);
}
END_TEST

START_TEST(helper_that_is_missing_writes_nothing)
{
	char *argv[] = { (char *)"none", NULL }, out[8];

	if (klock_under_tsan()) /* its clone() fails in the child */
		return;
	ck_assert_int_le(klock_helper_run("/nowhere/none", argv, out, sizeof(out), 20000000000), 0);
}
END_TEST

START_TEST(helper_has_no_file_and_no_environment_of_the_program)
{
	char out[64] = "";

	if (klock_under_tsan()) /* its clone() fails in the child */
		return;
	setenv("KLOCK_TEST_LEAK", "leak", 1);
	ck_assert_int_eq(dup2(1, 77), 77);
	ck_assert_int_gt(run("echo ${KLOCK_TEST_LEAK-none}; [ -e /proc/self/fd/77 ] || echo closed",
			     out, sizeof(out), 20000000000), 0);
	ck_assert_msg(!strncmp(out, "none\nclosed\n", 12), "%s", out);
}
END_TEST

START_TEST(line_without_the_program_is_missing_and_asked_for_once)
{
	struct klock_mapping m = { 0 };
	char line[64];

	setenv("KLOCK_LINES", "/nowhere/none", 1);
	ck_assert(klock_mapping_find((uintptr_t)not_exported, &m));
	for (int i = 0; i < 1000; i++)
		ck_assert(!klock_source_line((const void *)((uintptr_t)not_exported + 1), &m, line,
					     sizeof(line)));
}
END_TEST

static Suite *symbols_suite(void)
{
	Suite *suite = suite_create("symbols");
	TCase *tc = tcase_create("symbols");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, site_of_a_static_function_is_named);
	tcase_add_test(tc, site_of_a_variable_is_named);
	tcase_add_test(tc, site_in_no_file_is_an_address);
	tcase_add_test(tc, site_is_cut_where_there_is_no_room);
	tcase_add_test(tc, symbols_of_a_damaged_file_do_no_harm);
	tcase_add_test(tc, helper_is_no_child_of_the_program);
	tcase_add_test(tc, helper_that_hangs_is_not_waited_for);
	tcase_add_test(tc, helper_that_is_missing_writes_nothing);
	tcase_add_test(tc, helper_has_no_file_and_no_environment_of_the_program);
	tcase_add_test(tc, line_without_the_program_is_missing_and_asked_for_once);
	suite_add_tcase(suite, tc);
	return suite;
}

CK_MAIN(symbols_suite())
