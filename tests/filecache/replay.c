/* SPDX-License-Identifier: MIT */
/* Power cuts: replay.h. */
#include "replay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fc_random.h"
#include "host.h"
#include "ledger.h"

#define SECTOR 512u

static unsigned char *start, *disk;
static size_t start_size, disk_size, disk_room;

/* Which of the unsynced writes reach the disk. */
enum choice { ALL, NONE, ALL_BUT, ONLY, SOME, SECTORS, CHOICES };
static const char *const choice_names[CHOICES] = {
	"all unsynced writes kept", "no unsynced write kept", "one unsynced write dropped",
	"one unsynced write kept", "a random subset of the unsynced writes",
	"random sectors of the unsynced writes",
};

/* The cut: after events [0, end), of which those in `unsynced` may be lost. */
static struct {
	size_t end;
	size_t *unsynced, nr;
} cut;

static void *need(void *p)
{
	if (p)
		return p;
	perror("replay");
	abort();
}

static void grow(size_t size)
{
	if (size > disk_room) {
		disk = need(realloc(disk, size));
		disk_room = size;
	}
	if (size > disk_size)
		memset(disk + disk_size, 0, size - disk_size);
	disk_size = size;
}

static void read_file(const char *path, unsigned char **data, size_t *size)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st))
		need(NULL);
	*size = (size_t)st.st_size;
	*data = need(realloc(*data, *size + 1));
	if (pread(fd, *data, *size, 0) != (ssize_t)*size)
		need(NULL);
	close(fd);
}

void replay_begin(const char *path)
{
	read_file(path, &start, &start_size);
}

/* One event, or with `rnd` about half of its sectors. */
static void apply(const struct host_event *event, struct fc_random *rnd)
{
	size_t at, n;

	if (event->kind == EVENT_RESIZE) {
		grow((size_t)event->pos);
		disk_size = (size_t)event->pos;
	}
	if (event->kind != EVENT_WRITE)
		return;
	if ((size_t)event->pos + event->len > disk_size)
		grow((size_t)event->pos + event->len);
	for (at = 0; at < event->len; at += n) {
		n = SECTOR - (size_t)(event->pos + (off_t)at) % SECTOR;
		n = n < event->len - at ? n : event->len - at;
		if (!rnd || fc_below(rnd, 2))
			memcpy(disk + event->pos + at, event->data + at, n);
	}
}

/* Whether the unsynced write number `i` is kept. */
static bool is_kept(size_t i, enum choice choice, size_t which, struct fc_random *rnd)
{
	switch (choice) {
	case NONE:
		return false;
	case ALL_BUT:
		return i != which;
	case ONLY:
		return i == which;
	case SOME:
		return fc_below(rnd, 2);
	default:
		return true;
	}
}

static void build(enum choice choice, size_t which, struct fc_random *rnd)
{
	size_t i, lost = 0;

	disk_size = 0;
	grow(start_size);
	memcpy(disk, start, start_size);
	for (i = 0; i < cut.end; i++) {
		bool kept = true, unsynced = lost < cut.nr && cut.unsynced[lost] == i;

		if (unsynced)
			kept = is_kept(lost++, choice, which, rnd);
		if (kept)
			apply(&host_events[i], unsynced && choice == SECTORS ? rnd : NULL);
	}
}

/* The events before `end` that no sync has brought to disk; after one that failed none will. */
static void find_unsynced(size_t end)
{
	size_t i, doomed = 0;

	cut.end = end;
	cut.unsynced = need(realloc(cut.unsynced, (end + 1) * sizeof(*cut.unsynced)));
	cut.nr = 0;
	for (i = 0; i < end; i++) {
		switch (host_events[i].kind) {
		case EVENT_SYNC:
			cut.nr = doomed;
			break;
		case EVENT_SYNC_FAILED:
			doomed = cut.nr;
			break;
		case EVENT_NOTE:
			break;
		default:
			cut.unsynced[cut.nr++] = i;
		}
	}
}

static void print_problem(void *arg, const char *problem)
{
	(void)arg;
	fprintf(stderr, "fsck: %s\n", problem);
}

/* Whether every block that is not free is some file's. */
static bool no_block_is_lost(struct image *image)
{
	uint32_t total, available;
	struct inode_info info;
	uint64_t blocks = 0;
	unsigned int n;

	image_space(image, &total, &available);
	for (n = 0; !inode_stat_nth(image, n, &info); n++)
		blocks += info.blocks;
	return total - available == blocks;
}

/* All files grow by a page. */
static const char *grow_files(struct image *image)
{
	struct file file;
	unsigned int f;
	int err;

	for (f = 0; f < LEDGER_FILES; f++) {
		if (file_open(image, ledger_name(f), 0, &file))
			continue;
		err = filemap_truncate(&file, i_size_read(file.f_inode) + PAGE_SIZE);
		file_close(&file);
		if (err)
			return cache_error();
	}
	return NULL;
}

/* That page is zero, whatever the last block had behind the end: it must be so on disk. */
static const char *find_zeroes(struct image *image)
{
	static unsigned char data[PAGE_SIZE];
	struct kiocb iocb;
	struct file file;
	unsigned int f;
	size_t i;

	for (f = 0; f < LEDGER_FILES; f++) {
		if (file_open(image, ledger_name(f), 0, &file))
			continue;
		init_sync_kiocb(&iocb, &file, i_size_read(file.f_inode) - PAGE_SIZE, 0);
		if (filemap_read(&iocb, data, PAGE_SIZE) != PAGE_SIZE)
			return cache_error();
		for (i = 0; i < PAGE_SIZE; i++)
			if (data[i])
				return "what lies behind the end of a file is not zero";
		file_close(&file);
	}
	return NULL;
}

static const char *go_on(const char *path, struct image *image)
{
	const char *why = grow_files(image);

	if (image_close(image) || image_open(path, IMAGE_RDONLY, &image))
		return cache_error();
	if (!why)
		why = find_zeroes(image);
	image_abandon(image);
	if (!why && image_fsck(path, print_problem, NULL))
		why = "fsck finds problems after more work";
	return why;
}

static const char *check_open(const char *path, const struct ledger_view *view, bool more)
{
	struct image *image;
	const char *why;

	if (image_open(path, IMAGE_NOSYNC, &image))
		return cache_error();
	why = ledger_compare(view, image);
	if (!why && !no_block_is_lost(image))
		why = "blocks are neither free nor any file's";
	if (!why && more)
		return go_on(path, image);
	image_abandon(image);
	return why;
}

/* NULL, or what is wrong with the image that was built. */
static const char *check(const struct ledger_view *view, bool more)
{
	static int fd = -1;
	static char path[40];

	if (fd < 0) {
		fd = memfd_create("filecache-replay", MFD_CLOEXEC);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	if (fd < 0 || ftruncate(fd, 0) || pwrite(fd, disk, disk_size, 0) != (ssize_t)disk_size)
		need(NULL);
	if (image_fsck(path, print_problem, NULL))
		return "fsck finds problems";
	return check_open(path, view, more);
}

static bool try_one(const struct ledger_view *view, enum choice choice, size_t which,
		    struct fc_random *rnd, struct replay_count *count)
{
	const char *why;

	build(choice, which, rnd);
	why = check(view, fc_below(rnd, 4) == 0);
	count->images++;
	if (!why)
		return true;
	fprintf(stderr, "power cut after event %zu of %zu, %zu unsynced, %s", cut.end,
		host_nr_events, cut.nr, choice_names[choice]);
	if (choice == ALL_BUT || choice == ONLY)
		fprintf(stderr, " (event %zu, %zu bytes at %lld)", cut.unsynced[which],
			host_events[cut.unsynced[which]].len,
			(long long)host_events[cut.unsynced[which]].pos);
	fprintf(stderr, ": %s\n", why);
	return false;
}

static bool try_all(size_t end, const struct ledger_view *view, struct fc_random *rnd,
		    const struct replay_options *options, struct replay_count *count)
{
	bool ok;
	size_t i;

	find_unsynced(end);
	count->cuts++;
	ok = try_one(view, ALL, 0, rnd, count);
	if (cut.nr && ok)
		ok = try_one(view, NONE, 0, rnd, count);
	for (i = 0; i < cut.nr && i < options->each && cut.nr > 1 && ok; i++)
		ok = try_one(view, ALL_BUT, cut.nr - 1 - i, rnd, count) &&
		     try_one(view, ONLY, cut.nr - 1 - i, rnd, count);
	for (i = 0; cut.nr && i < options->random && ok; i++)
		ok = (cut.nr < 2 || try_one(view, SOME, 0, rnd, count)) &&
		     try_one(view, SECTORS, 0, rnd, count);
	return ok;
}

/* Something that the record does not have has changed the file, or the replay is wrong. */
static bool record_is_whole(const char *path)
{
	static unsigned char *now;
	size_t size;

	read_file(path, &now, &size);
	find_unsynced(host_nr_events);
	build(ALL, 0, NULL);
	if (size == disk_size && !memcmp(now, disk, size))
		return true;
	fprintf(stderr, "replay: the image is not what the record makes of it\n");
	return false;
}

bool replay(const char *path, const struct replay_options *options, struct replay_count *count)
{
	struct ledger_view view;
	struct fc_random rnd;
	size_t i, nr = host_nr_events;

	fc_seed(&rnd, options->seed);
	ledger_view_init(&view);
	if (!record_is_whole(path))
		return false;
	for (i = 0; i < nr; i++) {
		const struct host_event *event = &host_events[i];

		if (event->kind == EVENT_NOTE)
			ledger_view_advance(&view, event->note);
		else if (!options->at_end && !try_all(i, &view, &rnd, options, count))
			return false;
	}
	return try_all(nr, &view, &rnd, options, count);
}
