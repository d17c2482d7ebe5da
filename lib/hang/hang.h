/* SPDX-License-Identifier: MIT */
#ifndef KLOCK_HANG_HANG_H
#define KLOCK_HANG_HANG_H

/*
 * Reads KLOCK_HUNG and KLOCK_SHOW_SIGNAL and does what they ask for: once,
 * before the first wait. A wrong value is said on standard error.
 */
void klock_hang_init(void);

/* The part of KLOCK_HUNG; NULL: it is not set. Of waits that begin later. */
void klock_hang_set(const char *value);

#endif
