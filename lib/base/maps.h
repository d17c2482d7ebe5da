/* SPDX-License-Identifier: MIT */
/*
 * What is mapped where, from /proc/self/maps: without the loader, whose lock a plugin's
 * constructor has while it waits for ours. Signal-safe.
 */
#ifndef KLOCK_BASE_MAPS_H
#define KLOCK_BASE_MAPS_H

#include <stdbool.h>
#include <stdint.h>

#define KLOCK_MAP_PATH 1024 /* a longer one is cut */

struct klock_mapping {
	uintptr_t start, end;
	uintptr_t base; /* of its file: where the mapping of offset 0 before it begins */
	char path[KLOCK_MAP_PATH];
};

/*
 * The mapping of a file that has the address, or that is followed by memory of no file that has
 * it, as .bss may be. Nothing is read if *m has it already; zeroed, it has none.
 */
bool klock_mapping_find(uintptr_t address, struct klock_mapping *m);

/* Its file's name without the folders. */
const char *klock_mapping_name(const struct klock_mapping *m);

#endif
