/* SPDX-License-Identifier: MIT */
/* futex(2), private to the process: the only way in which anything here sleeps. */
#ifndef KLOCK_BASE_FUTEX_H
#define KLOCK_BASE_FUTEX_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Sleeps while *word is `value`, until woken, or until `deadline_ns` of
 * CLOCK_MONOTONIC (KLOCK_FOREVER: no end). May return early at any time; the
 * caller looks again. errno is left as it was. True: the deadline has passed.
 */
bool klock_futex_wait(uint32_t *word, uint32_t value, int64_t deadline_ns);

/* Whether the word is in memory that can be read: asks the kernel. */
bool klock_futex_may_read(uint32_t *word);

/* Wakes up to `n` sleepers of `word`. Async-signal-safe; errno is left as it was. */
void klock_futex_wake(uint32_t *word, int n);

#endif
