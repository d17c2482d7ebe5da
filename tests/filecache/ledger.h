/* SPDX-License-Identifier: MIT */
/*
 * What was done to each file, and what of it was promised: which contents a file may have after
 * a power cut. A file's states are numbered; a new one begins before the call that brings it. A
 * promise says that a range is on disk as of some state: from then on it may have what it had in
 * that state or in a later one, sector by sector, and nothing else.
 */
#ifndef KLOCK_TESTS_FC_LEDGER_H
#define KLOCK_TESTS_FC_LEDGER_H

#include "filecache.h"

#define LEDGER_FILES 3u
#define LEDGER_PAGES 14u
#define LEDGER_SIZE (LEDGER_PAGES * PAGE_SIZE) /* greatest size of a file */
#define LEDGER_SECTOR 512u
#define LEDGER_SECTORS (LEDGER_SIZE / LEDGER_SECTOR)

struct ledger_state {
	bool exists;
	bool whole; /* the file is as in a state before this one, or as in this or a later one */
	int64_t size;
	unsigned char *page[LEDGER_PAGES]; /* NULL: zeroes; what lies behind the end is zero, too */
};

/* Forgets all; no file exists. Each is changed by one thread only. */
void ledger_init(void);
const char *ledger_name(unsigned int file);
const struct ledger_state *ledger_now(unsigned int file);

/* Each begins a state, and puts it into the host's record. To be called before it is done. */
void ledger_create(unsigned int file);
void ledger_remove(unsigned int file);
void ledger_write(unsigned int file, int64_t pos, const void *data, size_t len);
void ledger_zero(unsigned int file, int64_t from, int64_t to); /* within its size */
void ledger_resize(unsigned int file, int64_t size);
void ledger_replace(unsigned int file, const void *data, size_t len);
/*
 * The call failed, and `data` of `size` bytes is what the engine shows now: that becomes the
 * state. NULL, or what is wrong: a sector that is neither what it was nor what it was to be.
 */
const char *ledger_settle(unsigned int file, const unsigned char *data, int64_t size);

/* NULL, or what is wrong: it is not what the engine shows. */
const char *ledger_check(unsigned int file, const unsigned char *data, int64_t size);

/* The state of now, for bytes [from, to) and the size, is on disk. */
void ledger_promise(unsigned int file, int64_t from, int64_t to);
void ledger_promise_all(void);

/* What may be on disk, at some place in the record. */
struct ledger_view {
	size_t first[LEDGER_FILES][LEDGER_SECTORS], first_size[LEDGER_FILES], last[LEDGER_FILES];
};

void ledger_view_init(struct ledger_view *view);
void ledger_view_advance(struct ledger_view *view, const void *note);
/* NULL, or what is wrong with the files of an open image. */
const char *ledger_compare(const struct ledger_view *view, struct image *image);

/* Reads all of a file of at most LEDGER_SIZE bytes; the rest of `data` becomes zero. */
int ledger_read(struct file *file, unsigned char data[LEDGER_SIZE], int64_t *size);

#endif
