/* SPDX-License-Identifier: MIT */
/* The out-of-line half of <klock/reader_bias.h>. */
#ifndef KLOCK_LOCKS_READER_BIAS_H
#define KLOCK_LOCKS_READER_BIAS_H

#include "annotate/watch.h"
#include "wait/task.h"
#include <klock/reader_bias.h>

/* The calling thread may use its slots from now on: nothing watches. */
void klock_bias_begin(struct klock_task *task);

/* A read hold by a slot, for a read that came out of line. */
bool klock_bias_read(uint32_t *word, bool attempt);

/* Gives up a read hold that some thread has in a slot. False: none has. */
bool klock_bias_release(uint32_t *word, const struct klock_event *ev);

/*
 * For a writer that may not wait. True: it has the lock. False: somebody else has it; and nobody
 * was kept out meanwhile.
 */
bool klock_bias_attempt(uint32_t *word, const struct klock_event *ev);

/*
 * For a writer that has the word, with BIASED or SPLIT in it: waits, as long as it may, until no
 * reader is left in a slot. 0; or an error, and it has the word no more.
 */
int klock_bias_await_readers(uint32_t *word, const struct klock_event *ev, int64_t ns,
			     int64_t deadline_ns);

/*
 * The same for a request, which has the word and waits in the queue. True: readers have a fence,
 * so klock_bias_is_read() now holds as long as there are any that came before.
 */
bool klock_bias_is_fenced(uint32_t *word);
/* In any case it holds from here on, and each of them looks at the queue when it leaves. */
void klock_bias_begin_drain(const struct klock_event *ev);
/* Then klock_drain_ends(), when the request has left the queue. */

/* In the child of a fork(): nobody drains. What missing threads have in slots they hold. */
void klock_bias_after_fork(void);

#endif
