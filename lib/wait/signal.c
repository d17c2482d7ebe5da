/* SPDX-License-Identifier: MIT */
/* Signals that kill or interrupt waits. */
#include "wait/signal.h"
#include "base/bug.h"
#include <errno.h>
#include <signal.h>
#include <klock/atomic.h>
#include <klock/task.h>
#include <stdint.h>

static uint32_t actions_of[NSIG];

static void handler(int signo)
{
	uint32_t actions = klock_load_relaxed(&actions_of[signo]); /* set before the handler was */

	if (actions & KLOCK_KILL)
		klock_kill_all();
	if (actions & KLOCK_INTERRUPT)
		klock_interrupt_self();
}

int klock_catch_signal(int signo, unsigned int actions)
{
	struct sigaction sa = { .sa_handler = handler, .sa_flags = SA_RESTART };

	if (signo <= 0 || signo >= NSIG || !actions ||
	    (actions & ~(unsigned int)(KLOCK_KILL | KLOCK_INTERRUPT)))
		return -EINVAL;
	sigemptyset(&sa.sa_mask);
	klock_store_relaxed(&actions_of[signo], actions);
	return sigaction(signo, &sa, NULL) ? -errno : 0;
}
