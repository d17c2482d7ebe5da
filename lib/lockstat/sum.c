/* SPDX-License-Identifier: MIT */
/* Adds up what the threads have counted, while they go on counting. */
#include "lockstat/lockstat.h"
#include "base/source_line.h"
#include "lockstat/pool.h"
#include <errno.h>
#include <stdlib.h>

/* relaxed, here and below: each number stands by itself, see count.h */
static void add_times(struct klock_stat_times *sum, const struct klock_stat_times *t)
{
	uint64_t nr = klock_load_relaxed(&t->nr), min, max;

	if (!nr)
		return;
	min = klock_load_relaxed(&t->min);
	max = klock_load_relaxed(&t->max);
	if (!sum->nr || min < sum->min)
		sum->min = min;
	if (max > sum->max)
		sum->max = max;
	sum->nr += nr;
	sum->total += klock_load_relaxed(&t->total);
	for (int i = 0; i < KLOCK_STAT_BUCKETS; i++)
		sum->buckets[i] += klock_load_relaxed(&t->buckets[i]);
}

static void add_mode(struct klock_stat_mode_counts *sum, const struct klock_stat_mode_counts *m)
{
	sum->contentions += klock_load_relaxed(&m->contentions);
	sum->con_bounces += klock_load_relaxed(&m->con_bounces);
	sum->acquisitions += klock_load_relaxed(&m->acquisitions);
	sum->acq_bounces += klock_load_relaxed(&m->acq_bounces);
	add_times(&sum->wait, &m->wait);
	add_times(&sum->hold, &m->hold);
}

static int add_points(struct klock_stat_sums *sums, struct klock_stat_point **list,
		      struct klock_stat_point *points)
{
	struct klock_stat_point *p, *sum;

	for (p = points; p; p = p->next) {
		if (!klock_load_relaxed(&p->nr))
			continue;
		for (sum = *list; sum && sum->site != p->site; sum = sum->next)
			;
		if (!sum) {
			sum = klock_stat_pool_alloc(&sums->pool, sizeof(*sum));
			if (!sum)
				return -ENOMEM;
			*sum = (struct klock_stat_point){ .site = p->site, .next = *list };
			*list = sum;
		}
		sum->nr += klock_load_relaxed(&p->nr);
		sum->wait_total += klock_load_relaxed(&p->wait_total);
	}
	return 0;
}

static int add_row(struct klock_stat_sums *sums, struct klock_stat_row *row)
{
	struct klock_stat_sum **sum = &sums->at[row->class->id];

	if (!*sum)
		*sum = klock_stat_pool_alloc(&sums->pool, sizeof(**sum));
	if (!*sum)
		return -ENOMEM;
	(*sum)->class = row->class;
	for (int mode = 0; mode < KLOCK_STAT_MODES; mode++) {
		/* [Y1] */
		const struct klock_stat_mode_counts *m = klock_load_acquire(&row->mode[mode]);

		if (m)
			add_mode(&(*sum)->mode[mode], m);
	}
	if (add_points(sums, &(*sum)->waiters, klock_load_acquire(&row->waiters)) || /* [Y1] */
	    add_points(sums, &(*sum)->holders, klock_load_acquire(&row->holders)))
		return -ENOMEM;
	return 0;
}

static int add_thread(struct klock_stat_sums *sums, struct klock_stat_thread *t)
{
	struct klock_stat_rows *rows = klock_load_acquire(&t->rows); /* [Y1] */

	for (size_t id = 0; rows && id < rows->room && id < sums->nr; id++) {
		struct klock_stat_row *row = klock_load_acquire(&rows->at[id]); /* [Y1] */

		if (row && add_row(sums, row))
			return -ENOMEM;
	}
	return 0;
}

static bool more_points(const struct klock_stat_point *a, const struct klock_stat_point *b)
{
	return a->nr > b->nr || (a->nr == b->nr && a->site < b->site);
}

/* Insertion: a class has few of them. */
static struct klock_stat_point *sorted(struct klock_stat_point *list)
{
	struct klock_stat_point *first = NULL, *next;

	for (; list; list = next) {
		struct klock_stat_point **at = &first;

		next = list->next;
		while (*at && more_points(*at, list))
			at = &(*at)->next;
		list->next = *at;
		*at = list;
	}
	return first;
}

static uint64_t contentions(const struct klock_stat_sum *sum)
{
	return sum->mode[KLOCK_STAT_WRITE].contentions + sum->mode[KLOCK_STAT_READ].contentions;
}

static int compare(const void *x, const void *y)
{
	const struct klock_stat_sum *a = *(struct klock_stat_sum *const *)x;
	const struct klock_stat_sum *b = *(struct klock_stat_sum *const *)y;

	if (contentions(a) != contentions(b))
		return contentions(a) < contentions(b) ? 1 : -1;
	return a->class->id < b->class->id ? -1 : 1; /* in the order of their first use */
}

static bool used(const struct klock_stat_sum *sum)
{
	return contentions(sum) || sum->mode[KLOCK_STAT_WRITE].acquisitions ||
	       sum->mode[KLOCK_STAT_READ].acquisitions;
}

static void sift_down(struct klock_stat_sum **at, size_t i, size_t n)
{
	for (size_t child; (child = 2 * i + 1) < n; i = child) {
		struct klock_stat_sum *moved = at[i];

		if (child + 1 < n && compare(&at[child], &at[child + 1]) < 0)
			child++;
		if (compare(&at[i], &at[child]) >= 0)
			return;
		at[i] = at[child];
		at[child] = moved;
	}
}

/* A heap sort: qsort() may call malloc(). */
static void sort(struct klock_stat_sum **at, size_t n)
{
	for (size_t i = n / 2; i > 0; i--)
		sift_down(at, i - 1, n);
	for (size_t end = n; end > 1; end--) {
		struct klock_stat_sum *most = at[0];

		at[0] = at[end - 1];
		at[end - 1] = most;
		sift_down(at, 0, end - 1);
	}
}

/* Puts those that were used at the front, the most contended first. */
static void order(struct klock_stat_sums *sums)
{
	size_t nr = 0;

	for (size_t id = 0; id < sums->nr; id++) {
		struct klock_stat_sum *sum = sums->at[id];

		if (!sum || !used(sum))
			continue;
		sum->waiters = sorted(sum->waiters);
		sum->holders = sorted(sum->holders);
		sums->at[nr++] = sum;
	}
	sums->nr = nr;
	sort(sums->at, nr);
}

int klock_stat_sum_up(struct klock_stat_sums *sums)
{
	uint32_t generation = klock_load_relaxed(&klock_stat_generation); /* resets come or not */

	/* One more than the last number; classes that come meanwhile are left out. */
	*sums = (struct klock_stat_sums){ .nr = klock_nr_classes() + 1 };
	sums->at = klock_stat_pool_alloc(&sums->pool, sums->nr * sizeof(sums->at[0]));
	if (!sums->at)
		return -ENOMEM;
	for (struct klock_stat_thread *t = klock_stat_threads(); t; t = t->next) {
		/* [Y4] pairs with [Y3]: what was counted before the reset is gone. */
		if (klock_load_acquire(&t->generation) != generation)
			continue;
		if (add_thread(sums, t)) {
			klock_stat_sums_free(sums);
			return -ENOMEM;
		}
	}
	order(sums);
	return 0;
}

void klock_stat_sums_free(struct klock_stat_sums *sums)
{
	klock_stat_pool_free(sums->pool);
	sums->pool = NULL;
	sums->at = NULL;
}

static void fetch(const void **sites, size_t *n)
{
	klock_source_lines_fetch(sites, *n);
	*n = 0;
}

static void add_sites(const struct klock_stat_point *point, const void **sites, size_t *n)
{
	for (; point; point = point->next) {
		if (*n == KLOCK_LINES_AT_ONCE)
			fetch(sites, n);
		if (point->site)
			sites[(*n)++] = point->site;
	}
}

void klock_stat_sums_fetch_lines(const struct klock_stat_sums *sums)
{
	const void *sites[KLOCK_LINES_AT_ONCE];
	size_t n = 0;

	for (size_t i = 0; i < sums->nr; i++) {
		add_sites(sums->at[i]->waiters, sites, &n);
		add_sites(sums->at[i]->holders, sites, &n);
	}
	fetch(sites, &n);
}
