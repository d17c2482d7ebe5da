/* SPDX-License-Identifier: MIT */
/*
 * The columns of the kernel's /proc/lock_stat. Times are in microseconds, with
 * two digits behind the point.
 */
#include "lockstat/lockstat.h"
#include "base/bug.h"
#include <stdio.h>
#include <string.h>

#define NAME_WIDTH 40
#define NR_COLUMNS 12
#define LINE_WIDTH (NAME_WIDTH + 1 + NR_COLUMNS * 15)

static const char *const columns[NR_COLUMNS] = {
	"con-bounces", "contentions",  "waittime-min", "waittime-max", "waittime-total",
	"waittime-avg", "acq-bounces", "acquisitions", "holdtime-min", "holdtime-max",
	"holdtime-total", "holdtime-avg",
};

static void line_of(struct klock_stat_out *out, char c, int indent, int n)
{
	char line[LINE_WIDTH + 1];

	memset(line, c, (size_t)n);
	line[n] = '\0';
	klock_stat_print(out, "%*s%s\n", indent, "", line);
}

static void print_us(struct klock_stat_out *out, uint64_t ns)
{
	uint64_t hundredths = (ns + 5) / 10;
	char text[32];

	snprintf(text, sizeof(text), "%llu.%02u", (unsigned long long)(hundredths / 100),
		 (unsigned int)(hundredths % 100));
	klock_stat_print(out, " %14s", text);
}

static void print_count(struct klock_stat_out *out, uint64_t n)
{
	klock_stat_print(out, " %14llu", (unsigned long long)n);
}

static void print_times(struct klock_stat_out *out, const struct klock_stat_times *t)
{
	print_us(out, t->min);
	print_us(out, t->max);
	print_us(out, t->total);
	print_us(out, t->nr ? t->total / t->nr : 0);
}

static void print_mode(struct klock_stat_out *out, const char *name, const char *suffix,
		       const struct klock_stat_mode_counts *m)
{
	char with[256];

	snprintf(with, sizeof(with), "%s%s", name, suffix);
	klock_stat_print(out, "%*s:", NAME_WIDTH, with);
	print_count(out, m->con_bounces);
	print_count(out, m->contentions);
	print_times(out, &m->wait);
	print_count(out, m->acq_bounces);
	print_count(out, m->acquisitions);
	print_times(out, &m->hold);
	klock_stat_print(out, "\n");
}

static void print_buckets(struct klock_stat_out *out, const char *name, const char *suffix,
			  const char *what, const struct klock_stat_times *t)
{
	char with[256], below[32];

	snprintf(with, sizeof(with), "%s%s", name, suffix);
	for (int i = 0; i < KLOCK_STAT_BUCKETS; i++) {
		if (!t->buckets[i])
			continue;
		if (i == KLOCK_STAT_BUCKETS - 1)
			snprintf(below, sizeof(below), "longer");
		else
			snprintf(below, sizeof(below), "< %llu ns", 1ull << i);
		klock_stat_print(out, "%*s %14llu %s %s\n", NAME_WIDTH, with,
				 (unsigned long long)t->buckets[i], what, below);
	}
}

/* The first are those with the most contentions. */
static void print_points(struct klock_stat_out *out, const char *name,
			 const struct klock_stat_point *point)
{
	char site[256], address[32];
	unsigned int n = 0;

	if (!point || !klock_stat_options.sites)
		return;
	line_of(out, '-', NAME_WIDTH - (int)strnlen(name, NAME_WIDTH), 15);
	for (; point && n < klock_stat_options.sites; point = point->next, n++) {
		snprintf(address, sizeof(address), "[<%p>]", point->site);
		if (point->site)
			klock_describe_call(point->site, site, sizeof(site));
		else
			snprintf(site, sizeof(site), "all other places");
		klock_stat_print(out, "%*s %14llu %29s %s\n", NAME_WIDTH, name,
				 (unsigned long long)point->nr, address, site);
	}
}

static bool used(const struct klock_stat_mode_counts *m)
{
	return m->acquisitions || m->contentions;
}

/* Only a class that was used in both modes has a row for each, or one that was only read. */
static void print_class(struct klock_stat_out *out, const struct klock_stat_sum *sum, bool buckets)
{
	const struct klock_stat_mode_counts *write = &sum->mode[KLOCK_STAT_WRITE];
	const struct klock_stat_mode_counts *read = &sum->mode[KLOCK_STAT_READ];
	const char *write_suffix = used(read) ? "-W" : "";
	char name[240];

	klock_class_printable(sum->class, name, sizeof(name));
	klock_stat_print(out, "\n");
	if (used(write))
		print_mode(out, name, write_suffix, write);
	if (used(read))
		print_mode(out, name, "-R", read);
	if (buckets) {
		print_buckets(out, name, write_suffix, "waits", &write->wait);
		print_buckets(out, name, write_suffix, "holds", &write->hold);
		print_buckets(out, name, "-R", "waits", &read->wait);
		print_buckets(out, name, "-R", "holds", &read->hold);
	}
	print_points(out, name, sum->waiters);
	print_points(out, name, sum->holders);
	if (sum->waiters) {
		klock_stat_print(out, "\n");
		line_of(out, '.', 0, LINE_WIDTH);
	}
}

void klock_stat_print_text(struct klock_stat_out *out, const struct klock_stat_sums *sums,
			   bool buckets)
{
	uint32_t lost = klock_load_relaxed(&klock_stat_lost);

	klock_stat_print(out, "lock_stat version 0.4\n");
	if (lost)
		klock_stat_print(out, "*WARNING* out of memory: %u events are not counted\n", lost);
	line_of(out, '-', 0, LINE_WIDTH);
	klock_stat_print(out, "%*s ", NAME_WIDTH, "class name");
	for (int i = 0; i < NR_COLUMNS; i++)
		klock_stat_print(out, " %14s", columns[i]);
	klock_stat_print(out, "\n");
	line_of(out, '-', 0, LINE_WIDTH);
	for (size_t i = 0; i < sums->nr; i++)
		print_class(out, sums->at[i], buckets);
}
