/* SPDX-License-Identifier: MIT */
/* Arguments and messages. */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <klock/task.h>

#include "cli.h"
#include "quote.h"

#define MAX_OPTIONS 16

static void message(const struct command *command, const char *format, va_list args)
{
	char text[1024];

	fflush(stdout);
	vsnprintf(text, sizeof(text), format, args);
	quote_message(text);
	fprintf(stderr, "filecache %s: %s\n", command->name, text);
}

int cli_fail(const struct command *command, int status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	message(command, format, args);
	va_end(args);
	if (status == EXIT_USAGE)
		fprintf(stderr, "Try 'filecache %s --help'.\n", command->name);
	return status;
}

void cli_note(const struct command *command, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	message(command, format, args);
	va_end(args);
}

int cli_engine_error(const struct command *command, int err)
{
	cli_fail(command, EXIT_FAILED, "%s", cache_error());
	switch (err) {
	case -EMEDIUMTYPE:
	case -EUCLEAN:
		return EXIT_BAD_IMAGE;
	case -EINTR:
		return EXIT_INTERRUPTED;
	default:
		return EXIT_FAILED;
	}
}

/* Why `text` is no number from min to max, or NULL and the number. */
static const char *parse_number(const char *text, bool suffix, int64_t min, int64_t max,
				int64_t *value)
{
	static const char units[] = "KMGT";
	const char *end = text, *unit;
	int shift = 0;
	uint64_t n;

	if (*text == '-')
		return "is negative";
	while (*end >= '0' && *end <= '9')
		end++;
	if (end == text)
		return "is not a number";
	unit = suffix && *end ? strchr(units, *end) : NULL;
	if (unit) {
		shift = 10 * (int)(unit - units + 1);
		end++;
	}
	if (*end)
		return suffix ? "is not a number (digits, then perhaps K, M, G or T)"
			      : "is not a number";
	errno = 0;
	n = strtoull(text, NULL, 10);
	if (errno == ERANGE || n > ((uint64_t)INT64_MAX >> shift))
		return "is too large";
	n <<= shift;
	if (n > (uint64_t)max)
		return "is too large";
	if (n < (uint64_t)min)
		return "is too small";
	*value = (int64_t)n;
	return NULL;
}

static bool get_number(const struct command *command, const char *what, const char *text,
		       bool suffix, int64_t min, int64_t max, int64_t *value)
{
	const char *why = parse_number(text, suffix, min, max, value);

	if (!why)
		return true;
	if (!strncmp(why, "is too", 6))
		cli_fail(command, EXIT_USAGE, "%s: '%s' %s (from %lld to %lld)", what, text, why,
			 (long long)min, (long long)max);
	else
		cli_fail(command, EXIT_USAGE, "%s: '%s' %s", what, text, why);
	return false;
}

bool cli_size(const struct command *command, const char *what, const char *text, int64_t min,
	      int64_t max, int64_t *value)
{
	return get_number(command, what, text, true, min, max, value);
}

static bool set_option(const struct command *command, const struct option_spec *option,
		       const char *text)
{
	char what[64];

	snprintf(what, sizeof(what), "--%s", option->name);
	switch (option->kind) {
	case OPT_FLAG:
		*(bool *)option->value = true;
		return true;
	case OPT_TEXT:
		*(const char **)option->value = text;
		return true;
	case OPT_SIZE:
	case OPT_COUNT:
		break;
	}
	return get_number(command, what, text, option->kind == OPT_SIZE, option->min, option->max,
			  option->value);
}

static void show_help(const struct command *command, const struct option_spec *options)
{
	printf("usage: filecache %s%s%s%s\n\n%s\n", command->name,
	       options->name ? " [OPTION]..." : "", *command->operands ? " " : "",
	       command->operands, command->summary);
	if (command->help)
		printf("\n%s\n", command->help);
	printf("\nOptions:\n");
	for (; options->name; options++) {
		char left[64];

		snprintf(left, sizeof(left), "--%s%s%s", options->name,
			 options->argument ? " " : "", options->argument ? options->argument : "");
		printf("  %-20s  %s\n", left, options->text);
	}
	printf("  %-20s  %s\n", "--help", "show this text");
}

/* Reports an option that getopt_long() did not take. */
static int wrong_option(const struct command *command, int c, const char *given)
{
	if (given[0] == '-' && given[1] >= '0' && given[1] <= '9')
		return cli_fail(command, EXIT_USAGE, "'%s' is negative", given);
	if (c == ':')
		return cli_fail(command, EXIT_USAGE, "option '%s' needs a value", given);
	if (optopt && strchr(given, '='))
		return cli_fail(command, EXIT_USAGE, "option '%s' takes no value", given);
	return cli_fail(command, EXIT_USAGE, "unknown option '%s'", given);
}

int cli_parse(const struct command *command, const struct option_spec *options, int argc,
	      char **argv, char ***operands, unsigned int *nr)
{
	struct option longs[MAX_OPTIONS + 2] = { { 0 } };
	int n, c;

	for (n = 0; n < MAX_OPTIONS && options[n].name; n++)
		longs[n] = (struct option){ options[n].name,
					    options[n].kind != OPT_FLAG ? required_argument
									: no_argument,
					    NULL, 256 + n };
	longs[n] = (struct option){ "help", no_argument, NULL, 'h' };

	opterr = 0;
	optind = 1;
	for (;;) {
		const char *given = argv[optind];

		/* getopt_long() skips over operands before it looks at an option. */
		for (int i = optind; i < argc; i++) {
			if (argv[i][0] == '-' && argv[i][1]) {
				given = argv[i];
				break;
			}
		}
		c = getopt_long(argc, argv, ":h", longs, NULL);
		if (c == -1)
			break;
		if (c == 'h') {
			show_help(command, options);
			return EXIT_OK;
		}
		if (c < 256)
			return wrong_option(command, c, given);
		if (!set_option(command, &options[c - 256], optarg))
			return EXIT_USAGE;
	}

	*operands = argv + optind;
	*nr = (unsigned int)(argc - optind);
	if (*nr < command->min_operands)
		return cli_fail(command, EXIT_USAGE, "missing operand: usage: filecache %s %s",
				command->name, command->operands);
	if (*nr > command->max_operands)
		return cli_fail(command, EXIT_USAGE, "one operand too many: '%s'",
				(*operands)[command->max_operands]);
	return -1;
}

bool cli_is_standard(const char *path)
{
	return !path || !strcmp(path, "-");
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return S_ISREG(a->st_mode) && a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

int cli_check_image(const struct command *command, const char *path)
{
	struct stat image, out;

	if (stat(path, &image))
		return EXIT_OK; /* the command will find out */
	for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++) {
		if (!fstat(fd, &out) && same_file(&image, &out))
			return cli_fail(command, EXIT_FAILED,
					"%s: standard %s goes to the image itself", path,
					fd == STDOUT_FILENO ? "output" : "error");
	}
	return EXIT_OK;
}

bool session_is_image(const struct session *session, const struct stat *st)
{
	struct stat image;

	return !fstat(session->image->fd, &image) && same_file(&image, st);
}

int session_open(struct session *session, const struct command *command, const char *path,
		 unsigned int flags, const char *name, int oflags)
{
	int err = cli_check_image(command, path);

	if (err)
		return err;
	*session = (struct session){ .command = command };
	err = image_open(path, flags, &session->image);
	if (err)
		return cli_engine_error(command, err);
	if (*session->image->warning)
		cli_note(command, "%s: %s", path, session->image->warning);
	if (!name)
		return EXIT_OK;
	err = file_open(session->image, name, oflags, &session->file);
	if (err) {
		int status = cli_engine_error(command, err);

		image_abandon(session->image);
		return status;
	}
	session->file_is_open = true;
	return EXIT_OK;
}

int session_close(struct session *session, int status)
{
	int err;

	/* What was asked for has been cut short by now; the end of it must not be. */
	if (klock_fatal_signal_pending()) {
		klock_unkill_all();
		if (status == EXIT_OK)
			status = cli_fail(session->command, EXIT_INTERRUPTED, "ended by a signal");
	}
	err = session->file_is_open ? file_close(&session->file) : 0;
	if (err && status == EXIT_OK)
		status = cli_engine_error(session->command, err);
	err = image_close(session->image);
	if (err && status == EXIT_OK)
		status = cli_engine_error(session->command, err);
	return status;
}

static char *next_buffer(size_t *size)
{
	static char buffers[8][32];
	static unsigned int turn;

	*size = sizeof(buffers[0]);
	return buffers[turn++ % 8];
}

const char *show_bytes(uint64_t bytes)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB" };
	double value = (double)bytes;
	size_t size;
	char *text = next_buffer(&size);
	int unit = -1;

	while (value >= 1024 && unit < 3) {
		value /= 1024;
		unit++;
	}
	if (unit < 0)
		snprintf(text, size, "%llu B", (unsigned long long)bytes);
	else
		snprintf(text, size, "%.1f %s", value, units[unit]);
	return text;
}

const char *show_time(uint64_t ns)
{
	size_t size;
	char *text = next_buffer(&size);

	if (ns < 1000000)
		snprintf(text, size, "%.1f us", (double)ns / 1e3);
	else if (ns < 1000000000)
		snprintf(text, size, "%.1f ms", (double)ns / 1e6);
	else
		snprintf(text, size, "%.2f s", (double)ns / 1e9);
	return text;
}
