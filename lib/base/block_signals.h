/* SPDX-License-Identifier: MIT */
/*
 * Keeps signal handlers out of the calling thread while it makes what a handler that takes a lock
 * would find half made: a second time for the same thread, or behind itself in pthread_once().
 * Locks are not for handlers; one that tries a lock all the same is to wait for its turn.
 */
#ifndef KLOCK_BASE_BLOCK_SIGNALS_H
#define KLOCK_BASE_BLOCK_SIGNALS_H

#include <pthread.h>
#include <signal.h>

static inline void klock_block_signals(sigset_t *old)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, old);
}

static inline void klock_restore_signals(const sigset_t *old)
{
	pthread_sigmask(SIG_SETMASK, old, NULL);
}

#endif
