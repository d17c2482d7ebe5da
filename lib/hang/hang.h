/* SPDX-License-Identifier: MIT */
#ifndef KLOCK_HANG_HANG_H
#define KLOCK_HANG_HANG_H

/*
 * Reads KLOCK_HUNG and KLOCK_SHOW_SIGNAL and does what they ask for: once,
 * before the first wait. A wrong value is said on standard error.
 */
void klock_hang_init(void);

#endif
