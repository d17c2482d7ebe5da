/* SPDX-License-Identifier: MIT */
#include "hang/options.h"
#include <klock/lockword.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	int64_t ns;
} units[] = {
	{ "", 1000000000 }, { "ns", 1 },	   { "us", 1000 },
	{ "ms", 1000000 },  { "s", 1000000000 }, { "m", 60 * INT64_C(1000000000) },
};

static const struct {
	const char *name;
	int number;
} signals[] = {
	{ "HUP", SIGHUP },     { "INT", SIGINT },   { "QUIT", SIGQUIT },     { "ABRT", SIGABRT },
	{ "USR1", SIGUSR1 },   { "USR2", SIGUSR2 }, { "PIPE", SIGPIPE },     { "ALRM", SIGALRM },
	{ "TERM", SIGTERM },   { "CHLD", SIGCHLD }, { "CONT", SIGCONT },     { "TSTP", SIGTSTP },
	{ "TTIN", SIGTTIN },   { "TTOU", SIGTTOU }, { "URG", SIGURG },	     { "XCPU", SIGXCPU },
	{ "XFSZ", SIGXFSZ },   { "PROF", SIGPROF }, { "VTALRM", SIGVTALRM }, { "WINCH", SIGWINCH },
	{ "IO", SIGIO },
};

/* Digits, and what stands behind them. False: no digits, or more than fit. */
static bool number(const char *text, int64_t max, int64_t *n, const char **rest)
{
	*n = 0;
	if (*text < '0' || *text > '9')
		return false;
	for (; *text >= '0' && *text <= '9'; text++) {
		if (*n > (max - (*text - '0')) / 10)
			return false;
		*n = *n * 10 + (*text - '0');
	}
	*rest = text;
	return true;
}

bool klock_parse_duration(const char *text, int64_t *ns)
{
	const char *unit;

	*ns = 0;
	if (!strcmp(text, "off"))
		return true;
	if (!number(text, KLOCK_FOREVER / 4, ns, &unit))
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(unit, units[i].name))
			continue;
		if (*ns > KLOCK_FOREVER / 4 / units[i].ns)
			return false;
		*ns *= units[i].ns;
		return true;
	}
	return false;
}

static int real_time_signal(const char *text)
{
	const char *end;
	int64_t n = 0;

	if (strncmp(text, "RTMIN", 5))
		return 0;
	text += 5;
	if (*text == '+' && (!number(text + 1, NSIG, &n, &end) || *end))
		return 0;
	if (*text && *text != '+')
		return 0;
	return SIGRTMIN + n <= SIGRTMAX ? (int)(SIGRTMIN + n) : 0;
}

int klock_parse_signal(const char *text)
{
	const char *end;
	int64_t n;

	if (number(text, NSIG, &n, &end))
		return !*end && n > 0 && n < NSIG ? (int)n : 0;
	if (!strncmp(text, "SIG", 3))
		text += 3;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (!strcmp(text, signals[i].name))
			return signals[i].number;
	return real_time_signal(text);
}
