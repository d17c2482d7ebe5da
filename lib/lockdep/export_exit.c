/* SPDX-License-Identifier: MIT */
/* dot=FILE, json=FILE, text=FILE: what is written when the program ends. */
#include "lockdep/export.h"
#include "lockdep/options.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static pid_t owner;

/* The name with %p made the process's number. False: too long. */
static bool expand(const char *file, char *name, size_t size, bool *has_pid)
{
	size_t used = 0;

	*has_pid = false;
	for (; *file; file++) {
		int n;

		if (file[0] == '%' && file[1] == 'p') {
			n = snprintf(name + used, size - used, "%d", (int)getpid());
			*has_pid = true;
			file++;
		} else {
			n = snprintf(name + used, size - used, "%c", *file);
		}
		used += (size_t)n;
		if (used >= size)
			return false;
	}
	return used;
}

/* A child of fork() leaves its parent's file alone, and writes its own if that is another. */
static void write_one(const char *file, enum klock_dump_format format)
{
	char name[4096];
	bool has_pid;
	int fd;

	if (!expand(file, name, sizeof(name), &has_pid)) {
		errno = ENAMETOOLONG;
		goto failed;
	}
	if (getpid() != owner && !has_pid)
		return;
	fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0 || klock_lockdep_dump(fd, format) || close(fd))
		goto failed;
	return;
failed:
	fprintf(stderr, "klock: KLOCK_LOCKDEP: cannot write %s: %s\n", file, strerror(errno));
}

static void at_exit(void)
{
	for (int format = KLOCK_DUMP_TEXT; format <= KLOCK_DUMP_DOT; format++)
		if (klock_options.dump[format])
			write_one(klock_options.dump[format], (enum klock_dump_format)format);
}

void klock_export_start(void)
{
	owner = getpid();
	for (int format = KLOCK_DUMP_TEXT; format <= KLOCK_DUMP_DOT; format++) {
		if (klock_options.dump[format]) {
			atexit(at_exit);
			return;
		}
	}
}
