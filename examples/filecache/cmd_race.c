/* SPDX-License-Identifier: MIT */
/* race: options, the order of the parts, and the verdict. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <klock/task.h>

#include "cli.h"
#include "race.h"

#define MAX_PARTS 4
#define WITH_LOCK_FACTOR 2 /* parts with the lock last so many times longer */

struct race_options {
	const char *dir, *lock;
	int64_t seconds, threads, delay_us, pages, seed;
	bool no_mapped, keep, quiet;
};

/* The directory and image that one race uses. */
struct place {
	char dir[4096];
	char image[4200];
	bool made; /* the directory is temporary */
};

static int make_place(const struct command *command, const struct race_options *options,
		      struct place *place)
{
	const char *tmp = getenv("TMPDIR");
	int fd;

	if (options->dir) {
		if (strlen(options->dir) >= sizeof(place->dir))
			return cli_fail(command, EXIT_USAGE, "--dir: the name is too long");
		strcpy(place->dir, options->dir);
	} else {
		snprintf(place->dir, sizeof(place->dir) - 1, "%s/filecache-race-XXXXXX",
			 tmp && *tmp ? tmp : ".");
		if (!mkdtemp(place->dir))
			return cli_fail(command, EXIT_FAILED, "%s: %s", place->dir,
					strerror(errno));
		place->made = true;
	}
	/* A name of its own: nothing that is there is overwritten. */
	snprintf(place->image, sizeof(place->image), "%s/race-XXXXXX", place->dir);
	fd = mkstemp(place->image);
	if (fd < 0) {
		int status =
			cli_fail(command, EXIT_FAILED, "%s: %s", place->image, strerror(errno));

		if (place->made)
			rmdir(place->dir);
		return status;
	}
	close(fd);
	return EXIT_OK;
}

static void leave_place(const struct race_options *options, const struct place *place)
{
	if (options->keep) {
		printf("The image of the last part: %s\n", place->image);
		return;
	}
	unlink(place->image);
	if (place->made)
		rmdir(place->dir);
}

static void announce(const struct race_result *part, const struct race_options *options,
		     unsigned int seconds)
{
	printf("\nInvalidate lock %s, ", part->lock ? "on" : "OFF");
	if (part->delay)
		printf("a pause of %lld us between dropping pages and freeing blocks",
		       (long long)options->delay_us);
	else
		printf("no pause");
	printf(": %u s\n", seconds);
	fflush(stdout);
}

static unsigned int plan(const struct race_options *options, struct race_result *parts)
{
	unsigned int nr = 0;

	for (int lock = 0; lock < 2; lock++) {
		if (options->lock && strcmp(options->lock, lock ? "on" : "off"))
			continue;
		for (int delay = 1; delay >= 0; delay--) {
			if (delay && !options->delay_us)
				continue;
			parts[nr].lock = lock;
			parts[nr].delay = delay;
			parts[nr].title[0] = lock ? "on" : "OFF";
			parts[nr].title[1] = delay ? "pause" : "no pause";
			nr++;
		}
	}
	return nr;
}

static void tell(const struct race_result *part)
{
	unsigned long wrong = race_wrong(part->tally);

	printf("  => %lu wrong page%s in %lu checked", wrong, wrong == 1 ? "" : "s",
	       part->tally[TALLY_checked]);
	if (wrong)
		printf(", %.0f a second", (double)wrong * 1e9 / (double)part->ns);
	putchar('\n');
	if (part->example[0])
		printf("     for example: %s\n", part->example);
}

/* Stale pages are needed without the lock, and none with it. */
static int judge(const struct command *command, const struct race_result *parts, unsigned int nr)
{
	unsigned long shown = 0, hidden = 0;
	bool without = false, with = false;

	for (unsigned int i = 0; i < nr; i++) {
		const struct race_result *part = &parts[i];

		if (part->lock) {
			with = true;
			hidden +=
				race_wrong(part->tally) + part->wrong_cached + part->wrong_on_disk;
		} else {
			without = true;
			shown += race_stale(part->tally);
		}
	}
	if (hidden)
		return cli_fail(command, EXIT_STALE,
				"FAILED: %lu wrong pages although the invalidate lock was on",
				hidden);
	if (without && !shown)
		return cli_fail(command, EXIT_NOT_SHOWN,
				"FAILED: no stale page turned up without the invalidate lock; "
				"give it more --seconds or a longer --pause");
	printf("\nAs expected:");
	if (without)
		printf(" %lu stale or foreign pages without the invalidate lock%s", shown,
		       with ? "," : "");
	if (with)
		printf(" none with it");
	printf(". fsck found no problem.\n");
	return EXIT_OK;
}

static int run_parts(const struct command *command, const struct race_options *options,
		     const struct race_config *config)
{
	struct race_result parts[MAX_PARTS] = { 0 };
	unsigned int nr = plan(options, parts);

	for (unsigned int i = 0; i < nr; i++) {
		struct race_result *part = &parts[i];
		unsigned int seconds = (unsigned int)options->seconds;

		if (part->lock)
			seconds *= WITH_LOCK_FACTOR;
		announce(part, options, seconds);
		if (race_part(config, seconds, part->lock, part->delay, part)) {
			if (part->failed)
				return cli_fail(command, EXIT_RACE_FAILED, "FAILED: %s", part->why);
			return cli_fail(command, EXIT_INTERRUPTED, "ended by a signal");
		}
		tell(part);
	}
	putchar('\n');
	race_table(parts, nr);
	return judge(command, parts, nr);
}

static int start_race(const struct command *command, const struct race_options *options)
{
	/* Half of all pages, so that the other half is read from the disk. */
	int64_t pages = RACE_FILES * RACE_SLICE * (options->threads + 1) / 2;
	struct place place = { 0 };
	struct race_config config = {
		.threads = (unsigned int)options->threads,
		.delay_us = (unsigned int)options->delay_us,
		.max_pages = (unsigned int)(options->pages ? options->pages : pages),
		.seed = (uint64_t)options->seed,
		.quiet = options->quiet,
		.mapped = !options->no_mapped,
	};
	int status = make_place(command, options, &place);

	if (status)
		return status;
	config.path = place.image;
	printf("filecache race in %s, seed %lld, %lld threads of each kind, cache of %u pages\n",
	       place.dir, (long long)options->seed, (long long)options->threads, config.max_pages);
	if (config.mapped && mm_available()) {
		printf("Without mapped readers: %s\n", cache_error());
		config.mapped = false;
	}
	status = run_parts(command, options, &config);
	leave_place(options, &place);
	return status;
}

static int run_race(const struct command *command, int argc, char **argv)
{
	struct race_options options = {
		.seconds = 4,
		.threads = 2,
		.delay_us = 200,
		.seed = 1,
	};
	const struct option_spec specs[] = {
		{ "dir", OPT_TEXT, &options.dir, 0, 0, "DIR",
		  "where to make the image (a new one in $TMPDIR or here)" },
		{ "seconds", OPT_COUNT, &options.seconds, 1, 3600, "N",
		  "of each part without the lock (4); twice that with it" },
		{ "threads", OPT_COUNT, &options.threads, 1, RACE_MAX_THREADS, "N",
		  "of each kind (2)" },
		{ "pause", OPT_COUNT, &options.delay_us, 0, 1000000, "US",
		  "microseconds between dropping pages and freeing blocks (200)" },
		{ "pages", OPT_COUNT, &options.pages, 8, 1 << 20, "N",
		  "limit of the cache (half of all pages)" },
		{ "seed", OPT_COUNT, &options.seed, 0, INT64_MAX, "N",
		  "of what each thread does (1)" },
		{ "lock", OPT_TEXT, &options.lock, 0, 0, "on|off",
		  "only the parts with the lock, or without" },
		{ "no-mapped", OPT_FLAG, &options.no_mapped, 0, 0, NULL,
		  "go without the readers of memory mappings" },
		{ "keep", OPT_FLAG, &options.keep, 0, 0, NULL, "leave the image there" },
		{ "quiet", OPT_FLAG, &options.quiet, 0, 0, NULL, "no progress lines" },
		{ 0 },
	};
	char **operands;
	unsigned int nr;
	int status = cli_parse(command, specs, argc, argv, &operands, &nr);

	if (status >= 0)
		return status;
	if (options.lock && strcmp(options.lock, "on") && strcmp(options.lock, "off"))
		return cli_fail(command, EXIT_USAGE, "--lock: '%s' is neither on nor off",
				options.lock);
	return start_race(command, &options);
}

const struct command cmd_race = {
	.name = "race",
	.operands = "",
	.summary = "show what the invalidate lock is for",
	.help = "Readers, readers that may not wait (a refused read goes to a fallback thread),\n"
		"readahead and readers of memory mappings run against threads that punch holes\n"
		"in files, truncate them, and write them again. What a hole frees is used by the\n"
		"next write. Each 8 bytes of a page say to which file, offset and generation they\n"
		"belong, so a reader knows a page that it must not see: data dropped before it\n"
		"began to read, of another file, or of another place.\n"
		"\n"
		"First the invalidate lock is off, then on, each with a pause between dropping a\n"
		"hole's pages and freeing its blocks, and without.\n"
		"\n"
		"Exit status:\n"
		"  0  without the lock stale pages turned up, with it none\n"
		"  4  without the lock none turned up: nothing was shown\n"
		"  5  with the lock a wrong page turned up\n"
		"  6  something else that must not happen: an I/O error, a read that was refused\n"
		"     and never done, an image that fsck finds fault with\n"
		"  7  ended by SIGINT or SIGTERM",
	.min_operands = 0,
	.max_operands = 0,
	.run = run_race,
};
