/* SPDX-License-Identifier: MIT */
/* The same as JSON. Times are in nanoseconds. */
#include "lockstat/lockstat.h"
#include "base/bug.h"
#include <stdio.h>
#include <unistd.h>

/* How many bytes of UTF-8 make the character at `s`; 0: it is none. */
static int utf8_length(const unsigned char *s)
{
	int n = *s < 0x80 ? 1 : *s >= 0xc2 && *s < 0xe0 ? 2 : *s >= 0xe0 && *s < 0xf0 ? 3 :
		*s >= 0xf0 && *s < 0xf5 ? 4 : 0;

	for (int i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	/* Too long for what it says, a half of a pair, or past the last one. */
	if ((*s == 0xe0 && s[1] < 0xa0) || (*s == 0xed && s[1] >= 0xa0) ||
	    (*s == 0xf0 && s[1] < 0x90) || (*s == 0xf4 && s[1] >= 0x90))
		return 0;
	return n;
}

static void print_string(struct klock_stat_out *out, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	klock_stat_print(out, "\"");
	while (*s) {
		int n = utf8_length(s);

		if (*s == '"' || *s == '\\')
			klock_stat_print(out, "\\%c", *s);
		else if (!n || *s < 0x20)
			klock_stat_print(out, "\\u%04x", n ? *s : 0xfffd);
		else
			klock_stat_print(out, "%.*s", n, (const char *)s);
		s += n ? n : 1;
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
