/* SPDX-License-Identifier: MIT */
/* Random work on the files of the ledger, each step of it written down there. */
#ifndef KLOCK_TESTS_FC_WORKLOAD_H
#define KLOCK_TESTS_FC_WORKLOAD_H

#include "fc_random.h"
#include "ledger.h"

#define WORKLOAD_BLOCKS 28u /* of data, about: fewer than the files can have */

struct workload {
	struct image *image;
	struct fc_random rnd;
	bool faults;	   /* the host fails: any call may */
	unsigned int told; /* calls that have returned an error other than ENOSPC */
	char wrong[500];   /* not empty: what should not be */
	struct file file[LEDGER_FILES];
};

/* Makes an image with room for that many; begins the record and the ledger. */
void workload_mkfs(const char *path);
/* Opens it with a small cache, and all files, which it makes. */
bool workload_begin(struct workload *w, const char *path, uint64_t seed);
/* One operation on a file; `alone`: no other thread uses the image. False: w->wrong says why. */
bool workload_step(struct workload *w, unsigned int file, bool alone);
/* Closes files and image. */
bool workload_end(struct workload *w);

#endif
