/* SPDX-License-Identifier: MIT */
#include "xarray.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#define XA_SHIFT 6
#define XA_SLOTS (1u << XA_SHIFT)

struct xa_node {
	unsigned int count; /* slots in use; a node without any is freed */
	void *slots[XA_SLOTS];
};

/* Whether a tree of so many levels has a place for `index`. */
static int xa_covers(unsigned int levels, uint64_t index)
{
	return levels * XA_SHIFT >= 64 || !(index >> (levels * XA_SHIFT));
}

static unsigned int xa_slot(uint64_t index, unsigned int level)
{
	return (unsigned int)(index >> (level * XA_SHIFT)) & (XA_SLOTS - 1);
}

void *xa_load(const struct xarray *xa, uint64_t index)
{
	void *entry = xa->root;
	unsigned int level;

	if (!xa_covers(xa->levels, index))
		return NULL;
	for (level = xa->levels; level-- && entry;)
		entry = ((struct xa_node *)entry)->slots[xa_slot(index, level)];
	return entry;
}

/* Frees the nodes without entries on the way to `index`; an empty tree ends at no levels. */
static void xa_prune(struct xarray *xa, uint64_t index)
{
	struct xa_node *path[64 / XA_SHIFT + 1];
	struct xa_node *node = xa->root;
	unsigned int level, depth = 0;

	for (level = xa->levels; level-- && node; node = node->slots[xa_slot(index, level)]) {
		path[depth++] = node;
		if (!level)
			break;
	}
	while (depth && !path[depth - 1]->count) {
		free(path[--depth]);
		if (!depth) {
			xa_init(xa);
			return;
		}
		level = xa->levels - depth;
		path[depth - 1]->slots[xa_slot(index, level)] = NULL;
		path[depth - 1]->count--;
	}
}

/* Puts a root on top, until `index` has a place. An empty tree gets all its levels at once. */
static int xa_grow(struct xarray *xa, uint64_t index)
{
	while (!xa->root || !xa_covers(xa->levels, index)) {
		struct xa_node *node = calloc(1, sizeof(*node));

		if (!node)
			return -ENOMEM;
		if (xa->root) {
			node->slots[0] = xa->root;
			node->count = 1;
		}
		do
			xa->levels++;
		while (!xa->root && !xa_covers(xa->levels, index));
		xa->root = node;
	}
	return 0;
}

int xa_store(struct xarray *xa, uint64_t index, void *entry)
{
	struct xa_node *node;
	unsigned int level, slot;

	if (xa_grow(xa, index))
		goto nomem;
	node = xa->root;
	for (level = xa->levels - 1; level; level--) {
		slot = xa_slot(index, level);
		if (!node->slots[slot]) {
			node->slots[slot] = calloc(1, sizeof(*node));
			if (!node->slots[slot])
				goto nomem;
			node->count++;
		}
		node = node->slots[slot];
	}
	slot = xa_slot(index, 0);
	node->count += !node->slots[slot];
	node->slots[slot] = entry;
	return 0;
nomem:
	xa_prune(xa, index);
	return -ENOMEM;
}

void *xa_erase(struct xarray *xa, uint64_t index)
{
	struct xa_node *node = xa->root;
	unsigned int level, slot;
	void *entry;

	if (!node || !xa_covers(xa->levels, index))
		return NULL;
	for (level = xa->levels - 1; level; level--) {
		node = node->slots[xa_slot(index, level)];
		if (!node)
			return NULL;
	}
	slot = xa_slot(index, 0);
	entry = node->slots[slot];
	if (!entry)
		return NULL;
	node->slots[slot] = NULL;
	if (!--node->count)
		xa_prune(xa, index);
	return entry;
}

/* The first entry at or after *index below `node`, whose slots are of `level`. */
static void *xa_find_below(struct xa_node *node, unsigned int level, uint64_t *index)
{
	unsigned int slot = xa_slot(*index, level);
	uint64_t step = (uint64_t)1 << (level * XA_SHIFT);
	void *entry;

	for (; slot < XA_SLOTS; slot++) {
		entry = node->slots[slot];
		if (entry && level) {
			uint64_t from = *index;

			entry = xa_find_below(entry, level - 1, index);
			if (!entry)
				*index = from;
		}
		if (entry)
			return entry;
		/* On to the first index of the next slot; past the last of all it wraps to 0. */
		*index = (*index & ~(step - 1)) + step;
	}
	return NULL;
}

void *xa_find(const struct xarray *xa, uint64_t *index, uint64_t last)
{
	uint64_t at = *index;
	void *entry;

	if (!xa->root || !xa_covers(xa->levels, at))
		return NULL;
	entry = xa_find_below(xa->root, xa->levels - 1, &at);
	if (!entry || at > last)
		return NULL;
	*index = at;
	return entry;
}

static void xa_free(struct xa_node *node, unsigned int level)
{
	unsigned int slot;

	for (slot = 0; level && slot < XA_SLOTS; slot++)
		if (node->slots[slot])
			xa_free(node->slots[slot], level - 1);
	free(node);
}

void xa_destroy(struct xarray *xa)
{
	if (xa->root)
		xa_free(xa->root, xa->levels - 1);
	xa_init(xa);
}
