/* SPDX-License-Identifier: MIT */
#include "lockdep/text.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

static const char cut[] = "\n[the rest of this report is left out]\n";

struct klock_text *klock_text_new(void)
{
	/* Not from malloc(), which may be built on the locks that the report is about. */
	void *p = mmap(NULL, sizeof(struct klock_text), PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

void klock_text_free(struct klock_text *text)
{
	if (text)
		munmap(text, sizeof(*text));
}

void klock_text_add(struct klock_text *text, const char *format, ...)
{
	size_t room = sizeof(text->buf) - sizeof(cut), left;
	va_list args;
	int n;

	if (!text || text->used >= room)
		return;
	left = room - text->used;
	va_start(args, format);
	n = vsnprintf(text->buf + text->used, left, format, args);
	va_end(args);
	if (n < 0)
		return;
	if ((size_t)n < left) {
		text->used += (size_t)n;
		return;
	}
	memcpy(text->buf + room - 1, cut, sizeof(cut));
	text->used = room - 1 + sizeof(cut) - 1;
}
