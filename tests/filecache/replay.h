/* SPDX-License-Identifier: MIT */
/*
 * Power cuts: images as they may be on disk when the power goes after some call of the host's
 * record. What was written before the last sync that succeeded is there; of what was written
 * since, anything may be: all of it, nothing, each write or all but that one, some at random,
 * and some sectors of each.
 */
#ifndef KLOCK_TESTS_FC_REPLAY_H
#define KLOCK_TESTS_FC_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

struct replay_options {
	uint64_t seed;
	unsigned int each;   /* so many of the last unsynced writes are dropped, or kept, alone */
	unsigned int random; /* random subsets, and as many of sectors */
	bool at_end;	     /* the power goes at the end of the record only */
};

struct replay_count {
	unsigned long cuts, images;
};

/* Reads the image that the record begins with; to be called with host_watch(). */
void replay_begin(const char *path);

/*
 * Each image has to be found in order by fsck, to open, and to have what the ledger says; and
 * files grow into zeroes, and what is done next comes to disk. True, or what was wrong has been
 * printed. Also false when the file is not what the record makes of it.
 */
bool replay(const char *path, const struct replay_options *options, struct replay_count *count);

#endif
