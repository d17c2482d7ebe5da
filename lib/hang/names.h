/* SPDX-License-Identifier: MIT */
/* Names of threads and places, found without a lock or malloc: allowed in signal handlers. */
#ifndef KLOCK_HANG_NAMES_H
#define KLOCK_HANG_NAMES_H

#include "base/maps.h"
#include "base/sigtext.h"

/* "name/tid"; for tid 0 that the thread has ended. */
void klock_add_thread(struct klock_sigtext *text, int tid);

/* " (runs)", " (sleeps)" or nothing: what a thread does that waits for no lock. */
void klock_add_state(struct klock_sigtext *text, int tid);

/* As klock_describe_site_near() has it. */
void klock_add_site(struct klock_sigtext *text, const void *site, struct klock_mapping *last);

#endif
