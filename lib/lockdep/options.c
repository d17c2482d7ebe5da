/* SPDX-License-Identifier: MIT */
#include "lockdep/options.h"
#include "base/filename.h"
#include "base/say.h"
#include "lockdep/arena.h"
#include "lockdep/exit_status.h"
#include "lockdep/log.h"
#include "lockdep/order.h"
#include "lockdep/shared.h"
#include "lockdep/suppress.h"
#include "lockdep/trace.h"
#include <errno.h>
#include <klock/atomic.h>
#include <klock/lock_order.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULTS { .stacks = 16 }

struct klock_options klock_options KLOCK_SHARED = DEFAULTS;

static unsigned int nr_reports KLOCK_SHARED;

struct row {
	const char *name, *value; /* of the value: what it is, or NULL: there is none */
	bool (*set)(const struct row *row, const char *option, const char *value);
	void *target;
	unsigned int min, max;
	const char *(*read)(const char *file);
};

static bool __attribute__((format(printf, 2, 3))) wrong(const char *option, const char *format, ...)
{
	char why[512];
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	klock_say("klock: KLOCK_LOCKDEP: '%.200s%s': %s; the checker is off\n", option,
		strlen(option) > 200 ? "..." : "", why);
	return false;
}

static bool set_on(const struct row *row, const char *option, const char *value)
{
	(void)row, (void)option, (void)value;
	return true;
}

static bool set_off(const struct row *row, const char *option, const char *value)
{
	(void)row, (void)value;
	return wrong(option, "not together with other options");
}

static bool set_flag(const struct row *row, const char *option, const char *value)
{
	(void)option, (void)value;
	*(bool *)row->target = true;
	return true;
}

static bool set_number(const struct row *row, const char *option, const char *value)
{
	unsigned long n = 0;
	const char *p = value;

	for (; *p >= '0' && *p <= '9' && n <= row->max; p++)
		n = n * 10 + (unsigned long)(*p - '0');
	if (p == value || *p || n < row->min || n > row->max)
		return wrong(option, "not a number from %u to %u", row->min, row->max);
	*(unsigned int *)row->target = (unsigned int)n;
	return true;
}

/* Opened when there is something to write; whether that can be is found out now. */
static bool set_file(const struct row *row, const char *option, const char *value)
{
	char name[KLOCK_FILENAME_MAX];
	int err;

	if (!klock_filename_whole(value, name))
		return wrong(option, "%s", klock_errno_text(errno));
	err = klock_filename_check(name);
	if (err)
		return wrong(option, "%s", klock_errno_text(err));
	*(const char **)row->target = klock_arena_strdup(name);
	return *(const char **)row->target || wrong(option, "%s", klock_errno_text(ENOMEM));
}

static bool set_read(const struct row *row, const char *option, const char *value)
{
	const char *why = row->read(value);

	if (why)
		return wrong(option, "%s", why);
	if (row->target)
		*(bool *)row->target = true;
	return true;
}

static const struct row rows[] = {
	{ "0", .set = set_off },
	{ "1", .set = set_on },
	{ "on", .set = set_on },
	{ "abort", .set = set_flag, .target = &klock_options.stop },
	{ "once", .set = set_flag, .target = &klock_options.once },
	{ "log", "FILE", set_file, .target = &klock_options.log },
	{ "exitcode", "N", set_number, .target = &klock_options.exit_code, .min = 1, .max = 125 },
	{ "stacks", "N", set_number, .target = &klock_options.stacks, .max = KLOCK_TRACE_DEPTH },
	{ "order", "FILE", set_read, .read = klock_order_read },
	{ "suppress", "FILE", set_read, .target = &klock_options.suppress,
	  .read = klock_suppress_read },
	{ "text", "FILE", set_file, .target = &klock_options.dump[KLOCK_DUMP_TEXT] },
	{ "json", "FILE", set_file, .target = &klock_options.dump[KLOCK_DUMP_JSON] },
	{ "dot", "FILE", set_file, .target = &klock_options.dump[KLOCK_DUMP_DOT] },
};

#define NR_ROWS (sizeof(rows) / sizeof(rows[0]))

static bool unknown(const char *option)
{
	char names[256];
	size_t used = 0;

	for (const struct row *row = rows; row < rows + NR_ROWS && used < sizeof(names); row++)
		used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s%s%s",
					 row == rows ? "" : ", ", row->name, row->value ? "=" : "",
					 row->value ? row->value : "");
	return wrong(option, "not one of %s", names);
}

static bool set(const char *option)
{
	size_t length = strcspn(option, "=");

	for (const struct row *row = rows; row < rows + NR_ROWS; row++) {
		if (strlen(row->name) != length || strncmp(option, row->name, length))
			continue;
		if (option[length] && !row->value)
			return wrong(option, "%s takes no value", row->name);
		if (!option[length] && row->value)
			return wrong(option, "it is %s=%s", row->name, row->value);
		return row->set(row, option, option + length + !!option[length]);
	}
	return unknown(option);
}

static bool is_off(const char *value)
{
	return !value || !*value || !strcmp(value, "0");
}

static bool set_all(const char *value)
{
	char text[4096], *rest = text, *option;

	if (strlen(value) >= sizeof(text))
		return wrong(value, "too long");
	strcpy(text, value);
	while ((option = strsep(&rest, ",")))
		if (!set(option))
			return false;
	return true;
}

static bool read_lockdep(const char *value)
{
	if (is_off(value))
		return false;
	if (set_all(value))
		return true;
	klock_options = (struct klock_options)DEFAULTS;
	klock_suppress_forget();
	return false;
}

static bool read_check(const char *value)
{
	if (is_off(value))
		return false;
	if (strcmp(value, "1")) {
		klock_say("klock: KLOCK_CHECK=%s: the checked mode is off; "
				"KLOCK_CHECK takes 1 (on) and 0 (off)\n", value);
		return false;
	}
	return true;
}

void klock_options_read(void)
{
	/* The files would be written with the rights of a program that has more than its user. */
	klock_options.order = read_lockdep(secure_getenv("KLOCK_LOCKDEP"));
	klock_options.misuse = read_check(getenv("KLOCK_CHECK")) || klock_options.order;
	if (klock_options.exit_code)
		klock_exit_status_start();
	if (klock_options.suppress)
		atexit(klock_suppress_tell_unused);
}

void klock_options_write(const char *text, size_t size, const char *title)
{
	unsigned int before = klock_fetch_add_relaxed(&nr_reports, 1);

	(void)title;
	if (klock_options.exit_code)
		klock_exit_status_reported();
	if (klock_options.once && before)
		return;
	klock_log_write(text, size);
	if (klock_options.stop)
		abort();
}
