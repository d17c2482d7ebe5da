/* SPDX-License-Identifier: MIT */
/* In place of lib/base/block_signals.h: there are no signals here. */
#ifndef KLOCK_BASE_BLOCK_SIGNALS_H
#define KLOCK_BASE_BLOCK_SIGNALS_H

typedef int sigset_t; /* <signal.h> does not go with the tool's <pthread.h> */

static inline void klock_block_signals(sigset_t *old)
{
	(void)old;
}

static inline void klock_restore_signals(const sigset_t *old)
{
	(void)old;
}

#endif
