/* SPDX-License-Identifier: MIT */
/*
 * usage: NAME FILE|FOLDER...
 * Hands each file to the target once, as libFuzzer does when it is given files: the corpus as an
 * ordinary test, with any compiler. Fails when there is no file.
 */
#include "fuzz/fuzz.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static unsigned int files;

static void run_file(const char *path)
{
	FILE *f = fopen(path, "re");
	uint8_t *data = NULL;
	size_t size = 0, n;

	if (!f) {
		perror(path);
		exit(1);
	}
	do { /* in a place of its exact size, so that a sanitizer sees what is read beyond */
		uint8_t part[4096];

		n = fread(part, 1, sizeof(part), f);
		data = realloc(data, size + n + !(size + n));
		if (!data)
			exit(1);
		memcpy(data + size, part, n);
		size += n;
	} while (n);
	fclose(f);
	printf("%s: %zu bytes\n", path, size);
	fflush(stdout);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	files++;
}

static int no_dot(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void run(const char *path)
{
	struct dirent **list;
	int nr = scandir(path, &list, no_dot, alphasort);

	if (nr < 0) {
		run_file(path);
		return;
	}
	for (int i = 0; i < nr; i++) {
		char *name;

		if (asprintf(&name, "%s/%s", path, list[i]->d_name) < 0)
			exit(1);
		run_file(name);
		free(name);
		free(list[i]);
	}
	free(list);
}

int main(int argc, char **argv)
{
	char **paths = calloc((size_t)argc, sizeof(*paths));

	/* The target may go elsewhere. */
	for (int i = 1; paths && i < argc; i++)
		paths[i] = realpath(argv[i], NULL);
	for (int i = 1; paths && i < argc; i++) {
		if (!paths[i]) {
			fprintf(stderr, "replay: no such file: %s\n", argv[i]);
			exit(1);
		}
		run(paths[i]);
		free(paths[i]);
	}
	free(paths);
	if (!files)
		fputs("replay: no files\n", stderr);
	return !files;
}
