/* SPDX-License-Identifier: MIT */
/* filecache: files in an image, through a page cache like the kernel's. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <klock/task.h>

#include "cli.h"
#include "quote.h"

static const struct command *const commands[] = {
	&cmd_mkfs,  &cmd_ls,       &cmd_put, &cmd_get,  &cmd_read, &cmd_write,
	&cmd_punch, &cmd_truncate, &cmd_rm,  &cmd_stat, &cmd_fsck, &cmd_race,
};

#define NR_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void show_help(FILE *out)
{
	fputs("usage: filecache COMMAND [ARGUMENT]...\n"
	      "\n"
	      "Keeps files in an image file and reads and writes them through a page cache\n"
	      "that is built like the kernel's, on klock's locks.\n"
	      "\n"
	      "Commands:\n",
	      out);
	for (size_t i = 0; i < NR_COMMANDS; i++) {
		char left[64];

		snprintf(left, sizeof(left), "%s %s", commands[i]->name, commands[i]->operands);
		fprintf(out, "  %-34s  %s\n", left, commands[i]->summary);
	}
	fputs("\n"
	      "'filecache COMMAND --help' tells more. Offsets and sizes are bytes; K, M, G and T\n"
	      "after the digits multiply by powers of 1024.\n"
	      "\n"
	      "Exit status:\n"
	      "  0  done\n"
	      "  1  the operation failed: no such file, no room, an I/O error ...\n"
	      "  2  wrong arguments; nothing was touched\n"
	      "  3  the image is none, is truncated or damaged, or fsck found problems\n"
	      "  4  race: no stale page turned up while the invalidate lock was off\n"
	      "  5  race: stale pages turned up while the invalidate lock was on\n"
	      "  6  race: something else that must not happen; the message says what\n"
	      "  7  ended early by SIGINT or SIGTERM, the image in order\n",
	      out);
}

/* Finds the command, and says what is meant when there is none. */
static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < NR_COMMANDS; i++) {
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	}
	return NULL;
}

/*
 * Ends all waits that may be ended: those for locks, and, since nothing is restarted, those
 * for the other end of a pipe.
 */
static bool catch_signal(int signo)
{
	struct sigaction action;

	if (klock_catch_signal(signo, KLOCK_KILL) || sigaction(signo, NULL, &action))
		return false;
	action.sa_flags &= ~SA_RESTART;
	return !sigaction(signo, &action, NULL);
}

/*
 * The next file that is opened gets the lowest free descriptor. Where the caller closed 0, 1 or
 * 2 that would be the image, and messages would be written over it. So the gaps are filled, with
 * something that fails when it is read from or written to as if it were still closed.
 */
static bool fill_standard_descriptors(void)
{
	static const int mode[] = { O_WRONLY, O_RDONLY, O_RDONLY };

	for (int fd = 0; fd < 3; fd++) {
		if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
			continue;
		if (open("/dev/null", mode[fd]) != fd)
			return false;
	}
	return true;
}

/* Output that got lost, on a full disk say, is a failure like any other. */
static int finish(int status)
{
	/* Of an earlier write it is not known any more why it failed. */
	const char *why = ferror(stdout) ? "a part of it could not be written" : NULL;

	if (fflush(stdout) == EOF)
		why = strerror(errno);
	if (!why)
		return status;
	fprintf(stderr, "filecache: standard output: %s\n", why);
	return status == EXIT_OK ? EXIT_FAILED : status;
}

static int run(int argc, char **argv)
{
	const struct command *command;

	if (argc < 2) {
		show_help(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		show_help(stdout);
		return EXIT_OK;
	}
	command = find_command(argv[1]);
	if (!command) {
		quote_message(argv[1]);
		fprintf(stderr, "filecache: '%s' is no command. Try 'filecache --help'.\n",
			argv[1]);
		return EXIT_USAGE;
	}

	/* A wait that a signal ends returns, and the command cleans up. */
	if (!catch_signal(SIGTERM) || !catch_signal(SIGINT)) {
		fprintf(stderr, "filecache: cannot catch SIGTERM and SIGINT\n");
		return EXIT_FAILED;
	}
	signal(SIGPIPE, SIG_IGN); /* a write returns EPIPE, and one past "ulimit -f" EFBIG */
	signal(SIGXFSZ, SIG_IGN);
	return command->run(command, argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
	/* There may be no standard error to say so. */
	if (!fill_standard_descriptors())
		return EXIT_FAILED;
	return finish(run(argc, argv));
}
