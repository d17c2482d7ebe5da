/* SPDX-License-Identifier: MIT */
/* Which readers have a lock in their slots, and how many writers wait for them to leave. */
#ifndef KLOCK_LOCKS_SLOT_READERS_H
#define KLOCK_LOCKS_SLOT_READERS_H

#include "wait/task.h"
#include <klock/reader_bias.h>

/* The next task after `task` that has the word in its slot; NULL: there is none. */
struct klock_task *klock_slot_reader_after(const uint32_t *word, struct klock_task *task);

/* `reader`, while it has the word in its slot; then the next. */
struct klock_task *klock_slot_still_read(const uint32_t *word, struct klock_task *reader);

/* How many there are: for reports. */
uint32_t klock_bias_readers(const uint32_t *word);

/*
 * Counts the caller in klock_drains. After the caller's barrier each reader that leaves its slot
 * looks for writers that wait, and for notes (locks/non_owner.h).
 */
void klock_drain_begins(void);
void klock_drain_ends(void);

#endif
