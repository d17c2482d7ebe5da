/* SPDX-License-Identifier: MIT */
/*
 * A read hold that one thread has in its slot and another thread gives up.
 *
 * Only a slot's own thread knows whether what is in the slot is a hold, or a reader that is not
 * in after all, or one that is about to leave; and it leaves by a plain store. So the other thread
 * marks the slot: it no longer has the lock's address in it, and no writer waits for it. It
 * leaves a note in the task, and after a membarrier(2) looks again. If its mark is still there,
 * that was a hold, or its thread will find the note when it leaves: a reader that wipes out a mark
 * has given up one hold where there were two to give up, and gives up another.
 *
 * klock_drains counts the notes, too, so that readers look for them. A note goes with its mark,
 * when the thread needs the slot again; and the lock lets no more readers use slots.
 */
#ifndef KLOCK_LOCKS_NON_OWNER_H
#define KLOCK_LOCKS_NON_OWNER_H

#include "annotate/watch.h"
#include "wait/task.h"

/* Gives up one of the holds that threads have in slots. False: there is none. */
bool klock_non_owner_release(uint32_t *word, const struct klock_event *ev);

/* The calling thread has left its slot: whether it has to give up another hold. */
bool klock_non_owner_owes(const uint32_t *word);

/* Frees the task's slot, if it is marked. Only the task's own thread may call it. */
void klock_non_owner_clear(struct klock_task *task, unsigned int slot);

/* In the child of a fork(): removes all marks and notes. */
void klock_non_owner_after_fork(void);

#endif
