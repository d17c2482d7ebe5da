/* SPDX-License-Identifier: MIT */
/*
 * Text made without stdio, malloc or a lock: in signal handlers, and in waits,
 * where the program may hold whatever those take.
 */
#ifndef KLOCK_BASE_SIGTEXT_H
#define KLOCK_BASE_SIGTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct klock_sigtext {
	char *buf;
	size_t size, used; /* used < size; what does not fit is left out */
	bool cut;          /* something was */
};

/* Always a string. */
static inline struct klock_sigtext klock_sigtext_in(char *buf, size_t size)
{
	buf[0] = '\0';
	return (struct klock_sigtext){ .buf = buf, .size = size };
}

/* Of printf's conversions %s %d %u %lu %lx %p %c %%, without widths. */
void klock_sigtext_add(struct klock_sigtext *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* A time in seconds, to the millisecond. */
void klock_sigtext_seconds(struct klock_sigtext *text, int64_t ns);

/* What is cut ends with a line's end. */
void klock_sigtext_end(struct klock_sigtext *text);

/* In one write(2), unless that takes only a part. */
void klock_sigtext_write(const struct klock_sigtext *text, int fd);

#endif
