/* SPDX-License-Identifier: MIT */
#include "lockdep/report.h"
#include "base/bug.h"
#include "lockdep/options.h"
#include "lockdep/order.h"
#include "lockdep/shared.h"
#include "lockdep/text.h"
#include <stdio.h>
#include <unistd.h>

static const char rule[] = "======================================================\n";
static const char thin[] = "------------------------------------------------------\n";

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

static const char *mode(enum klock_read read)
{
	static const char *const names[] = { "write", "read", "recursive read" };

	return names[read];
}

static void add_class(struct klock_text *t, const struct klock_class *class)
{
	char name[128];

	klock_text_add(t, "(%s)", klock_class_name(class, name, sizeof(name)));
}

static void add_held(struct klock_text *t, const struct klock_held *h)
{
	char site[256];

	klock_describe_site(h->site, site, sizeof(site));
	klock_text_add(t, "%p ", (void *)h->map);
	if (h->class)
		add_class(t, h->class);
	else
		klock_text_add(t, "(%s)", klock_map_name(&h->name));
	klock_text_add(t, "{%s}, at: %s\n", mode(h->read), site);
}

static void add_trace(struct klock_text *t, const struct klock_trace *trace)
{
	char site[256];

	for (unsigned int i = 0; i < trace->depth; i++) {
		klock_describe_site(trace->frames[i], site, sizeof(site));
		klock_text_add(t, "       %s\n", site);
	}
}

static void add_who(struct klock_text *t)
{
	char comm[32] = "?";
	FILE *f = fopen("/proc/thread-self/comm", "re");

	if (f) {
		if (fscanf(f, "%31[^\n]", comm) != 1)
			comm[0] = '?';
		fclose(f);
	}
	klock_text_add(t, "%s/%d", comm, (int)klock_task_tid(klock_task_self()));
}

static void add_head(struct klock_text *t, const char *title)
{
	klock_text_add(t, "\n%sWARNING: %s\n%s", rule, title, thin);
	add_who(t);
}

static void add_locks_held(struct klock_text *t, const struct klock_held_stack *stack)
{
	klock_text_add(t, "\n%zu lock%s held by ", stack->count, stack->count == 1 ? "" : "s");
	add_who(t);
	klock_text_add(t, ":\n");
	for (size_t i = stack->count; i-- > 0;) {
		klock_text_add(t, " #%zu: ", i);
		add_held(t, &stack->locks[i]);
	}
}

static void add_recursion(struct klock_text *t, const struct klock_report *r)
{
	add_head(t, "possible recursive locking detected");
	klock_text_add(t, " is trying to acquire lock:\n");
	add_held(t, &r->wanted);
	klock_text_add(t, "\nbut the thread is already holding lock:\n");
	add_held(t, &r->held);
	klock_text_add(t, "\n Possible unsafe locking scenario:\n\n"
			  "       thread\n       ------\n  lock");
	add_class(t, r->held.class);
	klock_text_add(t, ";\n  lock");
	add_class(t, r->wanted.class);
	klock_text_add(t, ";\n\n *** DEADLOCK ***\n\n"
			  " If the two are always taken in one order, say so: _nested(),\n"
			  " a nest lock, or lock_set_cmp_fn().\n");
}

/* The chain, last edge first: what the new order runs against. */
static void add_chain(struct klock_text *t, const struct klock_report *r)
{
	klock_text_add(t, "\nthe existing dependency chain (in reverse order) is:\n");
	for (unsigned int i = 0; i < r->steps; i++) {
		klock_text_add(t, "\n-> #%u ", r->steps - i);
		add_class(t, r->path[i]->to);
		if (r->path[i]->declared) {
			klock_text_add(t, ", declared to come after ");
			add_class(t, r->path[i]->from);
			klock_text_add(t, " at %s:%u\n", r->path[i]->declared->file,
				       r->path[i]->declared->line);
			continue;
		}
		klock_text_add(t, ", acquired while ");
		add_class(t, r->path[i]->from);
		klock_text_add(t, " was held:\n");
		add_trace(t, &r->path[i]->trace);
	}
	klock_text_add(t, "\n-> #0 ");
	add_class(t, r->wanted.class);
	klock_text_add(t, ", acquired now while ");
	add_class(t, r->held.class);
	klock_text_add(t, " is held:\n");
	add_trace(t, &r->trace);
	klock_text_add(t, "\nChain exists of:\n  ");
	for (unsigned int i = r->steps; i-- > 0;) {
		add_class(t, r->path[i]->from);
		klock_text_add(t, " --> ");
	}
	add_class(t, r->held.class);
	klock_text_add(t, "\n");
}

static void add_circle(struct klock_text *t, const struct klock_report *r)
{
	add_head(t, "possible circular locking dependency detected");
	klock_text_add(t, " is trying to acquire lock:\n");
	add_held(t, &r->wanted);
	klock_text_add(t, "\nbut the thread is already holding lock:\n");
	add_held(t, &r->held);
	klock_text_add(t, "\nwhich lock already depends on the new lock.\n");
	add_chain(t, r);
	klock_text_add(t, "\n Possible unsafe locking scenario:\n\n"
			  "       thread 0                thread 1\n"
			  "       --------                --------\n  lock");
	add_class(t, r->held.class);
	klock_text_add(t, ";\n                               lock");
	add_class(t, r->steps ? r->path[0]->from : r->wanted.class);
	klock_text_add(t, ";\n                               lock");
	add_class(t, r->held.class);
	klock_text_add(t, ";\n  lock");
	add_class(t, r->wanted.class);
	klock_text_add(t, ";\n\n *** DEADLOCK ***\n");
}

static void tell(struct klock_text *t, const char *title)
{
	klock_debug_locks = 0;
	if (!klock_debug_locks_silent)
		klock_options_write(t->buf, t->used, title);
}

void klock_report_print(const struct klock_report *report, const struct klock_held_stack *stack)
{
	struct klock_text t = { .used = 0 };
	bool circle = report->kind == KLOCK_REPORT_CIRCLE;

	if (klock_order_violated(report)) {
		klock_order_print(report, stack);
		return;
	}
	if (circle)
		add_circle(&t, report);
	else
		add_recursion(&t, report);
	add_locks_held(&t, stack);
	tell(&t, circle ? "possible circular locking dependency detected"
			: "possible recursive locking detected");
}

void klock_report_misuse(const char *title, const struct klock_held *h,
			 const struct klock_held_stack *stack)
{
	struct klock_text t = { .used = 0 };

	add_head(&t, title);
	klock_text_add(&t, ":\n");
	add_held(&t, h);
	add_locks_held(&t, stack);
	tell(&t, title);
}

/* Sites that have been reported. When it is full, later ones are reported each time. */
#define NR_SITES 256

static bool first_at(const void *site)
{
	static const void *sites[NR_SITES] KLOCK_SHARED;

	for (int i = 0; i < NR_SITES; i++) {
		const void *seen = NULL;

		if (klock_cas_relaxed(&sites[i], &seen, site))
			return true;
		if (seen == site)
			return false;
	}
	return true;
}

void klock_report_assert(const char *what, const struct lockdep_map *map, const void *site,
			 const struct klock_held_stack *stack)
{
	struct klock_text t = { .used = 0 };
	struct klock_trace trace;

	klock_debug_locks = 0;
	if (!first_at(site))
		return;
	klock_trace_take(&trace, site);
	add_head(&t, "lock assertion failed");
	klock_text_add(&t, ": %s\n", what);
	if (map)
		klock_text_add(&t, "lock: %p (%s)\n", (const void *)map, klock_map_name(map));
	klock_text_add(&t, "\nat:\n");
	add_trace(&t, &trace);
	if (stack)
		add_locks_held(&t, stack);
	tell(&t, "lock assertion failed");
}
