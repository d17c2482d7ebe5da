/* SPDX-License-Identifier: MIT */
/* What the commands share: their arguments, messages and exit statuses. */
#ifndef FILECACHE_CLI_H
#define FILECACHE_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "filecache.h"

/* Exit statuses. main.c documents them in --help. */
enum {
	EXIT_OK = 0,
	EXIT_FAILED = 1,      /* the operation failed; the message says why */
	EXIT_USAGE = 2,       /* wrong arguments; nothing was touched */
	EXIT_BAD_IMAGE = 3,   /* not an image, truncated or damaged; problems found by fsck */
	EXIT_NOT_SHOWN = 4,   /* race: without the lock no stale page turned up */
	EXIT_STALE = 5,       /* race: a stale page although the lock was on */
	EXIT_RACE_FAILED = 6, /* race: anything else that must not happen */
	EXIT_INTERRUPTED = 7, /* ended by SIGINT or SIGTERM */
};

enum option_kind { OPT_FLAG, OPT_SIZE, OPT_COUNT, OPT_TEXT };

/* One option. `value` is a bool *, int64_t *, int64_t * or const char **, by kind. */
struct option_spec {
	const char *name; /* without the dashes; NULL ends the table */
	enum option_kind kind;
	void *value;
	int64_t min, max;     /* OPT_SIZE, OPT_COUNT */
	const char *argument; /* its name in --help, NULL for OPT_FLAG */
	const char *text;     /* for --help */
};

struct command {
	const char *name;
	const char *operands; /* as in the usage line */
	const char *summary;
	const char *help; /* further paragraphs, or NULL */
	unsigned int min_operands, max_operands;
	int (*run)(const struct command *command, int argc, char **argv);
};

/*
 * Parses the options of a command, whose name is argv[0], and leaves the operands
 * in argv[0..*nr - 1]. Returns -1: go on; else the exit status to end with, after
 * --help was shown or an error reported.
 */
int cli_parse(const struct command *command, const struct option_spec *options, int argc,
	      char **argv, char ***operands, unsigned int *nr);

/* Digits, then perhaps K, M, G or T (of 1024), within [min, max]. False: reported. */
bool cli_size(const struct command *command, const char *what, const char *text, int64_t min,
	      int64_t max, int64_t *value);

/* "filecache NAME: " and the message, to standard error. Returns `status`. */
int cli_fail(const struct command *command, int status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same of what is no failure. */
void cli_note(const struct command *command, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * The same for a call of the engine that returned the negative errno `err`: cache_error()
 * is the message, and the exit status is found.
 */
int cli_engine_error(const struct command *command, int err);

/*
 * Refuses an image to which standard output or error goes: what is printed would be written
 * over it. 0, or the exit status, reported.
 */
int cli_check_image(const struct command *command, const char *path);

/* Whether standard input or output is meant: no operand, or "-". */
bool cli_is_standard(const char *path);

/* An image and, with a name, one of its files. */
struct session {
	const struct command *command;
	struct image *image;
	struct file file;
	bool file_is_open;
};

/* 0, or the exit status, reported. `flags` are image_open()'s, `oflags` file_open()'s. */
int session_open(struct session *session, const struct command *command, const char *path,
		 unsigned int flags, const char *name, int oflags);
/* Whether `st` is of the image file, whatever it was called. */
bool session_is_image(const struct session *session, const struct stat *st);
/* Writes back and closes. Returns `status`, or if that is 0 what the end brought. */
int session_close(struct session *session, int status);

/* Where copy_in() reads: cmd_file.c. */
struct input {
	int fd;
	const char *path; /* for messages */
};

/* `path` as cli_is_standard() takes it. 0, or the exit status, reported. */
int input_open(struct input *in, const struct command *command, const char *path);
void input_close(struct input *in);

/*
 * cmd_file.c: all that the input has, to `pos` of the file; up to `len` bytes from `pos`, to
 * `fd`, or nowhere when it is -1. 0, or the exit status, reported: `name` and `path` are
 * for messages. `*copied` gets the bytes that went over in either case. An input that is the
 * image itself is refused.
 */
int copy_in(struct session *session, const char *name, int64_t pos, const struct input *in,
	    int64_t *copied);
int copy_out(struct session *session, const char *name, int64_t pos, int64_t len, int flags, int fd,
	     const char *path, int64_t *copied);

/* "4.0 KiB", "1.5 ms": into one of a few static buffers, for one printf() in one thread. */
const char *show_bytes(uint64_t bytes);
const char *show_time(uint64_t ns);

/* The commands, one cmd_*.c for each group. */
extern const struct command cmd_mkfs, cmd_ls, cmd_rm, cmd_fsck;
extern const struct command cmd_put, cmd_get;
extern const struct command cmd_read, cmd_write, cmd_punch, cmd_truncate;
extern const struct command cmd_stat, cmd_race;

#endif
