/* SPDX-License-Identifier: MIT */
#include "lockdep/lines.h"
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Reads a line without its end. False: there is none. */
static bool next(FILE *f, char *line, const char **wrong)
{
	size_t length;

	*wrong = NULL;
	if (!fgets(line, KLOCK_LINE_MAX, f))
		return false;
	length = strcspn(line, "\r\n");
	if (!line[length] && !feof(f)) {
		while (!feof(f) && !ferror(f) && fgetc(f) != '\n')
			; /* its rest */
		*wrong = "the line is too long";
	}
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
