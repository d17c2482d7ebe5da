/* SPDX-License-Identifier: MIT */
/*
 * Lock requests that wait without a thread. A request with IOCB_WAITQ in its ki_flags, and
 * ki_waitq set, that does not get its lock at once is queued, in one order with the threads
 * that sleep for the lock, and iocb_read_lock() and its kin return -EIOCBQUEUED. When its
 * turn comes the lock is granted to the request, and the program is told: `granted` is
 * called, and 1 is added to `eventfd`. From then on the request holds the lock, until a
 * thread claims it:
 *
 *	err = iocb_read_lock(iocb, sem);
 *	if (err == -EIOCBQUEUED)
 *		return;                       later, told of the grant:
 *	...                                   err = klock_waitq_claim(iocb->ki_waitq);
 *	up_read(sem);                         up_read(sem);
 *
 * The same for bits: what iocb_wait_on_bit_lock() is granted is the bit, set on behalf of the
 * request; iocb_wait_on_bit() is only told that the bit was clear.
 *
 * The callback is called by the thread that let the request in, when it is out of the lock, in
 * the order of the grants: one that released, woke up a bit, cancelled a request, gave up a
 * wait, or left the lock as a reader on its way in or out, or as a writer that found readers;
 * so also inside down_read(), down_write() or wait_on_bit(). It may not block, nor end the
 * thread. It may claim, release, and queue requests; those it lets in by that are told of when
 * it has returned. The eventfd is the caller's, stays open until the grant has been read from
 * it, and is told after the callback. Nothing waits for room in it: at its highest count it is
 * readable already. (Only what the program itself adds, in another thread between the look for
 * room and the write, can make an eventfd that blocks do so.)
 *
 * One operation tells of 64 grants at most. The rest, as where callbacks queue their requests
 * again and again, is told of by a detached thread of the library's that ends with it; where
 * none can be made, by the same thread.
 *
 * The record is the library's from -EIOCBQUEUED until a claim or a cancel has returned 0; it
 * may then be queued again, or go. With a callback no thread claims before it is called.
 * Nothing kills or interrupts a request: klock_kill_all() leaves it where it is.
 * After a fork() the child's queues are empty: there, a request that was queued counts as
 * cancelled, and one that had the lock, but for readers who leave or for being told of, is
 * lost with the lock.
 *
 * Context: a thread; none of this sleeps.
 * Memory order: as that of the lock: the claim is the acquire.
 * lockdep: the attempt, and the claim, count as trylocks; for bits, as nothing.
 * Since 0.1.
 */
#ifndef KLOCK_WAITQ_H
#define KLOCK_WAITQ_H

#include <klock/atomic.h>
#include <klock/attributes.h>

/* The kernel's value, which <errno.h> does not have. */
#define KLOCK_EIOCBQUEUED 529
#if !defined(KLOCK_NO_KERNEL_NAMES) && !defined(EIOCBQUEUED)
#define EIOCBQUEUED KLOCK_EIOCBQUEUED
#endif

KLOCK_BEGIN_DECLS

struct klock_waitq {
	void (*granted)(struct klock_waitq *wq); /* or NULL */
	int eventfd;                             /* or -1 */
	uint64_t record[26];                     /* the library's */
};

/* Makes a new record of it, that nothing has queued. */
KLOCK_INLINE void klock_waitq_init(struct klock_waitq *wq,
				   void (*granted)(struct klock_waitq *wq), int eventfd)
{
	__builtin_memset(wq, 0, sizeof(*wq));
	wq->granted = granted;
	wq->eventfd = eventfd;
}

/*
 * 0: the calling thread now holds what was granted, and releases it as if it had taken it
 * itself. -EIOCBQUEUED: not granted yet. -ECANCELED: it was cancelled. -EINVAL, and a report:
 * it was never queued, or claimed before.
 */
KLOCK_MUST_CHECK int klock_waitq_claim(struct klock_waitq *wq);

/*
 * 0: it is queued no longer and will not be granted. -EALREADY: it has been granted, or is
 * about to be told of it; it is to be claimed. -EINVAL, and a report: it was not queued.
 */
KLOCK_MUST_CHECK int klock_waitq_cancel(struct klock_waitq *wq);

KLOCK_END_DECLS

#endif
