/* SPDX-License-Identifier: MIT */
#include "base/maps.h"
#include "base/read_file.h"
#include <string.h>
#include <unistd.h>

/* One line, taken apart: START-END PERMISSIONS OFFSET DEVICE INODE PATH */
struct line {
	uintptr_t start, end, offset;
	const char *path; /* "" for memory of no file */
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

static const char *next_field(const char *p)
{
	p += strcspn(p, " ");
	return p + strspn(p, " ");
}

static bool take_apart(const char *text, struct line *line)
{
	const char *p = hex(text, &line->start);

	if (*p++ != '-')
		return false;
	p = next_field(hex(p, &line->end));
	p = hex(next_field(p), &line->offset);
	line->path = next_field(next_field(next_field(p)));
	return true;
}

struct search {
	uintptr_t address;
	struct klock_mapping *m; /* so far: the last mapping of a file */
	bool found;
};

static void look_at_line(struct search *s, const char *text)
{
	struct klock_mapping *m = s->m;
	struct line line;

	if (s->found || !take_apart(text, &line))
		return;
	if (*line.path == '/') {
		if (!line.offset || strcmp(m->path, line.path))
			m->base = line.start;
		strncpy(m->path, line.path, sizeof(m->path) - 1);
	} else if (*line.path || line.start != m->end) {
		memset(m, 0, sizeof(*m));
	}
	m->start = line.start;
	m->end = line.end;
	s->found = *m->path && s->address >= m->start && s->address < m->end;
}

static void look_through(struct search *s, int fd)
{
	char buf[KLOCK_MAP_PATH + 128]; /* a line that is longer is cut */
	size_t used = 0, n;

	while (!s->found && (n = klock_read_some(fd, buf + used, sizeof(buf) - 1 - used))) {
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

bool klock_mapping_find(uintptr_t address, struct klock_mapping *m)
{
	struct search s = { .address = address, .m = m };
	int fd;

	if (address >= m->start && address < m->end)
		return true;
	memset(m, 0, sizeof(*m));
	fd = klock_open_to_read("/proc/self/maps");
	if (fd < 0)
		return false;
	look_through(&s, fd);
	close(fd);
	if (!s.found)
		memset(m, 0, sizeof(*m));
	return s.found;
}

const char *klock_mapping_name(const struct klock_mapping *m)
{
	const char *slash = strrchr(m->path, '/');

	return slash ? slash + 1 : m->path;
}
