/* SPDX-License-Identifier: MIT */
#include "lockstat/lockstat.h"
#include "base/filename.h"
#include "base/say.h"
#include "lockdep/arena.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_SITES KLOCK_STAT_POINTS

#define DEFAULTS { .sites = 4 } /* as many as the kernel has */

struct klock_stat_options klock_stat_options = DEFAULTS;

static bool wrong(const char *option, const char *why)
{
	klock_say("klock: KLOCK_LOCKSTAT: '%s': %s; lockstat is off\n", option, why);
	return false;
}

/* Opened when there is something to write; whether that can be is found out now. */
static bool set_file(const char *option, const char **to)
{
	const char *file = strchr(option, '=') + 1;
	char name[KLOCK_FILENAME_MAX];
	int err;

	if (!*file)
		return wrong(option, "a file is to follow");
	if (!klock_filename_whole(file, name))
		return wrong(option, klock_errno_text(errno));
	err = klock_filename_check(name);
	if (err)
		return wrong(option, klock_errno_text(err));
	*to = klock_arena_strdup(name);
	return *to || wrong(option, klock_errno_text(ENOMEM));
}

static bool set_sites(const char *option, const char *number)
{
	char *end;
	long n = strtol(number, &end, 10);

	if (end == number || *end || n < 0 || n > MAX_SITES)
		return wrong(option, "not a number from 0 to 64");
	klock_stat_options.sites = (unsigned int)n;
	return true;
}

static bool set(const char *option)
{
	if (!strcmp(option, "1") || !strcmp(option, "on"))
		return true;
	if (!strcmp(option, "hist"))
		return klock_stat_options.buckets = true;
	if (!strncmp(option, "sites=", 6))
		return set_sites(option, option + 6);
	if (!strcmp(option, "text"))
		return klock_stat_options.text = true;
	if (!strncmp(option, "text=", 5)) {
		klock_stat_options.text = true;
		return set_file(option, &klock_stat_options.text_to);
	}
	if (!strncmp(option, "json=", 5)) {
		klock_stat_options.json = true;
		return set_file(option, &klock_stat_options.json_to);
	}
	return wrong(option, "not one of 0, 1, text, text=FILE, json=FILE, sites=N, hist");
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

static bool read_options(const char *value)
{
	if (!value || !*value || !strcmp(value, "0"))
		return false;
	if (set_all(value))
		return true;
	klock_stat_options = (struct klock_stat_options)DEFAULTS;
	return false;
}

void klock_stat_options_read(void)
{
	klock_stat_options.on = read_options(getenv("KLOCK_LOCKSTAT"));
	if (!klock_stat_options.json)
		klock_stat_options.text = true;
}

static void write_to(const char *to, enum klock_lockstat_format format)
{
	int fd = to ? klock_filename_open(to, O_TRUNC) : STDERR_FILENO;
	int err = fd < 0 ? -errno : klock_lockstat_dump(fd, format);

	if (err)
		klock_say("klock: KLOCK_LOCKSTAT: %s: %s\n", to ? to : "standard error",
			klock_errno_text(-err));
	if (to && fd >= 0)
		close(fd);
}

void klock_stat_options_write(void)
{
	if (klock_stat_options.text)
		write_to(klock_stat_options.text_to,
			 klock_stat_options.buckets ? KLOCK_LOCKSTAT_TEXT_HIST :
						      KLOCK_LOCKSTAT_TEXT);
	if (klock_stat_options.json)
		write_to(klock_stat_options.json_to, KLOCK_LOCKSTAT_JSON);
}
