/* SPDX-License-Identifier: MIT */
/* Contents of files: contents.h. */
#include "contents.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECTOR 512

static const char *const names[CONTENTS_FILES] = { "file", "another", "out" };

/* Whether the image has the file, which "got" is then. */
static bool get(const char *filecache, const char *name)
{
	int status = -1;
	pid_t child = fork();

	if (!child) {
		int null = open("/dev/null", O_WRONLY);

		dup2(null, STDERR_FILENO);
		execl(filecache, filecache, "get", "img", name, "got", (char *)NULL);
		_exit(127);
	}
	return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

static void read_one(struct one *one, const char *path)
{
	FILE *f = fopen(path, "r");

	one->size = -1;
	if (!f)
		return;
	fseek(f, 0, SEEK_END);
	one->size = ftell(f);
	rewind(f);
	one->data = malloc((size_t)one->size + 1);
	if (!one->data || fread(one->data, 1, (size_t)one->size, f) != (size_t)one->size)
		abort();
	fclose(f);
}

void contents_read(struct contents *contents, const char *filecache)
{
	unsigned int i;

	memset(contents, 0, sizeof(*contents));
	for (i = 0; i < CONTENTS_FILES; i++) {
		const char *path = strcmp(names[i], "out") ? "got" : "out";

		if (!strcmp(path, "out") || get(filecache, names[i]))
			read_one(&contents->file[i], path);
		else
			contents->file[i].size = -1;
	}
}

void contents_free(struct contents *contents)
{
	unsigned int i;

	for (i = 0; i < CONTENTS_FILES; i++)
		free(contents->file[i].data);
}

static bool same(const struct one *a, const struct one *b)
{
	return a->size == b->size && (a->size < 0 || !memcmp(a->data, b->data, (size_t)a->size));
}

/* Bytes [at, at + n) of a file; behind its end there are zeroes. */
static bool same_part(const struct one *a, const struct one *b, long at, long n)
{
	for (; n--; at++)
		if (a->data[at] != (at < b->size ? b->data[at] : 0))
			return false;
	return true;
}

/* Part of it old, and part new. */
static bool between(const struct one *now, const struct one *before, const struct one *after)
{
	long at, n, most = before->size > after->size ? before->size : after->size;

	if (now->size > most)
		return false;
	for (at = 0; at < now->size; at += n) {
		n = now->size - at < SECTOR ? now->size - at : SECTOR;
		if (!same_part(now, before, at, n) && !same_part(now, after, at, n))
			return false;
	}
	/* It is made before it is filled; it does not go before it is to be gone. */
	return now->size >= 0 || before->size < 0 || after->size < 0;
}

const char *contents_compare(const struct contents *now, const struct contents *before,
			     const struct contents *after, enum outcome outcome)
{
	static char why[100];
	unsigned int i;

	for (i = 0; i < CONTENTS_FILES; i++) {
		const struct one *one = &now->file[i], *old = &before->file[i];
		const struct one *new = &after->file[i];

		snprintf(why, sizeof(why), "%s-%s", outcome == DONE ? "wrong" :
			 "neither-old-nor-new", names[i]);
		if (same(one, new))
			continue;
		if (outcome == DONE)
			return why;
		if (strcmp(names[i], "out") != 0 && !same(one, old) &&
		    (outcome == FAILED_AS_A_WHOLE || !between(one, old, new)))
			return why;
	}
	return NULL;
}
