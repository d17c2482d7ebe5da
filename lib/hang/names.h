/* SPDX-License-Identifier: MIT */
/* Names of threads and places, found without a lock or malloc: allowed in signal handlers. */
#ifndef KLOCK_HANG_NAMES_H
#define KLOCK_HANG_NAMES_H

#include "base/sigtext.h"

/* "name/tid"; for tid 0 that the thread has ended. */
void klock_add_thread(struct klock_sigtext *text, int tid);

/* " (runs)", " (sleeps)" or nothing: what a thread does that waits for no lock. */
void klock_add_state(struct klock_sigtext *text, int tid);

/* Where the last site was: most are in one place. Zeroed, nowhere. */
struct klock_place {
	uintptr_t start, end; /* of the mapping */
	uintptr_t base;	      /* of its file: where the mapping of offset 0 before it begins */
	char file[128];
};

/* "program(+0x12)", as klock_describe_site() has it where no name is exported. */
void klock_add_site(struct klock_sigtext *text, const void *site, struct klock_place *last);

#endif
