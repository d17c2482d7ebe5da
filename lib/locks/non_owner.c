/* SPDX-License-Identifier: MIT */
#include "locks/non_owner.h"
#include "base/minilock.h"
#include "locks/lockword.h"
#include "locks/slot_readers.h"

/* Held while a slot is marked. So a slot with a lock in it never has a note. */
static struct klock_minilock marking;

/* The slot's own thread and the marking thread may both try: only one of them gets true. */
static bool take_note(struct klock_task *task, unsigned int slot, uintptr_t word)
{
	/* [X15] acquire: pairs with [X14]; what is given up next comes after the marker's reads. */
	if (!klock_cas_acquire(&task->given_up[slot], &word, 0))
		return false;
	klock_drain_ends();
	return true;
}

/* False: no hold was given up, and the caller looks for another slot. */
static bool mark(struct klock_task *task, unsigned int slot, uintptr_t word,
		 const struct klock_event *ev)
{
	uintptr_t seen = word, marked = word | KLOCK_SLOT_GIVEN_UP;

	klock_drain_begins(); /* before there is a note that another thread may take */
	/* [X3] for the thread whose slot it is. */
	if (!klock_cas_release(&task->reading[slot], &seen, marked)) {
		klock_drain_ends();
		return false;
	}
	/* [X14] release: pairs with [X15]. */
	klock_store_release(&task->given_up[slot], word);
	klock_barrier_everywhere(ev); /* [X6]: the note, then the slot */
	/* relaxed: it only decides which of the two threads gives up another hold */
	if (klock_load_relaxed(&task->reading[slot]) == marked)
		return true;
	return !take_note(task, slot, word);
}

static bool give_up(struct klock_task *task, unsigned int slot, uintptr_t word,
		    const struct klock_event *ev)
{
	if (task != klock_self_task)
		return mark(task, slot, word, ev);
	klock_store_release(&task->reading[slot], 0); /* [X3], after klock_task_end_slots() */
	return true;
}

bool klock_non_owner_release(uint32_t *word, const struct klock_event *ev)
{
	unsigned int slot = klock_slot_number(word);
	struct klock_task *task = NULL;
	bool given_up = false;

	klock_minilock_lock(&marking);
	while (!given_up && (task = klock_slot_reader_after(word, task)))
		given_up = give_up(task, slot, (uintptr_t)word, ev);
	klock_minilock_unlock(&marking);
	return given_up;
}

bool klock_non_owner_owes(const uint32_t *word)
{
	return take_note(klock_self_task, klock_slot_number(word), (uintptr_t)word);
}

void klock_non_owner_clear(struct klock_task *task, unsigned int slot)
{
	/* relaxed: a mark is taken away here only */
	uintptr_t seen = klock_load_relaxed(&task->reading[slot]);

	if ((seen & KLOCK_SLOT_GIVEN_UP) && take_note(task, slot, seen & ~KLOCK_SLOT_GIVEN_UP))
		klock_store_release(&task->reading[slot], 0); /* [X3] */
}

void klock_non_owner_after_fork(void)
{
	marking.state = 0;
	for (struct klock_task *t = klock_task_after(NULL); t; t = klock_task_after(t))
		for (int i = 0; i < KLOCK_READ_SLOTS; i++) {
			if (t->reading[i] & KLOCK_SLOT_GIVEN_UP)
				t->reading[i] = 0;
			t->given_up[i] = 0;
		}
}
