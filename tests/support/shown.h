/* SPDX-License-Identifier: MIT */
/* For Check suites: what klock_show_locks_fd() writes, and what comes to standard error. */
#ifndef KLOCK_TEST_SHOWN_H
#define KLOCK_TEST_SHOWN_H

#include <check.h>
#include <klock/show.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char shown[200000];

/* All of the file so far, as a string in `shown`. */
static inline void read_shown(FILE *file)
{
	size_t n;

	rewind(file);
	n = fread(shown, 1, sizeof(shown) - 1, file);
	shown[n] = '\0';
}

static inline void show_locks(void)
{
	FILE *file = tmpfile();

	ck_assert_ptr_nonnull(file);
	klock_show_locks_fd(fileno(file));
	read_shown(file);
	fclose(file);
}

/* Standard error goes to a file until uncapture(), which has what came in `shown`. */
static struct {
	FILE *file;
	int before;
} captured;

static inline void capture(void)
{
	fflush(stderr);
	captured.file = tmpfile();
	ck_assert_ptr_nonnull(captured.file);
	captured.before = dup(STDERR_FILENO);
	ck_assert_int_ge(dup2(fileno(captured.file), STDERR_FILENO), 0);
}

static inline void uncapture(void)
{
	fflush(stderr);
	ck_assert_int_ge(dup2(captured.before, STDERR_FILENO), 0);
	close(captured.before);
	read_shown(captured.file);
	fclose(captured.file);
}

/* The line of `shown` that has this, up to its end; NULL: there is none. */
static inline const char *line_with(const char *text)
{
	static char line[600];
	const char *at = strstr(shown, text), *end;

	if (!at)
		return NULL;
	while (at > shown && at[-1] != '\n')
		at--;
	end = strchr(at, '\n');
	snprintf(line, sizeof(line), "%.*s", end ? (int)(end - at) : (int)strlen(at), at);
	return line;
}

/* Some line has both. */
#define expect_line(key, text)                                                                     \
	do {                                                                                       \
		const char *line_ = line_with(key);                                                \
		ck_assert_msg(line_ != NULL, "no line with \"%s\" in\n%s", key, shown);            \
		ck_assert_msg(line_ && strstr(line_, text), "\"%s\" is not in\n%s", text, line_);  \
	} while (0)

#endif
