/* SPDX-License-Identifier: MIT */
/* What is told of declared orders. */
#include "lockdep/order.h"
#include "base/bug.h"
#include "lockdep/options.h"
#include "lockdep/text.h"
#include <sys/prctl.h>

static const char rule[] = "======================================================\n";
static const char thin[] = "------------------------------------------------------\n";

bool klock_order_violated(const struct klock_report *report)
{
	if (report->kind != KLOCK_REPORT_CIRCLE || !report->steps)
		return false;
	for (unsigned int i = 0; i < report->steps; i++)
		if (!report->path[i]->declared)
			return false;
	return true;
}

static void add_class(struct klock_text *t, const struct klock_class *class)
{
	char name[128];

	klock_text_add(t, "(%s)", klock_class_name(class, name, sizeof(name)));
}

static void add_who(struct klock_text *t)
{
	char comm[16] = "?";

	prctl(PR_GET_NAME, comm);
	klock_text_add(t, "%s/%d", comm, (int)klock_task_tid(klock_task_self()));
}

static void add_head(struct klock_text *t, const char *title)
{
	klock_text_add(t, "\n%sWARNING: %s\n%s", rule, title, thin);
	add_who(t);
}

static void add_held(struct klock_text *t, const struct klock_held *h)
{
	static const char *const modes[] = { "write", "read", "recursive read" };
	char site[256];

	klock_describe_site(h->site, site, sizeof(site));
	klock_text_add(t, "%p ", (void *)h->map);
	if (h->class)
		add_class(t, h->class);
	else
		klock_text_add(t, "(%s)", klock_map_name(&h->name));
	klock_text_add(t, "{%s}, at: %s\n", modes[h->read], site);
}

static void add_trace(struct klock_text *t, const struct klock_trace *trace)
{
	char site[256];

	for (unsigned int i = 0; i < trace->depth; i++) {
		klock_describe_site(trace->frames[i], site, sizeof(site));
		klock_text_add(t, "       %s\n", site);
	}
}

/* A path from its beginning: where each order was declared, or seen first. */
static void add_path(struct klock_text *t, struct klock_edge *const *path, unsigned int steps)
{
	while (steps-- > 0) {
		const struct klock_edge *edge = path[steps];

		klock_text_add(t, "  ");
		add_class(t, edge->from);
		klock_text_add(t, " < ");
		add_class(t, edge->to);
		if (edge->declared) {
			klock_text_add(t, ", declared at %s:%u\n", edge->declared->file,
				       edge->declared->line);
		} else {
			klock_text_add(t, ", seen in %s/%u:\n", edge->thread, edge->tid);
			add_trace(t, &edge->trace);
		}
	}
}

static void tell(const struct klock_text *t, const char *title)
{
	klock_debug_locks = 0;
	if (!klock_debug_locks_silent)
		klock_options_write(t->buf, t->used, title);
}

void klock_order_print(const struct klock_report *report, const struct klock_held_stack *stack)
{
	static const char title[] = "lock order against its declaration";
	struct klock_text t = { .used = 0 };

	add_head(&t, title);
	klock_text_add(&t, " is trying to acquire lock:\n");
	add_held(&t, &report->wanted);
	klock_text_add(&t, "\nbut the thread is already holding lock:\n");
	add_held(&t, &report->held);
	klock_text_add(&t, "\nwhich is declared to be taken after it:\n");
	add_path(&t, report->path, report->steps);
	klock_text_add(&t, "\nthe acquisition against it:\n");
	add_trace(&t, &report->trace);
	klock_text_add(&t, "\n%zu lock%s held by ", stack->count, stack->count == 1 ? "" : "s");
	add_who(&t);
	klock_text_add(&t, ":\n");
	for (size_t i = stack->count; i-- > 0;) {
		klock_text_add(&t, " #%zu: ", i);
		add_held(&t, &stack->locks[i]);
	}
	tell(&t, title);
}

void klock_order_print_conflict(const struct klock_order_conflict *conflict)
{
	static const char title[] = "declared lock order contradicts another";
	struct klock_text t = { .used = 0 };

	add_head(&t, title);
	if (conflict->by) {
		klock_text_add(&t, ":\n  ");
		add_class(&t, conflict->first);
		klock_text_add(&t, " < ");
		add_class(&t, conflict->second);
		klock_text_add(&t, ", declared at %s:%u\n", conflict->by->file,
			       conflict->by->line);
		klock_text_add(&t, "\nis against:\n");
	} else {
		klock_text_add(&t, ": the class ");
		add_class(&t, conflict->first);
		klock_text_add(&t, " has the name ");
		add_class(&t, conflict->second);
		klock_text_add(&t, " and others,\nof which one comes before the other; it is not"
				   " checked by that name:\n");
	}
	add_path(&t, conflict->path, conflict->steps);
	if (conflict->by && !conflict->steps)
		klock_text_add(&t, "  there are locks that have both names\n");
	tell(&t, title);
}
