/* SPDX-License-Identifier: MIT */
/* The parts that reports are made of, and how they are told. */
#ifndef KLOCK_LOCKDEP_REPORT_PARTS_H
#define KLOCK_LOCKDEP_REPORT_PARTS_H

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
