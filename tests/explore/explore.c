/* SPDX-License-Identifier: MIT */
/*
 * Explores the scenarios of scenarios.def: "explore", or "explore NAME..." for
 * those whose names begin so. "explore NAME -r SCHEDULE" runs one schedule, as
 * a failure prints it, and shows each step. EXPLORE_MAX is how many executions
 * a scenario may take, EXPLORE_PREEMPTIONS how often a thread may be stopped
 * that could go on; without them it explores all there is.
 */
#include "explore/locks.h"
#include "explore/sched.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct entry {
	const char *name, *lock, *scripts[XP_THREADS + 1];
} entries[] = {
#define SCENARIO(name, lock, ...) { #name, #lock, { __VA_ARGS__ } },
#include "explore/scenarios.def"
#undef SCENARIO
};

#define NR_ENTRIES (sizeof(entries) / sizeof(entries[0]))

static uint64_t number_from(const char *variable, uint64_t otherwise)
{
	const char *text = getenv(variable);
	char *end;
	uint64_t n;

	if (!text || !*text)
		return otherwise;
	n = strtoull(text, &end, 10);
	if (*end || end == text) {
		fprintf(stderr, "explore: %s is '%s', not a number\n", variable, text);
		exit(2);
	}
	return n;
}

static bool wanted(const struct entry *e, char **names)
{
	if (!*names)
		return true;
	for (; *names; names++)
		if (!strncmp(e->name, *names, strlen(*names)))
			return true;
	return false;
}

static void make(const struct entry *e, struct xp_scenario *s)
{
	*s = (struct xp_scenario){ .name = e->name };
	if (!xp_locks_scenario(s, e->lock, e->scripts)) {
		fprintf(stderr, "scenarios.def: %s: there is no lock '%s'\n", e->name, e->lock);
		exit(2);
	}
}

static int replay(const char *name, const char *schedule)
{
	struct xp_scenario s;

	for (size_t i = 0; i < NR_ENTRIES; i++)
		if (!strcmp(entries[i].name, name)) {
			make(&entries[i], &s);
			return xp_replay(&s, schedule).failed;
		}
	fprintf(stderr, "explore: there is no scenario '%s'\n", name);
	return 2;
}

/* A line for tests/support/run-test. */
static void tap(bool ok, const char *name)
{
	static int number;
	const char *file = getenv("KLOCK_TAP");
	FILE *out = file ? fopen(file, "a") : NULL;

	if (out) {
		fprintf(out, "%sok %d - %s\n", ok ? "" : "not ", ++number, name);
		fclose(out);
	}
}

static bool explore(const struct entry *e, const struct xp_limits *limits)
{
	struct xp_scenario s;
	struct xp_result r;

	make(e, &s);
	r = xp_explore(&s, limits);
	tap(!r.failed, e->name);
	printf("%sok %s # %" PRIu64 " executions, %d steps at most%s\n", r.failed ? "not " : "",
	       e->name, r.executions - r.pruned, r.longest,
	       r.complete ? ", complete" : ", as far as the limit");
	return !r.failed;
}

int main(int argc, char **argv)
{
	const struct xp_limits limits = {
		.executions = number_from("EXPLORE_MAX", UINT64_MAX),
		.preemptions = (int)number_from("EXPLORE_PREEMPTIONS", (uint64_t)-1),
	};
	int run = 0, failed = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	xp_locks_init();
	if (argc == 4 && !strcmp(argv[2], "-r"))
		return replay(argv[1], argv[3]);
	for (size_t i = 0; i < NR_ENTRIES; i++)
		if (wanted(&entries[i], argv + 1)) {
			run++;
			failed += !explore(&entries[i], &limits);
		}
	printf("%d passed, %d failed\n", run - failed, failed);
	return failed || !run;
}
