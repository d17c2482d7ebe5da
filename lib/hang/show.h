/* SPDX-License-Identifier: MIT */
#ifndef KLOCK_HANG_SHOW_H
#define KLOCK_HANG_SHOW_H

/* Has this signal call klock_show_locks(); NULL or "" for none. Wrong ones are said so. */
void klock_show_on_signal(const char *name);

#endif
