/* SPDX-License-Identifier: MIT */
/*
 * Lines of the source come from debug information, which a library reads that takes memory from
 * malloc() and needs the loader. So it is used by a program of its own, klock-lines, in a process
 * that has none of our locks; who reports waits for it, but never for long.
 *
 * KLOCK_LINES names another program, or none if it is empty. Without one that works there are no
 * lines; nor under Valgrind, whose own tools name what they report.
 */
#ifndef KLOCK_BASE_SOURCE_LINE_H
#define KLOCK_BASE_SOURCE_LINE_H

#include "base/maps.h"
#include <stddef.h>

#define KLOCK_LINES_AT_ONCE 64

/* Looks for the lines of these calls, all by one process: those of a report, before it is made. */
void klock_source_lines_fetch(const void *const *sites, size_t n);

/* "file.c:34" of the call that returns to `site`, in this mapping. False: nobody knows. */
bool klock_source_line(const void *site, const struct klock_mapping *m, char *buf, size_t size);

#endif
