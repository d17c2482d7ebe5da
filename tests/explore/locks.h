/* SPDX-License-Identifier: MIT */
/* The locks that scenarios are about: one of each kind, in the states they may begin in. */
#ifndef KLOCK_EXPLORE_LOCKS_H
#define KLOCK_EXPLORE_LOCKS_H

#include <klock/lockword.h>
#include <klock/waitq.h>
#include <stdbool.h>
#include <stdint.h>

struct xp_lock {
	const char *name;
	int at_once;    /* writers that may be inside */
	bool spins;     /* its threads do, before they sleep */
	bool due;       /* its waiters are handed it at once, asleep or awake */
	bool soon;      /* they are when time has passed (T); else never, if asleep */
	bool samples;   /* each thread's first read counts for a bias, and brings it */
	bool one_counts; /* the first thread has no slots: its reads are counted */
	bool watched;   /* by somebody: no inline fast paths, and no plain stores */
	bool only_wait; /* readers wait for it, but do not hold it */
	int too_late;   /* what a timed wait returns */
	void (*reset)(void);
	/* `how` as in klock's own functions, ns for a timed wait. */
	int (*take)(unsigned int how, int64_t ns);
	int (*ask)(bool write, struct klock_waitq *wq); /* as a request; NULL: there is none */
	void (*give)(bool write);
	void (*downgrade)(void); /* NULL: there is none */
	const uint32_t *word;    /* at which its waiters queue, for "lb" */
	void (*check)(void);     /* free, as it began, and nobody waits */
};

/* NULL: there is none of that name. */
const struct xp_lock *xp_lock_named(const char *name);

#endif
