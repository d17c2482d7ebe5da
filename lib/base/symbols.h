/* SPDX-License-Identifier: MIT */
/* Addresses as a reader wants them: function, file and line. For reports only. */
#ifndef KLOCK_BASE_SYMBOLS_H
#define KLOCK_BASE_SYMBOLS_H

#include <stddef.h>

/*
 * "program(function+0x12)", or the offset that addr2line -e takes where no name
 * is exported. Quick, and takes no lock but the dynamic linker's.
 */
void klock_describe_site(const void *site, char *buf, size_t size);

/*
 * "program(function+0x12) file.c:34" of a call's return address: static
 * functions too, and lines where there is debug information. The first in a
 * process takes some 50 ms. Takes locks, and memory from malloc(): call it with
 * no lock of the library's held. Without libdw, as klock_describe_site().
 */
void klock_describe_call(const void *site, char *buf, size_t size);

#endif
