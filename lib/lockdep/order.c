/* SPDX-License-Identifier: MIT */
#include "lockdep/order.h"
#include "base/exempt.h"
#include "lockdep/arena.h"
#include "lockdep/options.h"
#include "lockdep/shared.h"
#include <klock/lock_order.h>
#include <stdarg.h>
#include <string.h>

uint32_t klock_nr_order_names KLOCK_SHARED;
struct klock_order_conflict *klock_order_conflicts KLOCK_SHARED;

static struct klock_order *orders KLOCK_SHARED; /* all that are declared, the latest first */
static struct klock_order_name *names KLOCK_SHARED;
static bool started KLOCK_SHARED;

const struct klock_order_name *klock_order_names(void)
{
	return names;
}

static struct klock_order_name *make_name(const char *text, const char *plain)
{
	struct klock_order_name *name = klock_arena_alloc(sizeof(*name));

	if (!name)
		return NULL;
	name->text = klock_arena_strdup(text);
	name->plain = klock_arena_strdup(plain);
	if (!name->text || !name->plain || !(name->in = klock_graph_node(name->text)) ||
	    !(name->out = klock_graph_node(name->text)) ||
	    !klock_graph_declare(name->in, name->out, NULL))
		return NULL;
	name->number = ++klock_nr_order_names;
	name->next = names;
	klock_store_release(&names, name); /* whole, whenever a fork() comes */
	return name;
}

static struct klock_order_name *find_or_make_name(const char *text)
{
	char plain[KLOCK_ORDER_NAME];

	klock_order_plain(text, plain, sizeof(plain));
	for (struct klock_order_name *name = names; name; name = name->next)
		if (!strcmp(name->plain, plain))
			return name;
	return make_name(text, plain);
}

/* Keeps the path that the last search found, without the steps between classes and names. */
static struct klock_edge *note_conflict(const struct klock_declaration *by,
					const struct klock_class *first,
					const struct klock_class *second, struct klock_class *goal)
{
	struct klock_order_conflict *conflict = klock_arena_alloc(sizeof(*conflict));
	struct klock_edge *edge, *seen = NULL;
	bool xr = klock_path_xr;

	while ((edge = klock_path_step(&goal, &xr))) {
		if (klock_edge_seen(edge))
			seen = edge;
		if (conflict && !edge->belongs && conflict->steps < KLOCK_REPORT_PATH)
			conflict->path[conflict->steps++] = edge;
	}
	if (conflict) {
		conflict->by = by;
		conflict->first = first;
		conflict->second = second;
		conflict->next = klock_order_conflicts;
		klock_store_relaxed(&klock_order_conflicts, conflict);
	}
	return seen;
}

static void bind_name(struct klock_class *class, struct klock_order_name *name)
{
	/* By the names that it has already: is it before, or after, itself? */
	if (klock_graph_search_declared(name->out, class)) {
		note_conflict(NULL, class, name->in, class);
		return;
	}
	if (klock_graph_search_declared(class, name->in)) {
		note_conflict(NULL, class, name->in, name->in);
		return;
	}
	klock_graph_declare(name->in, class, NULL);
	klock_graph_declare(class, name->out, NULL);
}

/* Gives the class those names that are new since it was looked at last. */
static void bind_class(struct klock_class *class)
{
	for (struct klock_order_name *name = names; name && name->number > class->bound;
	     name = name->next)
		if (klock_order_matches(name, class))
			bind_name(class, name);
	class->bound = klock_nr_order_names;
}

void klock_order_bind_all(struct klock_held *first, const struct klock_held *end)
{
	for (struct klock_held *h = first; h < end; h++)
		if (h->class && h->class->bound != klock_nr_order_names && !h->class->zapped)
			bind_class(h->class);
}

bool klock_order_allows_all(struct klock_held *first, struct klock_held *next,
			    struct klock_report *report)
{
	for (struct klock_held *h = next; h-- > first;) {
		if (!h->class || h->unchecked || h->class == next->class ||
		    klock_graph_known(h->class, h->read, next->class, next->read) ||
		    !klock_graph_search_declared(next->class, h->class))
			continue;
		klock_report_circle(report, h, next);
		klock_graph_add(h->class, h->read, next->class, next->read, next->site, true);
		return false;
	}
	return true;
}

/* What was seen against it stays reported and out of searches; what was declared, too. */
static void declare_pair(struct klock_order_name *first, struct klock_order_name *second,
			 const struct klock_declaration *by)
{
	struct klock_edge *edge;
	bool bad = false;

	while (!bad && klock_graph_search(second->in, KLOCK_HELD_WRITE, first->out,
					  KLOCK_HELD_WRITE)) {
		struct klock_edge *seen = note_conflict(by, first->in, second->in, first->out);

		if (seen)
			seen->bad = true;
		else
			bad = true;
	}
	edge = klock_graph_declare(first->out, second->in, by);
	if (edge)
		edge->bad = bad;
}

/* Under klock_graph_lock, as the record goes with its module. */
static void declare(const struct klock_order *order)
{
	struct klock_declaration *by = klock_arena_alloc(sizeof(*by));
	struct klock_order_name *before = NULL;

	if (!by || !(by->file = klock_arena_strdup(order->file)))
		return;
	by->key = order;
	by->line = order->line;
	for (size_t i = 0; order->names[i]; i++)
		if (!find_or_make_name(order->names[i]))
			return;
	for (struct klock_class *class = klock_classes(); class; class = class->next)
		if (!class->zapped)
			bind_class(class);
	for (size_t i = 0; order->names[i]; i++) {
		struct klock_order_name *name = find_or_make_name(order->names[i]);

		if (before)
			declare_pair(before, name, by);
		before = name;
	}
}

static void take_in(struct klock_order *order)
{
	if (order->known || !started || !klock_options.order)
		return;
	declare(order);
	klock_store_release(&order->known, true); /* if a fork() comes before: again */
}

/* The first declared first: what a report calls a contradiction is then the later one. */
static void take_in_all(struct klock_order *order)
{
	struct klock_order *reversed = NULL, *next;

	for (; order; order = next) {
		next = order->next;
		order->next = reversed;
		reversed = order;
	}
	for (orders = NULL; reversed; reversed = next) {
		next = reversed->next;
		take_in(reversed);
		reversed->next = orders;
		orders = reversed;
	}
}

void klock_order_start(void)
{
	klock_shared_lock(&klock_graph_lock);
	started = true;
	take_in_all(orders);
	klock_shared_unlock(&klock_graph_lock);
	klock_order_tell();
}

void klock_lockdep_order_add(struct klock_order *order)
{
	klock_shared_lock(&klock_graph_lock);
	order->next = orders;
	klock_store_release(&orders, order);
	take_in(order);
	klock_shared_unlock(&klock_graph_lock);
	klock_order_tell();
}

void klock_order_take_in_again(void)
{
	for (struct klock_order *order = orders; order; order = order->next)
		take_in(order);
}

/* Takes back what was declared by it. */
static void withdraw(const struct klock_order *order)
{
	for (struct klock_order_name *name = names; name; name = name->next) {
		for (struct klock_edge *edge = name->out->after, *next; edge; edge = next) {
			next = edge->next_after;
			if (edge->declared && edge->declared->key == order)
				klock_graph_remove(edge);
		}
	}
}

void klock_lockdep_order_del(struct klock_order *order)
{
	klock_shared_lock(&klock_graph_lock);
	for (struct klock_order **p = &orders; *p; p = &(*p)->next) {
		if (*p == order) {
			*p = order->next;
			break;
		}
	}
	if (order->known)
		withdraw(order);
	order->known = false;
	klock_shared_unlock(&klock_graph_lock);
}

/* A copy for good of an order that goes when its caller returns. */
static struct klock_order *keep(const char *file, unsigned int line, const char *const *given,
				size_t count)
{
	struct klock_order *order = klock_arena_alloc(sizeof(*order));
	const char **kept = klock_arena_alloc((count + 1) * sizeof(*kept));

	if (!order || !kept)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		kept[i] = klock_arena_strdup(given[i]);
		if (!kept[i])
			return NULL;
	}
	order->names = kept;
	order->file = klock_arena_strdup(file);
	order->line = line;
	return order->file ? order : NULL;
}

void klock_order_declare(const char *file, unsigned int line, const char *const *given,
			 size_t count)
{
	struct klock_order *order = keep(file, line, given, count);

	if (order)
		klock_lockdep_order_add(order);
}

void klock_lockdep_order_at(const char *file, unsigned int line, const char *name, ...)
{
	const char *given[KLOCK_ORDER_MAX];
	size_t count = 0;
	va_list args;

	if (started && !klock_options.order)
		return;
	va_start(args, name);
	for (; name && count < KLOCK_ORDER_MAX; name = va_arg(args, const char *))
		given[count++] = name;
	va_end(args);
	klock_order_declare(file, line, given, count);
}

void klock_order_tell_all(void)
{
	struct klock_order_conflict *conflict;

	do {
		klock_shared_lock(&klock_graph_lock);
		conflict = klock_order_conflicts;
		if (conflict)
			klock_store_relaxed(&klock_order_conflicts, conflict->next);
		klock_shared_unlock(&klock_graph_lock);
		if (conflict)
			klock_order_print_conflict(conflict);
	} while (conflict);
}
