/* SPDX-License-Identifier: MIT */
/* Commands on an image as a whole: mkfs, ls, rm, fsck. */
#include <errno.h>
#include <stdio.h>

#include "cli.h"
#include "quote.h"

#define DEFAULT_SIZE ((int64_t)64 << 20)
#define MIN_SIZE ((int64_t)IMAGE_MIN_BLOCKS * IMAGE_BLOCK_SIZE)
#define MAX_SIZE ((int64_t)IMAGE_MAX_BLOCKS * IMAGE_BLOCK_SIZE)

static int run_mkfs(const struct command *command, int argc, char **argv)
{
	int64_t size = DEFAULT_SIZE, inodes = 64;
	bool force = false;
	const struct option_spec options[] = {
		{ "size", OPT_SIZE, &size, MIN_SIZE, MAX_SIZE, "SIZE",
		  "of the image, rounded down to whole blocks of 4K (64M)" },
		{ "files", OPT_COUNT, &inodes, 1, IMAGE_MAX_INODES, "N",
		  "how many files it can hold (64)" },
		{ "force", OPT_FLAG, &force, 0, 0, NULL, "replace a file that is there" },
		{ 0 },
	};
	char **operands;
	unsigned int nr;
	int err = cli_parse(command, options, argc, argv, &operands, &nr);

	if (err >= 0)
		return err;
	err = cli_check_image(command, operands[0]);
	if (err)
		return err;
	err = image_mkfs(operands[0], (uint32_t)(size >> IMAGE_BLOCK_SHIFT), (uint32_t)inodes,
			 force);
	if (err)
		return cli_engine_error(command, err);
	return EXIT_OK;
}

const struct command cmd_mkfs = {
	.name = "mkfs",
	.operands = "IMAGE",
	.summary = "make an empty image",
	.help = "Without --force a file that exists is left alone. With it, the file is replaced\n"
		"when the new image is complete.",
	.min_operands = 1,
	.max_operands = 1,
	.run = run_mkfs,
};

static int run_ls(const struct command *command, int argc, char **argv)
{
	const struct option_spec options[] = { { 0 } };
	struct session session;
	uint32_t total, available;
	struct inode_info info;
	char **operands;
	unsigned int nr;
	int err = cli_parse(command, options, argc, argv, &operands, &nr);

	if (err >= 0)
		return err;
	err = session_open(&session, command, operands[0], IMAGE_RDONLY, NULL, 0);
	if (err)
		return err;
	printf("%12s %8s  %s\n", "bytes", "blocks", "name");
	for (unsigned int n = 0; !inode_stat_nth(session.image, n, &info); n++)
		printf("%12lld %8llu  %s\n", (long long)info.size, (unsigned long long)info.blocks,
		       quote_name(info.name));
	image_space(session.image, &total, &available);
	printf("%u of %u blocks are free\n", available, total);
	return session_close(&session, EXIT_OK);
}

const struct command cmd_ls = {
	.name = "ls",
	.operands = "IMAGE",
	.summary = "list the files: size, blocks in use, name",
	.help = "A block has 4096 bytes. A file with holes has fewer blocks than its size needs.",
	.min_operands = 1,
	.max_operands = 1,
	.run = run_ls,
};

static int run_rm(const struct command *command, int argc, char **argv)
{
	const struct option_spec options[] = { { 0 } };
	struct session session;
	char **operands;
	unsigned int nr;
	int status = cli_parse(command, options, argc, argv, &operands, &nr), err;

	if (status >= 0)
		return status;
	status = session_open(&session, command, operands[0], 0, NULL, 0);
	if (status)
		return status;
	err = inode_unlink(session.image, operands[1]);
	if (err)
		status = cli_engine_error(command, err);
	return session_close(&session, status);
}

const struct command cmd_rm = {
	.name = "rm",
	.operands = "IMAGE NAME",
	.summary = "remove a file",
	.min_operands = 2,
	.max_operands = 2,
	.run = run_rm,
};

static void print_line(const char *path, const char *what)
{
	char line[1024];

	snprintf(line, sizeof(line), "%s: %s", path, what);
	quote_message(line);
	puts(line);
}

static void print_problem(void *arg, const char *problem)
{
	print_line(arg, problem);
}

static int run_fsck(const struct command *command, int argc, char **argv)
{
	const struct option_spec options[] = { { 0 } };
	char **operands;
	char text[40];
	unsigned int nr;
	int found = cli_parse(command, options, argc, argv, &operands, &nr);

	if (found >= 0)
		return found;
	found = cli_check_image(command, operands[0]);
	if (found)
		return found;
	found = image_fsck(operands[0], print_problem, operands[0]);
	if (found < 0)
		return cli_engine_error(command, found);
	if (found > 0) {
		snprintf(text, sizeof(text), "%d problem%s", found, found == 1 ? "" : "s");
		print_line(operands[0], text);
		return EXIT_BAD_IMAGE;
	}
	print_line(operands[0], "clean");
	return EXIT_OK;
}

const struct command cmd_fsck = {
	.name = "fsck",
	.operands = "IMAGE",
	.summary = "check an image and print each problem",
	.help = "Repairs nothing and writes nothing.",
	.min_operands = 1,
	.max_operands = 1,
	.run = run_fsck,
};
