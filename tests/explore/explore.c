/* SPDX-License-Identifier: MIT */
/*
 * Explores the scenarios of scenarios.def: "explore", or "explore NAME..." for
 * those whose names begin so. "explore NAME -r SCHEDULE" runs one schedule, as
 * a failure prints it, and shows each step. EXPLORE_MAX is how many states a
 * scenario may have, EXPLORE_PREEMPTIONS how often a thread may be stopped that
 * could go on; without them it explores all there is. EXPLORE_APART=1 goes
 * through all orders, also of states that are the same.
 */
#include "explore/scenarios.h"
#include "explore/script.h"
#include "explore/states.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static bool wanted(const struct xp_entry *e, char **names)
{
	if (!*names)
		return true;
	for (; *names; names++)
		if (!strncmp(e->name, *names, strlen(*names)))
			return true;
	return false;
}

static void make(const struct xp_entry *e, struct xp_scenario *s)
{
	*s = (struct xp_scenario){ .name = e->name };
	if (!xp_script_scenario(s, e->lock, e->scripts)) {
		fprintf(stderr, "scenarios.def: %s: there is no lock '%s'\n", e->name, e->lock);
		exit(2);
	}
}

static int replay(const char *name, const char *schedule)
{
	struct xp_scenario s;
	size_t n;
	const struct xp_entry *entries = xp_entries(&n);

	for (size_t i = 0; i < n; i++)
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

static struct xp_result explore(const struct xp_entry *e, const struct xp_limits *limits)
{
	struct xp_scenario s;
	struct xp_result r;

	make(e, &s);
	r = xp_explore(&s, limits);
	tap(!r.failed, e->name);
	printf("%sok %s # %" PRIu64 " executions, %" PRIu64 " states, %" PRIu64
	       " ends, %d steps at most%s\n", r.failed ? "not " : "", e->name, r.executions,
	       r.states, r.ends, r.longest, r.complete ? ", complete" : ", as far as the limit");
	return r;
}

int main(int argc, char **argv)
{
	const struct xp_limits limits = {
		.states = number_from("EXPLORE_MAX", UINT64_MAX),
		.preemptions = (int)number_from("EXPLORE_PREEMPTIONS", (uint64_t)-1),
		.apart = number_from("EXPLORE_APART", 0),
	};
	int run = 0, failed = 0, complete = 0;
	uint64_t states = 0;
	size_t n;
	const struct xp_entry *entries = xp_entries(&n);

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!xp_states_init()) {
		puts("skipped: this program has to be linked dynamically");
		return 77;
	}
	xp_script_init();
	if (argc == 4 && !strcmp(argv[2], "-r"))
		return replay(argv[1], argv[3]);
	for (size_t i = 0; i < n; i++)
		if (wanted(&entries[i], argv + 1)) {
			struct xp_result r = explore(&entries[i], &limits);

			run++;
			failed += r.failed;
			complete += r.complete;
			states += r.states;
		}
	printf("%d passed, %d failed; %d complete; %" PRIu64 " states\n", run - failed, failed,
	       complete, states);
	return failed || !run;
}
