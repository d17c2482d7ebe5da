/* SPDX-License-Identifier: MIT */
/* A text that grows line by line and is written in one piece. */
#ifndef KLOCK_LOCKDEP_TEXT_H
#define KLOCK_LOCKDEP_TEXT_H

#include <stddef.h>

struct klock_text {
	size_t used;
	char buf[16384]; /* what does not fit is left out, and the text says so */
};

void klock_text_add(struct klock_text *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
