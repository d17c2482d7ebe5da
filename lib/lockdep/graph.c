/* SPDX-License-Identifier: MIT */
#include "lockdep/graph.h"
#include "base/printable.h"
#include "lockdep/arena.h"
#include "wait/task.h"
#include <string.h>
#include <sys/prctl.h>

bool klock_path_xr KLOCK_SHARED;

static uint32_t nr_edges KLOCK_SHARED, nr_nodes KLOCK_SHARED;
static uint32_t search KLOCK_SHARED; /* number of the search: what `seen` is compared with */

/* Where a search has arrived: at a class, recursively (xr) or not. */
struct visit {
	struct klock_class *class;
	bool xr;
};

static struct visit *queue KLOCK_SHARED;
static size_t queue_room KLOCK_SHARED, queue_head KLOCK_SHARED, queue_tail KLOCK_SHARED;

/* Room for each class twice, as each is visited at most once in each way. */
static bool make_queue(void)
{
	size_t need = 2 * ((size_t)klock_nr_classes() + nr_nodes + 1);

	queue_head = queue_tail = 0;
	if (need <= queue_room)
		return true;
	queue = klock_arena_alloc(2 * need * sizeof(*queue));
	queue_room = queue ? 2 * need : 0;
	return queue;
}

static void visit(struct klock_class *class, bool xr, struct klock_edge *via, bool via_xr)
{
	if (class->seen[xr] == search)
		return;
	class->seen[xr] = search;
	class->via[xr] = via;
	class->via_xr[xr] = via_xr;
	queue[queue_tail++] = (struct visit){ class, xr };
}

/* What of an edge can be walked on after arriving `xr`; 0: nothing. */
static unsigned int walkable(const struct klock_edge *edge, bool xr, bool declared_only)
{
	if (edge->bad || (declared_only && klock_edge_seen(edge)))
		return 0;
	return xr ? edge->dep & (KLOCK_DEP_ER | KLOCK_DEP_EN) : edge->dep;
}

static bool find_path(struct klock_class *start, enum klock_read start_read,
		      struct klock_class *goal, enum klock_read goal_read, bool declared_only)
{
	search++;
	if (!make_queue())
		return false;
	visit(start, start_read == KLOCK_HELD_RECURSIVE, NULL, false);
	while (queue_head < queue_tail) {
		struct visit at = queue[queue_head++];

		/* A recursive reader does not wait for one who holds it shared. */
		if (at.class == goal && (goal_read == KLOCK_HELD_WRITE || !at.xr)) {
			klock_path_xr = at.xr;
			return true;
		}
		for (struct klock_edge *edge = at.class->after; edge; edge = edge->next_after) {
			unsigned int dep = walkable(edge, at.xr, declared_only);

			if (dep && !edge->to->zapped)
				visit(edge->to, !(dep & KLOCK_DEP_N), edge, at.xr);
		}
	}
	return false;
}

bool klock_graph_search(struct klock_class *start, enum klock_read start_read,
			struct klock_class *goal, enum klock_read goal_read)
{
	return find_path(start, start_read, goal, goal_read, false);
}

bool klock_graph_search_declared(struct klock_class *start, struct klock_class *goal)
{
	return nr_nodes && find_path(start, KLOCK_HELD_WRITE, goal, KLOCK_HELD_WRITE, true);
}

struct klock_edge *klock_path_step(struct klock_class **class, bool *xr)
{
	struct klock_edge *edge = (*class)->via[*xr];

	if (edge) {
		bool before = (*class)->via_xr[*xr];

		*class = edge->from;
		*xr = before;
	}
	return edge;
}

static unsigned int dep_of(enum klock_read from, enum klock_read to)
{
	if (from == KLOCK_HELD_WRITE)
		return to == KLOCK_HELD_RECURSIVE ? KLOCK_DEP_ER : KLOCK_DEP_EN;
	return to == KLOCK_HELD_RECURSIVE ? KLOCK_DEP_SR : KLOCK_DEP_SN;
}

/*
 * All seen edges, by their ends: a class may have thousands. A table that has
 * become too small is lost; all together are less than twice the last.
 */
#define FIRST_BUCKETS 1024

static struct klock_edge **buckets KLOCK_SHARED;
static size_t nr_buckets KLOCK_SHARED; /* a power of two */

static struct klock_edge **bucket_of(const struct klock_class *from, const struct klock_class *to)
{
	uint64_t x = ((uint64_t)from->id << 32 | to->id) * 0x9e3779b97f4a7c15u;

	return &buckets[x >> 32 & (nr_buckets - 1)];
}

static void hash_edge(struct klock_edge *edge)
{
	edge->link_hash = bucket_of(edge->from, edge->to);
	edge->next_hash = *edge->link_hash;
	if (edge->next_hash)
		edge->next_hash->link_hash = &edge->next_hash;
	*edge->link_hash = edge;
}

static bool grow_buckets(void)
{
	struct klock_edge **old = buckets;
	size_t nr_old = nr_buckets, size = nr_old ? 2 * nr_old : FIRST_BUCKETS;
	struct klock_edge **bigger = klock_arena_alloc(size * sizeof(*bigger));

	if (!bigger)
		return nr_old; /* fuller than it should be */
	buckets = bigger;
	klock_store_release(&nr_buckets, size); /* never more than there are */
	for (size_t i = 0; i < nr_old; i++) {
		for (struct klock_edge *edge = old[i], *next; edge; edge = next) {
			next = edge->next_hash;
			hash_edge(edge);
		}
	}
	return true;
}

static struct klock_edge *find_edge(const struct klock_class *from, const struct klock_class *to)
{
	struct klock_edge *edge = nr_buckets ? *bucket_of(from, to) : NULL;

	while (edge && (edge->from != from || edge->to != to))
		edge = edge->next_hash;
	return edge;
}

bool klock_graph_known(const struct klock_class *from, enum klock_read from_read,
		       const struct klock_class *to, enum klock_read to_read)
{
	const struct klock_edge *edge = find_edge(from, to);

	return edge && (edge->bad || edge->dep & dep_of(from_read, to_read));
}

bool klock_graph_bad(const struct klock_class *from, const struct klock_class *to)
{
	const struct klock_edge *edge = find_edge(from, to);

	return edge && edge->bad;
}

static struct klock_edge *make_edge(struct klock_class *from, struct klock_class *to)
{
	struct klock_edge *edge = klock_arena_alloc(sizeof(*edge));

	if (!edge)
		return NULL;
	edge->from = from;
	edge->link_after = &from->after;
	edge->next_after = from->after;
	edge->to = to;
	if (edge->next_after)
		edge->next_after->link_after = &edge->next_after;
	/* The list is whole at each moment: a fork() may come at any (mend.c). */
	klock_store_release(&from->after, edge);
	edge->link_before = &to->before;
	edge->next_before = to->before;
	if (edge->next_before)
		edge->next_before->link_before = &edge->next_before;
	to->before = edge;
	return edge;
}

static struct klock_edge *make_seen_edge(struct klock_class *from, struct klock_class *to,
					 const void *site)
{
	struct klock_edge *edge;
	char comm[16] = "?";

	if (nr_edges >= nr_buckets && !grow_buckets())
		return NULL;
	edge = make_edge(from, to);
	if (!edge)
		return NULL;
	klock_trace_take(&edge->trace, site);
	edge->tid = klock_task_tid(klock_task_self());
	prctl(PR_GET_NAME, comm);
	klock_printable(comm, edge->thread, sizeof(edge->thread));
	hash_edge(edge);
	nr_edges++;
	return edge;
}

void klock_graph_add(struct klock_class *from, enum klock_read from_read, struct klock_class *to,
		     enum klock_read to_read, const void *site, bool bad)
{
	struct klock_edge *edge = find_edge(from, to);

	if (!edge)
		edge = make_seen_edge(from, to, site);
	if (!edge)
		return;
	edge->bad |= bad;
	/* An edge without it is half made. */
	klock_store_release(&edge->dep, edge->dep | dep_of(from_read, to_read));
}

struct klock_class *klock_graph_node(const char *name)
{
	struct klock_class *node = klock_arena_alloc(sizeof(*node));

	if (!node)
		return NULL;
	node->name = name;
	nr_nodes++;
	return node;
}

struct klock_edge *klock_graph_declare(struct klock_class *from, struct klock_class *to,
				       const struct klock_declaration *declaration)
{
	struct klock_edge *edge = make_edge(from, to);

	if (!edge)
		return NULL;
	edge->declared = declaration;
	edge->belongs = !declaration;
	klock_store_release(&edge->dep, (unsigned int)KLOCK_DEP_EN);
	return edge;
}

void klock_graph_remove(struct klock_edge *edge)
{
	*edge->link_after = edge->next_after;
	if (edge->next_after)
		edge->next_after->link_after = edge->link_after;
	*edge->link_before = edge->next_before;
	if (edge->next_before)
		edge->next_before->link_before = edge->link_before;
	if (!klock_edge_seen(edge))
		return;
	*edge->link_hash = edge->next_hash;
	if (edge->next_hash)
		edge->next_hash->link_hash = edge->link_hash;
	nr_edges--;
}

void klock_graph_zap(struct klock_class *class)
{
	while (class->after)
		klock_graph_remove(class->after);
	while (class->before)
		klock_graph_remove(class->before);
	class->zapped = true;
}

void klock_graph_mend_begin(void)
{
	for (size_t i = 0; i < nr_buckets; i++)
		buckets[i] = NULL;
	nr_edges = 0;
	queue_room = 0;
}

void klock_graph_forget_before(struct klock_class *class)
{
	class->before = NULL;
}

static void relink_edge(struct klock_edge *edge)
{
	edge->link_before = &edge->to->before;
	edge->next_before = edge->to->before;
	if (edge->next_before)
		edge->next_before->link_before = &edge->next_before;
	edge->to->before = edge;
	if (klock_edge_seen(edge)) {
		hash_edge(edge);
		nr_edges++;
	}
}

void klock_graph_relink(struct klock_class *class)
{
	struct klock_edge **link = &class->after, *edge;

	while ((edge = *link)) {
		if (!edge->dep) { /* half made */
			*link = edge->next_after;
			continue;
		}
		edge->link_after = link;
		relink_edge(edge);
		link = &edge->next_after;
	}
}

uint32_t klock_nr_edges(void)
{
	return nr_edges;
}
