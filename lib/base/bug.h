/* SPDX-License-Identifier: MIT */
#ifndef KLOCK_BASE_BUG_H
#define KLOCK_BASE_BUG_H

#include "base/symbols.h"
#include <klock/bug.h>
#include <stddef.h>

/* Reports a misuse that the caller refuses; returns unless KLOCK_BUG=abort. */
void klock_bug(const struct klock_bug *bug);

/* The same for what may be no mistake: klock_debug_locks stays as it is. */
void klock_bug_note(const struct klock_bug *bug);

/* Reports what nothing can go on from, and aborts. */
void klock_bug_fatal(const struct klock_bug *bug) __attribute__((noreturn));

#endif
