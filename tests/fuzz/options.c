/* SPDX-License-Identifier: MIT */
/*
 * The texts of the environment: the first byte says of which variable. What is refused says why
 * and leaves nothing set, no file is made or changed, and what was accepted, written out
 * again, is read as the same.
 */
#include "fuzz/files.h"
#include "fuzz/fuzz.h"
#include "hang/options.h"
#include "lockdep/exit_status.h"
#include "lockdep/log.h"
#include "lockdep/order.h"
#include "lockdep/suppress.h"
#include "lockdep/trace.h"
#include "lockstat/count.h"
#include <errno.h>
#include <klock/lockword.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool read_suppressions; /* and not forgotten */

/* In place of what reads the files: their texts have targets of their own. */
static const char *read_order(const char *file)
{
	return strchr(file, '?') ? "it has wrong lines" : NULL;
}

static const char *read_suppress(const char *file)
{
	read_suppressions = true;
	return read_order(file);
}

static void forget_suppress(void)
{
	read_suppressions = false;
}

/* The sources themselves, under other names and with memory that is given back. */
#define KLOCK_LOCKDEP_ARENA_H
#define klock_arena_alloc fuzz_arena_alloc
#define klock_arena_strdup fuzz_arena_strdup
#define klock_options fuzz_options
#define klock_options_read read_environment
#define klock_options_write write_report
#define klock_order_read read_order
#define klock_suppress_read read_suppress
#define klock_suppress_forget forget_suppress
#define klock_exit_status_start() ((void)0)
#define atexit(f) ((void)(f))
#include "lockdep/options.c"
static const struct klock_options defaults = DEFAULTS;
#undef DEFAULTS

#define klock_stat_options fuzz_stat_options
#define klock_stat_options_read read_stat_environment
#define klock_stat_options_write write_stat
#define wrong wrong_stat
#define set_file set_stat_file
#define set set_stat
#define set_all set_all_stat
#define read_options read_stat
#include "lockstat/options.c"

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool same(const struct klock_options *a, const struct klock_options *b)
{
	for (int i = 0; i < 3; i++)
		if (!same_text(a->dump[i], b->dump[i]))
			return false;
	return a->order == b->order && a->misuse == b->misuse && a->stop == b->stop &&
	       a->once == b->once && a->suppress == b->suppress && a->exit_code == b->exit_code &&
	       a->stacks == b->stacks && same_text(a->log, b->log);
}

/* Reads a value in silence, or with a message; whether it is accepted. */
static bool take(const char *name, const char *value, void (*read)(void), const bool *on)
{
	const char *said;

	setenv(name, value, 1);
	fuzz_hush();
	read();
	said = fuzz_said();
	unsetenv(name);
	if (!*value || !strcmp(value, "0")) {
		expect(!*on && !*said, "%s is not off: %s", name, said);
		return false;
	}
	expect(!*on == !!*said, "%s=%s is %s, and said: %s", name, value, *on ? "on" : "off", said);
	expect(!*said || strstr(said, name), "%s is not named: %s", name, said);
	return *on;
}

static void write_options(const struct klock_options *o, char *text, size_t size)
{
	static const char *const dumps[] = { "text", "json", "dot" };
	FILE *out = fmemopen(text, size, "w");

	fprintf(out, "1,stacks=%u%s%s", o->stacks, o->stop ? ",abort" : "", o->once ? ",once" : "");
	if (o->exit_code)
		fprintf(out, ",exitcode=%u", o->exit_code);
	if (o->suppress)
		fprintf(out, ",suppress=s");
	if (o->log)
		fprintf(out, ",log=%s", o->log);
	for (int i = 0; i < 3; i++)
		if (o->dump[i])
			fprintf(out, ",%s=%s", dumps[i], o->dump[i]);
	fclose(out);
}

static void try_lockdep(const char *value)
{
	struct klock_options once;
	char text[4096 + 512] = "";

	fuzz_options = defaults;
	read_suppressions = false;
	if (!take("KLOCK_LOCKDEP", value, read_environment, &fuzz_options.order)) {
		expect(same(&fuzz_options, &defaults) && !read_suppressions,
		       "refused, and half applied: %s", value);
		return;
	}
	once = fuzz_options;
	write_options(&once, text, sizeof(text));
	if (strlen(text) > 4000)
		return;
	fuzz_options = defaults;
	expect(take("KLOCK_LOCKDEP", text, read_environment, &fuzz_options.order) &&
	       same(&once, &fuzz_options), "%s is not the same as %s", text, value);
}

static const struct klock_stat_options stat_defaults = { .sites = 4 };

static bool same_stat(const struct klock_stat_options *a, const struct klock_stat_options *b)
{
	return a->on == b->on && a->json == b->json && a->sites == b->sites &&
	       a->buckets == b->buckets && same_text(a->text_to, b->text_to) &&
	       same_text(a->json_to, b->json_to);
}

static void try_lockstat(const char *value)
{
	struct klock_stat_options once;
	char text[4096 + 512];
	int n;

	fuzz_stat_options = stat_defaults;
	if (!take("KLOCK_LOCKSTAT", value, read_stat_environment, &fuzz_stat_options.on)) {
		expect(same_stat(&fuzz_stat_options, &stat_defaults),
		       "refused, and half applied: %s", value);
		return;
	}
	once = fuzz_stat_options;
	n = snprintf(text, sizeof(text), "1,sites=%u%s%s%s%s%s%s", once.sites,
		     once.buckets ? ",hist" : "", once.text ? ",text" : "",
		     once.text_to ? "=" : "", once.text_to ? once.text_to : "",
		     once.json_to ? ",json=" : "", once.json_to ? once.json_to : "");
	if (n > 4000)
		return;
	fuzz_stat_options = stat_defaults;
	expect(take("KLOCK_LOCKSTAT", text, read_stat_environment, &fuzz_stat_options.on) &&
	       same_stat(&once, &fuzz_stat_options) && once.text == fuzz_stat_options.text,
	       "%s is not the same as %s", text, value);
}

static void try_check(const char *value)
{
	fuzz_options = defaults;
	take("KLOCK_CHECK", value, read_environment, &fuzz_options.misuse);
	expect(fuzz_options.misuse == !strcmp(value, "1"), "KLOCK_CHECK=%s", value);
}

static void try_duration(const char *text)
{
	char again[32];
	int64_t ns, same_ns;

	if (!klock_parse_duration(text, &ns))
		return;
	expect(ns >= 0 && ns <= KLOCK_FOREVER / 4, "%s is %lld ns", text, (long long)ns);
	expect(ns || !strcmp(text, "off") || strspn(text, "0"), "%s is nothing", text);
	snprintf(again, sizeof(again), "%lldns", (long long)ns);
	expect(klock_parse_duration(again, &same_ns) && ns == same_ns, "%s is not %s", text, again);
}

static void try_signal(const char *text)
{
	int number = klock_parse_signal(text), digits = (int)strspn(text, "0123456789");

	expect(number >= 0 && number < NSIG, "%s is %d", text, number);
	expect(!number || !digits || atoi(text) == number, "%s is %d", text, number);
	expect(!number || strlen(text) - (size_t)digits <= sizeof("SIGVTALRM"), "%s", text);
}

/* All of it is in the folder of the test. */
static void stay_here(char *text)
{
	for (; *text; text++)
		if (*text == '/')
			*text = '+';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const tries[])(const char *value) = {
		try_lockdep, try_lockstat, try_check, try_duration, try_signal,
	};
	struct fuzz_input in = { data, size };
	unsigned int which = fuzz_byte(&in) % 5;
	char *text = fuzz_text(&in, '\0');

	fuzz_scratch();
	stay_here(text);
	tries[which](text);
	expect(fuzz_scratch_empty(), "a file was made: %s", text);
	fuzz_arena_free();
	free(text);
	return 0;
}
