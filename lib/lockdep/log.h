/* SPDX-License-Identifier: MIT */
/* Where reports go: log=FILE, or standard error. */
#ifndef KLOCK_LOCKDEP_LOG_H
#define KLOCK_LOCKDEP_LOG_H

#include <stddef.h>

/* In one piece, behind what is there. errno stays, and the calling thread is not cancelled. */
void klock_log_write(const char *text, size_t size);

#endif
