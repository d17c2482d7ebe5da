/* SPDX-License-Identifier: MIT */
/*
 * The library's own, with fewer slots: a writer adds up all of them. Threads 0
 * and 1 of a scenario have one, the others share the atomic counter.
 */
#include_next <klock/percpu-rwsem.h>
#undef KLOCK_PERCPU_SLOTS
#define KLOCK_PERCPU_SLOTS 4
