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

static pthread_rwlock_t glibc = PTHREAD_RWLOCK_INITIALIZER;
static pthread_rwlock_t glibc2 = PTHREAD_RWLOCK_INITIALIZER;
static pthread_mutex_t glibc_m = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t glibc_m2 = PTHREAD_MUTEX_INITIALIZER;
#ifdef PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP
static pthread_rwlock_t glibc_w = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
#endif
#ifdef PTHREAD_ADAPTIVE_MUTEX_INITIALIZER_NP
static pthread_mutex_t glibc_a = PTHREAD_ADAPTIVE_MUTEX_INITIALIZER_NP;
#endif
static DEFINE_RWSEM(rwsem);
static DEFINE_RWSEM(unbiased);
DEFINE_STATIC_PERCPU_RWSEM(percpu);
static DEFINE_MUTEX(mutex);
static DEFINE_SEMAPHORE(semaphore, 1);
static struct futex_mutex futex_m;
static struct bravo bravo = { .lock = PTHREAD_RWLOCK_INITIALIZER };
static struct fifo_rwlock fifo;
static struct tas_lock tas;
static uint32_t bound1, bound2, bound3;
#ifdef BENCH_NSYNC
static nsync_mu nsync = NSYNC_MU_INIT;
#endif
#ifdef BENCH_CK
static ck_rwlock_t ck_rw = CK_RWLOCK_INITIALIZER;
static ck_spinlock_ticket_t ck_ticket = CK_SPINLOCK_TICKET_INITIALIZER;
#endif

#define LOCK(id, name, from, kinds, object, ...) BENCH_LOOPS(id, __VA_ARGS__)
#include "locks.def"
#undef LOCK

const struct bench_lock bench_locks[] = {
#define LOCK(id, name, from, kinds, object, ...) BENCH_ROW(id, name, from, kinds, object),
#include "locks.def"
#undef LOCK
	{ .name = NULL },
};

#ifndef BENCH_CXX
const struct bench_lock bench_cxx_locks[1];
#endif

void bench_locks_init(void)
{
	klock_rwsem_allow_bias(&unbiased, false);
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
