/* SPDX-License-Identifier: MIT */
/*
 * What /proc/lockdep, /proc/lockdep_chains and /proc/lockdep_stats tell in the
 * kernel, for people and for klock-lockdep(1): records of fields between tabs,
 * the first says what it is. In names, \ and control characters are \ and
 * three octal digits, or \\.
 */
#include "lockdep/export.h"
#include <unistd.h>

static void add_name(struct klock_out *out, const struct klock_class *class)
{
	char name[256];

	klock_out_field(out, klock_class_name(class, name, sizeof(name)));
}

static void add_classes(struct klock_out *out, const struct klock_snapshot *snap)
{
	klock_out_add(out, "\n# all lock classes: number, orders from and to it, key, name\n");
	for (size_t i = 0; i < snap->nr_classes; i++) {
		const struct klock_snap_class *c = &snap->classes[i];

		klock_out_add(out, "class\t%u\tafter: %u\tbefore: %u\t%p\t", c->class->id, c->after,
			      c->before, c->class->origin);
		add_name(out, c->class);
		klock_out_add(out, "\n");
	}
}

static void add_edges(struct klock_out *out, const struct klock_snapshot *snap)
{
	char modes[16];

	klock_out_add(out, "\n# orders seen: held, waited for, how, by whom first, where\n");
	for (size_t i = 0; i < snap->nr_seen; i++) {
		const struct klock_snap_edge *e = &snap->seen[i];

		klock_out_add(out, "order\t%u\t%u\t%s\t%s\t", e->edge->from->id, e->edge->to->id,
			      klock_export_modes(e->dep, modes, sizeof(modes)),
			      e->bad ? "violation" : "good");
		klock_out_field(out, e->edge->thread);
		klock_out_add(out, "/%u\t", e->edge->tid);
		klock_out_field(out, klock_out_site(out, e->edge->trace.depth ?
								 e->edge->trace.frames[0] :
								 NULL));
		klock_out_add(out, "\n");
	}
}

static void add_declared(struct klock_out *out, const struct klock_snapshot *snap)
{
	klock_out_add(out, "\n# declared orders: first, second, where; and the classes of names\n");
	for (size_t i = 0; i < snap->nr_declared; i++) {
		const struct klock_snap_edge *e = &snap->declared[i];

		klock_out_add(out, "declared\t");
		klock_out_field(out, e->edge->from->name);
		klock_out_add(out, "\t");
		klock_out_field(out, e->edge->to->name);
		klock_out_add(out, "\t%s\t", e->bad ? "violation" : "good");
		klock_out_field(out, e->edge->declared->file);
		klock_out_add(out, ":%u\n", e->edge->declared->line);
	}
	for (size_t i = 0; i < snap->nr_belongs; i++) {
		klock_out_add(out, "named\t%u\t", snap->belongs[i].edge->from->id);
		klock_out_field(out, snap->belongs[i].edge->to->name);
		klock_out_add(out, "\n");
	}
}

static void add_chains(struct klock_out *out, const struct klock_snapshot *snap)
{
	static const char *const modes[] = { "W", "R", "RR" };

	klock_out_add(out, "\n# all lock chains: classes in the order taken, and how\n");
	for (const struct klock_chain_list *c = snap->chains; c; c = c->next) {
		klock_out_add(out, "chain");
		for (uint32_t i = 0; i < c->depth; i++)
			klock_out_add(out, "\t%u:%s", c->locks[i] >> 2, modes[c->locks[i] & 3]);
		klock_out_add(out, "\n");
	}
}

void klock_export_text(struct klock_out *out, const struct klock_snapshot *snap)
{
	const char *name;
	size_t value;

	klock_out_add(out, "klock-lockdep\t1\n"
			   "# text of klock's lock order checker, for klock-lockdep(1)\n");
	klock_out_add(out, "process\t%d\n", (int)getpid());
	add_classes(out, snap);
	add_edges(out, snap);
	add_declared(out, snap);
	add_chains(out, snap);
	klock_out_add(out, "\n# statistics\n");
	for (unsigned int i = 0; (name = klock_export_stat(snap, i, &value)); i++)
		klock_out_add(out, "stat\t%s\t%zu\n", name, value);
	klock_out_add(out, "end\n");
}
