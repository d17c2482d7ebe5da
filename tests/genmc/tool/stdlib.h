/* SPDX-License-Identifier: MIT */
/* In place of GenMC's <stdlib.h>, see genmc.h. */
#ifndef GENMC_TOOL_STDLIB_H
#define GENMC_TOOL_STDLIB_H

#include <stddef.h>

void abort(void) __attribute__((noreturn));
void exit(int status) __attribute__((noreturn));
void *malloc(size_t size);
void *aligned_alloc(size_t align, size_t size);
void free(void *p);

#endif
