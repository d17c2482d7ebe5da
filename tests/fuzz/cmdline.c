/* SPDX-License-Identifier: MIT */
/*
 * Command lines of filecache, one a line of the input, in a folder with the image "i". Each ends
 * with a status that main.c documents and, if that is not 0, a message; whoever is told that
 * nothing was touched finds nothing touched; an image that was in order stays so.
 */
#include "fuzz/fuzz.h"
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

int filecache_main(int argc, char **argv);
#define main filecache_main
#include "main.c"
#undef main

#define MAX_LINES 24
#define MAX_ARGS 12
#define MAX_FILE (1 << 20)    /* bytes of any file that is written */
#define MAX_READ (64 << 10)   /* of a file that "stat" reads, perhaps a thousand times */

static void ignore(void *arg, const char *problem)
{
	(void)arg, (void)problem;
}

static bool in_order(const char *image)
{
	return !image_fsck(image, ignore, NULL);
}

static uint64_t hash_file(const char *path)
{
	static unsigned char buf[4096];
	uint64_t hash = 1;
	FILE *f = fopen(path, "re");
	size_t n;

	if (!f)
		return 0;
	while ((n = fread(buf, 1, sizeof(buf), f)))
		while (n--)
			hash = (hash ^ buf[n]) * 0x100000001b3;
	fclose(f);
	return hash;
}

/* A sparse file is as long to read as a full one. */
static bool small_files(const char *path)
{
	struct inode_info info;
	struct image *image;
	bool small = true;

	if (image_open(path, IMAGE_RDONLY, &image))
		return true;
	for (unsigned int n = 0; !inode_stat_nth(image, n, &info); n++)
		small &= info.size <= MAX_READ;
	image_abandon(image);
	return small;
}

/* Runs for seconds: no further than its arguments, of which the last is wrong. */
static int stop_race(int argc, char **argv)
{
	static char wrong[] = "--no-such-option";

	if (argc > 1 && !strcmp(argv[1], "race"))
		argv[argc++] = wrong;
	return argc;
}

static int split(char *line, char **argv)
{
	static char program[] = "filecache";
	int argc = 0;
	char *arg;

	argv[argc++] = program;
	while (argc < MAX_ARGS && (arg = strsep(&line, " ")))
		argv[argc++] = arg;
	argc = stop_race(argc, argv);
	argv[argc] = NULL;
	return argc;
}

static int run_hushed(int argc, char **argv, const char **said)
{
	static char nothing[] = "";
	char *const none[] = { nothing, NULL };
	struct sigaction old_int, old_term;
	int status;

	optind = 0; /* forgets what is left of an argument of the last line */
	expect(getopt(1, none, "") == -1, "no options, and one is found");
	sigaction(SIGINT, NULL, &old_int);
	sigaction(SIGTERM, NULL, &old_term);
	fuzz_hush();
	status = filecache_main(argc, argv);
	*said = fuzz_said();
	clearerr(stdout);
	sigaction(SIGINT, &old_int, NULL);
	sigaction(SIGTERM, &old_term, NULL);
	return status;
}

static void run_line(char *line)
{
	char *argv[MAX_ARGS + 2], shown[256];
	uint64_t hash = hash_file("i");
	bool good = in_order("i");
	const char *said;
	int status, argc;

	snprintf(shown, sizeof(shown), "%s", line);
	argc = split(line, argv);
	if (argc > 1 && !strcmp(argv[1], "stat") && !(small_files("i") && small_files("x")))
		return;
	status = run_hushed(argc, argv, &said);
	expect((status >= 0 && status <= EXIT_BAD_IMAGE) || (status == EXIT_RACE_FAILED &&
	       !strcmp(argv[1], "race")), "'%s' ends with %d: %s", shown, status, said);
	expect(!status || *said, "'%s' ends with %d and says nothing", shown, status);
	expect(status != EXIT_USAGE || hash == hash_file("i"), "'%s' is wrong and does something",
	       shown);
	/* These two overwrite what they are told to, the image too. */
	expect(!good || in_order("i") || !strcmp(argv[1], "get") || !strcmp(argv[1], "mkfs"),
	       "'%s' leaves: %s", shown, cache_error());
}

static void start(void)
{
	static bool done;
	struct rlimit limit = { MAX_FILE, MAX_FILE };

	fuzz_scratch();
	if (!done) {
		signal(SIGXFSZ, SIG_IGN);
		expect(!setrlimit(RLIMIT_FSIZE, &limit), "setrlimit");
		expect(freopen("/dev/null", "r", stdin), "no /dev/null");
		done = true;
	}
	expect(!image_mkfs("i", 32, 4, true), "%s", cache_error());
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };

	start();
	for (int n = 0; n < MAX_LINES && in.left; n++) {
		char *line = fuzz_text(&in, '\n');

		for (char *c = line; *c; c++) /* stays in this folder */
			if (*c == '/')
				*c = '+';
		run_line(line);
		free(line);
	}
	return 0;
}
