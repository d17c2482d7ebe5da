/* SPDX-License-Identifier: MIT */
/*
 * Ten thousand classes and a hundred thousand chains: what the first sight of a chain costs,
 * with a new order in it and without, and how much memory all of it takes.
 */
#include "lockdep/arena.h"
#include "lockdep/chain.h"
#include "lockdep/class.h"
#include "lockdep/graph.h"
#include <klock.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define LAYERS 4
#define LAYER 2500
#define CLASSES (LAYERS * LAYER)
#define CHAINS 100000

static struct lock_class_key keys[CLASSES];
static struct lockdep_map maps[CLASSES];
static int failures;

/* In CPU time, which does not count what else the machine does. */
static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void expect(int ok, const char *what)
{
	if (!ok)
		printf("FAILED: %s\n", what);
	failures += !ok;
}

static void acquire(int i)
{
	klock_lock_acquire(&maps[i], 0, 0, 0, 1, NULL, _THIS_IP_);
}

static void release(int i)
{
	klock_lock_release(&maps[i], _THIS_IP_);
}

/* One lock of each layer, in the order of the layers. Few orders, many chains: 25 next to each. */
static void chain(unsigned int nr)
{
	unsigned int at[LAYERS], i;

	at[0] = nr % LAYER;
	for (i = 1; i < LAYERS; i++) {
		nr = (nr + 12345 * i) * 2654435761u;
		at[i] = (at[i - 1] * 7 + (nr >> 16) % 12) % LAYER;
	}
	for (i = 0; i < LAYERS; i++)
		acquire((int)(i * LAYER + at[i]));
	while (i-- > 0)
		release((int)(i * LAYER + at[i]));
}

static void classes(void)
{
	size_t before = klock_arena_used();
	double start = now();

	for (int i = 0; i < CLASSES; i++) {
		klock_lockdep_init_map(&maps[i], "class", &keys[i], 0);
		acquire(i);
		release(i);
	}
	printf("%d classes: %.2f us and %zu bytes each\n", CLASSES,
	       1e6 * (now() - start) / CLASSES, (klock_arena_used() - before) / CLASSES);
	expect(klock_nr_classes() == CLASSES, "each lock has its class");
	expect((klock_arena_used() - before) / CLASSES < 600, "a class takes less than 600 bytes");
}

/* New chains until there are `goal`; returns seconds for each. */
static double chains_up_to(uint32_t goal, unsigned int *nr)
{
	uint32_t first = klock_nr_chains();
	double start = now();

	while (klock_nr_chains() < goal)
		chain((*nr)++);
	return (now() - start) / (klock_nr_chains() - first);
}

static void chains(void)
{
	size_t before = klock_arena_used();
	uint32_t edges = klock_nr_edges(), early, late;
	unsigned int nr = 0;
	double first, last;

	first = chains_up_to(CLASSES + CHAINS / 4, &nr);
	early = klock_nr_edges();
	chains_up_to(CLASSES + 3 * CHAINS / 4, &nr);
	late = klock_nr_edges();
	last = chains_up_to(CLASSES + CHAINS, &nr);
	printf("%u chains, %u orders: %zu bytes for each chain with its share of the orders\n"
	       "first sight of a chain: %.2f us at first (%.2f new orders each), %.2f us at last "
	       "(%.2f)\n",
	       klock_nr_chains(), klock_nr_edges(), (klock_arena_used() - before) / CHAINS,
	       1e6 * first, (early - edges) / (CHAINS / 4.0), 1e6 * last,
	       (klock_nr_edges() - late) / (CHAINS / 4.0));
	expect((klock_arena_used() - before) / CHAINS < 1000, "a chain takes less than 1000 bytes");
	expect(last < 100e-6, "the first sight of a chain takes less than 100 us");
}

/* One class before all the others, and one after them: orders are found however many there are. */
static void hub(void)
{
	size_t before = klock_arena_used();
	uint32_t edges = klock_nr_edges();
	double start = now();

	for (int i = 1; i < CLASSES - 1; i++) {
		acquire(0);
		acquire(i);
		acquire(CLASSES - 1);
		release(CLASSES - 1);
		release(i);
		release(0);
	}
	edges = klock_nr_edges() - edges;
	printf("%u orders with two classes: %.2f us and %zu bytes each\n", edges,
	       1e6 * (now() - start) / edges, (klock_arena_used() - before) / edges);
	expect(edges > CLASSES, "the two classes have orders with all others");
}

/* The same again is all known. */
static void again(void)
{
	uint32_t known = klock_nr_chains();
	size_t before = klock_arena_used();
	double start = now();

	for (unsigned int nr = 0; nr < 10000; nr++)
		chain(nr);
	printf("known chains: %.1f ns for a lock and its release\n",
	       1e9 * (now() - start) / (10000 * LAYERS));
	expect(klock_nr_chains() == known && klock_arena_used() == before,
	       "what is known takes no more memory");
}

static void *thread(void *arg)
{
	acquire(0);
	release(0);
	return arg;
}

static void threads(void)
{
	size_t before = klock_arena_used();
	pthread_t id;

	for (int i = 0; i < 10; i++)
		if (pthread_create(&id, NULL, thread, NULL) || pthread_join(id, NULL))
			exit(1);
	printf("a thread, after ten: %zu bytes of the tables\n",
	       (klock_arena_used() - before) / 10);
}

int main(void)
{
	double start = now();

	if (!klock_lockdep_enable())
		return 1;
	classes();
	chains();
	hub();
	again();
	threads();
	printf("%zu KB in all, %.1f s\n", klock_arena_used() / 1024, now() - start);
	expect(klock_debug_locks, "there is no report");
	expect(now() - start < 10, "all of it takes less than 10 s");
	return failures != 0;
}
