/* SPDX-License-Identifier: MIT */
#include "lockdep/report_parts.h"
#include "base/printable.h"
#include "base/symbols.h"
#include "lockdep/options.h"
#include "lockdep/shared.h"
#include <klock/version.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

static const char rule[] = "======================================================\n";
static const char thin[] = "------------------------------------------------------\n";

static klock_lockdep_report_fn report_fn KLOCK_SHARED;

klock_lockdep_report_fn klock_lockdep_set_report_fn(klock_lockdep_report_fn fn)
{
	return klock_xchg_acq_rel(&report_fn, fn);
}

void klock_add_who(struct klock_text *t)
{
	char comm[16] = "?", name[64];

	prctl(PR_GET_NAME, comm);
	klock_text_add(t, "%s/%d", klock_printable(comm, name, sizeof(name)),
		       (int)klock_task_tid(klock_task_self()));
}

void klock_add_head(struct klock_text *t, const char *title)
{
	klock_text_add(t, "\n%sWARNING: %s\nklock %s\n%s", rule, title, KLOCK_VERSION, thin);
}

void klock_add_class(struct klock_text *t, const struct klock_class *class)
{
	char name[128];

	klock_text_add(t, "(%s)", klock_class_printable(class, name, sizeof(name)));
}

void klock_name_order(const struct klock_class *a, const struct klock_class *b, char *buf,
		      size_t size)
{
	char first[128], second[128];

	snprintf(buf, size, "%s -> %s", klock_class_printable(a, first, sizeof(first)),
		 klock_class_printable(b, second, sizeof(second)));
}

void klock_add_held(struct klock_text *t, const struct klock_held *h)
{
	static const char *const modes[] = { "write", "read", "recursive read" };
	char site[256], name[128];

	klock_text_add(t, "%p ", klock_held_lock(h));
	if (h->class)
		klock_add_class(t, h->class);
	else
		klock_text_add(t, "(%s)",
			       klock_printable(klock_map_name(&h->name), name, sizeof(name)));
	klock_describe_call(h->site, site, sizeof(site));
	klock_text_add(t, "{%s}, at: %s\n", modes[h->read], site);
}

void klock_add_trace(struct klock_text *t, const struct klock_trace *trace)
{
	char site[256];

	for (unsigned int i = 0; i < trace->depth; i++) {
		klock_describe_call(trace->frames[i], site, sizeof(site));
		klock_text_add(t, "       %s\n", site);
	}
}

void klock_add_locks_held(struct klock_text *t, const struct klock_held_stack *stack)
{
	if (!stack)
		return;
	klock_text_add(t, "\n%zu lock%s held by ", stack->count, stack->count == 1 ? "" : "s");
	klock_add_who(t);
	klock_text_add(t, "%s\n", stack->count ? ":" : ".");
	for (size_t i = stack->count; i-- > 0;) {
		klock_text_add(t, " #%zu: ", i);
		klock_add_held(t, &stack->locks[i]);
	}
}

void klock_sites_add(struct klock_report_sites *sites, const void *site)
{
	if (sites->n < KLOCK_LINES_AT_ONCE)
		sites->at[sites->n++] = site;
}

void klock_sites_add_trace(struct klock_report_sites *sites, const struct klock_trace *trace)
{
	for (unsigned int i = 0; i < trace->depth; i++)
		klock_sites_add(sites, trace->frames[i]);
}

void klock_sites_fetch(struct klock_report_sites *sites, const struct klock_held_stack *stack)
{
	for (size_t i = 0; stack && i < stack->count; i++)
		klock_sites_add(sites, stack->locks[i].site);
	klock_source_lines_fetch(sites->at, sites->n);
}

bool klock_report_wanted(enum klock_problem kind, const char *subject)
{
	if (klock_suppressed(kind, subject))
		return false;
	klock_store_relaxed(&klock_debug_locks, 0); /* a flag: it orders nothing */
	return klock_load_acquire(&report_fn) || !klock_debug_locks_silent;
}

void klock_report_tell(struct klock_text *t, enum klock_problem kind, const char *title,
		       const char *subject, const void *site)
{
	klock_lockdep_report_fn fn = klock_load_acquire(&report_fn);

	klock_text_add(t, "\nTo suppress this report: %s: %s\n", klock_problem_name(kind), subject);
	if (fn) {
		const struct klock_lockdep_report report = {
			.kind = klock_problem_name(kind),
			.title = title,
			.subject = subject,
			.text = t ? t->buf : title,
			.site = site,
		};

		fn(&report);
	} else if (t) {
		klock_options_write(t->buf, t->used, title);
	} else {
		klock_options_write(title, strlen(title), title); /* no memory for more */
	}
	klock_text_free(t);
}
