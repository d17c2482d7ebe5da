/* SPDX-License-Identifier: MIT */
/* The parts that reports are made of, and how they are told. */
#ifndef KLOCK_LOCKDEP_REPORT_PARTS_H
#define KLOCK_LOCKDEP_REPORT_PARTS_H

#include "base/source_line.h"
#include "lockdep/held.h"
#include "lockdep/suppress.h"
#include "lockdep/text.h"
#include "lockdep/trace.h"

/* "WARNING: title" between its rules, and the program; the text goes on with a line of its own. */
void klock_add_head(struct klock_text *t, const char *title);

/* "name/tid" of the calling thread. */
void klock_add_who(struct klock_text *t);

/* "(name)", as it stands in the program. */
void klock_add_class(struct klock_text *t, const struct klock_class *class);

/* "a -> b", as suppressions name an order. */
void klock_name_order(const struct klock_class *a, const struct klock_class *b, char *buf,
		      size_t size);

/* The places in a report: their lines are looked for together, before it is made. */
struct klock_report_sites {
	size_t n;
	const void *at[KLOCK_LINES_AT_ONCE];
};
void klock_sites_add(struct klock_report_sites *sites, const void *site);
void klock_sites_add_trace(struct klock_report_sites *sites, const struct klock_trace *trace);
/* And all that the stack has, which may be NULL; then looks for them. */
void klock_sites_fetch(struct klock_report_sites *sites, const struct klock_held_stack *stack);

/* "0x1234 (name){write}, at: site" and the end of the line. */
void klock_add_held(struct klock_text *t, const struct klock_held *h);

/* A line for each frame. */
void klock_add_trace(struct klock_text *t, const struct klock_trace *trace);

/* All that the stack has, the last one first. NULL: nothing is known of it. */
void klock_add_locks_held(struct klock_text *t, const struct klock_held_stack *stack);

/*
 * Told or not: `subject` is what a suppression of this kind is compared with.
 * True: klock_debug_locks is cleared, and the report is wanted. Before it is
 * made, as that takes time.
 */
bool klock_report_wanted(enum klock_problem kind, const char *subject);

/* Tells it to whom the program or the options want it told, and frees the text. */
void klock_report_tell(struct klock_text *t, enum klock_problem kind, const char *title,
		       const char *subject, const void *site);

#endif
