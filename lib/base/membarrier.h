/* SPDX-License-Identifier: MIT */
/* A full memory barrier on every running thread of the process, paid for by the caller. */
#ifndef KLOCK_BASE_MEMBARRIER_H
#define KLOCK_BASE_MEMBARRIER_H

#include <stdbool.h>

/* Registers the process for it. Once, before anything relies on it. */
void klock_membarrier_register(void);

/*
 * Whether that was done. False where the kernel has no private expedited
 * membarrier(2), forbids it, or an emulator only pretends to have it.
 */
bool klock_membarrier_works(void);

/* The barrier itself. False when it could not be had: nothing was ordered. */
bool klock_membarrier(void);

#endif
