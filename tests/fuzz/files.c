/* SPDX-License-Identifier: MIT */
#include "fuzz/files.h"
#include "fuzz/fuzz.h"
#include "lockdep/lines.h"
#include <stdlib.h>
#include <string.h>

struct piece {
	struct piece *next;
	_Alignas(16) unsigned char data[];
};

static struct piece *pieces;

void *fuzz_arena_alloc(size_t size)
{
	struct piece *piece = calloc(1, sizeof(*piece) + size);

	expect(piece, "no memory");
	piece->next = pieces;
	pieces = piece;
	return piece->data;
}

char *fuzz_arena_strdup(const char *text)
{
	return strcpy(fuzz_arena_alloc(strlen(text) + 1), text);
}

void fuzz_arena_free(void)
{
	while (pieces) {
		struct piece *next = pieces->next;

		free(pieces);
		pieces = next;
	}
}

static int fd = -1;
static const char *expected, *expected_end;
static unsigned int expected_number;

/* A line of the input that fits is handed out as it stands there, without its end. */
static const char *compare(char *line, const char *file, unsigned int number)
{
	const char *end;
	size_t length;

	(void)file;
	for (; expected_number < number; expected_number++) {
		end = memchr(expected, '\n', (size_t)(expected_end - expected));
		expected = end ? end + 1 : expected_end;
	}
	end = memchr(expected, '\n', (size_t)(expected_end - expected));
	length = (size_t)((end ? end : expected_end) - expected);
	if (length && expected[length - 1] == '\r')
		length--;
	expect(strlen(line) == length && !memcmp(line, expected, length),
	       "line %u is '%s', which is not all", number, line);
	return NULL;
}

const char *fuzz_read_lines(const char *(*read)(const char *file), const char *text, size_t size)
{
	const char *why, *said, *path;

	if (fd < 0)
		fd = fuzz_memory();
	path = fuzz_path(fd);
	fuzz_fill(fd, text, size);
	expected = text;
	expected_end = text + size;
	expected_number = 1;
	fuzz_hush();
	klock_lines_read(path, compare);
	fuzz_said();

	fuzz_hush();
	why = read(path);
	said = fuzz_said();
	expect(why || !*said, "accepted, and said: %s", said);
	expect(!why || (*why && strstr(said, path)), "refused, and said nothing of the line");
	return why;
}
