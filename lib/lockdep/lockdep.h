/* SPDX-License-Identifier: MIT */
#ifndef KLOCK_LOCKDEP_LOCKDEP_H
#define KLOCK_LOCKDEP_LOCKDEP_H

#include "lockdep/held.h"

/*
 * Puts a hold on the stack, of the class that its map and the subclass make, and
 * checks it. NULL: there was no room.
 */
struct klock_held *klock_follow(struct klock_held_stack *stack, struct klock_held *h,
				unsigned int subclass);

#endif
