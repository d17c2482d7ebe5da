/* SPDX-License-Identifier: MIT */
/* A lock of each kind that a request can ask for, for tests of IOCB_WAITQ. */
#ifndef KLOCK_TEST_ASKED_LOCKS_H
#define KLOCK_TEST_ASKED_LOCKS_H

#include <klock.h>

static struct rw_semaphore rwsem;
static struct mutex mutex;
static struct semaphore semaphore;
static unsigned long bits;

enum { READ, WRITE, MUTEX, SEMAPHORE, BIT, NR_KINDS };

static inline void asked_locks_init(void)
{
	init_rwsem(&rwsem);
	mutex_init(&mutex);
	sema_init(&semaphore, 1);
	bits = 0;
	klock_bit_word_init(&bits);
}

static inline void asked_locks_exit(void)
{
	klock_bit_word_exit(&bits);
}

static inline int take(int kind, int flags, struct klock_waitq *wq)
{
	struct kiocb iocb = { .ki_flags = flags, .ki_waitq = wq };

	switch (kind) {
	case READ:
		return iocb_read_lock(&iocb, &rwsem);
	case WRITE:
		return iocb_write_lock(&iocb, &rwsem);
	case MUTEX:
		return iocb_mutex_lock(&iocb, &mutex);
	case SEMAPHORE:
		return iocb_down(&iocb, &semaphore);
	default:
		return iocb_wait_on_bit_lock(&iocb, &bits, BIT);
	}
}

static inline void give(int kind)
{
	switch (kind) {
	case READ:
		up_read(&rwsem);
		break;
	case WRITE:
		up_write(&rwsem);
		break;
	case MUTEX:
		mutex_unlock(&mutex);
		break;
	case SEMAPHORE:
		up(&semaphore);
		break;
	default:
		clear_and_wake_up_bit(BIT, &bits);
	}
}

#endif
