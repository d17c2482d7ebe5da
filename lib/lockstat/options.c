/* SPDX-License-Identifier: MIT */
#include "lockstat/lockstat.h"
#include "lockdep/arena.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_SITES KLOCK_STAT_POINTS

struct klock_stat_options klock_stat_options = { .sites = 4 }; /* as many as the kernel has */

static bool wrong(const char *option, const char *why)
{
	fprintf(stderr, "klock: KLOCK_LOCKSTAT: '%s': %s; lockstat is off\n", option, why);
	return false;
}

/* The file with %p replaced by the number of the process. */
static bool expand(const char *to, char *path, size_t size)
{
	size_t used = 0;

	for (; *to; to++) {
		int n = to[0] == '%' && to[1] == 'p' ?
				snprintf(path + used, size - used, "%ld", (long)getpid()) :
				snprintf(path + used, size - used, "%c", *to);

		if (n < 0 || (size_t)n >= size - used)
			return false;
		used += (size_t)n;
		to += to[0] == '%' && to[1] == 'p';
	}
	return true;
}

static int open_file(const char *to)
{
	char path[PATH_MAX];

	if (!expand(to, path, sizeof(path))) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
}

/* The whole path: the program may be elsewhere when it ends. NULL: no memory, or no way there. */
static const char *whole(const char *file)
{
	char path[PATH_MAX];
	size_t used = 0;

	if (*file != '/') {
		if (!getcwd(path, sizeof(path)))
			return NULL;
		used = strlen(path);
		path[used++] = '/';
	}
	if (used + strlen(file) >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	strcpy(path + used, file);
	return klock_arena_strdup(path);
}

/* Opened now only to find out whether it can be; the program may close all its files. */
static bool set_file(const char *option, const char **to)
{
	const char *file = strchr(option, '=') + 1;
	int fd;

	if (!*file)
		return wrong(option, "a file is to follow");
	*to = whole(file);
	fd = *to ? open_file(*to) : -1;
	if (fd < 0)
		return wrong(option, strerror(errno));
	close(fd);
	return true;
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

static bool read_options(const char *value)
{
	char text[4096], *rest = text, *option;

	if (!value || !*value || !strcmp(value, "0"))
		return false;
	if (strlen(value) >= sizeof(text))
		return wrong(value, "too long");
	strcpy(text, value);
	while ((option = strsep(&rest, ",")))
		if (!set(option))
			return false;
	return true;
}

void klock_stat_options_read(void)
{
	klock_stat_options.on = read_options(getenv("KLOCK_LOCKSTAT"));
	if (!klock_stat_options.json)
		klock_stat_options.text = true;
}

static void write_to(const char *to, enum klock_lockstat_format format)
{
	int fd = to ? open_file(to) : STDERR_FILENO;
	int err = fd < 0 ? -errno : klock_lockstat_dump(fd, format);

	if (err)
		fprintf(stderr, "klock: KLOCK_LOCKSTAT: %s: %s\n", to ? to : "standard error",
			strerror(-err));
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
