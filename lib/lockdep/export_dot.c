/* SPDX-License-Identifier: MIT */
/*
 * Solid: orders seen. Dashed blue: declared ones. Red: violations. An ellipse is a
 * declared name, with dotted lines to the classes that have it.
 */
#include "lockdep/export.h"

static void add_classes(struct klock_out *out, const struct klock_snapshot *snap)
{
	char name[256];

	for (size_t i = 0; i < snap->nr_classes; i++) {
		const struct klock_class *class = snap->classes[i].class;

		klock_out_add(out, "\tc%u [label=\"", class->id);
		klock_out_dot(out, klock_class_name(class, name, sizeof(name)));
		klock_out_add(out, "\"];\n");
	}
}

static void add_edges(struct klock_out *out, const struct klock_snapshot *snap)
{
	char modes[16];

	for (size_t i = 0; i < snap->nr_seen; i++) {
		const struct klock_snap_edge *e = &snap->seen[i];
		const struct klock_trace *trace = &e->edge->trace;

		klock_out_add(out, "\tc%u -> c%u [tooltip=\"%s ", e->edge->from->id,
			      e->edge->to->id, klock_export_modes(e->dep, modes, sizeof(modes)));
		klock_out_dot(out, klock_out_site(out, trace->depth ? trace->frames[0] : NULL));
		klock_out_add(out, "\"%s];\n", e->bad ? ", color=red, penwidth=2" : "");
	}
}

/* The number of a declared name, by either of its nodes. */
static uint32_t number_of(const struct klock_snapshot *snap, const struct klock_class *node)
{
	const struct klock_order_name *name = snap->names;

	while (name && name->in != node && name->out != node)
		name = name->next;
	return name ? name->number : 0;
}

static void add_declared(struct klock_out *out, const struct klock_snapshot *snap)
{
	for (const struct klock_order_name *name = snap->names; name; name = name->next) {
		klock_out_add(out, "\tn%u [shape=ellipse, color=blue, label=\"", name->number);
		klock_out_dot(out, name->text);
		klock_out_add(out, "\"];\n");
	}
	for (size_t i = 0; i < snap->nr_declared; i++) {
		const struct klock_snap_edge *e = &snap->declared[i];

		klock_out_add(out, "\tn%u -> n%u [style=dashed, color=%s, tooltip=\"",
			      number_of(snap, e->edge->from), number_of(snap, e->edge->to),
			      e->bad ? "red" : "blue");
		klock_out_dot(out, e->edge->declared->file);
		klock_out_add(out, ":%u\"];\n", e->edge->declared->line);
	}
	for (size_t i = 0; i < snap->nr_belongs; i++)
		klock_out_add(out, "\tn%u -> c%u [style=dotted, arrowhead=none, color=blue];\n",
			      number_of(snap, snap->belongs[i].edge->to),
			      snap->belongs[i].edge->from->id);
}

void klock_export_dot(struct klock_out *out, const struct klock_snapshot *snap)
{
	klock_out_add(out, "digraph lockdep {\n\tnode [shape=box];\n");
	add_classes(out, snap);
	add_edges(out, snap);
	add_declared(out, snap);
	klock_out_add(out, "}\n");
}
