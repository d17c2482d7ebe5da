/* SPDX-License-Identifier: MIT */
/* Commits: the table goes to disk in the order that image_format.h describes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "blockmap.h"
#include "crc32.h"
#include "error.h"
#include "image_format.h"

/* A copy of those blocks of the table that one copy on disk lacks. */
struct snapshot {
	uint64_t trans;
	uint32_t nr;
	uint32_t *block; /* [nr]: their places in the table */
	unsigned char *data;
};

static void snapshot_free(struct snapshot *snap)
{
	free(snap->block);
	free(snap->data);
}

/* -ENOMEM; 1: nothing has changed since the last commit. */
static int snapshot_take(struct image *image, unsigned int slot, struct snapshot *snap)
{
	uint32_t i, lacking = 0;
	bool changed = false;
	int err = 1;

	mutex_lock(&image->map_lock);
	for (i = 0; i < image->layout->table_blocks; i++) {
		changed |= image->table_trans[i] > image->committed;
		lacking += image->table_trans[i] > image->slot_trans[slot];
	}
	if (!changed)
		goto out;
	snap->block = calloc(lacking, sizeof(*snap->block));
	snap->data = malloc((size_t)lacking * IMAGE_BLOCK_SIZE);
	err = -ENOMEM;
	if (!snap->block || !snap->data)
		goto out;
	for (i = 0; i < image->layout->table_blocks; i++) {
		if (image->table_trans[i] <= image->slot_trans[slot])
			continue;
		memcpy(snap->data + (size_t)snap->nr * IMAGE_BLOCK_SIZE,
		       image->table + (size_t)i * IMAGE_BLOCK_SIZE, IMAGE_BLOCK_SIZE);
		snap->block[snap->nr++] = i;
	}
	snap->trans = image->trans++;
	err = 0;
out:
	mutex_unlock(&image->map_lock);
	return err;
}

static int snapshot_write(struct image *image, unsigned int slot, const struct snapshot *snap)
{
	const struct disk_layout *layout = image->layout;
	struct disk_header header;
	uint32_t i;
	int err = 0;

	for (i = 0; i < snap->nr && !err; i++) {
		const unsigned char *data = snap->data + (size_t)i * IMAGE_BLOCK_SIZE;
		uint32_t block = layout->header[slot] + 1 + snap->block[i];

		image->table_crc[snap->block[i]] = crc32(0, data, IMAGE_BLOCK_SIZE);
		err = disk_write(image, "metadata", data, IMAGE_BLOCK_SIZE,
				 (off_t)block * IMAGE_BLOCK_SIZE);
	}
	if (!err)
		err = disk_sync(image);
	if (err)
		return err;
	disk_header_fill(&header, image->generation + 1,
			 disk_table_crc(image->table_crc, layout->table_blocks));
	err = disk_write(image, "metadata header", &header, sizeof(header),
			 (off_t)layout->header[slot] * IMAGE_BLOCK_SIZE);
	return err ? err : disk_sync(image);
}

static int commit_locked(struct image *image)
{
	unsigned int slot = (image->generation + 1) & 1;
	struct snapshot snap = { 0 };
	int err = snapshot_take(image, slot, &snap);

	if (err == 1) {
		err = disk_sync(image);
	} else if (!err) {
		/* Data first: a block's new owner may be on disk only when its contents are. */
		err = disk_sync(image);
		if (!err)
			err = snapshot_write(image, slot, &snap);
		/* After a failure nobody knows what that copy holds: all of it is written anew. */
		image->slot_trans[slot] = err ? 0 : snap.trans;
		if (!err) {
			image->generation++;
			mutex_lock(&image->map_lock);
			image->committed = snap.trans;
			mutex_unlock(&image->map_lock);
			cache_count(image, CACHE_commits, 1);
		}
	}
	snapshot_free(&snap);
	return err;
}

int image_commit(struct image *image, uint64_t trans)
{
	bool done;
	int err;

	mutex_lock(&image->commit_lock);
	mutex_lock(&image->map_lock);
	done = trans <= image->committed;
	mutex_unlock(&image->map_lock);
	err = done ? 0 : commit_locked(image);
	mutex_unlock(&image->commit_lock);
	return err;
}
