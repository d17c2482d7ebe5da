/* SPDX-License-Identifier: MIT */
/*
 * An image, damaged as the input says: refused whole, or in order also after the operations that
 * the input asks for. The first byte says how, the second how many changes there are; then come
 *	where (2), 2^n bytes of (1), the bytes		for each change
 *	operation, file, offset (2), length (2)		up to the end
 */
#include "fuzz/fuzz.h"
#include "fuzz/image.h"
#include "filecache.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WRONG 7 /* of the first byte: the checksums that stay; above: */
#define MODE_RAW 8 /* the rest of the input is the file */
#define MODE_SHORT 16 /* the last block is missing */
#define MODE_RDONLY 32
#define MAX_OPS 64
#define PART (64 << 10) /* how much of a file is looked at, at its beginning and end */

static int fd = -1;
static unsigned char before[SHORT_SIZE], after[SHORT_SIZE];

static void ignore(void *arg, const char *problem)
{
	expect(*problem, "fsck reports nothing");
	++*(int *)arg;
}

static unsigned int get16(struct fuzz_input *in)
{
	unsigned int low = fuzz_byte(in);

	return low | (unsigned int)fuzz_byte(in) << 8;
}

static void change(struct fuzz_input *in, struct short_image *image)
{
	size_t where = get16(in) % sizeof(*image);
	size_t length = (size_t)1 << fuzz_byte(in) % 4;

	for (; length--; where++) {
		uint8_t byte = fuzz_byte(in);

		if (where < sizeof(*image))
			((unsigned char *)image)[where] = byte;
	}
}

static size_t make_file(struct fuzz_input *in, unsigned int mode)
{
	struct short_image image;
	size_t size = in->left < SHORT_SIZE ? in->left : SHORT_SIZE;

	if (mode & MODE_RAW) {
		memset(before, 0, sizeof(before));
		memcpy(before, in->at, size);
		in->left = 0;
		return size;
	}
	short_image_init(&image);
	for (unsigned int n = fuzz_byte(in); n--;)
		change(in, &image);
	short_image_write(&image, mode & WRONG, before);
	return SHORT_SIZE - (mode & MODE_SHORT ? IMAGE_BLOCK_SIZE : 0);
}

static ssize_t read_at(struct file *file, int64_t pos, void *buf, size_t len)
{
	struct kiocb iocb;

	init_sync_kiocb(&iocb, file, pos, 0);
	return filemap_read(&iocb, buf, len);
}

static uint64_t hash_part(struct file *file, int64_t pos, uint64_t hash)
{
	static unsigned char buf[PART];
	ssize_t n = read_at(file, pos, buf, sizeof(buf));

	expect(n >= 0, "%s", cache_error());
	while (n--)
		hash = (hash ^ buf[n]) * 0x100000001b3;
	return hash;
}

/* Of the names, sizes and contents of all files. */
static uint64_t hash_files(struct image *image)
{
	uint64_t hash = 1, used = 0;
	uint32_t total, available;
	struct inode_info info;
	struct file file;

	for (unsigned int n = 0; !inode_stat_nth(image, n, &info); n++) {
		expect(!file_open(image, info.name, 0, &file), "%s", cache_error());
		for (const char *c = info.name; *c; c++)
			hash = (hash ^ (unsigned char)*c) * 0x100000001b3;
		hash = (hash ^ (uint64_t)info.size) * 0x100000001b3;
		hash = hash_part(&file, 0, hash);
		hash = hash_part(&file, info.size > PART ? info.size - PART : 0, hash);
		file_close(&file);
		used += info.blocks;
	}
	image_space(image, &total, &available);
	expect(used + available == total, "%u of %u are free, %u in use", available, total,
	       (unsigned int)used);
	return hash;
}

static void write_some(struct file *file, int64_t pos, size_t len, uint8_t byte)
{
	static unsigned char out[PART], in[PART];
	struct kiocb iocb;
	ssize_t n;

	memset(out, byte, len);
	init_sync_kiocb(&iocb, file, pos, 0);
	n = filemap_write(&iocb, out, len);
	expect(n >= 0 || n == -ENOSPC || n == -EFBIG || n == -EROFS, "%s", cache_error());
	if (n <= 0)
		return;
	expect(read_at(file, pos, in, (size_t)n) == n, "a part of what was written");
	expect(!memcmp(in, out, (size_t)n), "other bytes than were written");
}

static void punch(struct file *file, int64_t pos, size_t len)
{
	static unsigned char in[PART];
	int64_t size = i_size_read(file->f_inode);
	int err = filemap_punch_hole(file, pos, (int64_t)len);
	ssize_t n;

	expect(!err || err == -EROFS || err == -EINVAL || err == -ENOSPC, "%s", cache_error());
	expect(size == i_size_read(file->f_inode), "the hole has changed the size");
	if (err)
		return;
	n = read_at(file, pos, in, len);
	expect(n >= 0, "%s", cache_error());
	while (n--)
		expect(!in[n], "a hole with something in it");
}

static void cut(struct file *file, int64_t size)
{
	int err = filemap_truncate(file, size);

	expect(!err || err == -EROFS || err == -EINVAL || err == -EFBIG || err == -ENOSPC, "%s",
	       cache_error());
	expect(err || i_size_read(file->f_inode) == size, "not the size that was asked for");
}

static void on_file(struct file *file, unsigned int op, unsigned int at, size_t len)
{
	static unsigned char buf[PART];
	int64_t size = i_size_read(file->f_inode);
	const int64_t far[] = { size, size / 2, INODE_MAX_SIZE, INODE_MAX_SIZE - at };
	int64_t pos = op & 128 ? far[op >> 5 & 3] : (int64_t)at * 4;

	switch (op % 8) {
	case 0:
		expect(read_at(file, pos, buf, len) >= 0, "%s", cache_error());
		break;
	case 1:
	case 2:
		write_some(file, pos, len, (uint8_t)op);
		break;
	case 3:
		punch(file, pos, len + 1);
		break;
	case 4:
		cut(file, pos);
		break;
	case 5:
		expect(!filemap_fsync(file), "%s", cache_error());
		break;
	default:
		page_cache_readahead(&(struct kiocb){ .private_data = file }, at, 8);
	}
}

static void operate(struct image *image, struct fuzz_input *in)
{
	unsigned int op = fuzz_byte(in), nth = fuzz_byte(in), at = get16(in);
	size_t len = get16(in) % (PART - 1);
	struct inode_info info = { .name = "new" };
	struct file file;
	int err;

	if (inode_stat_nth(image, nth % 8, &info))
		info.name[2] = (char)('0' + nth % 8);
	if ((op & 31) == 31) {
		err = inode_unlink(image, info.name);
		expect(!err || err == -ENOENT || err == -EROFS, "%s", cache_error());
		return;
	}
	if ((op & 31) == 30) {
		expect(!(op & 32 ? image_sync(image) : image_drop_pages(image)), "%s",
		       cache_error());
		return;
	}
	err = file_open(image, info.name, O_CREAT, &file);
	expect(!err || err == -EROFS || err == -ENOSPC, "%s", cache_error());
	if (err)
		return;
	on_file(&file, op, at, len);
	file_close(&file);
}

/* What `problems` finds is what keeps it from being opened. */
static struct image *open_image(unsigned int mode)
{
	int problems = 0, found = image_fsck(fuzz_path(fd), ignore, &problems), err;
	struct image *image = NULL;

	err = image_open(fuzz_path(fd), mode & MODE_RDONLY ? IMAGE_RDONLY : IMAGE_NOSYNC, &image);
	expect(found <= 0 || found == problems, "%d problems, %d told", found, problems);
	/* A header that is damaged is a problem, but none that keeps the other from being used. */
	if (!err && *image->warning)
		found--;
	expect(err == (found > 0 ? -EUCLEAN : found), "fsck says %d, open %d: %s", found, err,
	       cache_error());
	expect(!err || *cache_error(), "refused without a reason");
	return err ? NULL : image;
}

static void expect_untouched(size_t size)
{
	expect(pread(fd, after, size, 0) == (ssize_t)size && !memcmp(before, after, size),
	       "what is only read was written to");
}

static void use(struct image *image, unsigned int mode, struct fuzz_input *in)
{
	uint64_t hash, again;

	image->sw.max_pages = 8;
	for (int n = 0; n < MAX_OPS && in->left; n++)
		operate(image, in);
	if (!(mode & MODE_RDONLY))
		expect(!image_sync(image), "%s", cache_error());
	hash = hash_files(image);
	expect(!image_close(image), "%s", cache_error());
	image = open_image(mode);
	expect(image, "what was accepted is refused later: %s", cache_error());
	again = hash_files(image);
	expect(hash == again, "other files than before it was closed");
	image_abandon(image);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	unsigned int mode = fuzz_byte(&in);
	struct image *image;
	size_t bytes;

	if (fd < 0)
		fd = fuzz_memory();
	bytes = make_file(&in, mode);
	fuzz_fill(fd, before, bytes);
	image = open_image(mode);
	if (image)
		use(image, mode, &in);
	if (!image || mode & MODE_RDONLY)
		expect_untouched(bytes);
	return 0;
}
