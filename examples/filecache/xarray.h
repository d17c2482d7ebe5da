/* SPDX-License-Identifier: MIT */
/*
 * A sparse array of non-NULL pointers by 64-bit index, as a tree that is only
 * as high as its greatest index needs. No lock of its own.
 */
#ifndef FILECACHE_XARRAY_H
#define FILECACHE_XARRAY_H

#include <stddef.h>
#include <stdint.h>

struct xa_node;

struct xarray {
	struct xa_node *root; /* NULL: empty */
	unsigned int levels;
};

/* All zero is an empty array too. */
static inline void xa_init(struct xarray *xa)
{
	xa->root = NULL;
	xa->levels = 0;
}

void *xa_load(const struct xarray *xa, uint64_t index);

/* Stores, over what was there. 0 or -ENOMEM, then nothing has changed. */
int xa_store(struct xarray *xa, uint64_t index, void *entry);

/* Removes, and returns what was there or NULL. Needs no memory. */
void *xa_erase(struct xarray *xa, uint64_t index);

/* The first entry at or after *index and not after `last`; *index becomes its place. NULL: none. */
void *xa_find(const struct xarray *xa, uint64_t *index, uint64_t last);

/* Frees the tree, not what its entries point at. */
void xa_destroy(struct xarray *xa);

#endif
