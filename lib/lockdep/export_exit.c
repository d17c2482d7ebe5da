/* SPDX-License-Identifier: MIT */
/* dot=FILE, json=FILE, text=FILE: what is written when the program ends. */
#include "base/filename.h"
#include "base/say.h"
#include "lockdep/export.h"
#include "lockdep/options.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static pid_t owner;

/* A child of fork() leaves its parent's file alone, and writes its own if that is another. */
static void write_one(const char *file, enum klock_dump_format format)
{
	int fd;

	if (getpid() != owner && !klock_filename_has_pid(file))
		return;
	fd = klock_filename_open(file, O_TRUNC);
	if (fd < 0 || klock_lockdep_dump(fd, format) || close(fd))
		klock_say("klock: KLOCK_LOCKDEP: cannot write %s: %s\n", file,
			klock_errno_text(errno));
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
