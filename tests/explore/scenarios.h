/* SPDX-License-Identifier: MIT */
/* The scenarios of scenarios.def, in a list. */
#ifndef KLOCK_EXPLORE_SCENARIOS_H
#define KLOCK_EXPLORE_SCENARIOS_H

#include "explore/sched.h"
#include <stddef.h>

struct xp_entry {
	char name[64];
	const char *lock;
	const char *scripts[XP_THREADS + 1]; /* a thread each, then NULL */
};

/* All, in order. */
const struct xp_entry *xp_entries(size_t *n);

#endif
