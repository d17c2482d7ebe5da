/* SPDX-License-Identifier: MIT */
/*
 * A lock that is found held says which tables its holder, which is not there, may have left in
 * between two states:
 *   classes  nothing to do: each class, alias and key is published whole, by one store.
 *   arena    the block that memory was being cut from is given up.
 *   graph    the edges of a class form a list that is whole at each moment, and all other lists
 *            of edges are made anew from these. Chains are forgotten: they are checked once
 *            more. An order that was being declared is declared again.
 */
#include "lockdep/mend.h"
#include "lockdep/arena.h"
#include "lockdep/chain.h"
#include "lockdep/graph.h"
#include "lockdep/order.h"
#include "lockdep/shared.h"

static void for_each_class(void (*fn)(struct klock_class *class))
{
	for (struct klock_class *class = klock_classes(); class; class = class->next)
		fn(class);
	for (const struct klock_order_name *name = klock_order_names(); name; name = name->next) {
		fn(name->in);
		fn(name->out);
	}
}

static void mend_graph(void)
{
	klock_graph_mend_begin();
	for_each_class(klock_graph_forget_before);
	for_each_class(klock_graph_relink);
	klock_chain_reset();
	klock_order_take_in_again();
}

static bool was_held(struct klock_minilock *lock)
{
	return klock_xchg_acquire(&lock->state, 0);
}

void klock_lockdep_mend(void)
{
	bool graph = was_held(&klock_graph_lock);

	was_held(&klock_classes_lock);
	if (was_held(&klock_arena_lock))
		klock_arena_give_up_block();
	if (graph)
		mend_graph();
}
