/* SPDX-License-Identifier: MIT */
/* The out-of-line half of <klock/reader_bias.h>. */
#ifndef KLOCK_LOCKS_READER_BIAS_H
#define KLOCK_LOCKS_READER_BIAS_H

#include "annotate/watch.h"
#include "wait/task.h"
#include <klock/reader_bias.h>

/*
 * What a lock's `spin` says of its bias, where lockstat has a CPU: nothing watches, where
 * there is a bias. Estimates, as all of `spin`: lost updates are fine.
 */
#define KLOCK_BIAS_CREDIT 0x03fffc00u /* without a bias: reads out of line since the last one */
#define KLOCK_BIAS_CREDIT_ONE 0x00000400u /* with it: when it will have paid, modulo the field */
#define KLOCK_BIAS_PRICE 0x3c000000u /* the credit that brings the next, as a power of 2 */
#define KLOCK_BIAS_PRICE_SHIFT 26
#define KLOCK_BIAS_PRICE_MAX 13
#define KLOCK_BIAS_NEVER 15 /* as a price */

/* The unit of that time: 8 us, so that the field holds half a second. And the most it takes. */
#define KLOCK_BIAS_TIME_SHIFT 13
#define KLOCK_BIAS_PAID_NS 50000000

/* Counted reads of a thread between two that come out of line. */
#define KLOCK_BIAS_PERIOD 128

/* The calling thread may use its slots from now on: nothing watches. */
void klock_bias_begin(struct klock_task *task);

/* Without: the price is never reached. */
void klock_bias_allow(uint32_t *spin, bool allow);

/* A read hold by a slot, for a read that came out of line: counts it for the bias. */
bool klock_bias_read(uint32_t *word, uint32_t *spin);

/*
 * Gives up a read hold that some thread has in a slot. False: none has. Not for a hold that is
 * counted: the slot's thread may be about to leave it, and two holds would end as one.
 */
bool klock_bias_release(uint32_t *word);

/*
 * For a writer that has the word, with BIASED in it: waits, as long as it may,
 * until no reader is left. 0; or an error, and it has the word no more.
 */
int klock_bias_revoke(uint32_t *word, const struct klock_event *ev, int64_t ns,
		      int64_t deadline_ns);

/*
 * The same for a request, which has the word and waits in the queue: klock_bias_is_read()
 * holds as long as readers are left that came before, each of which looks at the queue when
 * it leaves. Ends when the request has left the queue.
 */
void klock_bias_begin_drain(const struct klock_event *ev);
void klock_bias_end_drain(void);

/* What a bias whose end began at that time says about the next one. */
void klock_bias_judge(uint32_t *word, int64_t now);

/* BIASED goes, for who has the word, once no reader is left. */
void klock_bias_end(uint32_t *word);

/* How many readers have the lock in a slot: for reports. */
uint32_t klock_bias_readers(const uint32_t *word);

/* In the child of a fork(): nobody drains, and the threads that are gone read nothing. */
void klock_bias_after_fork(void);

#endif
