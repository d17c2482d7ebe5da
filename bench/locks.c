/* SPDX-License-Identifier: MIT */
/* The locks that are compared, and the loops of each. */
#include "lock.h"
#include "bounds.h"
#include "bravo.h"
#include "futex_mutex.h"
#include "spin.h"
#include "config.h" /* which libraries there are */
#include <klock.h>
#include <pthread.h>
#include <stdlib.h>
#ifdef BENCH_NSYNC
#include <nsync.h>
#endif
#ifdef BENCH_CK
#include <ck_rwlock.h>
#include <ck_spinlock.h>
#endif
#ifdef BENCH_URCU
#define _LGPL_SOURCE /* its read side inline */
#include <urcu/urcu-memb.h>
#endif

#define ALL(...) [0 ... BENCH_OBJECTS - 1] = { __VA_ARGS__ }

BENCH_DEFINE(pthread_rwlock_t, glibc) = { ALL(PTHREAD_RWLOCK_INITIALIZER) };
BENCH_DEFINE(pthread_rwlock_t, glibc2) = { ALL(PTHREAD_RWLOCK_INITIALIZER) };
BENCH_DEFINE(pthread_mutex_t, glibc_m) = { ALL(PTHREAD_MUTEX_INITIALIZER) };
BENCH_DEFINE(pthread_mutex_t, glibc_m2) = { ALL(PTHREAD_MUTEX_INITIALIZER) };
#ifdef PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP
BENCH_DEFINE(pthread_rwlock_t,
	     glibc_w) = { ALL(PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP) };
#endif
#ifdef PTHREAD_ADAPTIVE_MUTEX_INITIALIZER_NP
BENCH_DEFINE(pthread_mutex_t, glibc_a) = { ALL(PTHREAD_ADAPTIVE_MUTEX_INITIALIZER_NP) };
#endif
BENCH_DEFINE(struct rw_semaphore, rwsem) = { ALL(KLOCK_RWSEM_INITIALIZER(rwsem)) };
BENCH_DEFINE(struct rw_semaphore, iocb_rwsem) = { ALL(KLOCK_RWSEM_INITIALIZER(iocb_rwsem)) };
static const struct kiocb nowait_iocb = { .ki_flags = IOCB_NOWAIT };
BENCH_DEFINE(struct rw_semaphore, unbiased) = { ALL(KLOCK_RWSEM_INITIALIZER(unbiased)) };
BENCH_DEFINE(struct percpu_rw_semaphore, percpu);
BENCH_DEFINE(struct mutex, mutex) = { ALL(KLOCK_MUTEX_INITIALIZER(mutex)) };
BENCH_DEFINE(struct semaphore, semaphore) = { ALL(KLOCK_SEMAPHORE_INITIALIZER(semaphore, 1)) };
BENCH_DEFINE(struct futex_mutex, futex_m);
BENCH_DEFINE(struct bravo, bravo) = { ALL({ .lock = PTHREAD_RWLOCK_INITIALIZER }) };
BENCH_DEFINE(struct fifo_rwlock, fifo);
BENCH_DEFINE(struct tas_lock, tas);
BENCH_DEFINE(uint32_t, bound1);
BENCH_DEFINE(uint32_t, bound2);
BENCH_DEFINE(uint32_t, bound3);
BENCH_DEFINE(uint32_t, bound4);
BENCH_DEFINE(char, nothing);
#ifdef BENCH_NSYNC
BENCH_DEFINE(nsync_mu, nsync) = { ALL(NSYNC_MU_INIT) };
#endif
#ifdef BENCH_CK
BENCH_DEFINE(ck_rwlock_t, ck_rw) = { ALL(CK_RWLOCK_INITIALIZER) };
BENCH_DEFINE(ck_spinlock_ticket_t, ck_ticket) = { ALL(CK_SPINLOCK_TICKET_INITIALIZER) };
#endif

#define LOCK(id, name, from, kinds, objects, ...) BENCH_LOOPS(id, objects, __VA_ARGS__)
#include "locks.def"
#undef LOCK

const struct bench_lock bench_locks[] = {
#define LOCK(id, name, from, kinds, objects, ...) BENCH_ROW(id, name, from, kinds, objects),
#include "locks.def"
#undef LOCK
	{ .name = NULL },
};

#ifndef BENCH_CXX
const struct bench_lock bench_cxx_locks[1];
void bench_cxx_detector(bool on)
{
	(void)on;
}
#endif

void bench_locks_init(void)
{
	bench_cxx_detector(false); /* nobody else checks anything here */
	for (int i = 0; i < BENCH_OBJECTS; i++) {
		klock_rwsem_allow_bias(&unbiased[i].lock, false);
		if (percpu_init_rwsem(&percpu[i].lock))
			abort();
	}
}

void bench_thread_begin(void)
{
#ifdef BENCH_URCU
	urcu_memb_register_thread();
#endif
}

void bench_thread_end(void)
{
#ifdef BENCH_URCU
	urcu_memb_unregister_thread();
#endif
}
