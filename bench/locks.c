/* SPDX-License-Identifier: MIT */
/* The locks that are compared, and the loops of each. */
#include "lock.h"
#include "futex_mutex.h"
#include "config.h" /* which libraries there are */
#include <klock.h>
#include <pthread.h>
#ifdef BENCH_NSYNC
#include <nsync.h>
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
static struct futex_mutex futex_m;
static DEFINE_RWSEM(rwsem);
static DEFINE_RWSEM(unbiased);
DEFINE_STATIC_PERCPU_RWSEM(percpu);
static DEFINE_MUTEX(mutex);
static DEFINE_SEMAPHORE(semaphore, 1);
#ifdef BENCH_NSYNC
static nsync_mu nsync = NSYNC_MU_INIT;
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
