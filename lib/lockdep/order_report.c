/* SPDX-License-Identifier: MIT */
/* What is told of declared orders. */
#include "lockdep/order.h"
#include "lockdep/report_parts.h"

bool klock_order_violated(const struct klock_report *report)
{
	if (report->kind != KLOCK_REPORT_CIRCLE || !report->steps)
		return false;
	for (unsigned int i = 0; i < report->steps; i++)
		if (!report->path[i]->declared)
			return false;
	return true;
}

/* A path from its beginning: where each order was declared, or seen first. */
static void add_path(struct klock_text *t, struct klock_edge *const *path, unsigned int steps)
{
	while (steps-- > 0) {
		const struct klock_edge *edge = path[steps];

		klock_text_add(t, "  ");
		klock_add_class(t, edge->from);
		klock_text_add(t, " < ");
		klock_add_class(t, edge->to);
		if (edge->declared) {
			klock_text_add(t, ", declared at %s:%u\n", edge->declared->file,
				       edge->declared->line);
		} else {
			klock_text_add(t, ", seen in %s/%u:\n", edge->thread, edge->tid);
			klock_add_trace(t, &edge->trace);
		}
	}
}

void klock_order_print(const struct klock_report *report, const struct klock_held_stack *stack)
{
	static const char title[] = "lock order against its declaration";
	struct klock_text *t;
	char subject[280];

	klock_name_order(report->held.class, report->wanted.class, subject, sizeof(subject));
	if (!klock_report_wanted(KLOCK_PROBLEM_ORDER, subject))
		return;
	klock_report_fetch(report, stack);
	t = klock_text_new();
	klock_add_head(t, title);
	klock_add_who(t);
	klock_text_add(t, " is trying to acquire lock:\n");
	klock_add_held(t, &report->wanted);
	klock_text_add(t, "\nbut the thread is already holding lock:\n");
	klock_add_held(t, &report->held);
	klock_text_add(t, "\nwhich is declared to be taken after it:\n");
	add_path(t, report->path, report->steps);
	klock_text_add(t, "\nthe acquisition against it:\n");
	klock_add_trace(t, &report->trace);
	klock_add_locks_held(t, stack);
	klock_report_tell(t, KLOCK_PROBLEM_ORDER, title, subject, report->wanted.site);
}

static void add_conflict(struct klock_text *t, const struct klock_order_conflict *conflict)
{
	if (conflict->by) {
		klock_text_add(t, "  ");
		klock_add_class(t, conflict->first);
		klock_text_add(t, " < ");
		klock_add_class(t, conflict->second);
		klock_text_add(t, ", declared at %s:%u\n", conflict->by->file,
			       conflict->by->line);
		klock_text_add(t, "\nis against:\n");
	} else {
		klock_text_add(t, "the class ");
		klock_add_class(t, conflict->first);
		klock_text_add(t, " has the name ");
		klock_add_class(t, conflict->second);
		klock_text_add(t, " and others,\nof which one comes before the other; it is not"
				  " checked by that name:\n");
	}
	add_path(t, conflict->path, conflict->steps);
	if (conflict->by && !conflict->steps)
		klock_text_add(t, "  there are locks that have both names\n");
}

void klock_order_print_conflict(const struct klock_order_conflict *conflict)
{
	static const char title[] = "declared lock order contradicts another";
	struct klock_text *t;
	char subject[280];

	klock_name_order(conflict->first, conflict->second, subject, sizeof(subject));
	if (!klock_report_wanted(KLOCK_PROBLEM_ORDER, subject))
		return;
	t = klock_text_new();
	klock_add_head(t, title);
	add_conflict(t, conflict);
	klock_report_tell(t, KLOCK_PROBLEM_ORDER, title, subject, NULL);
}
