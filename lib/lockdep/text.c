/* SPDX-License-Identifier: MIT */
#include "lockdep/text.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char cut[] = "\n[the rest of this report is left out]\n";

void klock_text_add(struct klock_text *text, const char *format, ...)
{
	size_t left = sizeof(text->buf) - sizeof(cut) - text->used;
	va_list args;
	int n;

	if (text->used >= sizeof(text->buf) - sizeof(cut))
		return;
	va_start(args, format);
	n = vsnprintf(text->buf + text->used, left, format, args);
	va_end(args);
	if (n < 0)
		return;
	if ((size_t)n < left) {
		text->used += (size_t)n;
		return;
	}
	memcpy(text->buf + sizeof(text->buf) - sizeof(cut) - 1, cut, sizeof(cut));
	text->used = sizeof(text->buf) - 1;
}
