/* SPDX-License-Identifier: MIT */
/*
 * Misuse that shows in what a thread holds, and not in the lock: told through
 * klock_bug(), with the place where the lock was taken. What the lock word
 * itself shows is reported with or without the checker, and not a second time
 * here.
 */
#ifndef KLOCK_LOCKDEP_MISUSE_H
#define KLOCK_LOCKDEP_MISUSE_H

#include "lockdep/held.h"

/* A wait for a lock that the thread holds for reading. */
void klock_misuse_recursion(struct klock_held_stack *stack, const struct klock_event *ev);

/* A release, or a downgrade, of what is not on the stack. False: refuse it. */
bool klock_misuse_release(struct klock_held_stack *stack, const struct klock_event *ev);
bool klock_misuse_downgrade(struct klock_held_stack *stack, const struct klock_event *ev);

/* A new lock in place of one that this thread holds. False: refuse it. */
bool klock_misuse_init(struct klock_held_stack *stack, const struct klock_event *ev);

void klock_misuse_thread_ends(struct klock_task *task);

#endif
