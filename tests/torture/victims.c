/* SPDX-License-Identifier: MIT */
/* The locks, and what must hold under them. */
#include "torture.h"

#define COPIES 2 /* of each lock: threads meet, and also pass each other by */
#define MAX_VICTIMS (COPIES * MAX_CHOICES)

/* One lock. Its rows share it. */
struct arena {
	union any_lock lock;
	const struct lock_object *object;
	int writers, readers;   /* inside now: relaxed atomics, the lock orders nothing of them */
	uint64_t first, second; /* plain, equal whenever nobody writes */
	uint64_t written;       /* relaxed atomic: how often they were */
};

struct victim {
	struct arena *arena;
	const struct lock_row *row;
};

static struct arena arenas[MAX_VICTIMS];
static struct victim victims[MAX_VICTIMS];
int nr_victims;
static int nr_arenas;

struct victim *victim_at(int i)
{
	return &victims[i];
}

const struct lock_row *victim_row(const struct victim *v)
{
	return v->row;
}

union any_lock *victim_lock(const struct victim *v)
{
	return &v->arena->lock;
}

static int count(int *counter, int n)
{
	return __atomic_add_fetch(counter, n, __ATOMIC_RELAXED);
}

static void inside_alone(struct victim *v, uint32_t random)
{
	struct arena *a = v->arena;

	if (count(&a->writers, 1) != 1 || __atomic_load_n(&a->readers, __ATOMIC_RELAXED))
		fail("exclusion", "%s: somebody else is in an exclusive section", v->row->name);
	a->first++;
	maybe_preempt(random);
	a->second++;
	if (a->first != a->second)
		fail("exclusion", "%s: somebody else wrote in an exclusive section", v->row->name);
	__atomic_add_fetch(&a->written, 1, __ATOMIC_RELAXED);
	count(&a->writers, -1);
}

static void inside_shared(struct victim *v, uint32_t random)
{
	struct arena *a = v->arena;
	uint64_t first;

	count(&a->readers, 1);
	if (__atomic_load_n(&a->writers, __ATOMIC_RELAXED))
		fail("exclusion", "%s: a writer is in a shared section", v->row->name);
	first = a->first;
	maybe_preempt(random);
	if (first != a->second)
		fail("exclusion", "%s: somebody wrote during a shared section", v->row->name);
	count(&a->readers, -1);
}

void victim_inside(struct victim *v, bool shared, uint32_t random)
{
	if (shared)
		inside_shared(v, random);
	else
		inside_alone(v, random);
}

/* ---- The set of locks ------------------------------------------------------------------ */

const struct lock_row *row_at(int i)
{
	if (i < NR_LOCK_ROWS)
		return &lock_rows[i];
	return i - NR_LOCK_ROWS < nr_broken_rows ? &broken_rows[i - NR_LOCK_ROWS] : NULL;
}

static struct arena *arena_for(const struct lock_object *object, int copy)
{
	for (int i = 0; i < nr_arenas; i++)
		if (arenas[i].object == object && copy-- == 0)
			return &arenas[i];
	arenas[nr_arenas].object = object;
	object->make(&arenas[nr_arenas].lock);
	return &arenas[nr_arenas++];
}

void victims_make(void)
{
	const struct lock_row *row;

	for (int i = 0; (row = row_at(i)) != NULL; i++)
		for (int copy = 0; (options.locks >> i & 1) && copy < COPIES; copy++) {
			struct arena *arena = arena_for(row->object, copy);

			victims[nr_victims++] = (struct victim){ arena, row };
		}
}

static void end_arena(struct arena *a)
{
	if (a->first != a->written || a->second != a->written)
		fail("exclusion", "%s: a write was lost", a->object->name);
	else
		a->object->end(&a->lock);
}

void victims_end(void)
{
	for (int i = 0; i < nr_victims; i++) {
		struct victim *v = &victims[i];

		if (!v->row->timeout)
			continue;
		if (v->row->timeout(&v->arena->lock, 0)) {
			fail("end", "%s: not free at the end", v->row->name);
			return;
		}
		v->row->unlock(&v->arena->lock);
	}
	for (int i = 0; i < nr_arenas; i++)
		end_arena(&arenas[i]);
}
