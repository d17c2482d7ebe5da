/* SPDX-License-Identifier: MIT */
#include "wait/slots.h"
#include "base/exempt.h"

#define BITS (8 * (uint32_t)sizeof(uintptr_t))

static uintptr_t open_map[(KLOCK_SLOTS_MAX + BITS - 1) / BITS];
static uint32_t nr_open;

void klock_slots_prepare(void)
{
	klock_exempt(open_map, sizeof(open_map));
	klock_exempt(&nr_open, sizeof(nr_open));
}

static uintptr_t bit_of(uint32_t number)
{
	return (uintptr_t)1 << number % BITS;
}

void klock_slots_open(uint32_t number)
{
	/*
	 * [X11] the bit, then the thread's slots: pairs with [X12]. A writer that does not see
	 * the bit has written the word before: [X2] or [X8] hold as if the slot were free.
	 */
	if (!(klock_fetch_or_seq(&open_map[number / BITS], bit_of(number)) & bit_of(number)))
		klock_fetch_add_relaxed(&nr_open, 1);
}

void klock_slots_close(uint32_t number)
{
	/*
	 * [X13] release: pairs with [X12]; a writer that does not see the bit comes after all
	 * reads.
	 */
	if (klock_fetch_and_release(&open_map[number / BITS], ~bit_of(number)) & bit_of(number))
		klock_fetch_add_relaxed(&nr_open, (uint32_t)-1);
}

uint32_t klock_slots_next(uint32_t number, uint32_t end)
{
	while (number < end) {
		/*
		 * [X12] acquire: pairs with [X13]. Sequentially consistent for [X11]: of a
		 * thread whose bit is not seen, [X1] or [X7] comes later.
		 */
		uintptr_t map = klock_load_seq(&open_map[number / BITS]) >> number % BITS;

		if (map) {
			number += (uint32_t)__builtin_ctzl(map);
			return number < end ? number : end;
		}
		number += BITS - number % BITS;
	}
	return end;
}

uint32_t klock_nr_slots_open(void)
{
	return klock_load_relaxed(&nr_open);
}
