/* SPDX-License-Identifier: MIT */
/* The command line. */
#include "torture.h"
#include <unistd.h>

struct options options = { .seconds = 5, .bound = 30, .threads = 8 };

/* A list that is chosen from. */
struct list {
	char letter;
	const char *what;
	uint32_t *mask;
	int standard; /* how many of them are chosen unless said otherwise */
	const char *(*name)(int i); /* NULL: there are no more */
};

static const char *lock_name(int i)
{
	return row_at(i) ? row_at(i)->name : NULL;
}

static const char *operation_name(int i)
{
	return i < nr_operations ? operations[i].name : NULL;
}

static const char *feature_name(int i)
{
	return i < nr_features ? features[i].name : NULL;
}

static struct list lists[] = {
	{ 'l', "locks", &options.locks, NR_LOCK_ROWS, lock_name },
	{ 'o', "operations", &options.operations, MAX_CHOICES, operation_name },
	{ 'f', "features", &options.features, MAX_CHOICES, feature_name },
};
#define NR_LISTS 3

static void usage(void)
{
	fprintf(stderr, "usage: torture [-s SEED] [-t SECONDS] [-w BOUND] [-n THREADS]\n"
			"               [-l LOCK,...] [-o OPERATION,...] [-f FEATURE,...]\n"
			"BOUND: how many seconds a thread may wait (30)\n");
	for (int k = 0; k < NR_LISTS; k++) {
		fprintf(stderr, "%s: none", lists[k].what);
		for (int i = 0; lists[k].name(i); i++)
			fprintf(stderr, "%s%s", i == lists[k].standard ? "; broken: " : " ",
				lists[k].name(i));
		fputc('\n', stderr);
	}
	exit(2);
}

static int64_t number(const char *text, int64_t max)
{
	char *end;
	int64_t n = strtoll(text, &end, 10);

	if (*end || n < 1 || n > max) {
		fprintf(stderr, "torture: '%s' is not a number from 1 to %lld\n", text,
			(long long)max);
		usage();
	}
	return n;
}

static uint32_t bit_of(const struct list *list, const char *name)
{
	for (int i = 0; list->name(i); i++)
		if (!strcmp(list->name(i), name))
			return UINT32_C(1) << i;
	fprintf(stderr, "torture: '%s' is not one of the %s\n", name, list->what);
	usage();
	return 0;
}

static bool choose(int letter, char *names)
{
	for (int k = 0; k < NR_LISTS; k++) {
		struct list *list = &lists[k];

		if (list->letter != letter)
			continue;
		*list->mask = 0;
		if (strcmp(names, "none"))
			for (char *name = strtok(names, ","); name; name = strtok(NULL, ","))
				*list->mask |= bit_of(list, name);
		return true;
	}
	return false;
}

static void set_standard(void)
{
	const char *seconds = getenv("KLOCK_TORTURE_SECONDS");

	if (seconds && *seconds)
		options.seconds = number(seconds, INT32_MAX);
	options.seed = (uint32_t)(now_ns() % 1000000 + 1);
	for (int k = 0; k < NR_LISTS; k++)
		for (int i = 0; i < lists[k].standard && lists[k].name(i); i++)
			*lists[k].mask |= UINT32_C(1) << i;
}

void options_parse(int argc, char **argv)
{
	int letter;

	set_standard();
	while ((letter = getopt(argc, argv, "s:t:w:n:l:o:f:")) != -1) {
		if (choose(letter, optarg))
			continue;
		switch (letter) {
		case 's':
			options.seed = (uint32_t)number(optarg, UINT32_MAX);
			break;
		case 't':
			options.seconds = number(optarg, INT32_MAX);
			break;
		case 'w':
			options.bound = number(optarg, INT32_MAX);
			break;
		case 'n':
			options.threads = (int)number(optarg, MAX_THREADS);
			break;
		default:
			usage();
		}
	}
	if (optind != argc)
		usage();
}

void options_print(FILE *out)
{
	fprintf(out, "-s %u -t %lld -w %lld -n %d", options.seed, (long long)options.seconds,
		(long long)options.bound, options.threads);
	for (int k = 0; k < NR_LISTS; k++) {
		const char *before = " ";

		fprintf(out, " -%c", lists[k].letter);
		for (int i = 0; lists[k].name(i); i++) {
			if (!(*lists[k].mask >> i & 1))
				continue;
			fprintf(out, "%s%s", before, lists[k].name(i));
			before = ",";
		}
		if (!*lists[k].mask)
			fputs(" none", out);
	}
	fputc('\n', out);
}
