/* SPDX-License-Identifier: MIT */
#include "bench.h"
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

static const struct bench_row *const tables[] = {
	bench_size_rows,  bench_pairs_rows,   bench_tries_rows, bench_mix_rows,
	bench_waits_rows, bench_handoff_rows, bench_burn_rows,  bench_nowait_rows,
};

#define NR_TABLES (sizeof(tables) / sizeof(tables[0]))

static const char usage[] =
	"usage: bench [options]\n"
	"  --rows LIST     the rows with these keys: mix-10,over or pair,try,fail\n"
	"  --locks LIST    the locks with such parts in their names, beside the references\n"
	"  --rounds N      how often the locks take turns, in most rows (5; --full: 21)\n"
	"  --seconds S     how long each has a turn, in most rows (0.02; --full: 0.08)\n"
	"  --full          the long form\n"
	"  --portfolio     many shapes of load in place of the rows: cell-t8-w100-h50-g100 is\n"
	"                  8 threads, 100 of 1000 turns write, held for 50 ns, 100 ns between\n"
	"  --tsv FILE      also write it as tab-separated values\n"
	"  --list          only the keys of the rows\n"
	"  --help          this\n";

static void __attribute__((noreturn)) refuse(const char *option, const char *value)
{
	fprintf(stderr, "bench: %s '%s' makes no sense\n%s", option, value, usage);
	exit(2);
}

static double number(const char *option, const char *text, double least, double most)
{
	char *end;
	double value = strtod(text, &end);

	if (*end || !(value >= least && value <= most))
		refuse(option, text);
	return value;
}

static void list_rows(void)
{
	for (size_t i = 0; i < NR_TABLES; i++)
		for (const struct bench_row *row = tables[i]; row->key; row++)
			printf("%-20s %s\n", row->key, row->title);
	printf("%-20s %s\n", "lockdep", "What the checkers cost");
}

static FILE *open_tsv(const char *name)
{
	FILE *file = fopen(name, "w");

	if (!file) {
		fprintf(stderr, "bench: %s: %s\n", name, strerror(errno));
		exit(1);
	}
	return file;
}

/* The options that ask, and those that there are not. */
static void __attribute__((noreturn)) answer(int option)
{
	if (option == 'i')
		list_rows();
	else
		fputs(usage, option == 'h' ? stdout : stderr);
	exit(option == '?' ? 2 : 0);
}

static struct bench_options parse(int argc, char **argv)
{
	static const struct option known[] = {
		{ "rows", required_argument, NULL, 'r' },
		{ "locks", required_argument, NULL, 'l' },
		{ "rounds", required_argument, NULL, 'n' },
		{ "seconds", required_argument, NULL, 's' },
		{ "full", no_argument, NULL, 'f' },
		{ "portfolio", no_argument, NULL, 'p' },
		{ "tsv", required_argument, NULL, 't' },
		{ "list", no_argument, NULL, 'i' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct bench_options o = { .rounds = 0 };
	bool full = false;
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (c == 'r')
			o.rows = optarg;
		else if (c == 'l')
			o.locks = optarg;
		else if (c == 'n')
			o.rounds = (unsigned int)number("--rounds", optarg, 1, 100);
		else if (c == 's')
			o.seconds = number("--seconds", optarg, 0.0001, 100);
		else if (c == 'f')
			full = true;
		else if (c == 'p')
			o.portfolio = true;
		else if (c == 't')
			o.tsv = open_tsv(optarg);
		else
			answer(c);
	}
	if (optind < argc)
		refuse("the argument", argv[optind]);
	if (!o.rounds)
		o.rounds = full ? 21 : o.portfolio ? 1 : 5;
	if (o.seconds == 0)
		o.seconds = full || o.portfolio ? 0.08 : 0.02;
	return o;
}

static void put_locks(FILE *tsv)
{
	for (const struct bench_lock *lock = bench_locks; lock->name; lock++)
		bench_put_lock(tsv, lock);
	for (const struct bench_lock *lock = bench_cxx_locks; lock->name; lock++)
		bench_put_lock(tsv, lock);
}

static void *end_at_once(void *arg)
{
	return arg;
}

/* glibc's mutex does without atomic accesses in a process that never had a second thread. */
static void have_had_threads(void)
{
	pthread_t thread;

	bench_start(&thread, end_at_once, NULL);
	pthread_join(thread, NULL);
}

/* Runs the rows that are asked for, and returns how many they were. */
static unsigned int run_rows(const struct bench_options *options)
{
	unsigned int n = 0;

	/* First: its workers begin as processes that took no lock. */
	if (!options->portfolio && bench_row_wanted(options->rows, "lockdep")) {
		bench_lockdep(options->tsv);
		n++;
	}
	bench_locks_init();
	bench_thread_begin();
	have_had_threads();
	bench_machine(options->tsv);
	if (options->portfolio)
		return bench_portfolio(options);
	for (size_t i = 0; i < NR_TABLES; i++)
		for (const struct bench_row *row = tables[i]; row->key; row++)
			if (bench_row_wanted(options->rows, row->key)) {
				bench_run_row(row, options);
				n++;
			}
	return n;
}

int main(int argc, char **argv)
{
	struct bench_options options = parse(argc, argv);
	int64_t began = bench_now_ns();

	if (options.tsv)
		put_locks(options.tsv);
	if (!run_rows(&options))
		refuse("--rows", options.rows);
	printf("\n%.0f seconds\n", (double)(bench_now_ns() - began) / 1e9);
	if (options.tsv && fclose(options.tsv)) {
		perror("bench: writing the TSV");
		return 1;
	}
	return 0;
}
