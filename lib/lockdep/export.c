/* SPDX-License-Identifier: MIT */
#include "lockdep/export.h"
#include "lockdep/arena.h"
#include "lockdep/chain.h"
#include "lockdep/options.h"
#include "lockdep/shared.h"
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

static struct klock_chain_list *chains KLOCK_SHARED;
static uint32_t chains_generation KLOCK_SHARED;

/* Chains that were forgotten are no longer listed. */
static void forget_chains(void)
{
	if (chains_generation != klock_chain_generation)
		chains = NULL;
	chains_generation = klock_chain_generation;
}

void klock_export_chain(const struct klock_held_stack *stack)
{
	struct klock_chain_list *list;

	forget_chains();
	list = klock_arena_alloc(sizeof(*list) + stack->count * sizeof(list->locks[0]));
	if (!list)
		return;
	for (size_t i = 0; i < stack->count; i++) {
		const struct klock_held *h = &stack->locks[i];

		if (h->class)
			list->locks[list->depth++] = h->class->id << 2 | h->read;
	}
	list->next = chains;
	klock_store_release(&chains, list); /* whole, whenever a fork() comes */
}

static void count(struct klock_snapshot *snap)
{
	for (struct klock_class *class = klock_classes(); class; class = class->next) {
		if (class->zapped)
			continue;
		snap->nr_classes++;
		for (struct klock_edge *edge = class->after; edge; edge = edge->next_after)
			if (edge->belongs)
				snap->nr_belongs++;
			else
				snap->nr_seen++;
	}
	for (const struct klock_order_name *name = klock_order_names(); name; name = name->next)
		for (struct klock_edge *edge = name->out->after; edge; edge = edge->next_after)
			snap->nr_declared += !!edge->declared;
}

static bool allocate(struct klock_snapshot *snap)
{
	size_t edges = snap->nr_seen + snap->nr_declared + snap->nr_belongs;
	void *p;

	snap->size = snap->nr_classes * sizeof(*snap->classes) + edges * sizeof(*snap->seen) + 1;
	p = mmap(NULL, snap->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return false;
	snap->classes = p;
	snap->seen = (struct klock_snap_edge *)(snap->classes + snap->nr_classes);
	snap->declared = snap->seen + snap->nr_seen;
	snap->belongs = snap->declared + snap->nr_declared;
	return true;
}

static void copy_edge(struct klock_snap_edge **to, const struct klock_edge *edge)
{
	*(*to)++ = (struct klock_snap_edge){ edge, edge->dep, edge->bad };
}

static void copy(struct klock_snapshot *snap)
{
	struct klock_snap_class *to = snap->classes + snap->nr_classes; /* newest first */
	struct klock_snap_edge *seen = snap->seen, *belongs = snap->belongs;
	struct klock_snap_edge *declared = snap->declared;

	for (struct klock_class *class = klock_classes(); class; class = class->next) {
		if (class->zapped || to == snap->classes)
			continue; /* a class that was made since has no orders yet */
		(--to)->class = class;
		for (struct klock_edge *edge = class->after; edge; edge = edge->next_after) {
			to->after += !edge->belongs;
			copy_edge(edge->belongs ? &belongs : &seen, edge);
		}
		for (struct klock_edge *edge = class->before; edge; edge = edge->next_before)
			to->before += klock_edge_seen(edge);
	}
	for (const struct klock_order_name *name = klock_order_names(); name; name = name->next)
		for (struct klock_edge *edge = name->out->after; edge; edge = edge->next_after)
			if (edge->declared)
				copy_edge(&declared, edge);
}

static int take_snapshot(struct klock_snapshot *snap)
{
	bool done;

	*snap = (struct klock_snapshot){ .memory = klock_arena_used() };
	klock_shared_lock(&klock_graph_lock);
	klock_shared_lock(&klock_classes_lock); /* no class is made between the two passes */
	count(snap);
	done = allocate(snap);
	if (done)
		copy(snap);
	klock_shared_unlock(&klock_classes_lock);
	forget_chains();
	snap->names = klock_order_names();
	snap->chains = chains;
	snap->nr_chains = klock_nr_chains();
	klock_shared_unlock(&klock_graph_lock);
	return done ? 0 : ENOMEM;
}

const char *klock_export_modes(unsigned int dep, char *buf, size_t size)
{
	static const char names[][3] = { "SR", "ER", "SN", "EN" };
	size_t used = 0;

	for (unsigned int i = 4; i-- > 0;) {
		if (!(dep & 1u << i) || used + 4 > size)
			continue;
		if (used)
			buf[used++] = ',';
		memcpy(buf + used, names[i], 2);
		used += 2;
	}
	buf[used] = '\0';
	return buf;
}

const char *klock_export_stat(const struct klock_snapshot *snap, unsigned int i, size_t *value)
{
	const struct {
		const char *name;
		size_t value;
	} all[] = {
		{ "lock-classes", snap->nr_classes },
		{ "direct-dependencies", snap->nr_seen },
		{ "declared-orders", snap->nr_declared },
		{ "dependency-chains", snap->nr_chains },
		{ "memory-used", snap->memory },
		{ "bytes-per-class", sizeof(struct klock_class) },
		{ "bytes-per-dependency", sizeof(struct klock_edge) },
		{ "bytes-per-held-lock", sizeof(struct klock_held) },
	};

	if (i >= sizeof(all) / sizeof(all[0]))
		return NULL;
	*value = all[i].value;
	return all[i].name;
}

int klock_lockdep_dump(int fd, enum klock_dump_format format)
{
	static void (*const write_as[])(struct klock_out *, const struct klock_snapshot *) = {
		[KLOCK_DUMP_TEXT] = klock_export_text,
		[KLOCK_DUMP_JSON] = klock_export_json,
		[KLOCK_DUMP_DOT] = klock_export_dot,
	};
	struct klock_snapshot snap;
	struct klock_out *out;
	int error;

	if ((unsigned int)format > KLOCK_DUMP_DOT) {
		errno = EINVAL;
		return -1;
	}
	if (!klock_lockdep_enabled()) {
		errno = ENODATA;
		return -1;
	}
	out = klock_out_new(fd);
	error = out ? take_snapshot(&snap) : ENOMEM;
	if (!error) {
		write_as[format](out, &snap);
		munmap(snap.classes, snap.size);
	}
	if (out && !error)
		error = klock_out_end(out);
	else if (out)
		(void)klock_out_end(out);
	if (!error)
		return 0;
	errno = error;
	return -1;
}
