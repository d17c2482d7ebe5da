/* SPDX-License-Identifier: MIT */
#include "lockdep/report.h"
#include "base/printable.h"
#include "base/symbols.h"
#include "lockdep/order.h"
#include "lockdep/report_parts.h"
#include "lockdep/seen_sites.h"

void klock_report_recursion(struct klock_report *report, const struct klock_held *held,
			    const struct klock_held *wanted)
{
	report->kind = KLOCK_REPORT_RECURSION;
	report->held = *held;
	report->wanted = *wanted;
	klock_trace_take(&report->trace, wanted->site);
}

void klock_report_circle(struct klock_report *report, const struct klock_held *held,
			 const struct klock_held *wanted)
{
	struct klock_class *class = held->class;
	bool xr = klock_path_xr;
	struct klock_edge *edge;

	report->kind = KLOCK_REPORT_CIRCLE;
	report->held = *held;
	report->wanted = *wanted;
	klock_trace_take(&report->trace, wanted->site);
	report->steps = 0;
	while (report->steps < KLOCK_REPORT_PATH && (edge = klock_path_step(&class, &xr)))
		if (!edge->belongs)
			report->path[report->steps++] = edge;
}

static void add_wanted_and_held(struct klock_text *t, const struct klock_report *r)
{
	klock_add_who(t);
	klock_text_add(t, " is trying to acquire lock:\n");
	klock_add_held(t, &r->wanted);
	klock_text_add(t, "\nbut the thread is already holding lock:\n");
	klock_add_held(t, &r->held);
}

static const char *lock_of(const struct klock_held *h)
{
	return h->read == KLOCK_HELD_WRITE ? "lock" : "rlock";
}

static void add_lock(struct klock_text *t, const char *indent, const char *lock,
		     const struct klock_class *class)
{
	klock_text_add(t, "%s%s", indent, lock);
	klock_add_class(t, class);
	klock_text_add(t, ";\n");
}

#define OTHER_THREAD "                               "

static void add_recursion(struct klock_text *t, const struct klock_report *r)
{
	add_wanted_and_held(t, r);
	klock_text_add(t, "\nother info that might help us debug this:\n"
			  " Possible unsafe locking scenario:\n\n"
			  "       thread 0\n"
			  "       --------\n");
	add_lock(t, "  ", lock_of(&r->held), r->held.class);
	add_lock(t, "  ", lock_of(&r->wanted), r->wanted.class);
	klock_text_add(t, "\n *** DEADLOCK ***\n\n"
			  " May be due to missing lock nesting notation: _nested(), a nest lock,\n"
			  " or lock_set_cmp_fn() say that the two are always taken in one order.\n"
			  "\nstack backtrace:\n");
	klock_add_trace(t, &r->trace);
}

static void add_link(struct klock_text *t, const struct klock_edge *edge)
{
	klock_add_class(t, edge->to);
	klock_text_add(t, edge->declared ? ", declared to come after " : ", acquired while ");
	klock_add_class(t, edge->from);
	if (edge->declared) {
		klock_text_add(t, " at %s:%u\n", edge->declared->file, edge->declared->line);
		return;
	}
	klock_text_add(t, " was held, first seen in %s/%u:\n", edge->thread, edge->tid);
	klock_add_trace(t, &edge->trace);
}

/* The chain, last edge first: what the new order runs against. */
static void add_chain(struct klock_text *t, const struct klock_report *r)
{
	klock_text_add(t, "\nthe existing dependency chain (in reverse order) is:\n");
	for (unsigned int i = 0; i < r->steps; i++) {
		klock_text_add(t, "\n-> #%u ", r->steps - i);
		add_link(t, r->path[i]);
	}
	klock_text_add(t, "\n-> #0 ");
	klock_add_class(t, r->wanted.class);
	klock_text_add(t, ", acquired now while ");
	klock_add_class(t, r->held.class);
	klock_text_add(t, " is held:\n");
	klock_add_trace(t, &r->trace);
}

static void add_circle_scenario(struct klock_text *t, const struct klock_report *r)
{
	/* Whoever closes the circle: it holds the last class before ours, and wants ours. */
	const struct klock_class *other = r->steps ? r->path[0]->from : r->wanted.class;

	klock_text_add(t, "\nother info that might help us debug this:\n");
	if (r->steps > 1) {
		klock_text_add(t, "\nChain exists of:\n  ");
		for (unsigned int i = r->steps; i-- > 0;) {
			klock_add_class(t, r->path[i]->from);
			klock_text_add(t, " --> ");
		}
		klock_add_class(t, r->held.class);
		klock_text_add(t, "\n");
	}
	klock_text_add(t, "\n Possible unsafe locking scenario:\n\n"
			  "       thread 0                thread 1\n"
			  "       --------                --------\n");
	add_lock(t, "  ", lock_of(&r->held), r->held.class);
	add_lock(t, OTHER_THREAD, "lock", other);
	add_lock(t, OTHER_THREAD, "lock", r->held.class);
	add_lock(t, "  ", lock_of(&r->wanted), r->wanted.class);
	klock_text_add(t, "\n *** DEADLOCK ***\n");
}

static void add_circle(struct klock_text *t, const struct klock_report *r)
{
	add_wanted_and_held(t, r);
	klock_text_add(t, "\nwhich lock already depends on the new lock.\n");
	add_chain(t, r);
	add_circle_scenario(t, r);
}

void klock_report_fetch(const struct klock_report *report, const struct klock_held_stack *stack)
{
	struct klock_report_sites sites = { .n = 0 };

	klock_sites_add_trace(&sites, &report->trace);
	klock_sites_add(&sites, report->wanted.site);
	klock_sites_add(&sites, report->held.site);
	for (unsigned int i = 0; report->kind == KLOCK_REPORT_CIRCLE && i < report->steps; i++)
		klock_sites_add_trace(&sites, &report->path[i]->trace);
	klock_sites_fetch(&sites, stack);
}

void klock_report_print(const struct klock_report *report, const struct klock_held_stack *stack)
{
	bool circle = report->kind == KLOCK_REPORT_CIRCLE;
	enum klock_problem kind = circle ? KLOCK_PROBLEM_CIRCULAR : KLOCK_PROBLEM_RECURSION;
	const char *title = circle ? "possible circular locking dependency detected"
				   : "possible recursive locking detected";
	char subject[280];
	struct klock_text *t;

	if (klock_order_violated(report)) {
		klock_order_print(report, stack);
		return;
	}
	if (circle)
		klock_name_order(report->held.class, report->wanted.class, subject,
				 sizeof(subject));
	else
		klock_class_printable(report->wanted.class, subject, sizeof(subject));
	if (!klock_report_wanted(kind, subject))
		return;
	klock_report_fetch(report, stack);
	t = klock_text_new();
	klock_add_head(t, title);
	if (circle)
		add_circle(t, report);
	else
		add_recursion(t, report);
	klock_add_locks_held(t, stack);
	klock_report_tell(t, kind, title, subject, report->wanted.site);
}

/* A report that is about a place in the program, once for each. */
static void report_at(enum klock_problem kind, const char *title, const char *what,
		      const struct klock_held *h, const struct lockdep_map *map, const void *site,
		      const struct klock_held_stack *stack)
{
	struct klock_report_sites sites = { .n = 0 };
	struct klock_trace trace;
	struct klock_text *t;
	char subject[256], name[128];

	klock_describe_site(site, subject, sizeof(subject));
	if (!klock_report_wanted(kind, subject) || !klock_site_first_seen(site))
		return;
	klock_trace_take(&trace, site);
	klock_sites_add_trace(&sites, &trace);
	klock_sites_fetch(&sites, stack);
	t = klock_text_new();
	klock_add_head(t, title);
	klock_add_who(t);
	klock_text_add(t, ": %s\n", what);
	if (h)
		klock_add_held(t, h);
	else if (map)
		klock_text_add(t, "lock: %p (%s)\n", (const void *)map,
			       klock_printable(klock_map_name(map), name, sizeof(name)));
	klock_text_add(t, "\nstack backtrace:\n");
	klock_add_trace(t, &trace);
	klock_add_locks_held(t, stack);
	klock_report_tell(t, kind, title, subject, site);
}

void klock_report_misuse(const char *title, const struct klock_held *h,
			 const struct klock_held_stack *stack)
{
	report_at(KLOCK_PROBLEM_MISUSE, title, "wrong use of a lock", h, NULL, h->site, stack);
}

void klock_report_assert(const char *what, const struct lockdep_map *map, const void *site,
			 const struct klock_held_stack *stack)
{
	report_at(KLOCK_PROBLEM_ASSERT, "lock assertion failed", what, NULL, map, site, stack);
}

void klock_report_blocking(const char *what, const struct lockdep_map *map, const void *site,
			   const struct klock_held_stack *stack)
{
	report_at(KLOCK_PROBLEM_NONBLOCKING, "blocking in a section that must not block", what,
		  NULL, map, site, stack);
}
