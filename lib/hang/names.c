/* SPDX-License-Identifier: MIT */
#include "hang/names.h"
#include "base/printable.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static int open_file(const char *path)
{
	int fd;

	do
		fd = open(path, O_RDONLY | O_CLOEXEC);
	while (fd < 0 && errno == EINTR);
	return fd;
}

/* 0: at the end, or it failed. */
static size_t read_some(int fd, char *buf, size_t size)
{
	ssize_t n;

	do
		n = read(fd, buf, size);
	while (n < 0 && errno == EINTR);
	return n > 0 ? (size_t)n : 0;
}

/* What a file of the thread's begins with, as a string; its length. */
static size_t read_of_thread(int tid, const char *file, char *buf, size_t size)
{
	char path_buf[64];
	struct klock_sigtext path = klock_sigtext_in(path_buf, sizeof(path_buf));
	size_t n = 0;
	int fd;

	klock_sigtext_add(&path, "/proc/self/task/%d/%s", tid, file);
	fd = open_file(path.buf);
	if (fd >= 0) {
		n = read_some(fd, buf, size - 1);
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

/* One line of /proc/self/maps, taken apart: START-END PERMISSIONS OFFSET DEVICE INODE PATH */
struct mapping {
	uintptr_t start, end, offset;
	const char *path;
};

static const char *hex(const char *p, uintptr_t *n)
{
	for (*n = 0;; p++) {
		if (*p >= '0' && *p <= '9')
			*n = *n << 4 | (uintptr_t)(*p - '0');
		else if (*p >= 'a' && *p <= 'f')
			*n = *n << 4 | (uintptr_t)(*p - 'a' + 10);
		else
			return p;
	}
}

static bool take_apart(const char *line, struct mapping *m)
{
	const char *p = hex(line, &m->start);

	if (*p++ != '-')
		return false;
	p = hex(p, &m->end);
	p += strspn(p, " ");
	p += strcspn(p, " "); /* permissions */
	p += strspn(p, " ");
	p = hex(p, &m->offset);
	m->path = strchr(p, '/');
	return true;
}

struct search {
	uintptr_t site, base;
	struct klock_place *place;
	bool found;
};

static void look_at_line(struct search *s, const char *line)
{
	struct mapping m;

	if (s->found || !take_apart(line, &m))
		return;
	if (!m.offset)
		s->base = m.start;
	if (s->site < m.start || s->site >= m.end || !m.path)
		return;
	s->place->start = m.start;
	s->place->end = m.end;
	s->place->base = s->base;
	strncpy(s->place->file, strrchr(m.path, '/') + 1, sizeof(s->place->file) - 1);
	s->found = true;
}

static void look_through_maps(struct search *s, int fd)
{
	char buf[1024]; /* a line that is longer is cut */
	size_t used = 0, n;

	while (!s->found && (n = read_some(fd, buf + used, sizeof(buf) - 1 - used))) {
		char *line = buf, *end;

		used += n;
		buf[used] = '\0';
		while ((end = strchr(line, '\n')) || (line == buf && used == sizeof(buf) - 1)) {
			if (end)
				*end = '\0';
			look_at_line(s, line);
			line = end ? end + 1 : buf + used;
		}
		used -= (size_t)(line - buf);
		memmove(buf, line, used);
	}
}

static bool find(uintptr_t site, struct klock_place *place)
{
	struct search s = { .site = site, .place = place };
	int fd;

	if (site >= place->start && site < place->end)
		return true;
	fd = open_file("/proc/self/maps");
	if (fd < 0)
		return false;
	memset(place, 0, sizeof(*place));
	look_through_maps(&s, fd);
	close(fd);
	return s.found;
}

void klock_add_site(struct klock_sigtext *text, const void *site, struct klock_place *last)
{
	if (find((uintptr_t)site, last))
		klock_sigtext_add(text, "%s(+0x%lx)", last->file,
				  (unsigned long)((uintptr_t)site - last->base));
	else
		klock_sigtext_add(text, "%p", site);
}
