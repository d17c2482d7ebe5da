/* SPDX-License-Identifier: MIT */
#include "hang/names.h"
#include "base/printable.h"
#include "base/read_file.h"
#include "base/symbols.h"
#include <string.h>
#include <unistd.h>

/* What a file of the thread's begins with, as a string; its length. */
static size_t read_of_thread(int tid, const char *file, char *buf, size_t size)
{
	char path_buf[64];
	struct klock_sigtext path = klock_sigtext_in(path_buf, sizeof(path_buf));
	size_t n = 0;
	int fd;

	klock_sigtext_add(&path, "/proc/self/task/%d/%s", tid, file);
	fd = klock_open_to_read(path.buf);
	if (fd >= 0) {
		n = klock_read_some(fd, buf, size - 1);
		close(fd);
	}
	buf[n] = '\0';
	return n;
}

void klock_add_thread(struct klock_sigtext *text, int tid)
{
	char comm[32], name[64];

	if (!tid) {
		klock_sigtext_add(text, "a thread that has ended");
		return;
	}
	read_of_thread(tid, "comm", comm, sizeof(comm));
	comm[strcspn(comm, "\n")] = '\0';
	klock_sigtext_add(text, "%s/%d", comm[0] ? klock_printable(comm, name, sizeof(name)) : "?",
			  tid);
}

/* The file begins: TID (NAME) STATE ... */
void klock_add_state(struct klock_sigtext *text, int tid)
{
	const char *state;
	char stat[80];

	if (!tid || !read_of_thread(tid, "stat", stat, sizeof(stat)))
		return;
	state = strrchr(stat, ')');
	if (!state || state[1] != ' ')
		return;
	switch (state[2]) {
	case 'R':
		klock_sigtext_add(text, " (runs)");
		break;
	case 'S':
	case 'D':
		klock_sigtext_add(text, " (sleeps)");
		break;
	case 'T':
	case 't':
		klock_sigtext_add(text, " (stopped)");
		break;
	default:
		break;
	}
}

void klock_add_site(struct klock_sigtext *text, const void *site, struct klock_mapping *last)
{
	char where[256];

	klock_describe_site_near(site, last, where, sizeof(where));
	klock_sigtext_add(text, "%s", where);
}
