/* SPDX-License-Identifier: MIT */
#include "lockdep/lines.h"
#include "base/say.h"
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <unistd.h>

/* No FILE: that would take memory from malloc(), which may be built on our locks. */
struct reader {
	int fd, error;
	size_t at, filled;
	char buf[1024];
};

/* -1: there is none, or it cannot be read: see `error`. */
static int next_byte(struct reader *r)
{
	if (r->at == r->filled) {
		ssize_t n;

		do
			n = read(r->fd, r->buf, sizeof(r->buf));
		while (n < 0 && errno == EINTR);
		if (n < 0)
			r->error = errno;
		if (n <= 0)
			return -1;
		r->at = 0;
		r->filled = (size_t)n;
	}
	return (unsigned char)r->buf[r->at++];
}

/*
 * Reads a line without its end, which may be that of DOS. What would be cut off of it without a
 * word is wrong: all beyond a zero byte, or beyond the room. False: there is none.
 */
static bool next(struct reader *r, char *line, const char **wrong)
{
	size_t length = 0;
	int c = next_byte(r);

	*wrong = NULL;
	if (c < 0)
		return false;
	for (; c >= 0 && c != '\n'; c = next_byte(r)) {
		if (!c)
			*wrong = "a zero byte";
		else if (length + 1 < KLOCK_LINE_MAX)
			line[length++] = (char)c;
		else if (!*wrong)
			*wrong = "the line is too long";
	}
	if (length && line[length - 1] == '\r')
		length--;
	line[length] = '\0';
	return true;
}

const char *klock_lines_read(const char *file, klock_line_fn take)
{
	struct reader r = { .fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY) };
	const char *wrong, *result = NULL;
	char line[KLOCK_LINE_MAX];

	if (r.fd < 0)
		return klock_errno_text(errno);
	for (unsigned int number = 1; next(&r, line, &wrong); number++) {
		if (!wrong)
			wrong = take(line, file, number);
		if (wrong) {
			klock_say("klock: %s:%u: %s\n", file, number, wrong);
			result = "it has wrong lines";
		}
	}
	if (r.error)
		result = klock_errno_text(r.error);
	close(r.fd);
	return result;
}
