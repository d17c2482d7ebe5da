/* SPDX-License-Identifier: MIT */
/*
 * Random operations on the page cache beside the same on plain memory, which
 * must always agree. Each thread has a file of its own, whose size it changes,
 * and a range of bytes of a file that all share; the ranges meet inside pages.
 *
 *	fsx_model [--ops N] [--seed S] [--threads T] [--dir D] [--no-mmap] [--no-faults]
 *
 * The same from the environment: FSX_OPS, FSX_SEED, FSX_THREADS. Without a number
 * of threads it runs with one and then with four. With one thread the seed
 * decides everything; with several, what each of them does. It is printed on a
 * failure. KLOCK_TORTURE_SECONDS: goes on with new seeds for so long.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fc_random.h"
#include "filecache.h"

#define OWN_MAX (512 * 1024)  /* greatest size of a thread's own file */
#define SHARED_STEP 70001     /* bytes of the shared file for each thread */
#define MAX_THREADS 16
#define LOG_LINES 24

static struct {
	unsigned long ops;
	uint64_t seed;
	unsigned int threads;
	const char *dir;
	bool mmap, faults;
} opt = { 20000, 0, 0, ".", true, true };

struct zone {
	char name[16];
	struct file file;
	struct vm_area_struct *vma;
	int64_t base, end;  /* the bytes of the file that this thread may touch */
	int64_t size;	    /* of the file, as far as this thread knows */
	bool resizable;
	unsigned char *model; /* [end - base] */
};

struct worker {
	struct image *image;
	struct zone own, shared;
	struct fc_random rnd;
	unsigned int id;
	unsigned long op;
	char log[LOG_LINES][100];
	unsigned char buf[OWN_MAX + PAGE_SIZE];
};

/* In one thread of the program at a time, I/O fails now and then; never in the fault handler. */
static __thread struct fc_random *faults;

static int random_faults(void *arg, enum image_io dir, const struct inode *inode, uint64_t index)
{
	(void)arg, (void)inode, (void)index;
	return faults && dir != IMAGE_FREE && fc_below(faults, 100) == 0 ? -EIO : 0;
}

__attribute__((format(printf, 2, 3))) static void note(struct worker *w, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(w->log[w->op % LOG_LINES], sizeof(w->log[0]), format, args);
	va_end(args);
}

__attribute__((format(printf, 2, 3), noreturn)) static void fail(struct worker *w,
								 const char *format, ...)
{
	unsigned long i;
	va_list args;

	flockfile(stderr);
	fprintf(stderr, "thread %u, operation %lu: ", w->id, w->op);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\nthe last operations of this thread:\n");
	for (i = w->op >= LOG_LINES ? w->op - LOG_LINES + 1 : 0; i <= w->op; i++)
		fprintf(stderr, "  %lu %s\n", i, w->log[i % LOG_LINES]);
	fprintf(stderr, "again: fsx_model --seed %" PRIu64 " --threads %u --ops %lu%s%s\n",
		opt.seed, opt.threads, opt.ops, opt.mmap ? "" : " --no-mmap",
		opt.faults ? "" : " --no-faults");
	_exit(1);
}

/* Compares `len` bytes read from `pos` on with the model. */
static void compare(struct worker *w, struct zone *z, const char *how, int64_t pos, size_t len)
{
	const unsigned char *want = z->model + (pos - z->base);
	size_t i;

	if (!memcmp(w->buf, want, len))
		return;
	for (i = 0; w->buf[i] == want[i]; i++)
		;
	fail(w, "%s of %s at %" PRId64 ": offset %" PRId64 " is %02x and should be %02x", how,
	     z->name, pos, pos + (int64_t)i, w->buf[i], want[i]);
}

/* A random range of bytes of the zone, which may lie past the end of the file. */
static void pick(struct worker *w, struct zone *z, int64_t *pos, size_t *len)
{
	int64_t span = z->end - z->base;

	*pos = z->base + (int64_t)fc_below(&w->rnd, (uint64_t)span);
	if (fc_below(&w->rnd, 4) == 0) /* pages */
		*pos = *pos & ~(int64_t)(PAGE_SIZE - 1);
	if (*pos < z->base)
		*pos = z->base;
	*len = 1 + fc_below(&w->rnd, fc_below(&w->rnd, 3) ? 3 * PAGE_SIZE : 100000);
	if ((int64_t)*len > z->end - *pos)
		*len = (size_t)(z->end - *pos);
}

/* How many bytes a read at `pos` has to give. */
static size_t readable(const struct zone *z, int64_t pos, size_t len)
{
	if (pos >= z->size)
		return 0;
	return (int64_t)len < z->size - pos ? len : (size_t)(z->size - pos);
}

static void do_read(struct worker *w, struct zone *z, int flags, const char *how)
{
	struct kiocb iocb;
	int64_t pos;
	ssize_t n;
	size_t len;

	pick(w, z, &pos, &len);
	note(w, "%s %s %" PRId64 " %zu", how, z->name, pos, len);
	init_sync_kiocb(&iocb, &z->file, pos, flags);
	n = filemap_read(&iocb, w->buf, len);
	if (n == -EAGAIN && (flags & (IOCB_NOWAIT | IOCB_NOIO)))
		return;
	if (n == -EIO && opt.faults)
		return;
	if (n < 0)
		fail(w, "%s: error %zd: %s", how, n, cache_error());
	if (!flags && !opt.faults && (size_t)n != readable(z, pos, len))
		fail(w, "%s gave %zd bytes, should be %zu", how, n, readable(z, pos, len));
	if ((size_t)n > readable(z, pos, len) || iocb.ki_pos != pos + n)
		fail(w, "%s gave %zd bytes and moved to %" PRId64, how, n, iocb.ki_pos);
	compare(w, z, how, pos, (size_t)n);
}

/* The file now ends at `size`; bytes between the old and the new end are zero. */
static void model_resize(struct zone *z, int64_t size)
{
	int64_t from = size < z->size ? size : z->size;
	int64_t to = size < z->size ? z->size : size;

	memset(z->model + from, 0, (size_t)(to - from));
	z->size = size;
}

static void do_write(struct worker *w, struct zone *z, int flags, const char *how)
{
	struct kiocb iocb;
	int64_t pos;
	ssize_t n;
	size_t len, i;

	pick(w, z, &pos, &len);
	if (flags & IOCB_APPEND) {
		pos = z->size;
		if ((int64_t)len > z->end - pos)
			len = (size_t)(z->end - pos);
	}
	note(w, "%s %s %" PRId64 " %zu", how, z->name, pos, len);
	for (i = 0; i < len; i++)
		w->buf[i] = (unsigned char)(fc_next(&w->rnd) >> 11);
	init_sync_kiocb(&iocb, &z->file, flags & IOCB_APPEND ? 0 : pos, flags);
	n = filemap_write(&iocb, w->buf, len);
	if (n < 0 && n != -ENOSPC && !(n == -EAGAIN && (flags & IOCB_NOWAIT)) &&
	    !(n == -EIO && opt.faults))
		fail(w, "%s: error %zd: %s", how, n, cache_error());
	/* An error of IOCB_DSYNC comes after the bytes were written into the cache. */
	if (n < 0 && (flags & IOCB_DSYNC))
		n = iocb.ki_pos - pos;
	if (n <= 0)
		return;
	if (pos > z->size)
		model_resize(z, pos);
	memcpy(z->model + (pos - z->base), w->buf, (size_t)n);
	if (pos + n > z->size)
		z->size = pos + n;
}

static void do_truncate(struct worker *w, struct zone *z)
{
	int64_t size = (int64_t)fc_below(&w->rnd, (uint64_t)z->end + 1);
	int err;

	if (!z->resizable)
		return;
	if (fc_below(&w->rnd, 3) == 0)
		size &= ~(int64_t)(PAGE_SIZE - 1);
	note(w, "truncate %s %" PRId64 " -> %" PRId64, z->name, z->size, size);
	err = filemap_truncate(&z->file, size);
	if (!err)
		model_resize(z, size);
	else if (!(err == -EIO && opt.faults) && err != -ENOSPC)
		fail(w, "truncate: error %d: %s", err, cache_error());
}

static void do_punch(struct worker *w, struct zone *z)
{
	struct fc_random *keep = faults;
	int64_t pos;
	size_t len;
	int err;

	pick(w, z, &pos, &len);
	note(w, "punch %s %" PRId64 " %zu", z->name, pos, len);
	err = filemap_punch_hole(&z->file, pos, (int64_t)len);
	if (err == -EIO && opt.faults) { /* half done, perhaps: the rest without errors */
		faults = NULL;
		err = filemap_punch_hole(&z->file, pos, (int64_t)len);
		faults = keep;
	}
	if (err)
		fail(w, "punch: error %d: %s", err, cache_error());
	memset(z->model + (pos - z->base), 0, len);
}

static void do_mmap_read(struct worker *w, struct zone *z)
{
	size_t len, done, want;
	int64_t pos, behind;
	int err;

	if (!z->vma)
		return;
	pick(w, z, &pos, &len);
	note(w, "mmap read %s %" PRId64 " %zu", z->name, pos, len);
	/* Memory ends with the page that the file ends in; the model has zeroes there. */
	behind = (z->size + PAGE_SIZE - 1) & ~(int64_t)(PAGE_SIZE - 1);
	want = pos >= behind ? 0 : (int64_t)len < behind - pos ? len : (size_t)(behind - pos);
	err = vma_read(z->vma, (size_t)pos, w->buf, len, &done);
	if (err != (want < len ? -EFAULT : 0) || done != want)
		fail(w, "mmap read: %d after %zu of %zu bytes, should be %zu", err, done, len,
		     want);
	compare(w, z, "mmap read", pos, done);
}

static void do_sync(struct worker *w, struct zone *z)
{
	int err;

	note(w, "fsync %s", z->name);
	err = filemap_fsync(&z->file);
	if (err && !(err == -EIO && opt.faults))
		fail(w, "fsync: error %d: %s", err, cache_error());
}

static void do_readahead(struct worker *w, struct zone *z)
{
	struct kiocb iocb;
	int64_t pos;
	size_t len;

	pick(w, z, &pos, &len);
	note(w, "readahead %s %" PRId64 " %zu", z->name, pos, len);
	init_sync_kiocb(&iocb, &z->file, pos, 0);
	page_cache_readahead(&iocb, (uint64_t)pos >> PAGE_SHIFT,
			     (unsigned int)(len >> PAGE_SHIFT) + 1);
}

static void do_drop(struct worker *w)
{
	int err;

	note(w, "drop pages");
	err = image_drop_pages(w->image);
	if (err && !(err == -EIO && opt.faults))
		fail(w, "drop pages: error %d: %s", err, cache_error());
}

static void one_operation(struct worker *w)
{
	struct zone *z = fc_below(&w->rnd, 3) ? &w->own : &w->shared;
	unsigned int what = (unsigned int)fc_below(&w->rnd, 100);

	if (what < 25)
		do_read(w, z, 0, "read");
	else if (what < 32)
		do_read(w, z, IOCB_NOWAIT, "nowait read");
	else if (what < 36)
		do_read(w, z, IOCB_NOWAIT | IOCB_NOIO, "noio read");
	else if (what < 54)
		do_write(w, z, 0, "write");
	else if (what < 58)
		do_write(w, z, IOCB_NOWAIT, "nowait write");
	else if (what < 60)
		do_write(w, z, IOCB_DSYNC, "sync write");
	else if (what < 62 && z->resizable)
		do_write(w, z, IOCB_APPEND, "append");
	else if (what < 70)
		do_truncate(w, z);
	else if (what < 80)
		do_punch(w, z);
	else if (what < 92)
		do_mmap_read(w, z);
	else if (what < 96)
		do_readahead(w, z);
	else if (what < 99)
		do_sync(w, z);
	else
		do_drop(w);
}

/* The whole zone, without faults. */
static void check_all(struct worker *w, struct zone *z)
{
	struct kiocb iocb;
	size_t want = readable(z, z->base, (size_t)(z->end - z->base));
	ssize_t n;

	note(w, "final read %s", z->name);
	init_sync_kiocb(&iocb, &z->file, z->base, 0);
	n = filemap_read(&iocb, w->buf, (size_t)(z->end - z->base));
	if (n != (ssize_t)want)
		fail(w, "final read of %s: %zd, should be %zu: %s", z->name, n, want,
		     cache_error());
	compare(w, z, "final read", z->base, want);
	if (z->resizable && i_size_read(z->file.f_inode) != z->size)
		fail(w, "size of %s: %" PRId64 ", should be %" PRId64, z->name,
		     i_size_read(z->file.f_inode), z->size);
}

static void *run_worker(void *arg)
{
	struct worker *w = arg;

	faults = opt.faults ? &w->rnd : NULL;
	for (w->op = 0; w->op < opt.ops; w->op++)
		one_operation(w);
	faults = NULL;
	check_all(w, &w->own);
	check_all(w, &w->shared);
	return NULL;
}

static void must(int err, const char *what)
{
	if (!err)
		return;
	fprintf(stderr, "fsx_model: %s: %d: %s\n", what, err, cache_error());
	exit(1);
}

static void zone_open(struct worker *w, struct zone *z)
{
	must(file_open(w->image, z->name, O_CREAT, &z->file), "open");
	if (opt.mmap)
		must(filemap_mmap(&z->file, 0, (size_t)(z->end >> PAGE_SHIFT) + 1, &z->vma),
		     "mmap");
}

static void zone_close(struct zone *z)
{
	if (z->vma)
		filemap_munmap(z->vma);
	z->vma = NULL;
	file_close(&z->file);
}

static void zones_init(struct worker *w, unsigned int threads)
{
	snprintf(w->own.name, sizeof(w->own.name), "own%u", w->id);
	w->own.end = OWN_MAX;
	w->own.resizable = true;
	w->own.model = calloc(OWN_MAX + PAGE_SIZE, 1);
	strcpy(w->shared.name, "shared");
	w->shared.base = (int64_t)w->id * SHARED_STEP;
	w->shared.end = w->shared.base + SHARED_STEP;
	w->shared.size = (int64_t)threads * SHARED_STEP;
	w->shared.model = calloc(SHARED_STEP + PAGE_SIZE, 1);
	if (!w->own.model || !w->shared.model)
		exit(1);
}

/* Opens the image, and the files of all workers. */
static struct image *open_all(const char *path, struct worker *workers, unsigned int threads)
{
	struct image *image;
	unsigned int i;

	must(image_open(path, IMAGE_NOSYNC, &image), "open the image");
	image->sw.max_pages = 40;
	image->sw.io_hook = random_faults;
	for (i = 0; i < threads; i++) {
		workers[i].image = image;
		zone_open(&workers[i], &workers[i].own);
		zone_open(&workers[i], &workers[i].shared);
	}
	return image;
}

static void print_problem(void *arg, const char *problem)
{
	(void)arg;
	fprintf(stderr, "fsck: %s\n", problem);
}

static void close_all(const char *path, struct image *image, struct worker *workers,
		      unsigned int threads)
{
	unsigned int i;

	for (i = 0; i < threads; i++) {
		zone_close(&workers[i].own);
		zone_close(&workers[i].shared);
	}
	must(image_close(image), "close");
	must(image_fsck(path, print_problem, NULL), "fsck");
}

/* One run: operations, everything compared, closed, checked, opened and compared again. */
static void run(const char *path, unsigned int threads)
{
	struct worker *workers = calloc(threads, sizeof(*workers));
	/* So small that it is full now and then. */
	uint32_t blocks = 40 + threads * 120;
	pthread_t thread[MAX_THREADS];
	struct image *image;
	unsigned int i;

	if (!workers)
		exit(1);
	must(image_mkfs(path, blocks, threads + 1, true), "mkfs");
	for (i = 0; i < threads; i++) {
		workers[i].id = i;
		fc_seed(&workers[i].rnd, opt.seed * MAX_THREADS + i);
		zones_init(&workers[i], threads);
	}
	image = open_all(path, workers, threads);
	must(filemap_truncate(&workers[0].shared.file, workers[0].shared.size), "truncate");
	for (i = 0; i < threads; i++)
		if (pthread_create(&thread[i], NULL, run_worker, &workers[i]))
			exit(1);
	for (i = 0; i < threads; i++)
		pthread_join(thread[i], NULL);
	close_all(path, image, workers, threads);
	image = open_all(path, workers, threads);
	for (i = 0; i < threads; i++) {
		check_all(&workers[i], &workers[i].own);
		check_all(&workers[i], &workers[i].shared);
	}
	close_all(path, image, workers, threads);
	for (i = 0; i < threads; i++) {
		free(workers[i].own.model);
		free(workers[i].shared.model);
	}
	free(workers);
}

static void options(int argc, char **argv)
{
	const char *env;
	int i;

	if ((env = getenv("FSX_OPS")))
		opt.ops = strtoul(env, NULL, 0);
	if ((env = getenv("FSX_SEED")))
		opt.seed = strtoull(env, NULL, 0);
	if ((env = getenv("FSX_THREADS")))
		opt.threads = (unsigned int)strtoul(env, NULL, 0);
	for (i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";

		if (!strcmp(argv[i], "--no-mmap"))
			opt.mmap = false;
		else if (!strcmp(argv[i], "--no-faults"))
			opt.faults = false;
		else if (!strcmp(argv[i], "--ops"))
			opt.ops = strtoul(value, NULL, 0), i++;
		else if (!strcmp(argv[i], "--seed"))
			opt.seed = strtoull(value, NULL, 0), i++;
		else if (!strcmp(argv[i], "--threads"))
			opt.threads = (unsigned int)strtoul(value, NULL, 0), i++;
		else if (!strcmp(argv[i], "--dir"))
			opt.dir = value, i++;
		else
			must(-1, "unknown option; see the head of fsx_model.c");
	}
	if (opt.threads > MAX_THREADS || !opt.ops)
		must(-1, "1 to 16 threads, and at least one operation");
}

int main(int argc, char **argv)
{
	const char *torture = getenv("KLOCK_TORTURE_SECONDS");
	time_t until = time(NULL) + (torture ? atol(torture) : 0);
	unsigned int chosen, runs = 0;
	char path[300];

	options(argc, argv);
	chosen = opt.threads;
	snprintf(path, sizeof(path), "%s/fsx_model.%d.img", opt.dir, (int)getpid());
	if (opt.mmap && mm_available()) {
		printf("without memory mappings: %s\n", cache_error());
		opt.mmap = false;
	}
	do {
		opt.threads = chosen ? chosen : runs % 2 ? 4 : 1;
		run(path, opt.threads);
		printf("seed %" PRIu64 ": %u threads, %lu operations each: agrees\n", opt.seed,
		       opt.threads, opt.ops);
		opt.seed += chosen || runs % 2;
	} while (++runs < (chosen ? 1u : 2u) || time(NULL) < until);
	unlink(path);
	return 0;
}
