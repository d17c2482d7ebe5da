/* SPDX-License-Identifier: MIT */
#include "lockdep/lines.h"
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/*
 * Reads a line without its end, which may be that of DOS. What would be cut off of it without a
 * word is wrong: all beyond a zero byte, or beyond the room. False: there is none.
 */
static bool next(FILE *f, char *line, const char **wrong)
{
	size_t length = 0;
	int c = getc(f);

	*wrong = NULL;
	if (c == EOF)
		return false;
	for (; c != EOF && c != '\n'; c = getc(f)) {
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
	char line[KLOCK_LINE_MAX];
	const char *wrong, *result = NULL;
	FILE *f = fopen(file, "re");

	if (!f)
		return strerror(errno);
	for (unsigned int number = 1; next(f, line, &wrong); number++) {
		if (!wrong)
			wrong = take(line, file, number);
		if (wrong) {
			fprintf(stderr, "klock: %s:%u: %s\n", file, number, wrong);
			result = "it has wrong lines";
		}
	}
	if (ferror(f))
		result = strerror(errno);
	fclose(f);
	return result;
}
