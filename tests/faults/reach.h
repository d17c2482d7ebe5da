/* SPDX-License-Identifier: MIT */
/*
 * The library is linked as a shared object with reach.c in it, which lets operations.c look
 * into queues: what the installed one hides.
 */
#ifndef KLOCK_FAULTS_REACH_H
#define KLOCK_FAULTS_REACH_H

#include "wait/park.h"

void faults_unpark(const void *addr, const struct klock_wait_ops *ops,
		   void (*advance)(struct klock_queue *q, uint32_t drop), uint32_t drop);
struct klock_waiter *faults_queue_first(struct klock_queue *q);
struct klock_waiter *faults_queue_next(struct klock_queue *q, struct klock_waiter *w);

#endif
