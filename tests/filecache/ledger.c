/* SPDX-License-Identifier: MIT */
/* What files may have after a power cut: ledger.h. */
#include "ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"

#define MAX_STATES 8192u

struct note {
	unsigned int file;
	size_t state;
	bool promise;
	unsigned int from, to; /* sectors */
};

/* States and notes are never freed: those of a run are all looked at to its end. */
static struct ledger_state *states[LEDGER_FILES][MAX_STATES];
static size_t nr_states[LEDGER_FILES];

/* In a list, so that a detector of leaks sees that they are kept. */
struct kept {
	struct kept *next;
	_Alignas(max_align_t) unsigned char bytes[];
};

static void *allocate(size_t size)
{
	static struct kept *all;
	struct kept *kept = calloc(1, sizeof(*kept) + size);

	if (!kept)
		abort();
	kept->next = __atomic_load_n(&all, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(&all, &kept->next, kept, true, __ATOMIC_RELEASE,
					    __ATOMIC_RELAXED))
		;
	return kept->bytes;
}

static struct note *new_note(unsigned int file)
{
	struct note *note = allocate(sizeof(*note));

	note->file = file;
	note->state = nr_states[file] - 1;
	return note;
}

void ledger_init(void)
{
	unsigned int file;

	for (file = 0; file < LEDGER_FILES; file++) {
		nr_states[file] = 1;
		states[file][0] = allocate(sizeof(struct ledger_state));
	}
}

const char *ledger_name(unsigned int file)
{
	static const char *const names[LEDGER_FILES] = { "first", "second", "third" };

	return names[file];
}

const struct ledger_state *ledger_now(unsigned int file)
{
	return states[file][nr_states[file] - 1];
}

/* A copy of the last state, to be changed. */
static struct ledger_state *begin(unsigned int file)
{
	struct ledger_state *state = allocate(sizeof(*state));

	*state = *ledger_now(file);
	state->whole = false;
	if (nr_states[file] == MAX_STATES)
		abort();
	states[file][nr_states[file]++] = state;
	return state;
}

static void noted(unsigned int file)
{
	host_note(new_note(file));
}

/* Changes bytes; `data` NULL: to zeroes. */
static void put(struct ledger_state *state, int64_t pos, const unsigned char *data, size_t len)
{
	while (len) {
		size_t index = (size_t)pos / PAGE_SIZE, offset = (size_t)pos % PAGE_SIZE;
		size_t n = PAGE_SIZE - offset < len ? PAGE_SIZE - offset : len;
		unsigned char *page = allocate(PAGE_SIZE);

		if (state->page[index])
			memcpy(page, state->page[index], PAGE_SIZE);
		if (data)
			memcpy(page + offset, data, n);
		else
			memset(page + offset, 0, n);
		state->page[index] = page;
		data = data ? data + n : NULL;
		pos += (int64_t)n;
		len -= n;
	}
}

void ledger_create(unsigned int file)
{
	begin(file)->exists = true;
	noted(file);
}

void ledger_remove(unsigned int file)
{
	memset(begin(file), 0, sizeof(struct ledger_state));
	noted(file);
}

void ledger_write(unsigned int file, int64_t pos, const void *data, size_t len)
{
	struct ledger_state *state = begin(file);

	put(state, pos, data, len);
	if (state->size < pos + (int64_t)len)
		state->size = pos + (int64_t)len;
	noted(file);
}

void ledger_zero(unsigned int file, int64_t from, int64_t to)
{
	if (from < to)
		put(begin(file), from, NULL, (size_t)(to - from));
	noted(file);
}

void ledger_resize(unsigned int file, int64_t size)
{
	struct ledger_state *state = begin(file);

	if (size < state->size)
		put(state, size, NULL, (size_t)(state->size - size));
	state->size = size;
	noted(file);
}

void ledger_replace(unsigned int file, const void *data, size_t len)
{
	struct ledger_state *state = begin(file);

	memset(state, 0, sizeof(*state));
	state->exists = state->whole = true;
	put(state, 0, data, len);
	state->size = (int64_t)len;
	noted(file);
}

static const unsigned char *sector_of(const struct ledger_state *state, unsigned int sector)
{
	static const unsigned char zeroes[LEDGER_SECTOR];
	const unsigned char *page = state->page[sector / (PAGE_SIZE / LEDGER_SECTOR)];

	return page ? page + sector % (PAGE_SIZE / LEDGER_SECTOR) * LEDGER_SECTOR : zeroes;
}

/* Whether a sector of a file of `size` bytes is as in the state. */
static bool is_as_in(const struct ledger_state *state, unsigned int sector,
		     const unsigned char *data, int64_t size)
{
	int64_t start = (int64_t)sector * LEDGER_SECTOR;
	size_t n = LEDGER_SECTOR;

	if (start >= size)
		return true;
	if (size - start < LEDGER_SECTOR)
		n = (size_t)(size - start);
	return !memcmp(sector_of(state, sector), data + start, n);
}

__attribute__((format(printf, 1, 2))) static const char *wrong(const char *format, ...)
{
	static char text[400];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return text;
}

const char *ledger_settle(unsigned int file, const unsigned char *data, int64_t size)
{
	const struct ledger_state *before = states[file][nr_states[file] - 2];
	struct ledger_state *now = states[file][nr_states[file] - 1], *state;
	unsigned int sector;

	for (sector = 0; sector < LEDGER_SECTORS; sector++)
		if (!is_as_in(now, sector, data, size) && !is_as_in(before, sector, data, size))
			return wrong("file %s, after a call that failed: sector %u is neither old "
				     "nor new", ledger_name(file), sector);
	now->whole = false;
	state = begin(file);
	put(state, 0, data, LEDGER_SIZE);
	state->exists = true;
	state->size = size;
	noted(file);
	return NULL;
}

const char *ledger_check(unsigned int file, const unsigned char *data, int64_t size)
{
	const struct ledger_state *now = ledger_now(file);
	unsigned int sector;

	if (size != now->size)
		return wrong("file %s has %lld bytes, and should have %lld", ledger_name(file),
			     (long long)size, (long long)now->size);
	for (sector = 0; sector < LEDGER_SECTORS; sector++)
		if (!is_as_in(now, sector, data, size))
			return wrong("file %s: sector %u is wrong", ledger_name(file), sector);
	return NULL;
}

void ledger_promise(unsigned int file, int64_t from, int64_t to)
{
	struct note *note = new_note(file);

	note->promise = true;
	note->from = (unsigned int)((from + LEDGER_SECTOR - 1) / LEDGER_SECTOR);
	note->to = (unsigned int)(to / LEDGER_SECTOR);
	host_note(note);
}

void ledger_promise_all(void)
{
	unsigned int file;

	for (file = 0; file < LEDGER_FILES; file++)
		ledger_promise(file, 0, LEDGER_SIZE);
}

void ledger_view_init(struct ledger_view *view)
{
	memset(view, 0, sizeof(*view));
}

void ledger_view_advance(struct ledger_view *view, const void *data)
{
	const struct note *note = data;
	unsigned int sector;

	if (!note->promise) {
		view->last[note->file] = note->state;
		return;
	}
	view->first_size[note->file] = note->state;
	for (sector = note->from; sector < note->to; sector++)
		view->first[note->file][sector] = note->state;
}

/* States [from, to] of a file: none of them, but perhaps the first, is whole. */
struct era {
	unsigned int file;
	size_t from, to;
};

static size_t later(size_t a, size_t b)
{
	return a > b ? a : b;
}

/* While a file grows its pages are written back in any order: sizes between, too. */
static const char *compare_size(const struct ledger_view *view, const struct era *era, int64_t size)
{
	int64_t least = INT64_MAX, most = 0;
	size_t n;

	for (n = later(view->first_size[era->file], era->from); n <= era->to; n++) {
		const struct ledger_state *state = states[era->file][n];

		least = state->size < least ? state->size : least;
		most = state->size > most ? state->size : most;
	}
	if (size >= least && size <= most)
		return NULL;
	return wrong("file %s has %lld bytes, and should have %lld to %lld",
		     ledger_name(era->file), (long long)size, (long long)least, (long long)most);
}

static const char *compare_data(const struct ledger_view *view, const struct era *era,
				const unsigned char *data, int64_t size)
{
	const size_t *first = view->first[era->file];
	unsigned int sector, f = era->file;
	size_t n;

	for (sector = 0; sector < LEDGER_SECTORS; sector++) {
		for (n = later(first[sector], era->from); n <= era->to; n++)
			if (is_as_in(states[f][n], sector, data, size))
				break;
		if (n <= era->to)
			continue;
		for (n = 0; n < nr_states[f]; n++)
			if (is_as_in(states[f][n], sector, data, size))
				break;
		return wrong("file %s, %lld bytes: sector %u of page %u is as in state %zd, and "
			     "may be as in %zu to %zu", ledger_name(f), (long long)size,
			     sector % (unsigned int)(PAGE_SIZE / LEDGER_SECTOR),
			     sector / (unsigned int)(PAGE_SIZE / LEDGER_SECTOR),
			     n < nr_states[f] ? (ssize_t)n : -1,
			     later(first[sector], era->from), era->to);
	}
	return NULL;
}

/* `data` NULL: the file is not there. */
static const char *compare_era(const struct ledger_view *view, const struct era *era,
			       const unsigned char *data, int64_t size)
{
	size_t n, nr = 0, existed = 0;
	const char *why;

	for (n = later(view->first_size[era->file], era->from); n <= era->to; n++, nr++)
		existed += states[era->file][n]->exists;
	if (!data)
		return existed < nr ? NULL : wrong("file %s is not there", ledger_name(era->file));
	if (!existed)
		return wrong("file %s is there, and was not to be", ledger_name(era->file));
	why = compare_size(view, era, size);
	return why ? why : compare_data(view, era, data, size);
}

static const char *compare_file(const struct ledger_view *view, unsigned int file,
				const unsigned char *data, int64_t size)
{
	struct era era = { file, view->last[file], view->last[file] };
	const char *why;

	for (;;) {
		while (era.from && !states[file][era.from]->whole)
			era.from--;
		why = compare_era(view, &era, data, size);
		if (!why || !era.from || era.from <= view->first_size[file])
			return why;
		era.to = --era.from;
	}
}

int ledger_read(struct file *file, unsigned char data[LEDGER_SIZE], int64_t *size)
{
	struct kiocb iocb;
	ssize_t n;

	*size = i_size_read(file->f_inode);
	memset(data, 0, LEDGER_SIZE);
	init_sync_kiocb(&iocb, file, 0, 0);
	while ((n = filemap_read(&iocb, data + iocb.ki_pos, LEDGER_SIZE - (size_t)iocb.ki_pos)) > 0)
		;
	if (n < 0)
		return (int)n;
	return iocb.ki_pos == *size ? 0 : -EIO;
}

const char *ledger_compare(const struct ledger_view *view, struct image *image)
{
	static unsigned char data[LEDGER_SIZE];
	const char *why = NULL;
	struct file file;
	int64_t size = 0;
	unsigned int f;
	int err;

	for (f = 0; f < LEDGER_FILES && !why; f++) {
		err = file_open(image, ledger_name(f), 0, &file);
		if (err && err != -ENOENT)
			return wrong("file %s cannot be opened: %s", ledger_name(f), cache_error());
		if (err) {
			why = compare_file(view, f, NULL, 0);
			continue;
		}
		size = i_size_read(file.f_inode);
		if (size > (int64_t)LEDGER_SIZE)
			why = wrong("file %s has %lld bytes", ledger_name(f), (long long)size);
		else if (ledger_read(&file, data, &size))
			why = wrong("file %s cannot be read: %s", ledger_name(f), cache_error());
		else
			why = compare_file(view, f, data, size);
		file_close(&file);
	}
	return why;
}
