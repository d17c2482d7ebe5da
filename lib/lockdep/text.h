/* SPDX-License-Identifier: MIT */
/*
 * A text that grows line by line and is written in one piece. It is large, and
 * a thread's stack may be small: it has memory of its own while it lasts.
 */
#ifndef KLOCK_LOCKDEP_TEXT_H
#define KLOCK_LOCKDEP_TEXT_H

#include <stddef.h>

struct klock_text {
	size_t used;
	char buf[64 * 1024 - sizeof(size_t)]; /* what does not fit is left out, and it says so */
};

/* An empty one. NULL: no memory. */
struct klock_text *klock_text_new(void);
void klock_text_free(struct klock_text *text);

/* Nothing, when `text` is NULL. */
void klock_text_add(struct klock_text *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
