/* SPDX-License-Identifier: MIT */
/* Parts of a file: read, write, punch, truncate. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "quote.h"

static bool get_offset(const struct command *command, const char *text, int64_t *pos)
{
	return cli_size(command, "OFFSET", text, 0, INODE_MAX_SIZE, pos);
}

static bool get_length(const struct command *command, const char *text, int64_t *len)
{
	return cli_size(command, "LENGTH", text, 1, INODE_MAX_SIZE, len);
}

static int run_read(const struct command *command, int argc, char **argv)
{
	bool nowait = false;
	const struct option_spec options[] = {
		{ "nowait", OPT_FLAG, &nowait, 0, 0, NULL,
		  "fail with EAGAIN where it would have to wait (IOCB_NOWAIT)" },
		{ 0 },
	};
	int64_t pos, len, copied, size;
	struct session session;
	char **operands;
	unsigned int nr;
	int status = cli_parse(command, options, argc, argv, &operands, &nr);

	if (status >= 0)
		return status;
	if (!get_offset(command, operands[2], &pos) || !get_length(command, operands[3], &len))
		return EXIT_USAGE;
	status = session_open(&session, command, operands[0], IMAGE_RDONLY, operands[1], 0);
	if (status)
		return status;
	size = i_size_read(session.file.f_inode);
	if (pos >= size) {
		status = cli_fail(command, EXIT_FAILED,
				  "%s: file %s: offset %lld is beyond the end, at %lld",
				  operands[0], quote_name(operands[1]), (long long)pos,
				  (long long)size);
		return session_close(&session, status);
	}
	status = copy_out(&session, operands[1], pos, len, nowait ? IOCB_NOWAIT : 0, STDOUT_FILENO,
			  "standard output", &copied);
	if (status == EXIT_OK && copied < len)
		cli_note(command, "file %s ends after %lld of the %lld bytes",
			 quote_name(operands[1]), (long long)copied, (long long)len);
	return session_close(&session, status);
}

const struct command cmd_read = {
	.name = "read",
	.operands = "IMAGE NAME OFFSET LENGTH",
	.summary = "print a part of a file",
	.help = "A part that reaches past the end of the file is cut there, with a note on\n"
		"standard error. An OFFSET at or beyond the end is an error.",
	.min_operands = 4,
	.max_operands = 4,
	.run = run_read,
};

static int run_write(const struct command *command, int argc, char **argv)
{
	const struct option_spec options[] = { { 0 } };
	struct session session;
	int64_t pos, copied;
	struct input in;
	char **operands;
	unsigned int nr;
	int status = cli_parse(command, options, argc, argv, &operands, &nr);

	if (status >= 0)
		return status;
	if (!get_offset(command, operands[2], &pos))
		return EXIT_USAGE;
	status = input_open(&in, command, nr == 4 ? operands[3] : NULL);
	if (status)
		return status;
	status = session_open(&session, command, operands[0], 0, operands[1], 0);
	if (status == EXIT_OK) {
		status = copy_in(&session, operands[1], pos, &in, &copied);
		status = session_close(&session, status);
	}
	input_close(&in);
	return status;
}

const struct command cmd_write = {
	.name = "write",
	.operands = "IMAGE NAME OFFSET [FILE]",
	.summary = "write FILE, or standard input, into a file",
	.help = "FILE \"-\" is standard input. The file must be there ('put' makes one). It\n"
		"grows as needed; a gap between its old end and OFFSET reads as zeroes.",
	.min_operands = 3,
	.max_operands = 4,
	.run = run_write,
};

static int run_punch(const struct command *command, int argc, char **argv)
{
	const struct option_spec options[] = { { 0 } };
	struct session session;
	int64_t pos, len;
	char **operands;
	unsigned int nr;
	int status = cli_parse(command, options, argc, argv, &operands, &nr), err;

	if (status >= 0)
		return status;
	if (!get_offset(command, operands[2], &pos) || !get_length(command, operands[3], &len))
		return EXIT_USAGE;
	status = session_open(&session, command, operands[0], 0, operands[1], 0);
	if (status)
		return status;
	err = filemap_punch_hole(&session.file, pos, len);
	if (err)
		status = cli_engine_error(command, err);
	return session_close(&session, status);
}

const struct command cmd_punch = {
	.name = "punch",
	.operands = "IMAGE NAME OFFSET LENGTH",
	.summary = "punch a hole: zeroes, and the blocks are freed",
	.help = "Blocks that lie in the hole as a whole are freed. The size stays.",
	.min_operands = 4,
	.max_operands = 4,
	.run = run_punch,
};

static int run_truncate(const struct command *command, int argc, char **argv)
{
	const struct option_spec options[] = { { 0 } };
	struct session session;
	char **operands;
	unsigned int nr;
	int64_t size;
	int status = cli_parse(command, options, argc, argv, &operands, &nr), err;

	if (status >= 0)
		return status;
	if (!cli_size(command, "SIZE", operands[2], 0, INODE_MAX_SIZE, &size))
		return EXIT_USAGE;
	status = session_open(&session, command, operands[0], 0, operands[1], 0);
	if (status)
		return status;
	err = filemap_truncate(&session.file, size);
	if (err)
		status = cli_engine_error(command, err);
	return session_close(&session, status);
}

const struct command cmd_truncate = {
	.name = "truncate",
	.operands = "IMAGE NAME SIZE",
	.summary = "cut a file to SIZE bytes, or lengthen it",
	.help = "What is added reads as zeroes and takes no blocks.",
	.min_operands = 3,
	.max_operands = 3,
	.run = run_truncate,
};
