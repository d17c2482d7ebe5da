/* SPDX-License-Identifier: MIT */
#include "lockdep/chain.h"
#include "annotate/again.h"
#include "lockdep/arena.h"
#include "lockdep/shared.h"
#include <klock/atomic.h>
#include <stddef.h>

#define FIRST_SIZE 1024

/*
 * Open addressing, at most half full. A table that has become too small stays
 * where it is, as readers may still look into it; all tables together are less
 * than twice the last.
 */
struct table {
	uint64_t size; /* a power of two */
	uint64_t keys[];
};

static struct table *table KLOCK_SHARED;
static uint32_t nr_chains KLOCK_SHARED;
uint32_t klock_chain_generation KLOCK_SHARED = 1;

bool klock_chain_known(uint64_t key)
{
	/* [C1] acquire: pairs with [C2]; a table that is seen is seen filled. */
	const struct table *t = klock_load_acquire(&table);
	uint64_t found;

	if (!t)
		return false;
	for (uint64_t i = key; (found = klock_load_relaxed(&t->keys[i & (t->size - 1)])); i++)
		if (found == key) /* relaxed: the key is all there is to see */
			return true;
	return false;
}

static void put(struct table *t, uint64_t key)
{
	uint64_t i = key;

	while (t->keys[i & (t->size - 1)])
		i++;
	klock_store_relaxed(&t->keys[i & (t->size - 1)], key);
}

static struct table *make_table(uint64_t size)
{
	struct table *t = klock_arena_alloc(sizeof(*t) + size * sizeof(t->keys[0]));

	if (t)
		t->size = size;
	return t;
}

static bool grow(void)
{
	struct table *bigger = make_table(table ? table->size * 2 : FIRST_SIZE);

	if (!bigger)
		return false;
	for (uint64_t i = 0; table && i < table->size; i++)
		if (table->keys[i])
			put(bigger, table->keys[i]);
	klock_store_release(&table, bigger); /* [C2] pairs with [C1] */
	return true;
}

void klock_chain_add(uint64_t key)
{
	if (klock_chain_known(key))
		return;
	if ((!table || nr_chains >= table->size / 2) && !grow())
		return;
	put(table, key);
	nr_chains++;
}

void klock_chain_reset(void)
{
	struct table *empty = make_table(table ? table->size : FIRST_SIZE);

	/* relaxed: who still uses the old number is as early as who has just looked it up */
	klock_store_relaxed(&klock_chain_generation, klock_chain_generation + 1);
	if (!empty)
		return; /* too many known: checked less, never wrongly */
	nr_chains = 0;
	klock_store_release(&table, empty);
}

uint32_t klock_nr_chains(void)
{
	return nr_chains;
}
