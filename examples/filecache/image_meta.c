/* SPDX-License-Identifier: MIT */
/* Reading an image's metadata, and finding out whether they make sense. */
#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crc32.h"
#include "error.h"
#include "fs.h"
#include "image_format.h"
#include "quote.h"

bool disk_layout_init(struct disk_layout *layout, uint32_t nr_blocks, uint32_t nr_inodes)
{
	uint64_t inode_bytes = (uint64_t)nr_inodes * sizeof(struct disk_inode);
	uint64_t owner_bytes = (uint64_t)nr_blocks * sizeof(struct disk_owner);

	if (nr_blocks < IMAGE_MIN_BLOCKS || nr_blocks > IMAGE_MAX_BLOCKS || !nr_inodes ||
	    nr_inodes > IMAGE_MAX_INODES)
		return false;
	layout->nr_blocks = nr_blocks;
	layout->nr_inodes = nr_inodes;
	layout->inode_blocks = (uint32_t)((inode_bytes + IMAGE_BLOCK_SIZE - 1) / IMAGE_BLOCK_SIZE);
	layout->table_blocks = layout->inode_blocks +
			       (uint32_t)((owner_bytes + IMAGE_BLOCK_SIZE - 1) / IMAGE_BLOCK_SIZE);
	layout->header[0] = 1;
	layout->header[1] = layout->header[0] + 1 + layout->table_blocks;
	layout->data_start = layout->header[1] + 1 + layout->table_blocks;
	return layout->data_start < nr_blocks;
}

void disk_super_fill(struct disk_super *super, const struct disk_layout *layout)
{
	memcpy(super->magic, DISK_SUPER_MAGIC, sizeof(super->magic));
	super->version = htole32(DISK_VERSION);
	super->block_size = htole32(IMAGE_BLOCK_SIZE);
	super->nr_blocks = htole32(layout->nr_blocks);
	super->nr_inodes = htole32(layout->nr_inodes);
	super->crc = htole32(crc32(0, super, offsetof(struct disk_super, crc)));
}

void disk_header_fill(struct disk_header *header, uint64_t generation, uint32_t table_crc)
{
	memcpy(header->magic, DISK_HEADER_MAGIC, sizeof(header->magic));
	header->generation = htole64(generation);
	header->table_crc = htole32(table_crc);
	header->crc = htole32(crc32(0, header, offsetof(struct disk_header, crc)));
}

uint32_t disk_table_crc(const uint32_t *block_crc, uint32_t nr)
{
	uint32_t i, crc = 0;

	for (i = 0; i < nr; i++) {
		uint32_t le = htole32(block_crc[i]);

		crc = crc32(crc, &le, sizeof(le));
	}
	return crc;
}

/* Reads all of it, or says why not. */
static int read_full(int fd, const char *path, const char *what, void *buf, size_t len, off_t pos)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = pread(fd, (char *)buf + done, len - done, pos + (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return cache_fail(errno, "%s: cannot read the %s at offset %" PRId64 ": %s",
					  path, what, (int64_t)pos, strerror(errno));
		if (!n)
			return cache_fail(EUCLEAN, "%s: truncated: ends at offset %" PRId64
					  ", in the %s", path, (int64_t)pos + (int64_t)done, what);
		done += (size_t)n;
	}
	return 0;
}

static int super_read(int fd, const char *path, struct disk_layout *layout)
{
	struct disk_super super;
	struct stat st;
	int64_t want;
	ssize_t n;

	if (fstat(fd, &st))
		return cache_fail(errno, "%s: %s", path, strerror(errno));
	n = pread(fd, &super, sizeof(super), 0);
	if (n < 0)
		return cache_fail(errno, "%s: cannot read offset 0: %s", path, strerror(errno));
	if (n < (ssize_t)sizeof(super) || memcmp(super.magic, DISK_SUPER_MAGIC, 8))
		return cache_fail(EMEDIUMTYPE, "%s: not a filecache image: no superblock at "
				  "offset 0", path);
	if (le32toh(super.crc) != crc32(0, &super, offsetof(struct disk_super, crc)))
		return cache_fail(EUCLEAN,
				  "%s: damaged: the superblock at offset 0 has a wrong "
				  "checksum", path);
	if (le32toh(super.version) != DISK_VERSION)
		return cache_fail(EMEDIUMTYPE, "%s: an image of version %u: this program knows %u",
				  path, le32toh(super.version), DISK_VERSION);
	if (le32toh(super.block_size) != IMAGE_BLOCK_SIZE ||
	    !disk_layout_init(layout, le32toh(super.nr_blocks), le32toh(super.nr_inodes)))
		return cache_fail(EUCLEAN, "%s: damaged: the superblock at offset 0 gives "
				  "impossible sizes", path);
	want = (int64_t)layout->nr_blocks * IMAGE_BLOCK_SIZE;
	if (st.st_size < want)
		return cache_fail(EUCLEAN, "%s: truncated: it has %" PRId64 " bytes and should "
				  "have %" PRId64, path, (int64_t)st.st_size, want);
	return 0;
}

static int header_read(int fd, const char *path, uint32_t block, struct disk_header *header)
{
	off_t pos = (off_t)block * IMAGE_BLOCK_SIZE;
	int err = read_full(fd, path, "metadata header", header, sizeof(*header), pos);

	if (err)
		return err;
	if (memcmp(header->magic, DISK_HEADER_MAGIC, 8) ||
	    le32toh(header->crc) != crc32(0, header, offsetof(struct disk_header, crc)))
		return cache_fail(EUCLEAN, "%s: damaged: the metadata header at offset %" PRId64
				  " has a wrong checksum", path, (int64_t)pos);
	return 0;
}

static int table_read(int fd, const char *path, struct disk_meta *meta, uint32_t crc)
{
	off_t pos = (off_t)(meta->layout.header[meta->newest] + 1) * IMAGE_BLOCK_SIZE;
	size_t len = (size_t)meta->layout.table_blocks * IMAGE_BLOCK_SIZE;
	uint32_t i, *block_crc = calloc(meta->layout.table_blocks, sizeof(*block_crc));
	int err;

	meta->table = aligned_alloc(IMAGE_BLOCK_SIZE, len);
	if (!meta->table || !block_crc) {
		err = cache_fail(ENOMEM, "%s: no memory for %zu bytes of metadata", path, len);
		goto out;
	}
	err = read_full(fd, path, "metadata", meta->table, len, pos);
	if (err)
		goto out;
	for (i = 0; i < meta->layout.table_blocks; i++)
		block_crc[i] = crc32(0, meta->table + (size_t)i * IMAGE_BLOCK_SIZE,
				     IMAGE_BLOCK_SIZE);
	if (disk_table_crc(block_crc, meta->layout.table_blocks) != crc)
		err = cache_fail(EUCLEAN, "%s: damaged: the metadata at offset %" PRId64
				 " (%zu bytes) do not match their checksum", path,
				 (int64_t)pos, len);
out:
	free(block_crc);
	if (err) {
		free(meta->table);
		meta->table = NULL;
	}
	return err;
}

int disk_meta_read(int fd, const char *path, struct disk_meta *meta)
{
	struct disk_header header[2];
	unsigned int i;
	int err;

	meta->table = NULL;
	err = super_read(fd, path, &meta->layout);
	for (i = 0; i < 2 && !err; i++) {
		err = header_read(fd, path, meta->layout.header[i], &header[i]);
		meta->generation[i] = err ? 0 : le64toh(header[i].generation);
	}
	if (err)
		return err;
	if (meta->generation[0] % 2 != 0 || meta->generation[1] % 2 != 1 ||
	    meta->generation[0] > DISK_MAX_GENERATION || meta->generation[1] > DISK_MAX_GENERATION)
		return cache_fail(EUCLEAN, "%s: damaged: the metadata headers are of generations %"
				  PRIu64 " and %" PRIu64, path, meta->generation[0],
				  meta->generation[1]);
	meta->newest = meta->generation[1] > meta->generation[0];
	return table_read(fd, path, meta, le32toh(header[meta->newest].table_crc));
}

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

	if (block < check->layout->data_start) {
		problem(check, "block %u: metadata, but owned by inode %u", block, owner - 1);
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

int disk_table_check(const struct disk_layout *layout, const unsigned char *table,
		     void (*report)(void *arg, const char *problem), void *arg)
{
	struct check check = { layout, (unsigned char *)(uintptr_t)table, report, arg, 0 };
	struct claim *claims = malloc((size_t)layout->nr_blocks * sizeof(*claims));
	uint32_t i, nr = 0;

	if (!claims)
		return cache_fail(ENOMEM, "no memory to check %u blocks", layout->nr_blocks);
	for (i = 0; i < layout->nr_inodes; i++)
		check_inode(&check, i);
	for (i = 0; i < layout->nr_blocks; i++) {
		const struct disk_owner *o = disk_owner(check.table, layout, i);

		if (!o->owner || !check_owner(&check, i))
			continue;
		claims[nr].key = (uint64_t)le32toh(o->owner) << 32 | le32toh(o->index);
		claims[nr++].block = i;
	}
	qsort(claims, nr, sizeof(*claims), claim_cmp);
	for (i = 1; i < nr; i++)
		if (claims[i].key == claims[i - 1].key)
			problem(&check, "blocks %u and %u: cross-linked: both hold offset %" PRIu64
				" of inode %u", claims[i - 1].block, claims[i].block,
				(claims[i].key & UINT32_MAX) * IMAGE_BLOCK_SIZE,
				(uint32_t)(claims[i].key >> 32) - 1);
	free(claims);
	return check.problems;
}
