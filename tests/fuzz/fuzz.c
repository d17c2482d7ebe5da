/* SPDX-License-Identifier: MIT */
#include "fuzz/fuzz.h"
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int said_fd = -1, saved[3]; /* by descriptor: 1 and 2 */
static bool hushed;

/* Where the sanitizers say what they found: not where it would be kept with the rest. */
void __sanitizer_set_report_fd(void *fd) __attribute__((weak));

static void must(bool done, const char *what)
{
	if (done)
		return;
	perror(what);
	abort();
}

int fuzz_memory(void)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	must(fd >= 0, "memfd_create");
	return fd;
}

const char *fuzz_path(int fd)
{
	static char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return path;
}

void fuzz_fill(int fd, const void *data, size_t size)
{
	must(!ftruncate(fd, 0) && pwrite(fd, data, size, 0) == (ssize_t)size, "pwrite");
}

static void open_said(void)
{
	said_fd = fuzz_memory();
	for (int fd = 1; fd <= 2; fd++) {
		saved[fd] = dup(fd);
		must(saved[fd] >= 0, "dup");
	}
	if (__sanitizer_set_report_fd)
		__sanitizer_set_report_fd((void *)(intptr_t)saved[2]);
}

/* To its beginning: what was written by one output is behind that of the other. */
void fuzz_hush(void)
{
	if (said_fd < 0)
		open_said();
	fflush(stdout);
	must(!ftruncate(said_fd, 0) && !lseek(said_fd, 0, SEEK_SET), "ftruncate");
	must(dup2(said_fd, 1) == 1 && dup2(said_fd, 2) == 2, "dup2");
	hushed = true;
}

const char *fuzz_said(void)
{
	static char text[FUZZ_SAID + 1];
	ssize_t n;

	fflush(stdout);
	must(dup2(saved[1], 1) == 1 && dup2(saved[2], 2) == 2, "dup2");
	hushed = false;
	n = pread(said_fd, text, FUZZ_SAID, 0);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

void fuzz_fail(const char *condition, const char *format, ...)
{
	va_list args;

	if (hushed)
		fuzz_said();
	fprintf(stderr, "fuzz: not so: %s: ", condition);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	abort();
}

uint8_t fuzz_byte(struct fuzz_input *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->at++;
}

char *fuzz_text(struct fuzz_input *in, char end)
{
	const uint8_t *found = in->left ? memchr(in->at, end, in->left) : NULL;
	size_t length = found ? (size_t)(found - in->at) : in->left;
	char *text = malloc(length + 1);

	must(text, "malloc");
	if (length)
		memcpy(text, in->at, length);
	text[length] = '\0';
	length += !!found;
	in->at += length;
	in->left -= length;
	return text;
}

static char scratch[64];
static pid_t owner;

/* Removes all files of the current folder, or only counts them. */
static unsigned int files(bool remove)
{
	DIR *dir = opendir(".");
	struct dirent *entry;
	unsigned int nr = 0;

	must(dir, "opendir");
	while ((entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		nr++;
		if (remove)
			unlink(entry->d_name);
	}
	closedir(dir);
	return nr;
}

bool fuzz_scratch_empty(void)
{
	return !files(false);
}

static void leave(void)
{
	if (getpid() != owner || chdir(scratch))
		return;
	files(true);
	if (!chdir("/"))
		rmdir(scratch);
}

void fuzz_scratch(void)
{
	const char *tmp = getenv("TMPDIR");

	if (!*scratch) {
		snprintf(scratch, sizeof(scratch), "%.40s/klock-fuzz.XXXXXX",
			 tmp && *tmp ? tmp : "/tmp");
		must(mkdtemp(scratch), "mkdtemp");
		owner = getpid();
		must(!atexit(leave), "atexit");
	}
	must(!chdir(scratch), "chdir");
	files(true);
}
