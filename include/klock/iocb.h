/* SPDX-License-Identifier: MIT */
/*
 * Locks taken as a request's flags ask: an IOCB_NOWAIT request never sleeps.
 *
 * iocb_read_lock() and its kin return 0 WHEN THE LOCK IS HELD and a negative
 * errno when it is not: -EAGAIN when the request may not wait, -EINTR when the
 * thread was killed while it waited, -EIOCBQUEUED with IOCB_WAITQ, with or without
 * IOCB_NOWAIT, when it was queued and is granted the lock later (<klock/waitq.h>).
 * The sense is that of the _killable() forms, not of the trylocks, so
 *
 *	err = iocb_read_lock(iocb, &mapping->invalidate_lock);
 *	if (err)
 *		return err;
 *
 * is right, and `if (!iocb_read_lock(...)) return -EAGAIN;` leaks the lock when
 * it got it and goes on without when it did not. The result must be used, and
 * guard.h has iocb_read and iocb_write, with which that slip cannot be written.
 *
 * Context: a thread; with IOCB_NOWAIT or IOCB_WAITQ it never sleeps.
 * Memory order and lockdep: as the trylock or killable form behind it.
 * Since 0.1.
 */
#ifndef KLOCK_IOCB_H
#define KLOCK_IOCB_H

#include <errno.h>
#include <klock/mutex.h>
#include <klock/rwsem.h>
#include <klock/semaphore.h>
#include <klock/wait_bit.h>
#include <klock/waitq.h>

KLOCK_BEGIN_DECLS

/*
 * The part of a request that locks look at. Kernel-derived code embeds it in
 * its own, or adds to it by private_data.
 */
struct KLOCK_TAG(kiocb) {
	int64_t ki_pos;
	int ki_flags; /* IOCB_* */
	unsigned short ki_ioprio;
	void *private_data;
	struct klock_waitq *ki_waitq; /* with IOCB_WAITQ: see <klock/waitq.h> */
};

/* The kernel's values. The RWF_* ones are those of preadv2(2) on Linux. */
enum {
	KLOCK_RWF_HIPRI = 0x01,
	KLOCK_RWF_DSYNC = 0x02,
	KLOCK_RWF_SYNC = 0x04,
	KLOCK_RWF_NOWAIT = 0x08,
	KLOCK_RWF_APPEND = 0x10,
	KLOCK_RWF_SUPPORTED = 0x1f,

	KLOCK_IOCB_HIPRI = KLOCK_RWF_HIPRI,
	KLOCK_IOCB_DSYNC = KLOCK_RWF_DSYNC,
	KLOCK_IOCB_SYNC = KLOCK_RWF_SYNC,
	KLOCK_IOCB_NOWAIT = KLOCK_RWF_NOWAIT,
	KLOCK_IOCB_APPEND = KLOCK_RWF_APPEND,
	KLOCK_IOCB_EVENTFD = 1 << 16,
	KLOCK_IOCB_DIRECT = 1 << 17,
	KLOCK_IOCB_WRITE = 1 << 18,
	KLOCK_IOCB_WAITQ = 1 << 19, /* -EIOCBQUEUED instead of a wait or -EAGAIN */
	KLOCK_IOCB_NOIO = 1 << 20,  /* fail rather than start I/O */

	KLOCK_IOMAP_WRITE = 1 << 0,
	KLOCK_IOMAP_ZERO = 1 << 1,
	KLOCK_IOMAP_REPORT = 1 << 2,
	KLOCK_IOMAP_FAULT = 1 << 3,
	KLOCK_IOMAP_DIRECT = 1 << 4,
	KLOCK_IOMAP_NOWAIT = 1 << 5,
};

/*
 * Adds to ki_flags what `rwf`, flags of preadv2(2) or pwritev2(2), ask for.
 * 0; -EOPNOTSUPP, with ki_flags untouched, for a flag that is not known.
 * RWF_NOWAIT brings IOCB_NOIO with it, and RWF_SYNC brings IOCB_DSYNC.
 */
KLOCK_INLINE KLOCK_MUST_CHECK int klock_kiocb_set_rw_flags(struct KLOCK_TAG(kiocb) *ki,
							   unsigned int rwf)
{
	int flags = (int)(rwf & KLOCK_RWF_SUPPORTED);

	if (rwf & ~(unsigned int)KLOCK_RWF_SUPPORTED)
		return -EOPNOTSUPP;
	if (rwf & KLOCK_RWF_NOWAIT)
		flags |= KLOCK_IOCB_NOIO;
	if (rwf & KLOCK_RWF_SYNC)
		flags |= KLOCK_IOCB_DSYNC;
	ki->ki_flags |= flags;
	return 0;
}

/* What is behind IOCB_WAITQ; 0, -EIOCBQUEUED, or -EINVAL and a report. */
KLOCK_MUST_CHECK int klock_rwsem_request(struct KLOCK_TAG(rw_semaphore) *sem, unsigned int how,
					 struct klock_waitq *wq);
KLOCK_MUST_CHECK int klock_mutex_request(struct KLOCK_TAG(mutex) *lock, struct klock_waitq *wq);
KLOCK_MUST_CHECK int klock_semaphore_request(struct KLOCK_TAG(semaphore) *sem,
					     struct klock_waitq *wq);
KLOCK_MUST_CHECK int klock_bit_request(unsigned long *word, int bit, unsigned int how,
				       struct klock_waitq *wq);

/* Holds `sem` for reading on 0. */
KLOCK_INLINE KLOCK_MUST_CHECK int klock_iocb_read_lock(const struct KLOCK_TAG(kiocb) *iocb,
						       struct KLOCK_TAG(rw_semaphore) *sem)
	KLOCK_TRY_ACQUIRES_SHARED(0, sem)
{
	if (iocb->ki_flags & KLOCK_IOCB_WAITQ)
		return klock_rwsem_request(sem, KLOCK_READ, iocb->ki_waitq);
	if (iocb->ki_flags & KLOCK_IOCB_NOWAIT)
		return klock_down_read_trylock(sem) ? 0 : -EAGAIN;
	return klock_down_read_killable(sem);
}

/* Holds `sem` for writing on 0. */
KLOCK_INLINE KLOCK_MUST_CHECK int klock_iocb_write_lock(const struct KLOCK_TAG(kiocb) *iocb,
							struct KLOCK_TAG(rw_semaphore) *sem)
	KLOCK_TRY_ACQUIRES(0, sem)
{
	if (iocb->ki_flags & KLOCK_IOCB_WAITQ)
		return klock_rwsem_request(sem, KLOCK_WRITE, iocb->ki_waitq);
	if (iocb->ki_flags & KLOCK_IOCB_NOWAIT)
		return klock_down_write_trylock(sem) ? 0 : -EAGAIN;
	return klock_down_write_killable(sem);
}

/* Owns `lock` on 0. */
KLOCK_INLINE KLOCK_MUST_CHECK int klock_iocb_mutex_lock(const struct KLOCK_TAG(kiocb) *iocb,
							struct KLOCK_TAG(mutex) *lock)
	KLOCK_TRY_ACQUIRES(0, lock)
{
	if (iocb->ki_flags & KLOCK_IOCB_WAITQ)
		return klock_mutex_request(lock, iocb->ki_waitq);
	if (iocb->ki_flags & KLOCK_IOCB_NOWAIT)
		return klock_mutex_trylock(lock) ? 0 : -EAGAIN;
	return klock_mutex_lock_killable(lock);
}

/* Has a unit of `sem` on 0. */
KLOCK_INLINE KLOCK_MUST_CHECK int klock_iocb_down(const struct KLOCK_TAG(kiocb) *iocb,
						  struct KLOCK_TAG(semaphore) *sem)
{
	if (iocb->ki_flags & KLOCK_IOCB_WAITQ)
		return klock_semaphore_request(sem, iocb->ki_waitq);
	if (iocb->ki_flags & KLOCK_IOCB_NOWAIT)
		return klock_down_trylock(sem) ? -EAGAIN : 0;
	return klock_down_killable(sem);
}

/*
 * On 0 the bit was clear, as after wait_on_bit(): nothing is held, and it may be set again by
 * now. A request that was queued is told when the bit is found clear, by a wake_up_bit(); after
 * its claim it looks at the bit, and asks again if need be, as the kernel's reads do.
 * Until a claim or a cancel the word stays where it is; so for the next function.
 */
KLOCK_INLINE KLOCK_MUST_CHECK int klock_iocb_wait_on_bit(const struct KLOCK_TAG(kiocb) *iocb,
							 unsigned long *word, int bit)
{
	if (iocb->ki_flags & KLOCK_IOCB_WAITQ)
		return klock_bit_request(word, bit, KLOCK_READ, iocb->ki_waitq);
	if (iocb->ki_flags & KLOCK_IOCB_NOWAIT)
		return klock_wait_on_bit_timeout(word, bit, KLOCK_TASK_KILLABLE, 0);
	return klock_wait_on_bit(word, bit, KLOCK_TASK_KILLABLE);
}

/*
 * On 0 the bit is set, and the caller's, as after wait_on_bit_lock(). The bit is set on behalf of
 * a request that was queued, by the wake_up_bit() that comes to its turn; a claim makes it the
 * thread's. To clear and wake is as ever.
 */
KLOCK_INLINE KLOCK_MUST_CHECK int klock_iocb_wait_on_bit_lock(const struct KLOCK_TAG(kiocb) *iocb,
							      unsigned long *word, int bit)
{
	if (iocb->ki_flags & KLOCK_IOCB_WAITQ)
		return klock_bit_request(word, bit, KLOCK_WRITE, iocb->ki_waitq);
	if (iocb->ki_flags & KLOCK_IOCB_NOWAIT)
		return klock_wait_on_bit_lock_timeout(word, bit, KLOCK_TASK_KILLABLE, 0);
	return klock_wait_on_bit_lock(word, bit, KLOCK_TASK_KILLABLE);
}

/* The same by the flags of an iomap operation: IOMAP_NOWAIT is what may not wait. */
KLOCK_INLINE KLOCK_MUST_CHECK int klock_iomap_read_lock(unsigned int flags,
							struct KLOCK_TAG(rw_semaphore) *sem)
	KLOCK_TRY_ACQUIRES_SHARED(0, sem)
{
	if (flags & KLOCK_IOMAP_NOWAIT)
		return klock_down_read_trylock(sem) ? 0 : -EAGAIN;
	return klock_down_read_killable(sem);
}

KLOCK_INLINE KLOCK_MUST_CHECK int klock_iomap_write_lock(unsigned int flags,
							 struct KLOCK_TAG(rw_semaphore) *sem)
	KLOCK_TRY_ACQUIRES(0, sem)
{
	if (flags & KLOCK_IOMAP_NOWAIT)
		return klock_down_write_trylock(sem) ? 0 : -EAGAIN;
	return klock_down_write_killable(sem);
}

KLOCK_INLINE KLOCK_MUST_CHECK int klock_iomap_mutex_lock(unsigned int flags,
							 struct KLOCK_TAG(mutex) *lock)
	KLOCK_TRY_ACQUIRES(0, lock)
{
	if (flags & KLOCK_IOMAP_NOWAIT)
		return klock_mutex_trylock(lock) ? 0 : -EAGAIN;
	return klock_mutex_lock_killable(lock);
}

KLOCK_INLINE KLOCK_MUST_CHECK int klock_iomap_down(unsigned int flags,
						   struct KLOCK_TAG(semaphore) *sem)
{
	if (flags & KLOCK_IOMAP_NOWAIT)
		return klock_down_trylock(sem) ? -EAGAIN : 0;
	return klock_down_killable(sem);
}

#ifndef KLOCK_NO_KERNEL_NAMES

enum {
	IOCB_HIPRI = KLOCK_IOCB_HIPRI,
	IOCB_DSYNC = KLOCK_IOCB_DSYNC,
	IOCB_SYNC = KLOCK_IOCB_SYNC,
	IOCB_NOWAIT = KLOCK_IOCB_NOWAIT,
	IOCB_APPEND = KLOCK_IOCB_APPEND,
	IOCB_EVENTFD = KLOCK_IOCB_EVENTFD,
	IOCB_DIRECT = KLOCK_IOCB_DIRECT,
	IOCB_WRITE = KLOCK_IOCB_WRITE,
	IOCB_WAITQ = KLOCK_IOCB_WAITQ,
	IOCB_NOIO = KLOCK_IOCB_NOIO,
	IOMAP_WRITE = KLOCK_IOMAP_WRITE,
	IOMAP_ZERO = KLOCK_IOMAP_ZERO,
	IOMAP_REPORT = KLOCK_IOMAP_REPORT,
	IOMAP_FAULT = KLOCK_IOMAP_FAULT,
	IOMAP_DIRECT = KLOCK_IOMAP_DIRECT,
	IOMAP_NOWAIT = KLOCK_IOMAP_NOWAIT,
};

KLOCK_INLINE KLOCK_MUST_CHECK int kiocb_set_rw_flags(struct kiocb *ki, unsigned int rwf)
{
	return klock_kiocb_set_rw_flags(ki, rwf);
}

KLOCK_INLINE KLOCK_MUST_CHECK int iocb_read_lock(const struct kiocb *iocb,
						 struct rw_semaphore *sem)
	KLOCK_TRY_ACQUIRES_SHARED(0, sem)
{
	return klock_iocb_read_lock(iocb, sem);
}

KLOCK_INLINE KLOCK_MUST_CHECK int iocb_write_lock(const struct kiocb *iocb,
						  struct rw_semaphore *sem)
	KLOCK_TRY_ACQUIRES(0, sem)
{
	return klock_iocb_write_lock(iocb, sem);
}

KLOCK_INLINE KLOCK_MUST_CHECK int iocb_mutex_lock(const struct kiocb *iocb, struct mutex *lock)
	KLOCK_TRY_ACQUIRES(0, lock)
{
	return klock_iocb_mutex_lock(iocb, lock);
}

KLOCK_INLINE KLOCK_MUST_CHECK int iocb_down(const struct kiocb *iocb, struct semaphore *sem)
{
	return klock_iocb_down(iocb, sem);
}

KLOCK_INLINE KLOCK_MUST_CHECK int iocb_wait_on_bit(const struct kiocb *iocb, unsigned long *word,
						   int bit)
{
	return klock_iocb_wait_on_bit(iocb, word, bit);
}

KLOCK_INLINE KLOCK_MUST_CHECK int iocb_wait_on_bit_lock(const struct kiocb *iocb,
							unsigned long *word, int bit)
{
	return klock_iocb_wait_on_bit_lock(iocb, word, bit);
}

KLOCK_INLINE KLOCK_MUST_CHECK int iomap_read_lock(unsigned int flags, struct rw_semaphore *sem)
	KLOCK_TRY_ACQUIRES_SHARED(0, sem)
{
	return klock_iomap_read_lock(flags, sem);
}

KLOCK_INLINE KLOCK_MUST_CHECK int iomap_write_lock(unsigned int flags, struct rw_semaphore *sem)
	KLOCK_TRY_ACQUIRES(0, sem)
{
	return klock_iomap_write_lock(flags, sem);
}

KLOCK_INLINE KLOCK_MUST_CHECK int iomap_mutex_lock(unsigned int flags, struct mutex *lock)
	KLOCK_TRY_ACQUIRES(0, lock)
{
	return klock_iomap_mutex_lock(flags, lock);
}

KLOCK_INLINE KLOCK_MUST_CHECK int iomap_down(unsigned int flags, struct semaphore *sem)
{
	return klock_iomap_down(flags, sem);
}

#ifdef __CHECKER__
#define iocb_read_lock(iocb, sem) KLOCK_SPARSE_FAILS(sem, iocb_read_lock(iocb, sem))
#define iocb_write_lock(iocb, sem) KLOCK_SPARSE_FAILS(sem, iocb_write_lock(iocb, sem))
#define iocb_mutex_lock(iocb, lock) KLOCK_SPARSE_FAILS(lock, iocb_mutex_lock(iocb, lock))
#define iomap_read_lock(flags, sem) KLOCK_SPARSE_FAILS(sem, iomap_read_lock(flags, sem))
#define iomap_write_lock(flags, sem) KLOCK_SPARSE_FAILS(sem, iomap_write_lock(flags, sem))
#define iomap_mutex_lock(flags, lock) KLOCK_SPARSE_FAILS(lock, iomap_mutex_lock(flags, lock))
#endif

#endif

KLOCK_END_DECLS

#endif
