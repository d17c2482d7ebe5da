/* SPDX-License-Identifier: MIT */
#ifndef KLOCK_BASE_BUG_H
#define KLOCK_BASE_BUG_H

#include <klock/bug.h>
#include <stddef.h>

/* Reports a misuse that the caller refuses; returns unless KLOCK_BUG=abort. */
void klock_bug(const struct klock_bug *bug);

/* The same for what may be no mistake: klock_debug_locks stays as it is. */
void klock_bug_note(const struct klock_bug *bug);

/* Reports what nothing can go on from, and aborts. */
void klock_bug_fatal(const struct klock_bug *bug) __attribute__((noreturn));

/* "program(function+0x12)", or the offset that addr2line -e takes where no name is exported. */
void klock_describe_site(const void *site, char *buf, size_t size);

#endif
