/* SPDX-License-Identifier: MIT */
#ifndef KLOCK_BASE_SAY_H
#define KLOCK_BASE_SAY_H

/*
 * Writes to standard error, in one piece of at most 5000 bytes, and not through stdio: another
 * thread may have locked stderr and wait for what the caller holds. errno stays.
 */
void klock_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What an errno means: strerror() without its translation, which takes locks and memory. */
const char *klock_errno_text(int error);

#endif
