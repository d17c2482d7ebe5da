/* SPDX-License-Identifier: MIT */
/*
 * What the checker has to say. A report is collected under klock_graph_lock,
 * as addresses, and told when that is given up: what turns addresses into names
 * takes locks of its own.
 */
#ifndef KLOCK_LOCKDEP_REPORT_H
#define KLOCK_LOCKDEP_REPORT_H

#include "lockdep/held.h"

#define KLOCK_REPORT_PATH 32

enum klock_report_kind { KLOCK_REPORT_NONE, KLOCK_REPORT_RECURSION, KLOCK_REPORT_CIRCLE };

struct klock_report {
	enum klock_report_kind kind;
	struct klock_held held, wanted;
	struct klock_trace trace; /* of the acquisition that is reported */
	/* Of a circle: the edges that lead from `wanted` to `held`, the last first. */
	unsigned int steps;
	struct klock_edge *path[KLOCK_REPORT_PATH];
};

void klock_report_recursion(struct klock_report *report, const struct klock_held *held,
			    const struct klock_held *wanted);
/* Right after the klock_graph_search() that found it. */
void klock_report_circle(struct klock_report *report, const struct klock_held *held,
			 const struct klock_held *wanted);

/* Tells it, with what the thread holds, and does what the options ask for then. */
void klock_report_print(const struct klock_report *report, const struct klock_held_stack *stack);

/* Looks for the lines of all places in it. */
void klock_report_fetch(const struct klock_report *report, const struct klock_held_stack *stack);

/* A misuse that is no matter of order: a title, the lock, and what the thread holds. */
void klock_report_misuse(const char *title, const struct klock_held *h,
			 const struct klock_held_stack *stack);

/* An assertion that does not hold, once for each site. `map` and `stack` may be NULL. */
void klock_report_assert(const char *what, const struct lockdep_map *map, const void *site,
			 const struct klock_held_stack *stack);

/* The same for something that may block where nothing may. */
void klock_report_blocking(const char *what, const struct lockdep_map *map, const void *site,
			   const struct klock_held_stack *stack);

#endif
