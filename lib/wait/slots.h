/* SPDX-License-Identifier: MIT */
/*
 * Which tasks may have readers in their slots: a bit for each number of a task. A writer looks at
 * the slots of these alone, however many threads there have been.
 */
#ifndef KLOCK_WAIT_SLOTS_H
#define KLOCK_WAIT_SLOTS_H

#include <klock/atomic.h>

/* Task numbers are below this. */
#define KLOCK_SLOTS_MAX 131008

/* Once, before the first of these. */
void klock_slots_prepare(void);

/* The task's thread may use its slots from now on. */
void klock_slots_open(uint32_t number);

/* The thread uses its slots no more, and all of them are free. */
void klock_slots_close(uint32_t number);

/* The first number from `number` on, below `end`, whose slots are open; `end`: there is none. */
uint32_t klock_slots_next(uint32_t number, uint32_t end);

/* How many are open. A hint. */
uint32_t klock_nr_slots_open(void);

#endif
