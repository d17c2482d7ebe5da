/* SPDX-License-Identifier: MIT */
/* Where in the program something happened: addresses when it does, names when it is told. */
#ifndef KLOCK_LOCKDEP_TRACE_H
#define KLOCK_LOCKDEP_TRACE_H

/* Frames at the most: stacks=N of KLOCK_LOCKDEP says how many are kept. */
#define KLOCK_TRACE_DEPTH 64

struct klock_trace {
	unsigned int depth;
	const void *const *frames; /* in memory that is never given back */
};

/* The stack of the caller, from the frame that called at `site` outwards. */
void klock_trace_take(struct klock_trace *trace, const void *site);

#endif
