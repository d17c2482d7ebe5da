/* SPDX-License-Identifier: MIT */
/*
 * Which class was acquired while which other was held, and how. Everything
 * here runs under klock_graph_lock.
 *
 * An edge A -> B remembers the modes it was seen in, as what they mean for a
 * deadlock: was A held exclusively or shared (E, S), was B acquired in a way
 * that a waiting writer does not hold up (R: a recursive reader), or not (N).
 * A circle of edges is a deadlock unless somewhere an R is followed by an S:
 * a recursive reader does not wait for another reader.
 */
#ifndef KLOCK_LOCKDEP_GRAPH_H
#define KLOCK_LOCKDEP_GRAPH_H

#include "annotate/again.h"
#include "lockdep/class.h"
#include "lockdep/shared.h"
#include "lockdep/trace.h"

enum {
	KLOCK_DEP_SR = 1 << 0,
	KLOCK_DEP_ER = 1 << 1,
	KLOCK_DEP_SN = 1 << 2,
	KLOCK_DEP_EN = 1 << 3,
	KLOCK_DEP_N = KLOCK_DEP_SN | KLOCK_DEP_EN,
};

/* Where a program declared an order: see order.h. */
struct klock_declaration {
	const void *key; /* of who declared it; NULL: nobody takes it back */
	const char *file;
	unsigned int line;
};

struct klock_edge {
	struct klock_class *from, *to;
	struct klock_edge *next_after, **link_after;
	struct klock_edge *next_before, **link_before;
	struct klock_edge *next_hash, **link_hash; /* of seen ones */
	unsigned int dep; /* KLOCK_DEP_* seen so far */
	bool bad;         /* it closed a circle, and was reported: searches leave it out */
	bool belongs;     /* from a class to a declared name that it has, or back */
	const struct klock_declaration *declared; /* NULL: seen, or `belongs` */
	struct klock_trace trace; /* of the first acquisition of `to` under `from` */
	unsigned int tid; /* of the thread that made it */
	char thread[16];
};

/* Whether an acquisition made it. */
static inline bool klock_edge_seen(const struct klock_edge *edge)
{
	return !edge->declared && !edge->belongs;
}

/*
 * Looks for a chain of edges from `start`, wanted as `start_read` says, to
 * `goal`, held as `goal_read` says, that would close a deadlock. True: the
 * path can be read back with klock_path_step(), from the goal to the start.
 */
bool klock_graph_search(struct klock_class *start, enum klock_read start_read,
			struct klock_class *goal, enum klock_read goal_read);

/*
 * The edge by which the last search's path arrives at *class; *class becomes
 * the class it comes from. NULL at the start. `xr` is the walker's, at first
 * what klock_graph_search() left in klock_path_xr.
 */
struct klock_edge *klock_path_step(struct klock_class **class, bool *xr);
extern bool klock_path_xr;

/* Remembers `to` acquired under `from`. Without memory it is checked again next time. */
void klock_graph_add(struct klock_class *from, enum klock_read from_read, struct klock_class *to,
		     enum klock_read to_read, const void *site, bool bad);

/* Whether nothing is left to check: it was seen in these modes, or reported, before. */
bool klock_graph_known(const struct klock_class *from, enum klock_read from_read,
		       const struct klock_class *to, enum klock_read to_read);

/* Whether the order was reported: searches leave it out. */
bool klock_graph_bad(const struct klock_class *from, const struct klock_class *to);

/*
 * Declared orders. A node stands in the graph as a class does, and is none.
 * NULL: no memory.
 */
struct klock_class *klock_graph_node(const char *name);

/* An edge that nobody has seen. It holds for readers and writers. NULL: no memory. */
struct klock_edge *klock_graph_declare(struct klock_class *from, struct klock_class *to,
				       const struct klock_declaration *declaration);

/* Takes out one that was made so. */
void klock_graph_remove(struct klock_edge *edge);

/* klock_graph_search() that follows what was declared and nothing else. */
bool klock_graph_search_declared(struct klock_class *start, struct klock_class *goal);

/* Takes the class out of all paths. */
void klock_graph_zap(struct klock_class *class);

/*
 * For the child of a fork(): once, then for each class and node, then the next for each. All but
 * what `after` begins is made anew.
 */
void klock_graph_mend_begin(void);
void klock_graph_forget_before(struct klock_class *class);
void klock_graph_relink(struct klock_class *class);

/* How many were seen. */
uint32_t klock_nr_edges(void);

#endif
