/* SPDX-License-Identifier: MIT */
#include "lockdep/graph.h"
#include "lockdep/arena.h"
#include <string.h>

bool klock_path_xr KLOCK_SHARED;

static uint32_t nr_edges KLOCK_SHARED;
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
	size_t need = 2 * ((size_t)klock_nr_classes() + 1);

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
static unsigned int walkable(const struct klock_edge *edge, bool xr)
{
	if (edge->bad)
		return 0;
	return xr ? edge->dep & (KLOCK_DEP_ER | KLOCK_DEP_EN) : edge->dep;
}

bool klock_graph_search(struct klock_class *start, enum klock_read start_read,
			struct klock_class *goal, enum klock_read goal_read)
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
			unsigned int dep = walkable(edge, at.xr);

			if (dep && !edge->to->zapped)
				visit(edge->to, !(dep & KLOCK_DEP_N), edge, at.xr);
		}
	}
	return false;
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

static struct klock_edge *find_edge(const struct klock_class *from, const struct klock_class *to)
{
	struct klock_edge *edge = from->after;

	while (edge && edge->to != to)
		edge = edge->next_after;
	return edge;
}

bool klock_graph_known_bad(const struct klock_class *from, const struct klock_class *to)
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
	edge->to = to;
	edge->next_after = from->after;
	from->after = edge;
	edge->next_before = to->before;
	to->before = edge;
	nr_edges++;
	return edge;
}

void klock_graph_add(struct klock_class *from, enum klock_read from_read, struct klock_class *to,
		     enum klock_read to_read, const void *site, bool bad)
{
	struct klock_edge *edge = find_edge(from, to);

	if (!edge) {
		edge = make_edge(from, to);
		if (!edge)
			return;
		klock_trace_take(&edge->trace, site);
	}
	edge->dep |= dep_of(from_read, to_read);
	edge->bad |= bad;
}

static void unlink_after(struct klock_edge *edge)
{
	struct klock_edge **p = &edge->from->after;

	while (*p != edge)
		p = &(*p)->next_after;
	*p = edge->next_after;
}

static void unlink_before(struct klock_edge *edge)
{
	struct klock_edge **p = &edge->to->before;

	while (*p != edge)
		p = &(*p)->next_before;
	*p = edge->next_before;
}

void klock_graph_zap(struct klock_class *class)
{
	while (class->after) {
		unlink_before(class->after);
		class->after = class->after->next_after;
		nr_edges--;
	}
	while (class->before) {
		unlink_after(class->before);
		class->before = class->before->next_before;
		nr_edges--;
	}
	class->zapped = true;
}

uint32_t klock_nr_edges(void)
{
	return nr_edges;
}
