/* SPDX-License-Identifier: MIT */
/* Whether an acquisition can be part of a deadlock. */
#ifndef KLOCK_LOCKDEP_VALIDATE_H
#define KLOCK_LOCKDEP_VALIDATE_H

#include "lockdep/held.h"

/*
 * `next` is on top of the thread's stack and about to be waited for. A chain
 * that was seen before costs one look-up; a new one is checked against the
 * graph, added to it, and reported if it closes a circle.
 */
void klock_validate(struct klock_held_stack *stack, struct klock_held *next);

#endif
