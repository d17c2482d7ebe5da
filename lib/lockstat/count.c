/* SPDX-License-Identifier: MIT */
#include "lockstat/count.h"
#include "lockdep/arena.h"
#include <string.h>

#define FIRST_ROWS 64
#define FIRST_HOLDS 16
/*
 * A hold that another thread gives up is never taken off the list. The oldest
 * make way, so that those of percpu_down_read() in one thread and
 * percpu_up_read() in another do not fill the memory.
 */
#define MAX_HOLDS 1024

uint32_t klock_stat_generation = 1;
uint32_t klock_stat_lost;
static struct klock_stat_thread *threads;

struct klock_stat_thread *klock_stat_threads(void)
{
	return klock_load_acquire(&threads); /* [Y1] */
}

static struct klock_stat_thread *make_thread(struct klock_task *task)
{
	struct klock_stat_thread *t = klock_arena_alloc(sizeof(*t)), *next;

	if (!t)
		return NULL;
	next = klock_load_relaxed(&threads); /* only a guess: the exchange decides */
	do
		t->next = next;
	/* [Y2] release: pairs with [Y1]; who finds the block finds it zeroed. */
	while (!klock_cas_acq_rel(&threads, &next, t));
	klock_store_release(&task->stat, (void *)t); /* [Y2] */
	return t;
}

static void empty_times(struct klock_stat_times *times)
{
	klock_store_relaxed(&times->nr, (uint64_t)0);
	klock_store_relaxed(&times->min, (uint64_t)0);
	klock_store_relaxed(&times->max, (uint64_t)0);
	klock_store_relaxed(&times->total, (uint64_t)0);
	for (int i = 0; i < KLOCK_STAT_BUCKETS; i++)
		klock_store_relaxed(&times->buckets[i], (uint64_t)0);
}

static void empty_mode(struct klock_stat_mode_counts *m)
{
	klock_store_relaxed(&m->contentions, (uint64_t)0);
	klock_store_relaxed(&m->con_bounces, (uint64_t)0);
	klock_store_relaxed(&m->acquisitions, (uint64_t)0);
	klock_store_relaxed(&m->acq_bounces, (uint64_t)0);
	empty_times(&m->wait);
	empty_times(&m->hold);
}

static void empty_points(struct klock_stat_point *point)
{
	for (; point; point = point->next) {
		klock_store_relaxed(&point->nr, (uint64_t)0);
		klock_store_relaxed(&point->wait_total, (uint64_t)0);
	}
}

/* relaxed, all of it: until the generation is there, nobody looks. */
static void empty(struct klock_stat_thread *t, uint32_t generation)
{
	for (size_t i = 0; t->rows && i < t->rows->room; i++) {
		struct klock_stat_row *row = t->rows->at[i];

		if (!row)
			continue;
		for (int mode = 0; mode < KLOCK_STAT_MODES; mode++)
			if (row->mode[mode])
				empty_mode(row->mode[mode]);
		empty_points(row->waiters);
		empty_points(row->holders);
	}
	/* [Y3] release: pairs with [Y4]; who sees the generation sees the zeros. */
	klock_store_release(&t->generation, generation);
}

struct klock_stat_thread *klock_stat_self_slow(struct klock_task *task)
{
	uint32_t generation = klock_load_relaxed(&klock_stat_generation); /* as in the fast path */
	struct klock_stat_thread *t = task->stat;

	if (!t)
		t = make_thread(task);
	if (!t) {
		klock_fetch_add_relaxed(&klock_stat_lost, 1);
		return NULL;
	}
	/* What began before, or in a thread that ended, is not counted. */
	/* relaxed: others only guess, as in klock_stat_site_of() */
	klock_store_relaxed(&t->nr_holds, (size_t)0);
	t->waits_for = NULL;
	t->tid = task->tid;
	if (t->generation != generation)
		empty(t, generation);
	return t;
}

static bool make_room_for(struct klock_stat_thread *t, uint32_t id)
{
	size_t old = t->rows ? t->rows->room : 0, room = old ? old : FIRST_ROWS;
	struct klock_stat_rows *rows;

	while (room <= id)
		room *= 2;
	if (room == old)
		return true;
	rows = klock_arena_alloc(sizeof(*rows) + room * sizeof(rows->at[0]));
	if (!rows)
		return false;
	rows->room = room;
	if (old)
		memcpy(rows->at, t->rows->at, old * sizeof(rows->at[0]));
	klock_store_release(&t->rows, rows); /* [Y2] */
	return true;
}

static struct klock_stat_row *get_row(struct klock_stat_thread *t, const struct klock_class *class)
{
	struct klock_stat_row *row;

	if (!make_room_for(t, class->id))
		return NULL;
	row = t->rows->at[class->id];
	if (row)
		return row;
	row = klock_arena_alloc(sizeof(*row));
	if (!row)
		return NULL;
	row->class = class;
	klock_store_release(&t->rows->at[class->id], row); /* [Y2] */
	return row;
}

struct klock_stat_row *klock_stat_row_slow(struct klock_stat_thread *t,
					   const struct klock_class *class,
					   enum klock_stat_mode mode)
{
	struct klock_stat_row *row = get_row(t, class);
	struct klock_stat_mode_counts *counts = NULL;

	if (row && row->mode[mode])
		return row;
	if (row)
		counts = klock_arena_alloc(sizeof(*counts));
	if (!counts) {
		klock_fetch_add_relaxed(&klock_stat_lost, 1);
		return NULL;
	}
	klock_store_release(&row->mode[mode], counts); /* [Y2] */
	return row;
}

static unsigned int bucket_of(uint64_t ns)
{
	unsigned int bits = ns ? 64 - (unsigned int)__builtin_clzll(ns) : 0;

	return bits < KLOCK_STAT_BUCKETS ? bits : KLOCK_STAT_BUCKETS - 1;
}

void klock_stat_add_time(struct klock_stat_times *times, uint64_t ns)
{
	/* relaxed: as klock_stat_add() */
	if (!times->nr || ns < times->min)
		klock_store_relaxed(&times->min, ns);
	if (ns > times->max)
		klock_store_relaxed(&times->max, ns);
	klock_stat_add(&times->nr, 1);
	klock_stat_add(&times->total, ns);
	klock_stat_add(&times->buckets[bucket_of(ns)], 1);
}

static struct klock_stat_point *find_point(struct klock_stat_point *list, const void *site,
					   unsigned int *nr)
{
	struct klock_stat_point *point;

	*nr = 0;
	for (point = list; point && point->site != site; point = point->next)
		++*nr;
	return point;
}

struct klock_stat_point *klock_stat_add_point(struct klock_stat_point **list, const void *site)
{
	unsigned int nr;
	struct klock_stat_point *point = find_point(*list, site, &nr);

	if (!point && nr >= KLOCK_STAT_POINTS) {
		site = NULL;
		point = find_point(*list, site, &nr);
	}
	if (!point) {
		point = klock_arena_alloc(sizeof(*point));
		if (!point) {
			klock_fetch_add_relaxed(&klock_stat_lost, 1);
			return NULL;
		}
		point->site = site;
		point->next = *list;
		klock_store_release(list, point); /* [Y2] */
	}
	klock_stat_add(&point->nr, 1);
	return point;
}

static bool make_room_for_hold(struct klock_stat_thread *t)
{
	size_t old = t->holds ? t->holds->room : 0, room = old ? old * 2 : FIRST_HOLDS;
	struct klock_stat_holds *holds;

	if (t->nr_holds < old)
		return true;
	if (old >= MAX_HOLDS) {
		t->nr_holds--;
		memmove(&t->holds->at[0], &t->holds->at[1],
			t->nr_holds * sizeof(t->holds->at[0]));
		return true;
	}
	holds = klock_arena_alloc(sizeof(*holds) + room * sizeof(holds->at[0]));
	if (!holds)
		return false;
	holds->room = room;
	if (old)
		memcpy(holds->at, t->holds->at, old * sizeof(holds->at[0]));
	klock_store_release(&t->holds, holds); /* [Y2] */
	return true;
}

/* relaxed: who reads another thread's holds takes what it finds for a guess */
static void put(struct klock_stat_thread *t, size_t i, const struct klock_stat_hold *hold)
{
	struct klock_stat_hold *h = &t->holds->at[i];

	klock_store_relaxed(&h->map, hold->map);
	klock_store_relaxed(&h->site, hold->site);
	h->row = hold->row;
	h->mode = hold->mode;
	h->since = hold->since;
}

void klock_stat_push(struct klock_stat_thread *t, const struct klock_stat_hold *hold)
{
	if (!make_room_for_hold(t)) {
		klock_fetch_add_relaxed(&klock_stat_lost, 1);
		return;
	}
	put(t, t->nr_holds, hold);
	klock_store_relaxed(&t->nr_holds, t->nr_holds + 1);
}

bool klock_stat_pop(struct klock_stat_thread *t, const struct lockdep_map *map,
		    enum klock_stat_mode mode, struct klock_stat_hold *hold)
{
	size_t i = t->nr_holds;

	while (i && (t->holds->at[i - 1].map != map || t->holds->at[i - 1].mode != mode))
		i--;
	if (!i)
		return false;
	*hold = t->holds->at[i - 1];
	klock_store_relaxed(&t->nr_holds, t->nr_holds - 1);
	for (; i <= t->nr_holds; i++)
		put(t, i - 1, &t->holds->at[i]);
	return true;
}

const void *klock_stat_site_of(struct klock_stat_thread *t, const struct lockdep_map *map)
{
	size_t n = klock_load_relaxed(&t->nr_holds); /* a guess, like all that follows */
	struct klock_stat_holds *holds;

	if (!n)
		return NULL;
	holds = klock_load_acquire(&t->holds); /* [Y1] */
	if (!holds)
		return NULL;
	if (n > holds->room)
		n = holds->room;
	while (n--)
		if (klock_load_relaxed(&holds->at[n].map) == map)
			return klock_load_relaxed(&holds->at[n].site);
	return NULL;
}
