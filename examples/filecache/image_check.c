/* SPDX-License-Identifier: MIT */
/* Whether an image's metadata make sense. */
#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <klock/task.h>

#include "error.h"
#include "fs.h"
#include "image_format.h"
#include "quote.h"

struct check {
	const struct disk_layout *layout;
	unsigned char *table;
	void (*report)(void *arg, const char *problem);
	void *arg;
	int problems;
};

__attribute__((format(printf, 2, 3))) static void problem(struct check *check, const char *format,
							  ...)
{
	char text[300];
	va_list args;

	check->problems++;
	if (!check->report)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	quote_message(text);
	check->report(check->arg, text);
}

static const char *shown(const struct disk_inode *inode)
{
	return quote_bytes(inode->name, sizeof(inode->name));
}

/* Whether the name can be found: ends, and is padded with zeroes. */
static bool name_ok(const char *name)
{
	size_t len = strnlen(name, IMAGE_NAME_MAX + 1), i;

	if (!len || len > IMAGE_NAME_MAX || memchr(name, '/', len))
		return false;
	for (i = len; i <= IMAGE_NAME_MAX; i++)
		if (name[i])
			return false;
	return true;
}

static void check_inode(struct check *check, uint32_t ino)
{
	const struct disk_inode *inode = disk_inode(check->table, ino);
	uint32_t used = le32toh(inode->used), other;

	if (used > 1)
		problem(check, "inode %u: neither used nor free (%u)", ino, used);
	if (used != 1)
		return;
	if (!name_ok(inode->name)) {
		problem(check, "inode %u: has no valid name", ino);
		return;
	}
	if (le64toh(inode->size) > (uint64_t)INODE_MAX_SIZE)
		problem(check, "inode %u (%s): impossible size %" PRIu64, ino, shown(inode),
			le64toh(inode->size));
	for (other = 0; other < ino; other++)
		if (le32toh(disk_inode(check->table, other)->used) == 1 &&
		    !strncmp(disk_inode(check->table, other)->name, inode->name, IMAGE_NAME_MAX))
			problem(check, "inodes %u and %u are both called %s", other, ino,
				shown(inode));
}

/* A block with an owner, for finding those with the same. */
struct claim {
	uint64_t key; /* owner and index */
	uint32_t block;
};

static int claim_cmp(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->block < y->block ? -1 : x->block > y->block;
}

/* Returns whether the block's owner is a file that there is. */
static bool check_owner(struct check *check, uint32_t block)
{
	const struct disk_owner *o = disk_owner(check->table, check->layout, block);
	uint32_t owner = le32toh(o->owner), index = le32toh(o->index);
	const struct disk_inode *inode;

	if (block < check->layout->data_start || block >= check->layout->nr_blocks) {
		problem(check, "block %u: %s, but owned by inode %u", block,
			block < check->layout->data_start ? "metadata" : "behind the last one",
			owner - 1);
		return false;
	}
	if (owner > check->layout->nr_inodes) {
		problem(check, "block %u: owner %u is out of range", block, owner - 1);
		return false;
	}
	inode = disk_inode(check->table, owner - 1);
	if (le32toh(inode->used) != 1) {
		problem(check, "block %u: leaked: its owner, inode %u, is not in use", block,
			owner - 1);
		return false;
	}
	if ((uint64_t)index * IMAGE_BLOCK_SIZE >= le64toh(inode->size))
		problem(check, "block %u: holds offset %" PRIu64 " of inode %u (%s), which has %"
			PRIu64 " bytes", block, (uint64_t)index * IMAGE_BLOCK_SIZE, owner - 1,
			shown(inode), le64toh(inode->size));
	return true;
}

/* The owners in block `n` of the table. */
static void check_owners(struct check *check, uint32_t n, struct claim *claims, uint32_t *nr)
{
	uint32_t first = (n - check->layout->inode_blocks) * DISK_OWNERS, block;

	for (block = first; block < first + DISK_OWNERS; block++) {
		const struct disk_owner *o = disk_owner(check->table, check->layout, block);

		if (!o->owner || !check_owner(check, block))
			continue;
		claims[*nr].key = (uint64_t)le32toh(o->owner) << 32 | le32toh(o->index);
		claims[(*nr)++].block = block;
	}
}

static void check_inodes(struct check *check, uint32_t n)
{
	const uint32_t per_block = IMAGE_BLOCK_SIZE / sizeof(struct disk_inode);
	uint32_t ino, i;

	for (i = 0; i < per_block; i++) {
		ino = n * per_block + i;
		if (ino < check->layout->nr_inodes)
			check_inode(check, ino);
	}
}

/* Most files lie in the order of their pages. */
static void sort_claims(struct claim *claims, uint32_t nr)
{
	uint32_t i;

	for (i = 1; i < nr; i++) {
		if (claim_cmp(&claims[i - 1], &claims[i]) > 0) {
			qsort(claims, nr, sizeof(*claims), claim_cmp);
			return;
		}
	}
}

static void check_claims(struct check *check, struct claim *claims, uint32_t nr)
{
	uint32_t i;

	sort_claims(claims, nr);
	for (i = 1; i < nr; i++)
		if (claims[i].key == claims[i - 1].key)
			problem(check, "blocks %u and %u: cross-linked: both hold offset %" PRIu64
				" of inode %u", claims[i - 1].block, claims[i].block,
				(claims[i].key & UINT32_MAX) * IMAGE_BLOCK_SIZE,
				(uint32_t)(claims[i].key >> 32) - 1);
}

int disk_table_check(const struct disk_meta *meta, void (*report)(void *arg, const char *problem),
		     void *arg)
{
	struct check check = { &meta->layout, meta->table, report, arg, 0 };
	uint64_t room = (uint64_t)meta->nr_used * DISK_OWNERS + 1;
	struct claim *claims = sparse_alloc(room, sizeof(*claims));
	uint32_t i, nr = 0;
	int err = 0;

	if (!claims)
		return cache_fail(ENOMEM, "no memory to check %u blocks", meta->layout.nr_blocks);
	for (i = 0; i < meta->nr_used && !err; i++) {
		if (meta->used[i] < meta->layout.inode_blocks)
			check_inodes(&check, meta->used[i]);
		else
			check_owners(&check, meta->used[i], claims, &nr);
		if (klock_fatal_signal_pending())
			err = cache_fail(EINTR, "the check of the image was ended by a signal");
	}
	if (!err)
		check_claims(&check, claims, nr);
	sparse_free(claims, room, sizeof(*claims));
	return err ? err : check.problems;
}
