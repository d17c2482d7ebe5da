/* SPDX-License-Identifier: MIT */
/* How the readers of a rw_semaphore come in: which of three modes it is in. */
#ifndef KLOCK_LOCKS_BIAS_MODE_H
#define KLOCK_LOCKS_BIAS_MODE_H

#include <klock/reader_bias.h>

/*
 * What a lock's `spin` says of its mode, where lockstat has a CPU: nothing watches, where
 * readers use slots. Estimates, as all of `spin`: lost updates are fine.
 */
#define KLOCK_BIAS_CREDIT 0x03fffc00u
#define KLOCK_BIAS_CREDIT_ONE 0x00000400u
#define KLOCK_BIAS_PRICE 0x3c000000u /* the samples that bring SPLIT, as a power of 2 */
#define KLOCK_BIAS_PRICE_SHIFT 26
#define KLOCK_BIAS_PRICE_MAX 13
#define KLOCK_BIAS_NEVER 15 /* as a price */

/* A thread's reads between two samples; those that cost nothing are not counted. */
#define KLOCK_BIAS_PERIOD 128

/* A thread whose reads are further apart than that, on average, gains nothing by a slot. */
#define KLOCK_BIAS_RARE_NS 4000

/*
 * The credit. Counted: samples since the mode was another one. SPLIT: what reads have saved, less
 * what writes have cost, in units of eight reads; it begins with FULL, and a write leaves less.
 * BIASED: nothing.
 */
#define KLOCK_BIAS_FULL 512

/* Without: never a slot. */
void klock_bias_allow(uint32_t *spin, bool allow);

/* One read in KLOCK_BIAS_PERIOD, before it comes in. */
void klock_bias_sample(uint32_t *word);

/*
 * A write attempt, from begin to end. In between slots that are closed stay so, and no lock that
 * is counted begins to have any: who looks at the slots of one and finds no reader, finds none
 * later.
 */
void klock_bias_begin_attempt(void);
void klock_bias_end_attempt(void);
/* In the child of a fork(). */
void klock_bias_forget_attempts(void);

/* Readers that come now are counted. False: the lock is not free, and stays as it was. */
bool klock_bias_close(uint32_t *word);
/* After that, and a membarrier(2) where the lock was BIASED: readers will issue fences. */
void klock_bias_closed(uint32_t *word);

/* A write, by who has the word, with BIASED or SPLIT in it, and no reader is left in a slot. */
void klock_bias_written(uint32_t *word);

/* What a membarrier(2) has taken. */
void klock_bias_learn_cost(int64_t ns);

#endif
