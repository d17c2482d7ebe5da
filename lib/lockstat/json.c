/* SPDX-License-Identifier: MIT */
/* The same as JSON. Times are in nanoseconds. */
#include "lockstat/lockstat.h"
#include "base/bug.h"
#include "base/printable.h"
#include <stdio.h>
#include <unistd.h>

static void print_string(struct klock_stat_out *out, const char *text)
{
	char c[KLOCK_JSON_CHAR];

	klock_stat_print(out, "\"");
	while (*text) {
		text += klock_json_char(text, c);
		klock_stat_print(out, "%s", c);
	}
	klock_stat_print(out, "\"");
}

static void print_number(struct klock_stat_out *out, const char *name, uint64_t n)
{
	klock_stat_print(out, "\"%s\": %llu", name, (unsigned long long)n);
}

/* [[upper bound, how many], ...]; the last has no bound, and null in its place. */
static void print_buckets(struct klock_stat_out *out, const struct klock_stat_times *t)
{
	const char *comma = "";

	klock_stat_print(out, "\"histogram\": [");
	for (int i = 0; i < KLOCK_STAT_BUCKETS; i++) {
		if (!t->buckets[i])
			continue;
		if (i == KLOCK_STAT_BUCKETS - 1)
			klock_stat_print(out, "%s[null, ", comma);
		else
			klock_stat_print(out, "%s[%llu, ", comma, 1ull << i);
		klock_stat_print(out, "%llu]", (unsigned long long)t->buckets[i]);
		comma = ", ";
	}
	klock_stat_print(out, "]");
}

static void print_times(struct klock_stat_out *out, const char *name,
			const struct klock_stat_times *t)
{
	klock_stat_print(out, "\n        \"%s\": {", name);
	print_number(out, "samples", t->nr);
	klock_stat_print(out, ", ");
	print_number(out, "min", t->min);
	klock_stat_print(out, ", ");
	print_number(out, "max", t->max);
	klock_stat_print(out, ", ");
	print_number(out, "total", t->total);
	klock_stat_print(out, ", ");
	print_buckets(out, t);
	klock_stat_print(out, "}");
}

static void print_mode(struct klock_stat_out *out, const char *name,
		       const struct klock_stat_mode_counts *m)
{
	klock_stat_print(out, ",\n      \"%s\": {", name);
	print_number(out, "con_bounces", m->con_bounces);
	klock_stat_print(out, ", ");
	print_number(out, "contentions", m->contentions);
	klock_stat_print(out, ", ");
	print_number(out, "acq_bounces", m->acq_bounces);
	klock_stat_print(out, ", ");
	print_number(out, "acquisitions", m->acquisitions);
	klock_stat_print(out, ",");
	print_times(out, "wait", &m->wait);
	klock_stat_print(out, ",");
	print_times(out, "hold", &m->hold);
	klock_stat_print(out, "}");
}

static void print_points(struct klock_stat_out *out, const char *name,
			 const struct klock_stat_point *point, bool waited)
{
	char site[256];

	klock_stat_print(out, ",\n      \"%s\": [", name);
	for (const char *comma = ""; point; point = point->next, comma = ",") {
		klock_stat_print(out, "%s\n        {\"site\": ", comma);
		if (point->site) {
			klock_describe_call(point->site, site, sizeof(site));
			print_string(out, site);
			klock_stat_print(out, ", \"address\": \"%p\", ", point->site);
		} else {
			klock_stat_print(out, "null, "); /* all other places */
		}
		print_number(out, "contentions", point->nr);
		if (waited) {
			klock_stat_print(out, ", ");
			print_number(out, "wait_total", point->wait_total);
		}
		klock_stat_print(out, "}");
	}
	klock_stat_print(out, "]");
}

static void print_class(struct klock_stat_out *out, const struct klock_stat_sum *sum)
{
	char name[256];

	klock_stat_print(out, "\n    {\"name\": ");
	print_string(out, klock_class_name(sum->class, name, sizeof(name)));
	klock_stat_print(out, ", ");
	print_number(out, "id", sum->class->id);
	print_mode(out, "write", &sum->mode[KLOCK_STAT_WRITE]);
	print_mode(out, "read", &sum->mode[KLOCK_STAT_READ]);
	print_points(out, "contention_points", sum->waiters, true);
	print_points(out, "contended_by", sum->holders, false);
	klock_stat_print(out, "}");
}

void klock_stat_print_json(struct klock_stat_out *out, const struct klock_stat_sums *sums)
{
	klock_stat_print(out, "{\n  \"version\": 1,\n  \"unit\": \"ns\",\n  ");
	print_number(out, "pid", (uint64_t)getpid());
	klock_stat_print(out, ",\n  ");
	print_number(out, "lost", klock_load_relaxed(&klock_stat_lost));
	klock_stat_print(out, ",\n  \"classes\": [");
	for (size_t i = 0; i < sums->nr; i++) {
		klock_stat_print(out, "%s", i ? "," : "");
		print_class(out, sums->at[i]);
	}
	klock_stat_print(out, "]\n}\n");
}
