/* SPDX-License-Identifier: MIT */
/*
 * kill -9 in the middle of work, over and over: fsck must find nothing, and every
 * page must hold what it held at its last fsync or something that was done later.
 *
 *	crash [--rounds N] [--seed S] [--dir D]
 *
 * A child works on an image with several threads, each on a file of its own, and
 * writes down in shared memory what it is about to do and what has been synced.
 * KLOCK_TORTURE_SECONDS: goes on for so long.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fc_random.h"
#include "filecache.h"

#define FILES 3
#define PAGES 48
#define HISTORY 256
#define IMAGE_BLOCKS 160 /* fewer than the files can have: blocks change hands all the time */
#define SECTOR 512

/* What a page holds: `len` bytes of stamps of generation `gen`, then zeroes. */
struct state {
	uint64_t gen;
	uint32_t len;
};

/*
 * All states from the one that was synced last, `first`, to the one that is under
 * way, `count` - 1; both only grow. HISTORY more than there can be between two syncs.
 */
struct history {
	uint64_t first, count;
	struct state state[HISTORY];
};

struct file_log {
	struct history page[PAGES];
	struct history size; /* in gen */
	uint64_t gen;
	uint64_t ops, syncs;
};

/* Shared by parent and child. */
static struct file_log *logs;
static uint64_t seed;
static char path[300];

static struct state *last(struct history *h)
{
	return &h->state[(h->count - 1) % HISTORY];
}

/* Written down before it is done: the state, then that there is one more. */
static void add(struct history *h, uint64_t gen, uint32_t len)
{
	h->state[h->count % HISTORY] = (struct state){ gen, len };
	__atomic_store_n(&h->count, h->count + 1, __ATOMIC_RELEASE);
}

static void fill(unsigned char *data, unsigned int file, unsigned int page, struct state state)
{
	uint64_t stamp[3] = { file, page, state.gen };
	unsigned int i;

	memset(data, 0, PAGE_SIZE);
	for (i = 0; i < PAGE_SIZE; i++)
		if (i < state.len)
			data[i] = ((unsigned char *)stamp)[i % SECTOR % sizeof(stamp)];
}

static void must(int err, const char *what)
{
	if (!err)
		return;
	fprintf(stderr, "crash: seed %" PRIu64 ": %s: %d: %s\n", seed, what, err, cache_error());
	exit(1);
}

static void do_write(struct file *file, struct file_log *log, unsigned int f, unsigned int page)
{
	struct state state = { ++log->gen, PAGE_SIZE };
	unsigned char data[PAGE_SIZE];
	uint64_t end = (uint64_t)(page + 1) * PAGE_SIZE;
	struct kiocb iocb;
	ssize_t n;

	fill(data, f, page, state);
	add(&log->page[page], state.gen, state.len);
	if (last(&log->size)->gen < end)
		add(&log->size, end, 0);
	init_sync_kiocb(&iocb, file, (int64_t)page * PAGE_SIZE, 0);
	n = filemap_write(&iocb, data, PAGE_SIZE);
	if (n == -ENOSPC) { /* nothing was changed: what was noted last did not happen */
		log->page[page].count--;
		if (last(&log->size)->gen != (uint64_t)i_size_read(file->f_inode))
			log->size.count--;
	} else {
		must(n == (ssize_t)PAGE_SIZE ? 0 : (int)n, "write");
	}
}

static void do_truncate(struct file *file, struct file_log *log, uint64_t size)
{
	unsigned int page;

	for (page = 0; page < PAGES; page++) {
		struct state *old = last(&log->page[page]);
		uint64_t start = (uint64_t)page * PAGE_SIZE;

		if (!old->len || start + old->len <= size)
			continue;
		add(&log->page[page], old->gen, size > start ? (uint32_t)(size - start) : 0);
	}
	add(&log->size, size, 0);
	must(filemap_truncate(file, (int64_t)size), "truncate");
}

static void do_punch(struct file *file, struct file_log *log, unsigned int page, unsigned int nr)
{
	unsigned int i;

	for (i = page; i < page + nr; i++)
		if (last(&log->page[i])->len)
			add(&log->page[i], 0, 0);
	must(filemap_punch_hole(file, (int64_t)page * PAGE_SIZE, (int64_t)nr * PAGE_SIZE), "punch");
}

static void synced(struct history *h)
{
	__atomic_store_n(&h->first, h->count - 1, __ATOMIC_RELEASE);
}

static void do_sync(struct file *file, struct file_log *log)
{
	unsigned int page;

	must(filemap_fsync(file), "fsync");
	for (page = 0; page < PAGES; page++)
		synced(&log->page[page]);
	synced(&log->size);
	log->syncs++;
}

struct worker {
	struct image *image;
	unsigned int file;
	uint64_t seed;
};

static void *work(void *arg)
{
	struct worker *w = arg;
	struct file_log *log = &logs[w->file];
	unsigned int since_sync;
	struct fc_random rnd;
	struct file file;
	char name[20];

	fc_seed(&rnd, w->seed);
	snprintf(name, sizeof(name), "file%u", w->file);
	must(file_open(w->image, name, O_CREAT, &file), "open");
	for (since_sync = 0;; log->ops++) {
		unsigned int what = (unsigned int)fc_below(&rnd, 100);
		unsigned int page = (unsigned int)fc_below(&rnd, PAGES);

		if (what < 70)
			do_write(&file, log, w->file, page);
		else if (what < 80)
			do_punch(&file, log, page, 1 + (unsigned int)fc_below(&rnd, PAGES - page));
		else if (what < 88)
			do_truncate(&file, log, fc_below(&rnd, (uint64_t)PAGES * PAGE_SIZE + 1));
		if (what >= 97 || ++since_sync == HISTORY / 3) {
			do_sync(&file, log);
			since_sync = 0;
		}
	}
	return NULL;
}

/* The child: works until it is killed. */
static void child(unsigned int round)
{
	struct worker workers[FILES];
	struct image *image;
	pthread_t thread;
	unsigned int i;

	/* Every fourth round with real syncs, which make it slow. */
	must(image_open(path, round % 4 ? IMAGE_NOSYNC : 0, &image), "open the image");
	image->sw.max_pages = 24; /* much is written back because pages are needed */
	for (i = 0; i < FILES; i++) {
		workers[i] = (struct worker){ image, i, (seed << 20) + round * FILES + i };
		must(pthread_create(&thread, NULL, work, &workers[i]), "thread");
	}
	for (;;)
		pause();
}

/* What is left of a page in a file of `size` bytes. */
static struct state clip(struct state state, unsigned int page, uint64_t size)
{
	uint64_t start = (uint64_t)page * PAGE_SIZE;

	if (start + state.len > size)
		state.len = size > start ? (uint32_t)(size - start) : 0;
	return state;
}

static void check_page(struct file *file, unsigned int f, unsigned int page, uint64_t size)
{
	struct history *h = &logs[f].page[page];
	unsigned char data[PAGE_SIZE] = { 0 }, want[PAGE_SIZE];
	struct kiocb iocb;
	uint64_t i;
	ssize_t n;

	init_sync_kiocb(&iocb, file, (int64_t)page * PAGE_SIZE, 0);
	n = filemap_read(&iocb, data, PAGE_SIZE);
	must(n < 0 ? (int)n : 0, "read");
	for (i = h->first; i < h->count; i++) {
		struct state state = clip(h->state[i % HISTORY], page, size);

		fill(want, f, page, state);
		if (!memcmp(data, want, PAGE_SIZE)) {
			h->first = h->count; /* the next round starts with this one */
			add(h, state.gen, state.len);
			return;
		}
	}
	fprintf(stderr, "crash: seed %" PRIu64 ": file%u, page %u (size %" PRIu64 "): is file %u, "
		"page %u, generation %" PRIu64 "; allowed are", seed, f, page, size, data[0],
		data[8], *(uint64_t *)(void *)(data + 16));
	for (i = h->first; i < h->count; i++)
		fprintf(stderr, " %" PRIu64 ":%u", h->state[i % HISTORY].gen,
			h->state[i % HISTORY].len);
	fprintf(stderr, "\n");
	exit(1);
}

static void check_file(struct image *image, unsigned int f)
{
	struct history *h = &logs[f].size;
	struct file file;
	unsigned int page;
	char name[20];
	uint64_t i, size, least = UINT64_MAX, most = 0;

	snprintf(name, sizeof(name), "file%u", f);
	must(file_open(image, name, O_CREAT, &file), "open");
	size = (uint64_t)i_size_read(file.f_inode);
	for (page = 0; page < PAGES; page++)
		check_page(&file, f, page, size);
	for (i = h->first; i < h->count; i++) {
		uint64_t one = h->state[i % HISTORY].gen;

		least = one < least ? one : least;
		most = one > most ? one : most;
	}
	/* While a file grows its pages are written back in any order: sizes between, too. */
	must(size < least || size > most ? -EUCLEAN : 0, "a size that the file never had");
	h->first = h->count;
	add(h, size, 0);
	file_close(&file);
}

static void print_problem(void *arg, const char *problem)
{
	(void)arg;
	fprintf(stderr, "fsck: %s\n", problem);
}

static uint64_t operations(void)
{
	uint64_t ops = 0;
	unsigned int f;

	for (f = 0; f < FILES; f++)
		ops += __atomic_load_n(&logs[f].ops, __ATOMIC_RELAXED);
	return ops;
}

/* Leaves it for waitpid(). */
static bool has_ended(pid_t pid)
{
	siginfo_t info = { .si_pid = 0 };

	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) || info.si_pid;
}

static void one_round(unsigned int round, struct fc_random *rnd)
{
	struct timespec delay = { 0, (long)(500000 + fc_below(rnd, 20000000)) };
	struct image *image;
	uint64_t before = operations();
	pid_t pid = fork();
	unsigned int f;
	int status;

	if (!pid)
		child(round);
	/* Half of them are killed when they have got to work, the others perhaps before. */
	while (round % 2 && operations() == before && !has_ended(pid))
		usleep(100);
	nanosleep(&delay, NULL); /* not to order anything: the moment of the kill is random */
	kill(pid, SIGKILL);
	if (waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status))
		must(-ECHILD, "the child ended by itself");
	must(image_fsck(path, print_problem, NULL), "fsck");
	must(image_open(path, IMAGE_NOSYNC, &image), "open the image after the kill");
	for (f = 0; f < FILES; f++)
		check_file(image, f);
	must(image_close(image), "close");
	must(image_fsck(path, print_problem, NULL), "fsck after a close");
}

static void init_logs(void)
{
	unsigned int f, page;

	logs = mmap(NULL, FILES * sizeof(*logs), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (logs == MAP_FAILED)
		must(-errno, "mmap");
	for (f = 0; f < FILES; f++) {
		for (page = 0; page < PAGES; page++)
			add(&logs[f].page[page], 0, 0);
		add(&logs[f].size, 0, 0);
	}
}

int main(int argc, char **argv)
{
	const char *torture = getenv("KLOCK_TORTURE_SECONDS"), *dir = ".";
	time_t until = time(NULL) + (torture ? atol(torture) : 0);
	uint64_t syncs = 0;
	struct fc_random rnd;
	unsigned int i, rounds = 150, done;

	seed = (uint64_t)getpid();
	for (i = 1; i + 1 < (unsigned int)argc; i += 2) {
		if (!strcmp(argv[i], "--rounds"))
			rounds = (unsigned int)atoi(argv[i + 1]);
		else if (!strcmp(argv[i], "--seed"))
			seed = strtoull(argv[i + 1], NULL, 0);
		else if (!strcmp(argv[i], "--dir"))
			dir = argv[i + 1];
	}
	fc_seed(&rnd, seed);
	snprintf(path, sizeof(path), "%s/crash.%d.img", dir, (int)getpid());
	must(image_mkfs(path, IMAGE_BLOCKS, FILES, true), "mkfs");
	init_logs();
	for (done = 0; done < rounds || time(NULL) < until; done++)
		one_round(done, &rnd);
	for (i = 0; i < FILES; i++)
		syncs += logs[i].syncs;
	unlink(path);
	printf("%u kills, %" PRIu64 " operations, %" PRIu64 " syncs: all there\n", done,
	       operations(), syncs);
	/* A child that is always killed before it gets anywhere proves nothing. */
	return syncs ? 0 : 1;
}
