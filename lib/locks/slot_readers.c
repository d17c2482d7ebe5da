/* SPDX-License-Identifier: MIT */
#include "locks/slot_readers.h"

uint32_t klock_drains;

struct klock_task *klock_slot_reader_after(const uint32_t *word, struct klock_task *task)
{
	unsigned int slot = klock_slot_number(word);

	do
		task = klock_task_with_slots_after(task);
	/*
	 * [X4] acquire: pairs with [X3]; a slot that is free was left before. Sequentially
	 * consistent for [X8].
	 */
	while (task && klock_load_seq(&task->reading[slot]) != (uintptr_t)word);
	return task;
}

struct klock_task *klock_slot_still_read(const uint32_t *word, struct klock_task *reader)
{
	/* [X4] acquire, as above. */
	if (klock_load_acquire(&reader->reading[klock_slot_number(word)]) == (uintptr_t)word)
		return reader;
	return klock_slot_reader_after(word, reader);
}

uint32_t klock_bias_readers(const uint32_t *word)
{
	struct klock_task *task = NULL;
	uint32_t n = 0;

	while ((task = klock_slot_reader_after(word, task)))
		n++;
	return n;
}

bool klock_bias_is_read(const uint32_t *word)
{
	return (klock_load_relaxed(word) & KLOCK_W_SLOTS) && klock_slot_reader_after(word, NULL);
}

void klock_drain_begins(void)
{
	klock_fetch_add_relaxed(&klock_drains, 1); /* the caller's barrier orders it */
}

void klock_drain_ends(void)
{
	klock_fetch_add_relaxed(&klock_drains, (uint32_t)-1); /* others count themselves */
}
