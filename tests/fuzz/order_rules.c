/* SPDX-License-Identifier: MIT */
/*
 * Declared orders, and what the checker makes of them, beside a matrix of who comes before whom.
 * The input: how many orders, each of a length and names; then pairs of locks that are taken, one
 * under the other. Orders that contradict each other or what was seen must be reported too, and
 * where they do, what is taken afterwards is not compared.
 */
#include "fuzz/fuzz.h"
#include <fnmatch.h>
#include <klock.h>
#include <klock/lock_order.h>
#include <stdlib.h>
#include <string.h>

#define LOCKS 6
#define NAMES 10
#define NODES (LOCKS + 2 * NAMES)
#define MAX_ORDERS 6
#define MAX_LENGTH 5

static const char *const lock_name[LOCKS] = { "a", "b", "c", "d", "e", "&f->x" };
/* The names that orders are of; few, as the checker keeps each for good. */
static const char *const names[NAMES] = { "a", "b", "c", "d", "e", "f.x", "[ab]", "?", "f.*", "z" };

static struct mutex locks[LOCKS];
static struct lock_class_key keys[LOCKS];
static bool before[NODES][NODES]; /* declared, or seen; closed */

/* As order.h has it: a name is two nodes, and a lock that has the name lies between them. */
#define IN(name) (LOCKS + 2 * (name))
#define OUT(name) (LOCKS + 2 * (name) + 1)

static void add_edge(unsigned int from, unsigned int to)
{
	for (unsigned int i = 0; i < NODES; i++)
		for (unsigned int k = 0; k < NODES; k++)
			if ((i == from || before[i][from]) && (k == to || before[to][k]))
				before[i][k] = true;
}

static bool contradictory(void)
{
	for (unsigned int i = 0; i < NODES; i++)
		if (before[i][i])
			return true;
	return false;
}

/* Anew: the checker and the matrix know the locks, which have no order. */
static void begin(void)
{
	static const char *const plain[LOCKS] = { "a", "b", "c", "d", "e", "f.x" };

	memset(before, 0, sizeof(before));
	klock_lockdep_reset();
	for (unsigned int i = 0; i < LOCKS; i++) {
		klock_lockdep_register_key(&keys[i]);
		klock_mutex_init(&locks[i], lock_name[i], &keys[i]);
	}
	for (unsigned int n = 0; n < NAMES; n++) {
		add_edge(IN(n), OUT(n));
		for (unsigned int i = 0; i < LOCKS; i++) {
			if (!fnmatch(names[n], plain[i], 0)) {
				add_edge(IN(n), i);
				add_edge(i, OUT(n));
			}
		}
	}
}

static void end(struct klock_order *orders, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		klock_lockdep_order_del(&orders[i]);
	for (unsigned int i = 0; i < LOCKS; i++) {
		mutex_destroy(&locks[i]);
		klock_lockdep_unregister_key(&keys[i]);
	}
	klock_debug_locks = 1;
}

static void declare(struct fuzz_input *in, struct klock_order *order, const char **given)
{
	unsigned int length = 2 + fuzz_byte(in) % (MAX_LENGTH - 1), last = 0;

	for (unsigned int i = 0; i < length; i++) {
		unsigned int name = fuzz_byte(in) % NAMES;

		given[i] = names[name];
		if (i)
			add_edge(OUT(last), IN(name));
		last = name;
	}
	given[length] = NULL;
	*order = (struct klock_order){ .names = given, .file = "fuzz", .line = 1 };
	klock_lockdep_order_add(order);
}

static void take(unsigned int outer, unsigned int inner)
{
	bool wrong = before[inner][outer];

	if (outer == inner)
		return;
	mutex_lock(&locks[outer]);
	mutex_lock(&locks[inner]);
	mutex_unlock(&locks[inner]);
	mutex_unlock(&locks[outer]);
	expect(wrong == !klock_debug_locks, "%s under %s is %s", lock_name[inner],
	       lock_name[outer], wrong ? "not reported" : "reported");
	if (!wrong)
		add_edge(outer, inner);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct klock_order orders[MAX_ORDERS];
	static const char *given[MAX_ORDERS][MAX_LENGTH + 1];
	static bool started;
	struct fuzz_input in = { data, size };
	unsigned int nr = fuzz_byte(&in) % (MAX_ORDERS + 1);

	klock_debug_locks_silent = 1;
	expect(started || klock_lockdep_enable(), "the checker cannot be turned on");
	started = true;
	begin();
	for (unsigned int i = 0; i < nr; i++)
		declare(&in, &orders[i], given[i]);
	expect(klock_debug_locks || contradictory(), "orders without contradiction are reported");
	/* Stops at the first report: what it was about is out of the graph. */
	while (in.left && klock_debug_locks && !contradictory()) {
		unsigned int pair = fuzz_byte(&in);

		take(pair % LOCKS, pair / LOCKS % LOCKS);
	}
	end(orders, nr);
	return 0;
}
