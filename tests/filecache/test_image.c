/* SPDX-License-Identifier: MIT */
/* Images: made, opened, refused; what fsck finds. */
#include <endian.h>
#include <sys/stat.h>

#include "crc32.h"
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
		print.crc = crc32(print.crc, buf, (size_t)n);
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
	super.crc = htole32(crc32(0, &super, offsetof(struct disk_super, crc)));
	poke(0, &super, sizeof(super));
	refused(-EMEDIUMTYPE, "version 99");
}
END_TEST

START_TEST(image_damaged_header_is_refused)
{
	struct disk_layout layout;
	char text[40];

	ck_assert(disk_layout_init(&layout, FC_BLOCKS, FC_INODES));
	close_image();
	flip((off_t)layout.header[1] * 4096 + 9);
	snprintf(text, sizeof(text), "header at offset %u", layout.header[1] * 4096);
	refused(-EUCLEAN, text);
}
END_TEST

START_TEST(image_damaged_table_is_refused)
{
	struct disk_meta meta;
	int fd;

	close_image();
	fd = open(fc_path, O_RDONLY);
	ck_assert_int_eq(disk_meta_read(fd, fc_path, &meta), 0);
	close(fd);
	free(meta.table);
	flip((off_t)(meta.layout.header[meta.newest] + 1) * 4096 + 100);
	refused(-EUCLEAN, "do not match their checksum");
}
END_TEST

START_TEST(image_torn_older_copy_is_opened)
{
	struct disk_meta meta;
	int fd;

	close_image();
	fd = open(fc_path, O_RDONLY);
	ck_assert_int_eq(disk_meta_read(fd, fc_path, &meta), 0);
	close(fd);
	free(meta.table);
	/* As after a kill in the middle of a commit. */
	flip((off_t)(meta.layout.header[!meta.newest] + 1) * 4096 + 100);
	ck_assert_int_eq(image_fsck(fc_path, NULL, NULL), 0);
	fc_open_image(0);
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

/* Changes the newest table by `edit`, with right checksums, and runs fsck. */
static char problems[1000];

static void collect(void *arg, const char *problem)
{
	(void)arg;
	strncat(problems, problem, sizeof(problems) - strlen(problems) - 2);
	strcat(problems, "\n");
}

static int fsck_after(void (*edit)(struct disk_meta *meta))
{
	struct disk_header header;
	struct disk_meta meta;
	uint32_t i, crc[64];
	int fd, nr;

	fc_fill(&fc_file, 0, 4, 'f');
	close_image();
	fd = open(fc_path, O_RDONLY);
	ck_assert_int_eq(disk_meta_read(fd, fc_path, &meta), 0);
	close(fd);
	edit(&meta);
	for (i = 0; i < meta.layout.table_blocks; i++)
		crc[i] = crc32(0, meta.table + i * 4096, 4096);
	disk_header_fill(&header, meta.generation[meta.newest],
			 disk_table_crc(crc, meta.layout.table_blocks));
	poke((off_t)(meta.layout.header[meta.newest] + 1) * 4096, meta.table,
	     (size_t)meta.layout.table_blocks * 4096);
	poke((off_t)meta.layout.header[meta.newest] * 4096, &header, sizeof(header));
	free(meta.table);
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
	tcase_add_test(tcase, image_damaged_header_is_refused);
	tcase_add_test(tcase, image_damaged_table_is_refused);
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
