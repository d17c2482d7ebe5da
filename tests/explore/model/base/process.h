/* SPDX-License-Identifier: MIT */
/* No scenario forks, and a look at the mark is no point at which threads meet. */
#ifndef KLOCK_BASE_PROCESS_H
#define KLOCK_BASE_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

static inline void klock_process_on_fork(void (*mend)(void))
{
	(void)mend;
}

static inline void klock_process_check(void) {}

static inline bool klock_process_may_read(uint32_t *word)
{
	(void)word;
	return false;
}

#endif
