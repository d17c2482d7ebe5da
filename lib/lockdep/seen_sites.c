/* SPDX-License-Identifier: MIT */
#include "lockdep/seen_sites.h"
#include "lockdep/arena.h"
#include "lockdep/shared.h"
#include <klock/atomic.h>
#include <stddef.h>

#define BLOCK_SITES 255

struct block {
	const void *sites[BLOCK_SITES];
	struct block *next;
};

static struct block first_block KLOCK_SHARED;

/* The block behind this one, made if need be. NULL: no memory. */
static struct block *next_block(struct block *block)
{
	/* [S1] acquire: pairs with [S2]; a block that is seen is seen zeroed. */
	struct block *next = klock_load_acquire(&block->next), *made;

	if (next)
		return next;
	made = klock_arena_alloc(sizeof(*made));
	/* [S2] release: pairs with [S1]. Of two that are made one is left to the arena. */
	if (made && klock_cas_acq_rel(&block->next, &next, made))
		return made;
	return next;
}

bool klock_site_first_seen(const void *site)
{
	for (struct block *block = &first_block; block; block = next_block(block))
		for (int i = 0; i < BLOCK_SITES; i++) {
			const void *seen = NULL;

			/* relaxed: the address is all there is to see */
			if (klock_cas_relaxed(&block->sites[i], &seen, site))
				return true;
			if (seen == site)
				return false;
		}
	return true;
}
