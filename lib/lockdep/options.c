/* SPDX-License-Identifier: MIT */
#include "lockdep/options.h"
#include "lockdep/arena.h"
#include "lockdep/order.h"
#include "lockdep/shared.h"
#include "lockdep/suppress.h"
#include <errno.h>
#include <fcntl.h>
#include <klock/atomic.h>
#include <klock/lock_order.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct klock_options klock_options KLOCK_SHARED = { .log_fd = STDERR_FILENO, .stacks = 16 };

static unsigned int nr_reports KLOCK_SHARED;

static bool wrong(const char *variable, const char *option, const char *why)
{
	fprintf(stderr, "klock: %s: '%s': %s; the checker is off\n", variable, option, why);
	return false;
}

static bool set_log(const char *option, const char *file)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);

	if (fd < 0)
		return wrong("KLOCK_LOCKDEP", option, strerror(errno));
	klock_options.log_fd = fd;
	return true;
}

static bool set_exit_code(const char *option, const char *number)
{
	char *end;
	long code = strtol(number, &end, 10);

	if (end == number || *end || code < 1 || code > 125)
		return wrong("KLOCK_LOCKDEP", option, "not a number from 1 to 125");
	klock_options.exit_code = (int)code;
	return true;
}

static bool set_order(const char *option, const char *file)
{
	const char *why = klock_order_read(file);

	return !why || wrong("KLOCK_LOCKDEP", option, why);
}

static bool set_suppress(const char *option, const char *file)
{
	const char *why = klock_suppress_read(file);

	return !why || wrong("KLOCK_LOCKDEP", option, why);
}

static bool set_dump(const char *option, const char *file, enum klock_dump_format format)
{
	klock_options.dump[format] = klock_arena_strdup(file);
	return *file || wrong("KLOCK_LOCKDEP", option, "no file name");
}

static bool set(const char *option)
{
	if (!strcmp(option, "1") || !strcmp(option, "on"))
		return true;
	if (!strcmp(option, "abort"))
		return klock_options.stop = true;
	if (!strcmp(option, "once"))
		return klock_options.once = true;
	if (!strncmp(option, "log=", 4))
		return set_log(option, option + 4);
	if (!strncmp(option, "exitcode=", 9))
		return set_exit_code(option, option + 9);
	if (!strncmp(option, "order=", 6))
		return set_order(option, option + 6);
	if (!strncmp(option, "suppress=", 9))
		return set_suppress(option, option + 9);
	if (!strncmp(option, "text=", 5))
		return set_dump(option, option + 5, KLOCK_DUMP_TEXT);
	if (!strncmp(option, "json=", 5))
		return set_dump(option, option + 5, KLOCK_DUMP_JSON);
	if (!strncmp(option, "dot=", 4))
		return set_dump(option, option + 4, KLOCK_DUMP_DOT);
	return wrong("KLOCK_LOCKDEP", option,
		     "not one of 0, 1, abort, once, log=FILE, exitcode=N, order=FILE, "
		     "suppress=FILE, text=FILE, json=FILE, dot=FILE");
}

static bool read_lockdep(const char *value)
{
	char text[4096], *rest = text, *option;

	if (!value || !*value || !strcmp(value, "0"))
		return false;
	if (strlen(value) >= sizeof(text))
		return wrong("KLOCK_LOCKDEP", value, "too long");
	strcpy(text, value);
	while ((option = strsep(&rest, ",")))
		if (!set(option))
			return false;
	return true;
}

static bool read_check(const char *value)
{
	if (!value || !*value || !strcmp(value, "0"))
		return false;
	if (strcmp(value, "1")) {
		fprintf(stderr, "klock: KLOCK_CHECK=%s: the checked mode is off; "
				"KLOCK_CHECK takes 1 (on) and 0 (off)\n", value);
		return false;
	}
	return true;
}

/* After the program's own handlers, which may take locks: those were set later. */
static void at_exit(void)
{
	if (!klock_load_relaxed(&nr_reports))
		return;
	fflush(NULL); /* what exit() would do later */
	_exit(klock_options.exit_code);
}

void klock_options_read(void)
{
	klock_options.order = read_lockdep(getenv("KLOCK_LOCKDEP"));
	klock_options.misuse = read_check(getenv("KLOCK_CHECK")) || klock_options.order;
	if (klock_options.order && klock_options.exit_code)
		atexit(at_exit);
}

void klock_options_write(const char *text, size_t size, const char *title)
{
	unsigned int before = klock_fetch_add_relaxed(&nr_reports, 1);

	(void)title;
	if (klock_options.once && before)
		return;
	while (size) {
		ssize_t n = write(klock_options.log_fd, text, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break; /* nowhere left to say it */
		text += n;
		size -= (size_t)n;
	}
	if (klock_options.stop)
		abort();
}
