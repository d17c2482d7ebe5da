/* SPDX-License-Identifier: MIT */
/* Memory that is shared through atomics, which Helgrind and DRD take for races. */
#ifndef KLOCK_BASE_EXEMPT_H
#define KLOCK_BASE_EXEMPT_H

#include <stddef.h>

/* From now on Helgrind and DRD leave this memory alone; nothing happens outside them. */
void klock_exempt(const void *addr, size_t size);
/* And now it is the program's again. */
void klock_exempt_end(const void *addr, size_t size);

#endif
