/* SPDX-License-Identifier: MIT */
/* Waits in words. */
#ifndef KLOCK_HANG_TELL_H
#define KLOCK_HANG_TELL_H

#include "hang/seen.h"

/* "'name'", or "'name/1'" as lockdep has it. */
void klock_tell_name(struct klock_sigtext *text, const char *name, unsigned int subclass);

/* "worker/12", or "a request". */
void klock_tell_waiter(struct klock_sigtext *text, const struct klock_seen_wait *w);

/* "mutex 'lock' at 0x1234", "bit 5 at 0x1234" */
void klock_tell_lock(struct klock_sigtext *text, const struct klock_seen_wait *w);

/* "(write, killable) for 1.234s, at program(+0x12)" */
void klock_tell_wait(struct klock_sigtext *text, struct klock_seen *seen,
		     const struct klock_seen_wait *w);

/* "held for writing by worker/12 (sleeps)", or as much of that as is known. */
void klock_tell_holders(struct klock_sigtext *text, struct klock_seen *seen,
			const struct klock_seen_wait *w);

#endif
