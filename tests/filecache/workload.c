/* SPDX-License-Identifier: MIT */
/* Random work: workload.h. */
#include "workload.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "replay.h"

#define MAX_WRITE (3 * PAGE_SIZE)

__attribute__((format(printf, 2, 3))) static bool wrong(struct workload *w, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(w->wrong, sizeof(w->wrong), format, args);
	va_end(args);
	return false;
}

/* Whether an operation may end so. */
static bool may_fail(struct workload *w, const char *what, unsigned int f, ssize_t err)
{
	if (err >= 0 || err == -ENOSPC)
		return true;
	w->told++;
	return w->faults || wrong(w, "%s of %s: %d: %s", what, ledger_name(f), (int)err,
				  cache_error());
}

/* After a failure what the engine shows becomes what is expected. */
static bool settle(struct workload *w, unsigned int f)
{
	unsigned char *data = malloc(LEDGER_SIZE);
	const char *why = NULL;
	int64_t size;

	host_pause();
	if (!data || ledger_read(&w->file[f], data, &size))
		why = cache_error();
	host_resume();
	if (!why)
		why = ledger_settle(f, data, size);
	free(data);
	return !why || wrong(w, "%s", why);
}

static bool do_write(struct workload *w, unsigned int f)
{
	static __thread unsigned char data[MAX_WRITE];
	size_t pos = (size_t)fc_below(&w->rnd, LEDGER_SIZE);
	size_t len = 1 + (size_t)fc_below(&w->rnd, MAX_WRITE);
	bool dsync = !fc_below(&w->rnd, 12);
	struct kiocb iocb;
	ssize_t n;
	size_t i;

	if (fc_below(&w->rnd, 2)) { /* whole pages, which need no read */
		pos = pos / PAGE_SIZE * PAGE_SIZE;
		len = (len / PAGE_SIZE + 1) * PAGE_SIZE;
	}
	len = len < LEDGER_SIZE - pos ? len : LEDGER_SIZE - pos;
	len = len < MAX_WRITE ? len : MAX_WRITE;
	for (i = 0; i < len; i++)
		data[i] = (unsigned char)fc_next(&w->rnd);
	ledger_write(f, (int64_t)pos, data, len);
	init_sync_kiocb(&iocb, &w->file[f], (int64_t)pos, dsync ? IOCB_DSYNC : 0);
	n = filemap_write(&iocb, data, len);
	if (n != (ssize_t)len)
		return may_fail(w, "write", f, n) && settle(w, f);
	if (dsync)
		ledger_promise(f, (int64_t)pos, (int64_t)(pos + len));
	return true;
}

static bool do_read(struct workload *w, unsigned int f)
{
	static __thread unsigned char data[LEDGER_SIZE];
	int64_t size;
	int err = ledger_read(&w->file[f], data, &size);
	const char *why = err ? NULL : ledger_check(f, data, size);

	if (why)
		return wrong(w, "%s", why);
	return may_fail(w, "read", f, err);
}

static bool do_punch(struct workload *w, unsigned int f)
{
	int64_t size = ledger_now(f)->size, from = (int64_t)fc_below(&w->rnd, LEDGER_SIZE);
	int64_t len = 1 + (int64_t)fc_below(&w->rnd, 5 * PAGE_SIZE), end = from + len;
	int err;

	end = end < size ? end : size;
	ledger_zero(f, from, end);
	err = filemap_punch_hole(&w->file[f], from, len);
	return !err || (may_fail(w, "punch", f, err) && settle(w, f));
}

static bool do_truncate(struct workload *w, unsigned int f)
{
	int64_t size = (int64_t)fc_below(&w->rnd, LEDGER_SIZE + 1);
	int err;

	ledger_resize(f, size);
	err = filemap_truncate(&w->file[f], size);
	return !err || (may_fail(w, "truncate", f, err) && settle(w, f));
}

static bool do_fsync(struct workload *w, unsigned int f)
{
	int err = filemap_fsync(&w->file[f]);

	if (!err)
		ledger_promise(f, 0, LEDGER_SIZE);
	return may_fail(w, "fsync", f, err);
}

static bool do_sync(struct workload *w, unsigned int f)
{
	int err = fc_below(&w->rnd, 3) ? image_sync(w->image) : image_drop_pages(w->image);

	if (!err)
		ledger_promise_all();
	return may_fail(w, "sync", f, err);
}

/* Removes the file and makes it again. */
static bool do_remove(struct workload *w, unsigned int f)
{
	int err;

	ledger_remove(f);
	file_close(&w->file[f]);
	err = inode_unlink(w->image, ledger_name(f));
	if (!err)
		ledger_create(f);
	if (file_open(w->image, ledger_name(f), O_CREAT, &w->file[f]))
		return wrong(w, "%s cannot be made: %s", ledger_name(f), cache_error());
	return !err || (may_fail(w, "unlink", f, err) && settle(w, f));
}

/* Puts another file in its place: old or new, whole, whatever happens. */
static bool do_replace(struct workload *w, unsigned int f)
{
	static __thread unsigned char data[MAX_WRITE];
	size_t i, len = 1 + (size_t)fc_below(&w->rnd, MAX_WRITE);
	struct kiocb iocb;
	struct file file;
	ssize_t n;
	int err = file_open_replacement(w->image, ledger_name(f), 0, &file);

	if (err)
		return err == -EBUSY || wrong(w, "replacement: %s", cache_error());
	for (i = 0; i < len; i++)
		data[i] = (unsigned char)fc_next(&w->rnd);
	init_sync_kiocb(&iocb, &file, 0, 0);
	n = filemap_write(&iocb, data, len);
	if (n != (ssize_t)len) {
		file_close(&file);
		return may_fail(w, "write of a replacement", f, n);
	}
	ledger_replace(f, data, len);
	err = file_replace(&file);
	file_close(&file);
	return !err || (may_fail(w, "replace", f, err) && settle(w, f));
}

bool workload_step(struct workload *w, unsigned int file, bool alone)
{
	static const struct {
		unsigned int share;
		bool (*step)(struct workload *w, unsigned int f);
	} steps[] = {
		{ 54, do_write }, { 6, do_read }, { 10, do_punch }, { 10, do_truncate },
		{ 10, do_fsync }, { 4, do_replace }, { 3, do_remove }, { 3, do_sync },
	};
	unsigned int dice = (unsigned int)fc_below(&w->rnd, alone ? 100 : 97), i = 0;

	while (dice >= steps[i].share)
		dice -= steps[i++].share;
	return steps[i].step(w, file);
}

static void make(const char *path, uint32_t blocks)
{
	if (!image_mkfs(path, blocks, LEDGER_FILES, true))
		return;
	fprintf(stderr, "%s\n", cache_error());
	abort();
}

static uint32_t data_blocks(const char *path)
{
	uint32_t total, available;
	struct image *image;

	if (image_open(path, IMAGE_NOSYNC, &image)) {
		fprintf(stderr, "%s\n", cache_error());
		abort();
	}
	image_space(image, &total, &available);
	image_abandon(image);
	return total;
}

void workload_mkfs(const char *path)
{
	static uint32_t blocks; /* how many the metadata take is the engine's business */

	make(path, blocks ? blocks : WORKLOAD_BLOCKS);
	if (!blocks) {
		blocks = 2 * WORKLOAD_BLOCKS - data_blocks(path);
		make(path, blocks);
	}
	replay_begin(path);
	host_watch(path);
	ledger_init();
}

bool workload_begin(struct workload *w, const char *path, uint64_t seed)
{
	unsigned int f;

	memset(w, 0, sizeof(*w));
	fc_seed(&w->rnd, seed);
	if (image_open(path, 0, &w->image))
		return wrong(w, "open the image: %s", cache_error());
	w->image->sw.max_pages = 8;
	for (f = 0; f < LEDGER_FILES; f++) {
		ledger_create(f);
		if (file_open(w->image, ledger_name(f), O_CREAT, &w->file[f]))
			return wrong(w, "%s cannot be made: %s", ledger_name(f), cache_error());
	}
	return true;
}

bool workload_end(struct workload *w)
{
	unsigned int f;
	int err;

	for (f = 0; f < LEDGER_FILES; f++)
		file_close(&w->file[f]);
	err = image_close(w->image);
	if (!err)
		ledger_promise_all();
	return may_fail(w, "close", 0, err);
}
