/* SPDX-License-Identifier: MIT */
/* Commits: the table goes to disk in the order that image_format.h describes. */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "blockmap.h"
#include "crc32c.h"
#include "error.h"
#include "image_format.h"
#include "short_lock.h"

/* A copy of the blocks of the table that have changed since the last commit. */
struct snapshot {
	uint64_t trans;
	uint32_t nr;
	uint32_t *block; /* [nr]: their places in the table, ascending */
	unsigned char *data;
};

static void snapshot_free(struct snapshot *snap)
{
	free(snap->block);
	free(snap->data);
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* Takes what `room` blocks are enough for; else nothing, and says how many there are. */
static uint32_t snapshot_copy(struct image *image, uint32_t room, struct snapshot *snap)
{
	uint32_t i, nr;

	short_lock(&image->map_lock);
	nr = image->nr_changed;
	if (nr <= room) {
		memcpy(snap->block, image->changed, nr * sizeof(*snap->block));
		qsort(snap->block, nr, sizeof(*snap->block), compare);
		for (i = 0; i < nr; i++)
			memcpy(snap->data + (size_t)i * IMAGE_BLOCK_SIZE,
			       image->table + (size_t)snap->block[i] * IMAGE_BLOCK_SIZE,
			       IMAGE_BLOCK_SIZE);
		image->nr_changed = 0;
		snap->trans = image->trans++;
	}
	short_unlock(&image->map_lock);
	return nr;
}

/* -ENOMEM; 1: nothing has changed since the last commit. */
static int snapshot_take(struct image *image, struct snapshot *snap)
{
	uint32_t room = 0, nr;

	short_lock(&image->map_lock);
	nr = image->nr_changed;
	short_unlock(&image->map_lock);
	if (!nr)
		return 1;
	/* Others go on changing the table meanwhile. */
	do {
		room = nr + nr / 8 + 8;
		snapshot_free(snap);
		snap->block = calloc(room, sizeof(*snap->block));
		snap->data = malloc((size_t)room * IMAGE_BLOCK_SIZE);
		if (!snap->block || !snap->data)
			return cache_fail(ENOMEM, "%s: no memory for a commit", image->path);
		nr = snapshot_copy(image, room, snap);
	} while (nr > room);
	snap->nr = nr;
	return 0;
}

/* The commit failed: what it was to bring to disk is still to be brought there. */
static void snapshot_return(struct image *image, const struct snapshot *snap)
{
	uint32_t i;

	short_lock(&image->map_lock);
	for (i = 0; i < snap->nr; i++)
		table_changed(image, image->table + (size_t)snap->block[i] * IMAGE_BLOCK_SIZE);
	short_unlock(&image->map_lock);
}

/* Blocks that are neighbours in memory and on disk go there by one write. */
struct run {
	const unsigned char *data;
	size_t len;
	off_t pos;
};

static int run_write(struct image *image, struct run *run)
{
	int err = run->len ? disk_write(image, "metadata", run->data, run->len, run->pos) : 0;

	run->len = 0;
	return err;
}

static int run_add(struct image *image, struct run *run, const unsigned char *data, uint32_t block)
{
	off_t pos = (off_t)block * IMAGE_BLOCK_SIZE;
	int err = 0;

	if (data != run->data + run->len || pos != run->pos + (off_t)run->len)
		err = run_write(image, run);
	if (!run->len)
		*run = (struct run){ data, 0, pos };
	run->len += IMAGE_BLOCK_SIZE;
	return err;
}

/* What a node was before the commit changed it. */
struct undo {
	struct disk_node *node;
	struct disk_node old;
};

struct undo_log {
	struct undo *undo;
	uint32_t nr;
};

static bool is_zero(const unsigned char *block)
{
	return !block[0] && !memcmp(block, block + 1, IMAGE_BLOCK_SIZE - 1);
}

/* The node of a block that has become `data`: in the place that is not current, if in any. */
static void node_set(struct disk_node *node, const unsigned char *data, struct undo_log *log)
{
	log->undo[log->nr++] = (struct undo){ node, *node };
	if (is_zero(data))
		*node = (struct disk_node){ 0, 0 };
	else
		*node = (struct disk_node){ htole32(le32toh(node->place) == 1 ? 2 : 1),
					    htole32(crc32c(0, data, IMAGE_BLOCK_SIZE)) };
}

/* Writes blocks block[0..nr) of a level. */
static int level_write(struct image *image, uint32_t level, const unsigned char *leaves,
		       const uint32_t *block, uint32_t nr, struct undo_log *log)
{
	struct run run = { 0 };
	int err = 0;
	uint32_t i;

	for (i = 0; i < nr && !err; i++) {
		struct disk_node *node = &image->node[level][block[i]];
		const unsigned char *data = leaves + (size_t)i * IMAGE_BLOCK_SIZE;

		if (level)
			data = (const unsigned char *)&image->node[level - 1]
								  [block[i] * DISK_FANOUT];
		node_set(node, data, log);
		if (node->place)
			err = run_add(image, &run, data,
				      disk_place(image->layout, level, block[i],
						 le32toh(node->place)));
	}
	return err ? err : run_write(image, &run);
}

/* Writes the changed blocks, and those above them up to the top. */
static int table_write(struct image *image, const struct snapshot *snap, struct undo_log *log)
{
	uint32_t nr_levels = image->layout->nr_levels, level, i, m, nr = snap->nr;
	uint32_t *block = malloc(nr * sizeof(*block));
	int err = 0;

	log->undo = calloc((size_t)nr * nr_levels, sizeof(*log->undo));
	if (!block || !log->undo) {
		free(block);
		return cache_fail(ENOMEM, "%s: no memory for a commit", image->path);
	}
	memcpy(block, snap->block, nr * sizeof(*block));
	for (level = 0; level < nr_levels && !err; level++) {
		err = level_write(image, level, snap->data, block, nr, log);
		for (i = 0, m = 0; i < nr; i++)
			if (!m || block[m - 1] != block[i] / DISK_FANOUT)
				block[m++] = block[i] / DISK_FANOUT;
		nr = m;
	}
	free(block);
	return err;
}

static int header_write(struct image *image, uint64_t generation)
{
	struct disk_header header;
	int err;

	disk_header_fill(&header, generation, &image->node[image->layout->nr_levels - 1][0]);
	err = disk_write(image, "metadata header", &header, sizeof(header),
			 (off_t)image->layout->header[generation & 1] * IMAGE_BLOCK_SIZE);
	return err ? err : disk_sync(image);
}

/* Leaves what is on disk as it is, or the new state there; on an error, nodes as they were. */
static int snapshot_write(struct image *image, const struct snapshot *snap)
{
	struct undo_log log = { NULL, 0 };
	int err = 0;

	/* What that header may refer to is about to be written over. */
	if (image->header_unknown)
		err = header_write(image, image->generation - 1);
	if (!err) {
		image->header_unknown = false;
		err = table_write(image, snap, &log);
	}
	/* Data too: a block's new owner may be on disk only when its contents are. */
	if (!err)
		err = disk_sync(image);
	if (!err) {
		err = header_write(image, image->generation + 1);
		image->header_unknown = err;
	}
	while (err && log.nr--)
		*log.undo[log.nr].node = log.undo[log.nr].old;
	free(log.undo);
	return err;
}

static int commit_locked(struct image *image)
{
	struct snapshot snap = { 0 };
	int err = snapshot_take(image, &snap);

	if (err == 1) {
		err = disk_sync(image);
	} else if (!err) {
		err = snapshot_write(image, &snap);
		if (err)
			snapshot_return(image, &snap);
	}
	if (!err && snap.nr) {
		image->generation++;
		short_lock(&image->map_lock);
		image->committed = snap.trans;
		short_unlock(&image->map_lock);
		cache_count(image, CACHE_commits, 1);
	}
	snapshot_free(&snap);
	return err;
}

int image_commit(struct image *image, uint64_t trans)
{
	bool done;
	int err;

	mutex_lock(&image->commit_lock);
	short_lock(&image->map_lock);
	done = trans <= image->committed;
	short_unlock(&image->map_lock);
	err = done ? 0 : commit_locked(image);
	mutex_unlock(&image->commit_lock);
	return err;
}
