/* SPDX-License-Identifier: MIT */
/*
 * The graph, written out. All of it is copied under klock_graph_lock, as
 * pointers to what never goes away, and formatted and written after that.
 */
#ifndef KLOCK_LOCKDEP_EXPORT_H
#define KLOCK_LOCKDEP_EXPORT_H

#include "lockdep/export_out.h"
#include "lockdep/graph.h"
#include "lockdep/held.h"
#include "lockdep/order.h"
#include <klock/lock_order.h>

/* A chain that was checked: who was held, the first taken first. */
struct klock_chain_list {
	struct klock_chain_list *next;
	uint32_t depth;
	uint32_t locks[]; /* class number << 2 | enum klock_read */
};

/* Remembers the thread's chain, which is new. Under klock_graph_lock. */
void klock_export_chain(const struct klock_held_stack *stack);

struct klock_snap_class {
	const struct klock_class *class;
	uint32_t after, before; /* how many orders, seen ones */
};

struct klock_snap_edge {
	const struct klock_edge *edge;
	unsigned int dep;
	bool bad;
};

struct klock_snapshot {
	size_t nr_classes, nr_seen, nr_declared, nr_belongs, size;
	struct klock_snap_class *classes;                   /* the oldest first */
	struct klock_snap_edge *seen, *declared, *belongs; /* the last from classes to names */
	const struct klock_order_name *names;
	const struct klock_chain_list *chains;
	uint32_t nr_chains;
	size_t memory;
};

void klock_export_text(struct klock_out *out, const struct klock_snapshot *snap);
void klock_export_json(struct klock_out *out, const struct klock_snapshot *snap);
void klock_export_dot(struct klock_out *out, const struct klock_snapshot *snap);

/* "EN", "EN,SR": how the first was held, exclusively or shared, and the second waited for. */
const char *klock_export_modes(unsigned int dep, char *buf, size_t size);

/* Of a statistic, the name and the value; NULL after the last. */
const char *klock_export_stat(const struct klock_snapshot *snap, unsigned int i, size_t *value);

/* Sees to it that what the options want is written when the program ends. Once. */
void klock_export_start(void);

#endif
