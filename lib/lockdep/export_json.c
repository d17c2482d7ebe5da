/* SPDX-License-Identifier: MIT */
/* One JSON object; klock_lockdep_dump(3) tells what is in it. */
#include "lockdep/export.h"
#include <unistd.h>

static void add_string(struct klock_out *out, const char *key, const char *text)
{
	klock_out_add(out, "\"%s\": \"", key);
	klock_out_json(out, text);
	klock_out_add(out, "\"");
}

/* Before each element but the first. */
static const char *comma(size_t i)
{
	return i ? ",\n" : "\n";
}

static void add_classes(struct klock_out *out, const struct klock_snapshot *snap)
{
	klock_out_add(out, "  \"classes\": [");
	for (size_t i = 0; i < snap->nr_classes; i++) {
		const struct klock_snap_class *c = &snap->classes[i];

		klock_out_add(out, "%s    {\"id\": %u, ", comma(i), c->class->id);
		add_string(out, "name", c->class->name);
		klock_out_add(out, ", \"subclass\": %d, \"key\": \"%p\", ", c->class->subclass,
			      c->class->origin);
		add_string(out, "site", klock_out_site(out, c->class->origin));
		klock_out_add(out, ", \"after\": %u, \"before\": %u}", c->after, c->before);
	}
	klock_out_add(out, "\n  ],\n");
}

static void add_modes(struct klock_out *out, unsigned int dep)
{
	static const char *const names[] = { "SR", "ER", "SN", "EN" };
	const char *between = "";

	klock_out_add(out, "\"modes\": [");
	for (unsigned int i = 0; i < 4; i++) {
		if (!(dep & 1u << i))
			continue;
		klock_out_add(out, "%s\"%s\"", between, names[i]);
		between = ", ";
	}
	klock_out_add(out, "]");
}

static void add_stack(struct klock_out *out, const struct klock_trace *trace)
{
	klock_out_add(out, "\"stack\": [");
	for (unsigned int i = 0; i < trace->depth; i++) {
		klock_out_add(out, i ? ", \"" : "\"");
		klock_out_json(out, klock_out_site(out, trace->frames[i]));
		klock_out_add(out, "\"");
	}
	klock_out_add(out, "]");
}

static void add_edges(struct klock_out *out, const struct klock_snapshot *snap)
{
	klock_out_add(out, "  \"edges\": [");
	for (size_t i = 0; i < snap->nr_seen; i++) {
		const struct klock_snap_edge *e = &snap->seen[i];

		klock_out_add(out, "%s    {\"from\": %u, \"to\": %u, ", comma(i), e->edge->from->id,
			      e->edge->to->id);
		add_modes(out, e->dep);
		klock_out_add(out, ", \"violation\": %s, ", e->bad ? "true" : "false");
		add_string(out, "thread", e->edge->thread);
		klock_out_add(out, ", \"tid\": %u, ", e->edge->tid);
		add_stack(out, &e->edge->trace);
		klock_out_add(out, "}");
	}
	klock_out_add(out, "\n  ],\n");
}

static void add_declared(struct klock_out *out, const struct klock_snapshot *snap)
{
	klock_out_add(out, "  \"declared\": [");
	for (size_t i = 0; i < snap->nr_declared; i++) {
		const struct klock_snap_edge *e = &snap->declared[i];

		klock_out_add(out, "%s    {", comma(i));
		add_string(out, "first", e->edge->from->name);
		klock_out_add(out, ", ");
		add_string(out, "second", e->edge->to->name);
		klock_out_add(out, ", ");
		add_string(out, "file", e->edge->declared->file);
		klock_out_add(out, ", \"line\": %u, \"violation\": %s}", e->edge->declared->line,
			      e->bad ? "true" : "false");
	}
	klock_out_add(out, "\n  ],\n  \"named\": [");
	for (size_t i = 0; i < snap->nr_belongs; i++) {
		klock_out_add(out, "%s    {\"class\": %u, ", comma(i),
			      snap->belongs[i].edge->from->id);
		add_string(out, "name", snap->belongs[i].edge->to->name);
		klock_out_add(out, "}");
	}
	klock_out_add(out, "\n  ],\n");
}

void klock_export_json(struct klock_out *out, const struct klock_snapshot *snap)
{
	const char *name;
	size_t value;

	klock_out_add(out, "{\n  \"klock_lockdep\": 1,\n  \"pid\": %d,\n", (int)getpid());
	add_classes(out, snap);
	add_edges(out, snap);
	add_declared(out, snap);
	klock_out_add(out, "  \"statistics\": {");
	for (unsigned int i = 0; (name = klock_export_stat(snap, i, &value)); i++)
		klock_out_add(out, "%s    \"%s\": %zu", comma(i), name, value);
	klock_out_add(out, "\n  }\n}\n");
}
