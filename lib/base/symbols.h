/* SPDX-License-Identifier: MIT */
/*
 * Addresses as a reader wants them: function, file and line. For reports, which are made while
 * the program's locks are held: no lock is taken here, neither the loader's nor malloc()'s nor
 * that of stdio, and no function of theirs is called. Signal-safe, but for the time it takes.
 */
#ifndef KLOCK_BASE_SYMBOLS_H
#define KLOCK_BASE_SYMBOLS_H

#include "base/maps.h"
#include <stddef.h>

/*
 * "program(function+0x12)", static functions too where the file has its symbols; else the offset
 * that addr2line -e takes. `last` is where the last address was, zeroed at first; NULL: not kept.
 */
void klock_describe_site_near(const void *site, struct klock_mapping *last, char *buf,
			      size_t size);

static inline void klock_describe_site(const void *site, char *buf, size_t size)
{
	klock_describe_site_near(site, NULL, buf, size);
}

/*
 * "program(function+0x12) file.c:34" of a call's return address, with the line where there is
 * debug information (base/source_line.h).
 */
void klock_describe_call(const void *site, char *buf, size_t size);

#endif
