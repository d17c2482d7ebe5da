/* SPDX-License-Identifier: MIT */
/*
 * Declared orders. Each name that is declared stands in the graph as two nodes,
 * in -> out: orders lead into it and out of it. A before B is the edge
 * A.out -> B.in. A class X that has the name A gets the edges A.in -> X and
 * X -> A.out: so it takes part in each order of A, those through classes that
 * nobody has seen included, while two classes of one name have no order.
 */
#ifndef KLOCK_LOCKDEP_ORDER_H
#define KLOCK_LOCKDEP_ORDER_H

#include "lockdep/graph.h"
#include "lockdep/held.h"
#include "lockdep/report.h"

struct klock_order_name {
	const char *text;  /* as declared */
	const char *plain; /* as it is compared */
	uint32_t number;   /* from 1 */
	struct klock_class *in, *out;
	struct klock_order_name *next;
};

/* Takes in what was declared before the checker started. Once, after klock_shared_init(). */
void klock_order_start(void);

/* For the child of a fork(): those that its parent was taking in. */
void klock_order_take_in_again(void);

#define KLOCK_ORDER_MAX 256  /* names of one order that is not a record of the program's */
#define KLOCK_ORDER_NAME 256 /* bytes of a name that are compared */

/* Declares an order of `count` names. */
void klock_order_declare(const char *file, unsigned int line, const char *const *names,
			 size_t count);

/*
 * Declares the orders that stand in a file. NULL, or what is wrong with it; wrong lines
 * have been told on standard error then.
 */
const char *klock_order_read(const char *file);

/* Gives the classes of these holds their names. Under klock_graph_lock. */
extern uint32_t klock_nr_order_names;
void klock_order_bind_all(struct klock_held *first, const struct klock_held *end);
static inline void klock_order_bind(struct klock_held *first, const struct klock_held *end)
{
	if (klock_nr_order_names)
		klock_order_bind_all(first, end);
}

/*
 * Whether `next` may be waited for by who has those from `first` on. Orders that
 * were declared count for all of them: no edge between two others leads round one.
 * False: it is in the report. Under klock_graph_lock.
 */
bool klock_order_allows_all(struct klock_held *first, struct klock_held *next,
			    struct klock_report *report);
static inline bool klock_order_allows(struct klock_held *first, struct klock_held *next,
				      struct klock_report *report)
{
	return !klock_nr_order_names || klock_order_allows_all(first, next, report);
}

/* All names, the latest first. Under klock_graph_lock. */
const struct klock_order_name *klock_order_names(void);

/* The text without a leading &, and with . for ->; cut to the size. */
void klock_order_plain(const char *text, char *buf, size_t size);
bool klock_order_matches(const struct klock_order_name *name, const struct klock_class *class);

/* A declaration that goes against another, or against what was seen. */
struct klock_order_conflict {
	const struct klock_declaration *by; /* NULL: of the two names of a class, one is first */
	const struct klock_class *first, *second;
	unsigned int steps;
	struct klock_edge *path[KLOCK_REPORT_PATH]; /* from second to first, the last first */
	struct klock_order_conflict *next;
};

/* Tells what was found since, not under klock_graph_lock. */
extern struct klock_order_conflict *klock_order_conflicts;
void klock_order_tell_all(void);
static inline void klock_order_tell(void)
{
	if (KLOCK_UNLIKELY(klock_load_relaxed(&klock_order_conflicts))) /* ours, if any */
		klock_order_tell_all();
}

/* Whether the circle has no other edges than declared ones. */
bool klock_order_violated(const struct klock_report *report);

/* Such a report, and one conflict. */
void klock_order_print(const struct klock_report *report, const struct klock_held_stack *stack);
void klock_order_print_conflict(const struct klock_order_conflict *conflict);

#endif
