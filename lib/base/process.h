/* SPDX-License-Identifier: MIT */
/*
 * Whether this process is the one that set the library up, or a child of its fork(), in which
 * what the missing threads were in the middle of has to be mended first.
 *
 * The child notices by itself, at its first operation that goes out of line: a mark lies in
 * memory that the kernel clears in a child (MADV_WIPEONFORK). So it does not matter which
 * handlers of pthread_atfork() the program has, nor whether they run before ours: what uses
 * a lock there finds it mended. Nothing of the library's is locked across fork().
 */
#ifndef KLOCK_BASE_PROCESS_H
#define KLOCK_BASE_PROCESS_H

#include <klock/lockword.h>

enum klock_process_mark {
	KLOCK_PROCESS_CHILD, /* what the kernel leaves there: all is still the parent's */
	KLOCK_PROCESS_OURS,
	KLOCK_PROCESS_MENDING,
	KLOCK_PROCESS_UNSURE, /* no such memory: getpid() has to be asked each time */
};

extern uint32_t *klock_process_mark __attribute__((visibility("hidden")));

/*
 * Has `mend` called in each child, by the first thread that checks, before any check returns.
 * The child's memory is as if all other threads of the parent had stopped at one moment, each
 * between two instructions.
 */
void klock_process_on_fork(void (*mend)(void));

void klock_process_check_slow(void);

/* It moves once, to a page with another value for the child. [F1] acquire: that is seen, too. */
static inline uint32_t *klock_process_mark_now(void)
{
	return klock_load_acquire(&klock_process_mark);
}

/* Comes before each use of what threads share. */
static inline void klock_process_check(void)
{
	/* [F1] acquire: pairs with [F2]; what was mended is seen. */
	if (KLOCK_UNLIKELY(klock_load_acquire(klock_process_mark_now()) != KLOCK_PROCESS_OURS))
		klock_process_check_slow();
}

/* For mending: whether the word is in memory that is still there. */
bool klock_process_may_read(uint32_t *word);

#endif
