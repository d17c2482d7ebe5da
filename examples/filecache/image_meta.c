/* SPDX-License-Identifier: MIT */
/* Reading an image's metadata: only what is used of them. */
#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <klock/task.h>

#include "crc32c.h"
#include "error.h"
#include "image_format.h"

void *sparse_alloc(uint64_t nr, size_t size)
{
	void *memory;

	if (nr > SIZE_MAX / size)
		return NULL;
	memory = mmap(NULL, nr * size, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return memory == MAP_FAILED ? NULL : memory;
}

void sparse_free(void *memory, uint64_t nr, size_t size)
{
	if (memory)
		munmap(memory, nr * size);
}

static uint32_t blocks_of(uint64_t nr, size_t size)
{
	return (uint32_t)((nr * size + IMAGE_BLOCK_SIZE - 1) / IMAGE_BLOCK_SIZE);
}

bool disk_layout_init(struct disk_layout *layout, uint32_t nr_blocks, uint32_t nr_inodes)
{
	uint32_t level = 0, blocks, next = 3;

	if (nr_blocks < IMAGE_MIN_BLOCKS || nr_blocks > IMAGE_MAX_BLOCKS || !nr_inodes ||
	    nr_inodes > IMAGE_MAX_INODES)
		return false;
	memset(layout, 0, sizeof(*layout));
	layout->nr_blocks = nr_blocks;
	layout->nr_inodes = nr_inodes;
	layout->inode_blocks = blocks_of(nr_inodes, sizeof(struct disk_inode));
	layout->table_blocks =
		layout->inode_blocks + blocks_of(nr_blocks, sizeof(struct disk_owner));
	layout->header[0] = 1;
	layout->header[1] = 2;
	blocks = layout->table_blocks;
	do {
		layout->level_blocks[level] = blocks;
		layout->level_start[level++] = next;
		next += 2 * blocks;
		blocks = blocks_of(blocks, sizeof(struct disk_node));
	} while (layout->level_blocks[level - 1] > 1);
	layout->nr_levels = level;
	layout->data_start = next;
	return layout->data_start < nr_blocks;
}

void disk_super_fill(struct disk_super *super, const struct disk_layout *layout)
{
	memcpy(super->magic, DISK_SUPER_MAGIC, sizeof(super->magic));
	super->version = htole32(DISK_VERSION);
	super->block_size = htole32(IMAGE_BLOCK_SIZE);
	super->nr_blocks = htole32(layout->nr_blocks);
	super->nr_inodes = htole32(layout->nr_inodes);
	super->crc = htole32(crc32c(0, super, offsetof(struct disk_super, crc)));
}

void disk_header_fill(struct disk_header *header, uint64_t generation,
		      const struct disk_node *root)
{
	memset(header, 0, sizeof(*header));
	memcpy(header->magic, DISK_HEADER_MAGIC, sizeof(header->magic));
	header->generation = htole64(generation);
	header->root = *root;
	header->crc = htole32(crc32c(0, header, offsetof(struct disk_header, crc)));
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
	/* The version first: the checksum may be another one there. */
	if (le32toh(super.version) < DISK_VERSION)
		return cache_fail(EMEDIUMTYPE, "%s: an image of version %u: this program knows %u",
				  path, le32toh(super.version), DISK_VERSION);
	if (le32toh(super.crc) != crc32c(0, &super, offsetof(struct disk_super, crc)))
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

/* A header that cannot be read has generation 0. */
static int header_read(int fd, const char *path, unsigned int which, struct disk_meta *meta,
		       struct disk_header *header)
{
	off_t pos = (off_t)meta->layout.header[which] * IMAGE_BLOCK_SIZE;
	int err = read_full(fd, path, "metadata header", header, sizeof(*header), pos);
	uint64_t generation = le64toh(header->generation);

	if (err)
		return err;
	meta->generation[which] = 0;
	if (!memcmp(header->magic, DISK_HEADER_MAGIC, 8) && generation % 2 == which &&
	    generation <= DISK_MAX_GENERATION &&
	    le32toh(header->crc) == crc32c(0, header, offsetof(struct disk_header, crc)))
		meta->generation[which] = generation;
	return 0;
}

static int headers_read(int fd, const char *path, struct disk_meta *meta, struct disk_node *root)
{
	struct disk_header header[2];
	int err = header_read(fd, path, 0, meta, &header[0]);
	unsigned int bad;

	if (!err)
		err = header_read(fd, path, 1, meta, &header[1]);
	if (err)
		return err;
	meta->newest = meta->generation[1] > meta->generation[0];
	if (!meta->generation[meta->newest])
		return cache_fail(EUCLEAN, "%s: damaged: neither of the metadata headers, at "
				  "offsets %u and %u, can be read", path,
				  meta->layout.header[0] * IMAGE_BLOCK_SIZE,
				  meta->layout.header[1] * IMAGE_BLOCK_SIZE);
	bad = !meta->newest;
	if (!meta->generation[bad])
		snprintf(meta->warning, sizeof(meta->warning),
			 "the metadata header at offset %u is damaged: what the other one says, of "
			 "commit %" PRIu64 ", is used", meta->layout.header[bad] * IMAGE_BLOCK_SIZE,
			 meta->generation[meta->newest]);
	*root = header[meta->newest].root;
	return 0;
}

/* A walk over what is stored of the table, from the top. */
struct walk {
	int fd;
	const char *path;
	struct disk_meta *meta;
};

static int read_node(const struct walk *walk, uint32_t level, uint32_t n);

/* What block `n` of a level above the lowest says. */
static int read_nodes_below(const struct walk *walk, uint32_t level, uint32_t n)
{
	const struct disk_layout *layout = &walk->meta->layout;
	uint32_t i, first = n * DISK_FANOUT;

	for (i = first; i < first + DISK_FANOUT; i++) {
		int err = 0;

		if (i < layout->level_blocks[level - 1])
			err = read_node(walk, level - 1, i);
		else if (walk->meta->node[level - 1][i].place)
			err = cache_fail(EUCLEAN, "%s: damaged: the metadata have a block %u of "
					 "level %u, where there are %u", walk->path, i, level - 1,
					 layout->level_blocks[level - 1]);
		if (err)
			return err;
	}
	/* Some megabytes of the table have passed. */
	if (klock_fatal_signal_pending())
		return cache_fail(EINTR, "%s: opening it was ended by a signal", walk->path);
	return 0;
}

static int read_node(const struct walk *walk, uint32_t level, uint32_t n)
{
	struct disk_meta *meta = walk->meta;
	const struct disk_node *node = &meta->node[level][n];
	uint32_t place = le32toh(node->place);
	unsigned char *data;
	off_t pos;
	int err;

	if (!place && !node->crc)
		return 0;
	if (!place || place > 2)
		return cache_fail(EUCLEAN, "%s: damaged: the metadata have a block in place %u",
				  walk->path, place);
	data = level ? (unsigned char *)&meta->node[level - 1][n * DISK_FANOUT]
		     : meta->table + (size_t)n * IMAGE_BLOCK_SIZE;
	pos = (off_t)disk_place(&meta->layout, level, n, place) * IMAGE_BLOCK_SIZE;
	err = read_full(walk->fd, walk->path, "metadata", data, IMAGE_BLOCK_SIZE, pos);
	if (err)
		return err;
	if (crc32c(0, data, IMAGE_BLOCK_SIZE) != le32toh(node->crc))
		return cache_fail(EUCLEAN, "%s: damaged: the metadata at offset %" PRId64
				  " do not match their checksum", walk->path, (int64_t)pos);
	if (level)
		return read_nodes_below(walk, level, n);
	meta->used[meta->nr_used++] = n;
	return 0;
}

/* How many nodes there is room for: those of a level fill blocks. */
static uint64_t room_for_nodes(const struct disk_layout *layout, uint32_t level)
{
	return (uint64_t)blocks_of(layout->level_blocks[level], sizeof(struct disk_node)) *
	       DISK_FANOUT;
}

static int table_read(int fd, const char *path, struct disk_meta *meta,
		      const struct disk_node *root)
{
	const struct disk_layout *layout = &meta->layout;
	const struct walk walk = { fd, path, meta };
	uint32_t level, top = layout->nr_levels - 1;
	bool full = false;

	meta->table = sparse_alloc(layout->table_blocks, IMAGE_BLOCK_SIZE);
	meta->used = sparse_alloc(layout->table_blocks, sizeof(*meta->used));
	for (level = 0; level <= top; level++) {
		meta->node[level] = sparse_alloc(room_for_nodes(layout, level),
						 sizeof(struct disk_node));
		full |= !meta->node[level];
	}
	if (!meta->table || !meta->used || full)
		return cache_fail(ENOMEM, "%s: no memory for the metadata of %u blocks", path,
				  layout->nr_blocks);
	meta->node[top][0] = *root;
	return read_node(&walk, top, 0);
}

void disk_meta_free(struct disk_meta *meta)
{
	const struct disk_layout *layout = &meta->layout;
	uint32_t level;

	sparse_free(meta->table, layout->table_blocks, IMAGE_BLOCK_SIZE);
	sparse_free(meta->used, layout->table_blocks, sizeof(*meta->used));
	for (level = 0; level < layout->nr_levels; level++)
		sparse_free(meta->node[level], room_for_nodes(layout, level),
			    sizeof(struct disk_node));
	memset(meta, 0, sizeof(*meta));
}

int disk_meta_read(int fd, const char *path, struct disk_meta *meta)
{
	struct disk_node root;
	int err;

	memset(meta, 0, sizeof(*meta));
	err = super_read(fd, path, &meta->layout);
	if (!err)
		err = headers_read(fd, path, meta, &root);
	if (!err)
		err = table_read(fd, path, meta, &root);
	if (err)
		disk_meta_free(meta);
	return err;
}
