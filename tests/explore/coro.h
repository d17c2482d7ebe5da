/* SPDX-License-Identifier: MIT */
/* Coroutines: a stack each, and one at a time. */
#ifndef KLOCK_EXPLORE_CORO_H
#define KLOCK_EXPLORE_CORO_H

#include <stdint.h>

struct xp_coro {
	void *sp;
	void *stack;
	void (*entry)(void);
	void *context; /* where there is no switch of our own */
};

/* Makes it begin at `entry`, which never returns, when it is switched to. */
void xp_coro_prepare(struct xp_coro *coro, void (*entry)(void));

void xp_coro_switch(struct xp_coro *from, struct xp_coro *to);

/* Of one that does not run: its stack, with the registers that it left there. */
uint64_t xp_coro_hash(uint64_t hash, const struct xp_coro *coro);

#endif
