/* SPDX-License-Identifier: MIT */
/* Where in the program something happened: addresses when it does, names when it is told. */
#ifndef KLOCK_LOCKDEP_TRACE_H
#define KLOCK_LOCKDEP_TRACE_H

#include <stdint.h>

/* Frames at the most: stacks=N of KLOCK_LOCKDEP says how many are kept. */
#define KLOCK_TRACE_DEPTH 64

struct klock_trace {
	unsigned int depth;
	const void *const *frames; /* in memory that is never given back */
};

/* The stack of the caller, from the frame that called at `site` outwards. */
void klock_trace_take(struct klock_trace *trace, const void *site);

/*
 * The function of the calling thread in whose frame the object is, and where in it: the distance
 * from the frame's end, the same in each call. NULL: it is in no frame of this thread, or the
 * stack cannot be unwound.
 */
const void *klock_trace_frame_of(const void *object, intptr_t *offset);

#endif
