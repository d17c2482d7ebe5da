/* SPDX-License-Identifier: MIT */
/* Images: made, opened, refused; what fsck finds. */
#include <endian.h>
#include <sys/stat.h>

#include "crc32c.h"
#include "fc_fixture.h"
#include "image_format.h"
#include "support/ck_main.h"

/* Everything that a write would change. */
struct fingerprint {
	uint32_t crc;
	off_t size;
	struct timespec mtime;
};

static struct fingerprint fingerprint(void)
{
	struct fingerprint print = { 0 };
	unsigned char buf[PAGE_SIZE];
	struct stat st;
	int fd = open(fc_path, O_RDONLY);
	ssize_t n;

	ck_assert_int_ge(fd, 0);
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		print.crc = crc32c(print.crc, buf, (size_t)n);
	ck_assert_int_eq(fstat(fd, &st), 0);
	print.size = st.st_size;
	print.mtime = st.st_mtim;
	close(fd);
	return print;
}

static void unchanged_since(struct fingerprint before)
{
	struct fingerprint now = fingerprint();

	ck_assert_uint_eq(now.crc, before.crc);
	ck_assert_int_eq(now.size, before.size);
	ck_assert_int_eq(now.mtime.tv_sec, before.mtime.tv_sec);
	ck_assert_int_eq(now.mtime.tv_nsec, before.mtime.tv_nsec);
}

/* Opening fails with `err`, says `text` and the path, and writes nothing. fsck neither. */
static void refused(int err, const char *text)
{
	struct fingerprint before = fingerprint();
	struct image *image;

	ck_assert_int_eq(image_open(fc_path, 0, &image), err);
	ck_assert_msg(strstr(cache_error(), text) != NULL, "says: %s", cache_error());
	ck_assert_ptr_nonnull(strstr(cache_error(), fc_path));
	ck_assert_int_ne(image_fsck(fc_path, NULL, NULL), 0);
	unchanged_since(before);
}

static void close_image(void)
{
	file_close(&fc_file);
	ck_assert_int_eq(image_close(fc_image), 0);
	fc_image = NULL;
}

static void poke(off_t pos, const void *data, size_t len)
{
	int fd = open(fc_path, O_WRONLY);

	ck_assert_int_eq(pwrite(fd, data, len, pos), (ssize_t)len);
	close(fd);
}

static void flip(off_t pos)
{
	unsigned char c;
	int fd = open(fc_path, O_RDONLY);

	ck_assert_int_eq(pread(fd, &c, 1, pos), 1);
	close(fd);
	c ^= 0x40;
	poke(pos, &c, 1);
}

START_TEST(image_of_another_kind_is_refused)
{
	close_image();
	poke(0, "\x7f" "ELF anything", 13);
	refused(-EMEDIUMTYPE, "not a filecache image");
	ck_assert_int_eq(truncate(fc_path, 0), 0);
	refused(-EMEDIUMTYPE, "not a filecache image");
}
END_TEST

START_TEST(image_truncated_is_refused)
{
	close_image();
	ck_assert_int_eq(truncate(fc_path, FC_BLOCKS * 4096 - 1), 0);
	refused(-EUCLEAN, "truncated");
}
END_TEST

START_TEST(image_damaged_superblock_is_refused)
{
	close_image();
	flip(offsetof(struct disk_super, nr_blocks));
	refused(-EUCLEAN, "superblock at offset 0");
}
END_TEST

START_TEST(image_of_a_later_version_is_refused)
{
	struct disk_super super;
	int fd;

	close_image();
	fd = open(fc_path, O_RDONLY);
	ck_assert_int_eq(pread(fd, &super, sizeof(super), 0), sizeof(super));
	close(fd);
	super.version = htole32(99);
	super.crc = htole32(crc32c(0, &super, offsetof(struct disk_super, crc)));
	poke(0, &super, sizeof(super));
	refused(-EMEDIUMTYPE, "version 99");
}
END_TEST

/* Reads the metadata of the closed image. */
static void read_meta(struct disk_meta *meta)
{
	int fd = open(fc_path, O_RDONLY);

	ck_assert_int_eq(disk_meta_read(fd, fc_path, meta), 0);
	close(fd);
}

static off_t header_at(const struct disk_meta *meta, unsigned int which)
{
	return (off_t)meta->layout.header[which] * IMAGE_BLOCK_SIZE;
}

/* Where the block of a level is now. */
static off_t node_at(const struct disk_meta *meta, uint32_t level, uint32_t n, uint32_t place)
{
	return (off_t)disk_place(&meta->layout, level, n, place) * IMAGE_BLOCK_SIZE;
}

static off_t current_at(const struct disk_meta *meta, uint32_t level, uint32_t n)
{
	return node_at(meta, level, n, le32toh(meta->node[level][n].place));
}

/* Two commits, of sizes of one page and of two. */
static void two_commits(struct disk_meta *meta)
{
	fc_fill(&fc_file, 0, 1, '1');
	ck_assert_int_eq(filemap_fsync(&fc_file), 0);
	fc_fill(&fc_file, 1, 1, '2');
	close_image();
	read_meta(meta);
}

static void warned_of(off_t pos)
{
	char text[40];

	snprintf(text, sizeof(text), "header at offset %lld", (long long)pos);
	ck_assert_msg(strstr(fc_image->warning, text) != NULL, "%s", fc_image->warning);
}

static void collect(void *arg, const char *problem);
static char problems[1000];

START_TEST(image_damaged_newer_header_falls_back_to_the_older)
{
	struct disk_meta meta;

	two_commits(&meta);
	flip(header_at(&meta, meta.newest) + 9);
	ck_assert_int_eq(image_fsck(fc_path, collect, NULL), 1);
	ck_assert_msg(strstr(problems, "metadata header at offset") != NULL, "%s", problems);
	fc_open_image(0);
	warned_of(header_at(&meta, meta.newest));
	ck_assert_int_eq(file_open(fc_image, "a", 0, &fc_file), 0);
	ck_assert_int_eq(i_size_read(fc_file.f_inode), PAGE_SIZE);
	ck_assert_int_eq(fc_byte(&fc_file, 0, 0), '1');
	/* What is done now takes the place of what is damaged. */
	fc_fill(&fc_file, 1, 2, '3');
	close_image();
	ck_assert_int_eq(image_fsck(fc_path, NULL, NULL), 0);
	fc_open_image(0);
	ck_assert_str_eq(fc_image->warning, "");
	ck_assert_int_eq(file_open(fc_image, "a", 0, &fc_file), 0);
	ck_assert_int_eq(fc_byte(&fc_file, 2 * PAGE_SIZE, 0), '3');
	disk_meta_free(&meta);
}
END_TEST

START_TEST(image_damaged_older_header_is_told_of)
{
	struct disk_meta meta;

	two_commits(&meta);
	flip(header_at(&meta, !meta.newest) + 20);
	fc_open_image(0);
	warned_of(header_at(&meta, !meta.newest));
	ck_assert_int_eq(file_open(fc_image, "a", 0, &fc_file), 0);
	ck_assert_int_eq(fc_byte(&fc_file, PAGE_SIZE, 0), '2');
	disk_meta_free(&meta);
}
END_TEST

START_TEST(image_without_a_header_is_refused)
{
	struct disk_meta meta;

	two_commits(&meta);
	flip(header_at(&meta, 0));
	flip(header_at(&meta, 1));
	refused(-EUCLEAN, "neither of the metadata headers");
	disk_meta_free(&meta);
}
END_TEST

/* The same with the older one: its table has to be whole too. */
START_TEST(image_damaged_header_beside_a_damaged_table_is_refused)
{
	struct disk_meta meta, older;

	two_commits(&meta);
	flip(header_at(&meta, meta.newest) + 9);
	read_meta(&older);
	flip(current_at(&older, 0, 0) + 100);
	refused(-EUCLEAN, "do not match their checksum");
	disk_meta_free(&meta);
	disk_meta_free(&older);
}
END_TEST

START_TEST(image_damaged_table_is_refused)
{
	struct disk_meta meta;
	uint32_t level;

	two_commits(&meta);
	for (level = 0; level < meta.layout.nr_levels; level++) {
		flip(current_at(&meta, level, 0) + 100);
		refused(-EUCLEAN, "do not match their checksum");
		flip(current_at(&meta, level, 0) + 100);
		ck_assert_int_eq(image_fsck(fc_path, NULL, NULL), 0);
	}
	disk_meta_free(&meta);
}
END_TEST

START_TEST(image_torn_older_copy_is_opened)
{
	struct disk_meta meta;
	uint32_t level;

	two_commits(&meta);
	/* As after a kill in the middle of a commit. */
	for (level = 0; level < meta.layout.nr_levels; level++)
		flip(node_at(&meta, level, 0, 3 - le32toh(meta.node[level][0].place)) + 100);
	disk_meta_free(&meta);
	ck_assert_int_eq(image_fsck(fc_path, NULL, NULL), 0);
	fc_open_image(0);
}
END_TEST

START_TEST(image_older_version_is_refused)
{
	struct disk_super super;
	int fd;

	close_image();
	fd = open(fc_path, O_RDONLY);
	ck_assert_int_eq(pread(fd, &super, sizeof(super), 0), sizeof(super));
	close(fd);
	super.version = htole32(1);
	/* Whose checksum was another one. */
	super.crc = htole32(0x12345678);
	poke(0, &super, sizeof(super));
	refused(-EMEDIUMTYPE, "version 1: this program knows 2");
}
END_TEST

/* Blocks of the table that a commit writes, for one page in an image of `nr_blocks`. */
static void commit_writes(uint32_t nr_blocks, uint32_t most)
{
	char name[80];
	struct stat before, after;
	struct image *image;
	struct file file;
	struct kiocb iocb;

	snprintf(name, sizeof(name), "%s.large", fc_path);
	ck_assert_int_eq(image_mkfs(name, nr_blocks, 64, true), 0);
	ck_assert_int_eq(stat(name, &before), 0);
	ck_assert_int_eq(image_open(name, IMAGE_NOSYNC, &image), 0);
	ck_assert_int_eq(file_open(image, "small", O_CREAT, &file), 0);
	init_sync_kiocb(&iocb, &file, 0, 0);
	ck_assert_int_eq(filemap_write(&iocb, "abc", 3), 3);
	ck_assert_int_eq(file_close(&file), 0);
	ck_assert_int_eq(image_close(image), 0);
	ck_assert_int_eq(stat(name, &after), 0);
	/* Sparse: only what is written takes space. In sectors. */
	ck_assert_int_le(after.st_blocks - before.st_blocks, 8 * (most + 1));
	ck_assert_int_eq(image_fsck(name, NULL, NULL), 0);
	unlink(name);
}

START_TEST(image_of_any_size_costs_what_is_used)
{
	commit_writes(1000, 3);
	/* Inodes, owners, the levels above: no more for an image of 1 TiB. */
	commit_writes(IMAGE_MAX_BLOCKS, 6);
}
END_TEST

START_TEST(image_header_that_failed_is_not_built_on)
{
	uint64_t generation;
	int fd = open("/dev/null", O_RDONLY);

	fc_fill(&fc_file, 0, 1, 'a');
	ck_assert_int_eq(filemap_fsync(&fc_file), 0);
	generation = fc_image->generation;
	fc_image->header_unknown = true;
	fc_fill(&fc_file, 1, 1, 'b');
	ck_assert_int_eq(filemap_fsync(&fc_file), 0);
	ck_assert(!fc_image->header_unknown);
	ck_assert_uint_eq(fc_image->generation, generation + 1);
	fc_reopen();
	ck_assert_int_eq(fc_byte(&fc_file, PAGE_SIZE, 0), 'b');
	close(fd);
}
END_TEST

START_TEST(crc32c_is_that_of_iscsi)
{
	unsigned char data[300];
	unsigned int i, len;

	ck_assert_uint_eq(crc32c(0, "123456789", 9), 0xe3069283);
	ck_assert_uint_eq(crc32c_portable(0, "123456789", 9), 0xe3069283);
	for (i = 0; i < sizeof(data); i++)
		data[i] = (unsigned char)(i * 7 + i / 3);
	for (len = 0; len < 200; len++) {
		uint32_t crc = crc32c(0, data + len % 9, len);

		ck_assert_uint_eq(crc, crc32c_portable(0, data + len % 9, len));
		ck_assert_uint_eq(crc32c(crc, data, 33), crc32c_portable(crc, data, 33));
	}
}
END_TEST

START_TEST(image_in_use_is_busy)
{
	struct image *image;

	ck_assert_int_eq(image_open(fc_path, 0, &image), -EBUSY);
	ck_assert_ptr_nonnull(strstr(cache_error(), "in use"));
	ck_assert_int_eq(image_fsck(fc_path, NULL, NULL), -EBUSY);
	ck_assert_int_eq(image_mkfs(fc_path, 64, 4, true), -EBUSY);
}
END_TEST

START_TEST(image_mkfs_keeps_what_is_there)
{
	close_image();
	ck_assert_int_eq(image_mkfs(fc_path, 64, 4, false), -EEXIST);
	ck_assert_int_eq(image_fsck(fc_path, NULL, NULL), 0);
	fc_open_image(0);
	ck_assert_int_eq(file_open(fc_image, "a", 0, &fc_file), 0);
}
END_TEST

START_TEST(image_mkfs_impossible_sizes_are_refused)
{
	ck_assert_int_eq(image_mkfs("never.img", IMAGE_MIN_BLOCKS - 1, 4, true), -EINVAL);
	ck_assert_int_eq(image_mkfs("never.img", 64, 0, true), -EINVAL);
	ck_assert_int_eq(image_mkfs("never.img", 64, IMAGE_MAX_INODES + 1, true), -EINVAL);
	ck_assert_int_eq(access("never.img", F_OK), -1);
}
END_TEST

START_TEST(image_readonly_is_not_written)
{
	struct fingerprint before;
	struct file file;

	fc_fill(&fc_file, 0, 3, 'r');
	close_image();
	before = fingerprint();
	fc_open_image(IMAGE_RDONLY);
	ck_assert_int_eq(file_open(fc_image, "a", 0, &fc_file), 0);
	ck_assert_int_eq(fc_byte(&fc_file, 5000, 0), 'r');
	ck_assert_int_eq((int)fc_write(&fc_file, 0, "x", 1, 0), -EROFS);
	ck_assert_int_eq(filemap_truncate(&fc_file, 0), -EROFS);
	ck_assert_int_eq(filemap_punch_hole(&fc_file, 0, 10), -EROFS);
	ck_assert_int_eq(file_open(fc_image, "new", O_CREAT, &file), -EROFS);
	ck_assert_int_eq(filemap_fsync(&fc_file), 0);
	close_image();
	unchanged_since(before);
}
END_TEST

START_TEST(image_abandoned_keeps_what_was_synced)
{
	fc_fill(&fc_file, 0, 2, 's');
	ck_assert_int_eq(filemap_fsync(&fc_file), 0);
	fc_fill(&fc_file, 1, 5, 'u');
	image_abandon(fc_image);
	fc_open_image(0);
	ck_assert_int_eq(file_open(fc_image, "a", 0, &fc_file), 0);
	ck_assert_int_eq(i_size_read(fc_file.f_inode), 2 * PAGE_SIZE);
	ck_assert_int_eq(fc_byte(&fc_file, 0, 0), 's');
	ck_assert_int_eq(fc_byte(&fc_file, PAGE_SIZE, 0), 's');
}
END_TEST

static void collect(void *arg, const char *problem)
{
	(void)arg;
	strncat(problems, problem, sizeof(problems) - strlen(problems) - 2);
	strcat(problems, "\n");
}

/* Puts a block of the table, and those above it, where they are now, with right checksums. */
static void put_node(struct disk_meta *meta, uint32_t level, uint32_t n)
{
	struct disk_node *node = &meta->node[level][n];
	const void *data = level ? (void *)&meta->node[level - 1][n * DISK_FANOUT]
				 : (void *)(meta->table + (size_t)n * IMAGE_BLOCK_SIZE);

	if (!node->place)
		node->place = htole32(1);
	node->crc = htole32(crc32c(0, data, IMAGE_BLOCK_SIZE));
	poke(current_at(meta, level, n), data, IMAGE_BLOCK_SIZE);
	if (level + 1 < meta->layout.nr_levels)
		put_node(meta, level + 1, n / DISK_FANOUT);
}

/* Changes the newest table by `edit`, with right checksums, and runs fsck. */
static int fsck_after(void (*edit)(struct disk_meta *meta))
{
	struct disk_header header;
	struct disk_meta meta;
	uint32_t i;
	int nr;

	fc_fill(&fc_file, 0, 4, 'f');
	close_image();
	read_meta(&meta);
	edit(&meta);
	for (i = 0; i < meta.layout.table_blocks; i++)
		put_node(&meta, 0, i);
	disk_header_fill(&header, meta.generation[meta.newest],
			 &meta.node[meta.layout.nr_levels - 1][0]);
	poke(header_at(&meta, meta.newest), &header, sizeof(header));
	disk_meta_free(&meta);
	problems[0] = 0;
	nr = image_fsck(fc_path, collect, NULL);
	if (nr > 0)
		refused(-EUCLEAN, "damaged");
	return nr;
}

/* The n-th block of the file. */
static struct disk_owner *block_of(struct disk_meta *meta, uint32_t n)
{
	return disk_owner(meta->table, &meta->layout, meta->layout.data_start + n);
}

static void edit_nothing(struct disk_meta *meta)
{
	ck_assert_uint_eq(le32toh(block_of(meta, 3)->owner), 1);
	ck_assert_uint_eq(le32toh(block_of(meta, 4)->owner), 0);
}

START_TEST(fsck_of_a_good_image_finds_nothing)
{
	ck_assert_int_eq(fsck_after(edit_nothing), 0);
	ck_assert_str_eq(problems, "");
}
END_TEST

static void edit_crosslink(struct disk_meta *meta)
{
	block_of(meta, 2)->index = block_of(meta, 1)->index;
}

START_TEST(fsck_finds_crosslinked_blocks)
{
	ck_assert_int_eq(fsck_after(edit_crosslink), 1);
	ck_assert_msg(strstr(problems, "cross-linked: both hold offset 4096 of inode 0") != NULL,
		      "%s", problems);
}
END_TEST

static void edit_leak(struct disk_meta *meta)
{
	block_of(meta, 9)->owner = htole32(5);
}

START_TEST(fsck_finds_a_leaked_block)
{
	ck_assert_int_eq(fsck_after(edit_leak), 1);
	ck_assert_msg(strstr(problems, "leaked: its owner, inode 4") != NULL, "%s", problems);
}
END_TEST

static void edit_ranges(struct disk_meta *meta)
{
	block_of(meta, 9)->owner = htole32(FC_INODES + 1);
	disk_owner(meta->table, &meta->layout, 2)->owner = htole32(1);
	block_of(meta, 3)->index = htole32(4);
}

START_TEST(fsck_finds_a_map_out_of_range)
{
	ck_assert_int_eq(fsck_after(edit_ranges), 3);
	ck_assert_msg(strstr(problems, "owner 8 is out of range") != NULL, "%s", problems);
	ck_assert_msg(strstr(problems, "block 2: metadata, but owned") != NULL, "%s", problems);
	ck_assert_msg(strstr(problems, "holds offset 16384 of inode 0 (a), which has 16384 bytes"),
		      "%s", problems);
}
END_TEST

static void edit_inodes(struct disk_meta *meta)
{
	*disk_inode(meta->table, 1) = *disk_inode(meta->table, 0);
	*disk_inode(meta->table, 2) = *disk_inode(meta->table, 0);
	disk_inode(meta->table, 2)->name[0] = 0;
	*disk_inode(meta->table, 3) = *disk_inode(meta->table, 0);
	disk_inode(meta->table, 3)->name[0] = 'q';
	disk_inode(meta->table, 3)->size = htole64(UINT64_MAX);
	disk_inode(meta->table, 4)->used = htole32(7);
}

START_TEST(fsck_finds_impossible_inodes)
{
	ck_assert_int_eq(fsck_after(edit_inodes), 4);
	ck_assert_msg(strstr(problems, "inodes 0 and 1 are both called a") != NULL, "%s", problems);
	ck_assert_msg(strstr(problems, "inode 2: has no valid name") != NULL, "%s", problems);
	ck_assert_msg(strstr(problems, "inode 3 (q): impossible size") != NULL, "%s", problems);
	ck_assert_msg(strstr(problems, "inode 4: neither used nor free") != NULL, "%s", problems);
}
END_TEST

static Suite *image_suite(void)
{
	Suite *suite = suite_create("image");
	TCase *tcase = tcase_create("image");

	tcase_add_checked_fixture(tcase, fc_setup, fc_teardown);
	tcase_add_test(tcase, image_of_another_kind_is_refused);
	tcase_add_test(tcase, image_truncated_is_refused);
	tcase_add_test(tcase, image_damaged_superblock_is_refused);
	tcase_add_test(tcase, image_of_a_later_version_is_refused);
	tcase_add_test(tcase, image_older_version_is_refused);
	tcase_add_test(tcase, image_damaged_newer_header_falls_back_to_the_older);
	tcase_add_test(tcase, image_damaged_older_header_is_told_of);
	tcase_add_test(tcase, image_without_a_header_is_refused);
	tcase_add_test(tcase, image_damaged_header_beside_a_damaged_table_is_refused);
	tcase_add_test(tcase, image_damaged_table_is_refused);
	tcase_add_test(tcase, image_of_any_size_costs_what_is_used);
	tcase_add_test(tcase, image_header_that_failed_is_not_built_on);
	tcase_add_test(tcase, crc32c_is_that_of_iscsi);
	tcase_add_test(tcase, image_torn_older_copy_is_opened);
	tcase_add_test(tcase, image_in_use_is_busy);
	tcase_add_test(tcase, image_mkfs_keeps_what_is_there);
	tcase_add_test(tcase, image_mkfs_impossible_sizes_are_refused);
	tcase_add_test(tcase, image_readonly_is_not_written);
	tcase_add_test(tcase, image_abandoned_keeps_what_was_synced);
	tcase_add_test(tcase, fsck_of_a_good_image_finds_nothing);
	tcase_add_test(tcase, fsck_finds_crosslinked_blocks);
	tcase_add_test(tcase, fsck_finds_a_leaked_block);
	tcase_add_test(tcase, fsck_finds_a_map_out_of_range);
	tcase_add_test(tcase, fsck_finds_impossible_inodes);
	suite_add_tcase(suite, tcase);
	return suite;
}

CK_MAIN(image_suite())
