/* SPDX-License-Identifier: MIT */
#ifndef KLOCK_WAIT_SIGNAL_H
#define KLOCK_WAIT_SIGNAL_H

/* klock_interrupt() of the calling thread, also of one that has no task yet. Async-signal-safe. */
void klock_interrupt_self(void);

#endif
