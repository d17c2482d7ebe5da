/* SPDX-License-Identifier: MIT */
/* The table at the end of a race: a column for each part. */
#include <stdio.h>

#include "cli.h"
#include "race.h"

#define LEFT 56
#define COLUMN 12

static const char *const tally_text[] = {
#define X(name, text) text,
	RACE_TALLIES(X)
#undef X
};

static void head(const char *text)
{
	printf("%s\n", text);
}

static void row_name(const char *text)
{
	printf("  %-*s", LEFT - 2, text);
}

static void tally_row(const struct race_result *results, unsigned int nr, int tally)
{
	row_name(tally_text[tally]);
	for (unsigned int i = 0; i < nr; i++) {
		unsigned long n = results[i].tally[tally];

		if (tally_is_time(tally))
			printf("%*s", COLUMN, show_time(n));
		else
			printf("%*lu", COLUMN, n);
	}
	putchar('\n');
}

static void tally_rows(const struct race_result *results, unsigned int nr, int first, int last)
{
	for (int tally = first; tally <= last; tally++)
		tally_row(results, nr, tally);
}

static void counter_row(const struct race_result *results, unsigned int nr,
			enum cache_counter counter, bool time)
{
	row_name(cache_counter_text[counter]);
	for (unsigned int i = 0; i < nr; i++) {
		uint64_t n = results[i].stats.count[counter];

		if (time)
			printf("%*s", COLUMN, show_time(n));
		else
			printf("%*llu", COLUMN, (unsigned long long)n);
	}
	putchar('\n');
}

static void kind_rows(const struct race_result *results, unsigned int nr)
{
	row_name("wrong pages seen");
	for (unsigned int i = 0; i < nr; i++)
		printf("%*lu", COLUMN, race_wrong(results[i].tally));
	putchar('\n');
	for (int kind = PAGE_GOOD + 1; kind < NR_PAGE_KINDS; kind++) {
		char text[LEFT];

		snprintf(text, sizeof(text), "  %s", page_kind_text[kind]);
		row_name(text);
		for (unsigned int i = 0; i < nr; i++)
			printf("%*lu", COLUMN, results[i].tally[TALLY_kinds + kind]);
		putchar('\n');
	}
}

static void end_row(const struct race_result *results, unsigned int nr, const char *text,
		    bool on_disk)
{
	row_name(text);
	for (unsigned int i = 0; i < nr; i++)
		printf("%*u", COLUMN, on_disk ? results[i].wrong_on_disk : results[i].wrong_cached);
	putchar('\n');
}

void race_table(const struct race_result *results, unsigned int nr)
{
	static const enum cache_counter counts[] = {
		CACHE_hits,
		CACHE_misses,
		CACHE_evictions,
		CACHE_eagain_lock,
		CACHE_eagain_page,
		CACHE_eagain_disk,
		CACHE_eagain_noio,
		CACHE_truncated_retries,
		CACHE_faults,
		CACHE_invalidate_read_waits,
		CACHE_invalidate_write_waits,
	};

	for (int line = 0; line < 2; line++) {
		printf("%-*s", LEFT, line ? "" : "invalidate lock");
		for (unsigned int i = 0; i < nr; i++)
			printf("%*s", COLUMN, results[i].title[line]);
		putchar('\n');
	}
	row_name("time");
	for (unsigned int i = 0; i < nr; i++)
		printf("%*s", COLUMN, show_time(results[i].ns));
	putchar('\n');

	head("Operations");
	tally_rows(results, nr, TALLY_reads, TALLY_writes);
	head("What the readers saw");
	tally_row(results, nr, TALLY_checked);
	kind_rows(results, nr);
	head("  these by who saw them; and how many there were, each counted once");
	tally_rows(results, nr, TALLY_wrong_read, TALLY_incidents);
	end_row(results, nr, "wrong pages in the cache when all had ended", false);
	end_row(results, nr, "wrong pages on the disk then", true);
	head("Longest times (with all threads on few processors, others' turns included)");
	counter_row(results, nr, CACHE_invalidate_read_ns, true);
	counter_row(results, nr, CACHE_invalidate_write_ns, true);
	tally_rows(results, nr, TALLY_read_ns, TALLY_punch_ns);
	head("The cache");
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		counter_row(results, nr, counts[i], false);
	row_name("problems found by fsck");
	for (unsigned int i = 0; i < nr; i++)
		printf("%*d", COLUMN, results[i].fsck_problems);
	putchar('\n');
}
